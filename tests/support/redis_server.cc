#include "support/redis_server.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <hiredis/hiredis.h>
#include <netinet/in.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <fstream>
#include <iostream>
#include <memory>
#include <thread>
#include <utility>
#include <vector>

#include "base/check.h"
#include "base/guarded.h"
#include "base/random.h"
#include "base/unique_fd.h"

namespace sessiond {
namespace {

using namespace std::chrono_literals;

constexpr auto kStartLimit = 10s;

struct FreeReply {
  void operator()(redisReply* reply) const { freeReplyObject(reply); }
};

std::string textOf(const redisReply& reply) {
  switch (reply.type) {
    case REDIS_REPLY_INTEGER:
      return std::to_string(reply.integer);
    case REDIS_REPLY_NIL:
      return "(nil)";
    case REDIS_REPLY_ERROR:
      return "-" + std::string(reply.str, reply.len);
    case REDIS_REPLY_ARRAY: {
      std::string lines;
      for (std::size_t i = 0; i < reply.elements; ++i) lines += (i == 0 ? "" : "\n") + textOf(*reply.element[i]);
      return lines;
    }
    default:
      return std::string(reply.str, reply.len);
  }
}

void writeFiles(const std::string& folder, const TestCertificate& certificate) {
  std::ofstream(folder + "/cert.pem") << certificate.certificate;
  std::ofstream(folder + "/key.pem") << certificate.key;
}

[[noreturn]] void becomeRedis(pid_t test, const std::string& configuration_file, const std::string& log_file,
                              bool sentinel) {
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (getppid() != test) _exit(127);
  const int log = open(log_file.c_str(), O_WRONLY | O_CREAT | O_APPEND, 0600);
  dup2(log, STDOUT_FILENO);
  dup2(log, STDERR_FILENO);
  execlp("redis-server", "redis-server", configuration_file.c_str(), sentinel ? "--sentinel" : nullptr, nullptr);
  _exit(127);
}

}  // namespace

void RedisServer::FreeContext::operator()(redisContext* context) const {
  redisFree(context);
}

RedisServer::RedisServer() : RedisServer(Options{}) {}

RedisServer::RedisServer(Options options) : options_(std::move(options)), socket_path_(folder_ / "redis.sock") {
  // Somebody else may take a free port before the server does.
  constexpr int kTries = 5;
  for (int i = 1;; ++i) {
    configure();
    startWithoutWaiting();
    if (answers()) return;
    if (i < kTries) continue;
    std::cerr << std::ifstream(folder_ / "redis.log").rdbuf();
    SESSIOND_CHECK(false && "redis-server ended at once");
  }
}

void RedisServer::configure() {
  if (options_.tcp) port_ = freePort();
  if (options_.tls) tls_port_ = freePort();
  if (options_.in_cluster) bus_port_ = freePort();
  std::ofstream file(folder_ / "redis.conf");
  file << "dir " << folder_.path() << "\nunixsocket " << socket_path_ << "\nunixsocketperm 700\nport " << port_
       << "\nbind 127.0.0.1\nsave \"\"\nappendonly no\ndaemonize no\n";
  if (options_.tls) {
    const TestAuthority& authority = TestAuthority::ofThisTest();
    writeFiles(folder_.path(), authority.issue("IP:127.0.0.1,DNS:localhost"));
    std::ofstream(folder_ / "ca.pem") << authority.certificate();
    file << "tls-port " << tls_port_ << "\ntls-cert-file cert.pem\ntls-key-file key.pem\ntls-ca-cert-file ca.pem\n"
         << "tls-auth-clients no\n";
  }
  if (options_.in_cluster) file << "cluster-enabled yes\ncluster-port " << bus_port_ << '\n';
  for (const std::string& line : options_.configuration) file << line << '\n';
  file.close();
  SESSIOND_CHECK(file.good());
}

RedisServer::~RedisServer() {
  end(SIGKILL);
}

std::uint16_t RedisServer::freePort() {
  // Below those that Linux gives to whoever connects: on a busy machine one of these is soon somebody else's again.
  constexpr std::uint32_t kFirst = 20'000;
  constexpr std::uint32_t kEnd = 32'768;
  constexpr int kTries = 1000;
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  for (int i = 0;; ++i) {
    SESSIOND_CHECK(i < kTries && "no port is free");
    const auto port = static_cast<std::uint16_t>(kFirst + randomBelow(kEnd - kFirst));
    address.sin_port = htons(port);
    const auto take = [&address](int type) {
      UniqueFd fd(socket(AF_INET, type | SOCK_CLOEXEC, 0));
      return bind(fd.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0 ? std::move(fd)
                                                                                              : UniqueFd();
    };
    // Kept by the port of UDP that has the same number.
    UniqueFd kept = take(SOCK_DGRAM);
    if (!kept || !take(SOCK_STREAM)) continue;
    static Guarded<std::vector<UniqueFd>> all_kept;
    all_kept.lock()->push_back(std::move(kept));
    return port;
  }
}

std::string RedisServer::unixUrl() const {
  return "unix://" + socket_path_;
}

std::string RedisServer::tcpUrl() const {
  SESSIOND_CHECK(options_.tcp);
  return "redis://127.0.0.1:" + std::to_string(port_);
}

std::string RedisServer::tlsUrl() const {
  SESSIOND_CHECK(options_.tls);
  return "rediss://127.0.0.1:" + std::to_string(tls_port_);
}

void RedisServer::useCertificate(const TestCertificate& certificate,
                                 const std::vector<std::string>& tls_options) const {
  writeFiles(folder_.path(), certificate);
  std::vector<std::string> words = {"CONFIG", "SET", "tls-cert-file", "cert.pem", "tls-key-file", "key.pem"};
  words.insert(words.end(), tls_options.begin(), tls_options.end());
  SESSIOND_CHECK(command(words) == "OK");
}

void RedisServer::startWithoutWaiting() {
  SESSIOND_CHECK(pid_ == -1);
  const std::string configuration_file = folder_ / "redis.conf";
  const std::string log_file = folder_ / "redis.log";
  const pid_t test = getpid();
  pid_ = fork();
  SESSIOND_CHECK(pid_ >= 0);
  if (pid_ == 0) becomeRedis(test, configuration_file, log_file, options_.sentinel);
}

void RedisServer::start() {
  startWithoutWaiting();
  SESSIOND_CHECK(answers() && "redis-server ended at once");
}

/// Waits. False: it has ended.
bool RedisServer::answers() {
  const auto limit = std::chrono::steady_clock::now() + kStartLimit;
  for (;;) {
    const std::string answer = command({"PING"});
    if (answer != "" && !answer.starts_with("-LOADING")) return true;  // PONG, or it asks for a password
    if (waitpid(pid_, nullptr, WNOHANG) != 0) {
      pid_ = -1;
      return false;
    }
    SESSIOND_CHECK(std::chrono::steady_clock::now() < limit && "redis-server does not answer");
    std::this_thread::sleep_for(5ms);
  }
}

void RedisServer::stop() {
  end(SIGTERM);
}
void RedisServer::kill() {
  end(SIGKILL);
}

void RedisServer::restart() {
  stop();
  start();
}

void RedisServer::freeze() {
  SESSIOND_CHECK(::kill(pid_, SIGSTOP) == 0);
}
void RedisServer::thaw() {
  SESSIOND_CHECK(::kill(pid_, SIGCONT) == 0);
}

void RedisServer::end(int signal) {
  if (pid_ == -1) return;
  ::kill(pid_, signal);
  ::kill(pid_, SIGCONT);
  const auto limit = std::chrono::steady_clock::now() + kStartLimit;
  while (waitpid(pid_, nullptr, WNOHANG) == 0) {
    if (std::chrono::steady_clock::now() > limit) ::kill(pid_, SIGKILL);
    std::this_thread::sleep_for(2ms);
  }
  pid_ = -1;
}

std::string RedisServer::command(const std::vector<std::string>& arguments) const {
  const auto context = connect();
  return context == nullptr ? "" : run(*context, arguments);
}

std::string RedisServer::commandAs(const std::string& user, const std::string& password,
                                   const std::vector<std::string>& arguments) const {
  const auto context = connect();
  if (context == nullptr) return "";
  if (!user.empty()) run(*context, {"AUTH", user, password});
  return run(*context, arguments);
}

std::unique_ptr<redisContext, RedisServer::FreeContext> RedisServer::connect() const {
  const timeval timeout{.tv_sec = 5, .tv_usec = 0};
  std::unique_ptr<redisContext, FreeContext> context(redisConnectUnixWithTimeout(socket_path_.c_str(), timeout));
  if (context == nullptr || context->err != 0) return nullptr;
  redisSetTimeout(context.get(), timeout);
  return context;
}

std::string RedisServer::run(redisContext& context, const std::vector<std::string>& arguments) {
  std::vector<const char*> pointers;
  std::vector<std::size_t> sizes;
  for (const std::string& argument : arguments) {
    pointers.push_back(argument.data());
    sizes.push_back(argument.size());
  }
  const std::unique_ptr<redisReply, FreeReply> reply(static_cast<redisReply*>(
      redisCommandArgv(&context, static_cast<int>(arguments.size()), pointers.data(), sizes.data())));
  return reply == nullptr ? "" : textOf(*reply);
}

}  // namespace sessiond
