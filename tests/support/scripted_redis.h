// ScriptedRedis: something on a unix socket that speaks bytes a test has chosen, for what a real Redis rarely says.

#pragma once

#include <atomic>
#include <functional>
#include <string>
#include <string_view>
#include <thread>
#include <utility>

#include "base/unique_fd.h"
#include "support/temporary_folder.h"

namespace sessiond {

/// What a script has to say.
struct ScriptedAnswer {
  ScriptedAnswer(std::string all) : bytes(std::move(all)) {}
  ScriptedAnswer(const char* all) : bytes(all) {}
  /// These, and then the connection is closed.
  static ScriptedAnswer andEnd(std::string bytes) {
    ScriptedAnswer last(std::move(bytes));
    last.is_last = true;
    return last;
  }

  std::string bytes;
  bool is_last = false;
};

/// One thread, one connection at a time: whatever arrives is handed to the script, and its result is sent back.
class ScriptedRedis {
 public:
  /// `connection` counts from 1. An empty result closes the connection.
  using Script = std::function<ScriptedAnswer(std::string_view request, int connection)>;

  explicit ScriptedRedis(Script script);
  ~ScriptedRedis();
  ScriptedRedis(const ScriptedRedis&) = delete;
  ScriptedRedis& operator=(const ScriptedRedis&) = delete;

  std::string url() const;
  int connections() const { return connections_; }

 private:
  void run(const std::stop_token& stop);
  void serve(const std::stop_token& stop, int fd, int connection);

  const Script script_;
  TemporaryFolder folder_;
  UniqueFd listener_;
  std::atomic<int> connections_ = 0;
  std::jthread thread_;  // last: it uses all of the above
};

/// What a primary says to the greeting of RedisClient, CLIENT SETNAME and HELLO 2.
inline const std::string kGreeted = "+OK\r\n*2\r\n$4\r\nrole\r\n$6\r\nmaster\r\n";

/// Is this it?
inline bool isGreeting(std::string_view request) {
  return request.find("SETNAME") != std::string_view::npos;
}

}  // namespace sessiond
