// RedisServer: a real redis-server of a test's own, in a temporary folder, on a unix socket or a free loopback port.
//
// It is started in the constructor, answers when that returns, and is gone, with its folder, when the object is; it
// dies with the test also when that is killed. What cannot be started within 10 seconds ends the test process.

#pragma once

#include <sys/types.h>

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "support/temporary_folder.h"
#include "support/test_certificates.h"

struct redisContext;

namespace sessiond {

/// Not thread-safe.
class RedisServer {
 public:
  struct Options {
    bool tcp = false;         ///< a loopback port beside the unix socket
    bool tls = false;         ///< a loopback port for TLS, for 127.0.0.1 and localhost, by TestAuthority::ofThisTest()
    bool in_cluster = false;  ///< a node of one, with a bus port of its own
    bool sentinel = false;    ///< it is one, as redis-sentinel is, and no server
    /// Lines of redis.conf: "maxmemory 2mb".
    std::vector<std::string> configuration;
  };

  RedisServer();
  explicit RedisServer(Options options);
  ~RedisServer();
  RedisServer(const RedisServer&) = delete;
  RedisServer& operator=(const RedisServer&) = delete;

  /// "unix:///tmp/.../redis.sock"
  std::string unixUrl() const;
  /// "redis://127.0.0.1:40123". REQUIRES: Options::tcp.
  std::string tcpUrl() const;
  /// "rediss://127.0.0.1:40124". REQUIRES: Options::tls.
  std::string tlsUrl() const;
  /// From the next connection on; `tls_options` as of CONFIG SET: {"tls-auth-clients", "yes"}.
  void useCertificate(const TestCertificate& certificate, const std::vector<std::string>& tls_options = {}) const;
  const std::string& socketPath() const { return socket_path_; }
  const std::string& folder() const { return folder_.path(); }
  std::uint16_t port() const { return port_; }
  std::uint16_t tlsPort() const { return tls_port_; }
  /// REQUIRES: Options::in_cluster.
  std::uint16_t busPort() const { return bus_port_; }

  /// One that is free now; this process keeps it, so that no other test is given the same (support/sockets.mjs).
  static std::uint16_t freePort();

  void start();
  /// Starts it and returns before it answers.
  void startWithoutWaiting();
  /// SIGTERM, so that it saves what its configuration says.
  void stop();
  /// SIGKILL.
  void kill();
  void restart();
  /// SIGSTOP: connections stay, nothing is answered.
  void freeze();
  /// SIGCONT.
  void thaw();

  /// Runs one command on a connection of its own and gives the reply as text: strings as they are, integers in
  /// decimal, nil as "(nil)", errors with a leading dash, arrays as their elements, each on a line.
  std::string command(const std::vector<std::string>& arguments) const;
  /// The same as this user.
  std::string commandAs(const std::string& user, const std::string& password,
                        const std::vector<std::string>& arguments) const;

 private:
  struct FreeContext {
    void operator()(redisContext* context) const;
  };

  std::unique_ptr<redisContext, FreeContext> connect() const;
  static std::string run(redisContext& context, const std::vector<std::string>& arguments);
  void configure();
  bool answers();
  void end(int signal);

  Options options_;
  TemporaryFolder folder_;
  std::string socket_path_;
  std::uint16_t port_ = 0;
  std::uint16_t tls_port_ = 0;
  std::uint16_t bus_port_ = 0;
  pid_t pid_ = -1;
};

}  // namespace sessiond
