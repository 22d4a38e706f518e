#include "redis/redis_commands.h"

#include <charconv>

#include "base/secret.h"

namespace sessiond {

void RedisCommands::appendHeader(char type, std::size_t number) {
  char header[24];
  header[0] = type;
  char* const end = std::to_chars(header + 1, header + sizeof header - 2, number).ptr;
  end[0] = '\r';
  end[1] = '\n';
  bytes_.append(header, static_cast<std::size_t>(end + 2 - header));
}

void RedisCommands::begin(std::size_t argument_count) {
  appendHeader('*', argument_count);
  ++count_;
}

void RedisCommands::beginScript(std::string_view script, std::size_t argument_count) {
  begin(4 + argument_count);
  argument("EVAL");
  argument(script);
  argument("1");
}

void RedisCommands::argument(std::string_view first_part, std::string_view second_part, std::string_view third_part) {
  appendHeader('$', first_part.size() + second_part.size() + third_part.size());
  bytes_.append(first_part);
  bytes_.append(second_part);
  bytes_.append(third_part);
  bytes_.append("\r\n", 2);
}

void RedisCommands::add(std::initializer_list<std::string_view> arguments) {
  begin(arguments.size());
  for (const std::string_view bytes : arguments) argument(bytes);
}

void RedisCommands::wipe() {
  wipeString(bytes_);
  count_ = 0;
}

void RedisCommands::clear() {
  bytes_.clear();
  count_ = 0;
}

}  // namespace sessiond
