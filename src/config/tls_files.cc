#include "config/tls_files.h"

#include <array>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/file.h"
#include "config/secret_option.h"
#include "redis/redis_address.h"
#include "redis/tls_context.h"

namespace sessiond {
namespace {

constexpr std::size_t kMaxPemSize = std::size_t{1} << 20;  // all authorities of a system have 200 KiB
constexpr std::size_t kMaxKeySize = std::size_t{64} << 10;

using Part = TlsProblem::Part;

/// One configuration's options for TLS, in the section `option`.
class TlsFiles {
 public:
  TlsFiles(TlsSettings& tls, std::string option, const FileLocations& locations, ConfigReport& report)
      : tls_(tls), option_(std::move(option)), locations_(locations), report_(report) {}

  void read();
  /// They are not used; `why` ends the sentence.
  void refuse(const std::string& why);

 private:
  std::string path(const char* name) const { return option_ + "." + name; }
  std::string pathOf(Part part) const;
  /// Empty: none is named, or a problem has been reported.
  std::string read(std::string& name, const std::string& path);
  std::optional<Secret> readKey();
  void checkPair();

  TlsSettings& tls_;
  const std::string option_;
  const FileLocations& locations_;
  ConfigReport& report_;
};

std::string TlsFiles::pathOf(Part part) const {
  switch (part) {
    case Part::kAuthorities:
      return path("ca_file");
    case Part::kCertificate:
      return path("cert_file");
    case Part::kKey:
      break;
  }
  return path("key_file");
}

std::string TlsFiles::read(std::string& name, const std::string& path) {
  if (name.empty() || !report_.isSound(path)) return "";
  name = settledName(name, locations_);
  const Expected<std::string, std::string> file = fileToOpen(name, locations_);
  if (!file) {
    report_.error(path, file.error());
    return "";
  }
  Expected<FileContents, std::string> contents = readFile(*file, kMaxPemSize);
  if (!contents) {
    report_.error(path, "cannot read " + shownPath(*file) + ": " + contents.error() + originOf(name, locations_));
    return "";
  }
  if (contents->bytes.empty()) report_.error(path, shownPath(*file) + " is empty");
  return std::move(contents->bytes);
}

std::optional<Secret> TlsFiles::readKey() {
  const std::string key_path = path("key_file");
  if (tls_.key_file.empty() || !report_.isSound(key_path)) return std::nullopt;
  tls_.key_file = settledName(tls_.key_file, locations_);
  return readSecret(tls_.key_file, key_path, locations_, report_, "", kMaxKeySize);
}

void TlsFiles::checkPair() {
  if (tls_.cert_file.empty() == tls_.key_file.empty()) return;
  const bool has_key = tls_.cert_file.empty();
  report_.error(
      path(has_key ? "key_file" : "cert_file"),
      std::string("is of no use without ") + (has_key ? "cert_file" : "key_file") + "; name both files, or none");
}

void TlsFiles::read() {
  if (!tls_.verify) {
    report_.warning(path("verify"),
                    "is false: whoever gets between sessiond and Redis can read sessions and let anybody in");
  }
  checkPair();
  const std::string authorities = read(tls_.ca_file, path("ca_file"));
  const std::string certificate = read(tls_.cert_file, path("cert_file"));
  const std::optional<Secret> key = readKey();
  std::vector<TlsProblem> problems;
  tls_.context = TlsContext::make({.option = option_,
                                   .authorities_file = tls_.ca_file,
                                   .authorities = authorities,
                                   .certificate = certificate,
                                   .key = key ? key->reveal() : "",
                                   .verify = tls_.verify},
                                  problems);
  for (const TlsProblem& problem : problems) {
    const std::string at = pathOf(problem.part);
    problem.is_warning ? report_.warning(at, problem.text) : report_.error(at, problem.text);
  }
}

void TlsFiles::refuse(const std::string& why) {
  const std::array<std::pair<const char*, bool>, 5> used = {{{"ca_file", !tls_.ca_file.empty()},
                                                             {"cert_file", !tls_.cert_file.empty()},
                                                             {"key_file", !tls_.key_file.empty()},
                                                             {"server_name", !tls_.server_name.empty()},
                                                             {"verify", !tls_.verify}}};
  for (const auto& [name, is_used] : used) {
    if (is_used) report_.error(path(name), why);
  }
}

}  // namespace

void readRedisTls(RedisSettings& redis, const FileLocations& locations, ConfigReport& report) {
  if (redis.sentinel.used()) {
    TlsFiles files(redis.tls, "redis.tls", locations, report);
    if (redis.sentinel.tls) return files.read();
    return files.refuse("is for TLS, but redis.sentinel.tls is false");
  }
  if (redis.cluster.used()) {
    TlsFiles files(redis.tls, "redis.tls", locations, report);
    if (redis.cluster.tls) return files.read();
    return files.refuse("is for TLS, but redis.cluster.tls is false");
  }
  const Expected<RedisAddress, std::string> address = parseRedisUrl(redis.url);
  if (!address || !report.isSound("redis.url")) return;
  TlsFiles files(redis.tls, "redis.tls", locations, report);
  if (address->tls) return files.read();
  files.refuse(address->socket_path.empty()
                   ? "is for TLS, but redis.url begins with redis://, which is not encrypted; write rediss://"
                   : "is for TLS, which is not spoken over the unix socket in redis.url; leave it out");
}

}  // namespace sessiond
