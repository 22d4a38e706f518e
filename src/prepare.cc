#include "prepare.h"

#include <optional>
#include <utility>
#include <vector>

#include "base/check.h"
#include "base/file.h"
#include "base/log.h"
#include "config/config_file.h"
#include "fastcgi/listener.h"
#include "os/control_socket.h"
#include "redis/tls_context.h"

namespace sessiond {
namespace {

std::unique_ptr<HtpasswdDirectory> openHtpasswd(const LoginSettings& login, const Clock& clock, ConfigReport& report) {
  const bool is_used = login.lists(AuthenticatorKind::kHtpasswd);
  if (!is_used || login.htpasswd_file.empty() || !report.isSound("login.htpasswd_file")) return nullptr;
  auto opened = HtpasswdDirectory::open(login.htpasswd_file, nameCaseOf(login), clock);
  if (!opened) {
    report.error("login.htpasswd_file", opened.error());
    return nullptr;
  }
  for (const std::string& problem : (*opened)->firstProblems()) report.warning("login.htpasswd_file", problem);
  return *std::move(opened);
}

void checkAuthorities(const HttpVerifierSettings& verifier, ConfigReport& report) {
  if (verifier.ca_file.empty() || !report.isSound("login.http_verifier.ca_file")) return;
  constexpr std::size_t kMaxBytes = 4 * 1024 * 1024;
  const std::string option = "login.http_verifier.ca_file";
  const auto file = readFile(verifier.ca_file, kMaxBytes);
  if (!file) return report.error(option, verifier.ca_file + ": " + file.error());
  if (file->bytes.empty()) return report.error(option, verifier.ca_file + " is empty");
  // libcurl reads the file itself, when a password is to be verified.
  std::vector<TlsProblem> problems;
  static_cast<void>(TlsContext::make(
      {.option = {}, .authorities_file = verifier.ca_file, .authorities = file->bytes, .certificate = {}, .key = {}},
      problems));
  for (const TlsProblem& problem : problems) {
    const std::string text = verifier.ca_file + " " + problem.text;
    problem.is_warning ? report.warning(option, text) : report.error(option, text);
  }
}

std::optional<PageBook> readPages(const Config& config, ConfigReport& report) {
  if (!report.isSound("login.page_file")) return std::nullopt;
  Expected<PageBook, std::vector<PageProblem>> book = PageBook::read(config.pages, config.login);
  if (book) {
    for (const PageProblem& warning : book->warnings()) report.warning(warning.option, warning.message);
    return *std::move(book);
  }
  for (const PageProblem& problem : book.error()) report.error(problem.option, problem.message);
  return std::nullopt;
}

/// The default is where the units make the folder, which therefore may be missing as long as they do not run.
void checkSockets(const Config& config, ListeningSocket socket, ConfigReport& report) {
  if (socket == ListeningSocket::kNone) return;
  const SocketSettings& listen = config.listen;
  if (socket == ListeningSocket::kOurOwn && report.isSaid("listen.socket") &&
      report.areSound({"listen.socket", "listen.group"})) {
    if (const std::optional<std::string> reason = Listener::whyImpossible(listen)) {
      if (listen.socket == SocketSettings().socket) {
        report.warning("listen.socket", *reason + "; sessiond can start only where systemd passes the socket");
      } else {
        report.error("listen.socket", *reason);
      }
    }
  }
  const std::string& control = config.sessiond.control_socket;
  if (control.empty() || control == ControlSettings().control_socket || !report.isSound("sessiond.control_socket")) {
    return;
  }
  if (const auto reason = UnixSocket::whyImpossible(ControlSocket::settingsFor(control))) {
    report.error("sessiond.control_socket", control + ": " + *reason);
  }
}

void checkLog(const LogSettings& log, ConfigReport& report) {
  if (!report.isSound("log.file")) return;
  if (const auto reason = whyLogFails(log)) report.error("log.file", log.file + ": " + *reason);
}

}  // namespace

Expected<Prepared, std::vector<ConfigProblem>> prepare(const std::string& config_file, ListeningSocket socket,
                                                       const Clock& clock) {
  std::unique_ptr<HtpasswdDirectory> htpasswd;
  std::optional<PageBook> pages;
  auto read = readConfigFile(config_file, [&](const Config& config, ConfigReport& report) {
    htpasswd = openHtpasswd(config.login, clock, report);
    checkAuthorities(config.login.http_verifier, report);
    pages = readPages(config, report);
    checkSockets(config, socket, report);
    checkLog(config.log, report);
  });
  if (!read) return Unexpected(read.error());
  SESSIOND_CHECK(pages.has_value());
  return Prepared{.config = std::make_shared<const Config>(std::move(read->config)),
                  .htpasswd = std::move(htpasswd),
                  .pages = *std::move(pages),
                  .warnings = std::move(read->warnings)};
}

PageBook builtInPages() {
  const Config config;
  return *PageBook::read(config.pages, config.login);
}

}  // namespace sessiond
