// RedisCommands: a pipeline of commands, already in the form that goes over the wire.
//
// A command is a list of arguments, each sent with its length: no byte of an id or a value can end an argument or
// begin a command. (redisFormatCommandArgv writes the same bytes; it also allocates and copies twice a command.)
//
//   *2\r\n$3\r\nGET\r\n$8\r\nsess:abc\r\n

#pragma once

#include <cstddef>
#include <initializer_list>
#include <string>
#include <string_view>

namespace sessiond {

/// A plain value, not thread-safe; clear() keeps the memory, so that one object serves many pipelines.
class RedisCommands {
 public:
  void add(std::initializer_list<std::string_view> arguments);

  /// The same in pieces, for keys put together from a prefix and an id: begin(count), then `count` arguments.
  void begin(std::size_t argument_count);
  /// A script that is given one key: then the key, and `argument_count` arguments.
  void beginScript(std::string_view script, std::size_t argument_count);
  void argument(std::string_view bytes) { argument(bytes, {}); }
  void argument(std::string_view first_part, std::string_view second_part, std::string_view third_part = {});

  /// What another one holds, as it is. That may be the beginning of a command, whose other arguments follow, or some
  /// arguments: what many commands have in common is written once.
  void append(const RedisCommands& written) {
    bytes_.append(written.bytes_);
    count_ += written.count_;
  }
  /// One whole command of another pipeline, or several that stand there in a row, as they are.
  void addWhole(std::string_view commands, std::size_t count = 1) {
    bytes_.append(commands);
    count_ += count;
  }

  void clear();
  /// Overwrites what was in it, where there is a secret in it. REQUIRES: kSecretRoom was enough for all of it.
  void wipe();
  /// Before a secret is put in: a buffer that grows leaves its bytes behind.
  void reserveForSecret() { bytes_.reserve(kSecretRoom); }
  static constexpr std::size_t kSecretRoom = 16 * 1024;
  std::size_t count() const { return count_; }
  std::string_view bytes() const { return bytes_; }

 private:
  void appendHeader(char type, std::size_t number);

  std::string bytes_;
  std::size_t count_ = 0;
};

}  // namespace sessiond
