#include "sessionctl/password_input.h"

#include <fcntl.h>
#include <termios.h>
#include <unistd.h>

#include <array>
#include <csignal>
#include <cstddef>
#include <cstdio>
#include <optional>
#include <utility>

#include "base/file.h"
#include "base/unique_fd.h"
#include "login/password_hash.h"
#include "sessionctl/output.h"

namespace sessiond::ctl {
namespace {

volatile std::sig_atomic_t noted = 0;

void note(int signal) {
  noted = signal;
}

/// Without echo as long as it lives. What would end or stop the program meanwhile (^C, ^Z, kill) ends the reading, and
/// is obeyed when the echo is back; what the process ignores it goes on ignoring. One at a time.
class NoEcho {
 public:
  explicit NoEcho(int terminal) : terminal_(terminal) {
    noted = 0;
    struct sigaction noting = {};
    noting.sa_handler = note;  // without SA_RESTART: the read that waits comes back
    sigemptyset(&noting.sa_mask);
    for (std::size_t i = 0; i < kNoted.size(); ++i) {
      ::sigaction(kNoted[i], &noting, &actions_[i]);
      if (actions_[i].sa_handler == SIG_IGN) ::sigaction(kNoted[i], &actions_[i], nullptr);
    }
    ::tcgetattr(terminal_, &before_);
    termios quiet = before_;
    quiet.c_lflag &= ~static_cast<tcflag_t>(ECHO);
    quiet.c_lflag |= ECHONL;
    ::tcsetattr(terminal_, TCSAFLUSH, &quiet);
  }
  ~NoEcho() {
    ::tcsetattr(terminal_, TCSAFLUSH, &before_);
    for (std::size_t i = 0; i < kNoted.size(); ++i) ::sigaction(kNoted[i], &actions_[i], nullptr);
    if (noted == 0) return;
    ::dprintf(terminal_, "\n");
    ::raise(noted);
  }
  NoEcho(const NoEcho&) = delete;
  NoEcho& operator=(const NoEcho&) = delete;

 private:
  static constexpr std::array<int, 5> kNoted = {SIGINT, SIGQUIT, SIGTSTP, SIGTERM, SIGHUP};

  const int terminal_;
  termios before_{};
  std::array<struct sigaction, kNoted.size()> actions_{};
};

/// A line without its end. None: a signal, or the end of input.
std::optional<Secret> readLine(int terminal) {
  std::string line;
  line.reserve(4096);  // a terminal's line is no longer: nothing is left behind in memory
  for (char c = 0; noted == 0 && ::read(terminal, &c, 1) == 1;) {
    if (c == '\n') return Secret(std::move(line));
    line += c;
  }
  wipeString(line);
  return std::nullopt;
}

Expected<Secret, std::string> askTwice(const std::string& of) {
  const UniqueFd terminal(::open("/dev/tty", O_RDWR | O_CLOEXEC));
  if (!terminal) {
    return Unexpected(std::string("there is no terminal to ask for the password; give it on standard input: --stdin"));
  }
  const NoEcho no_echo(terminal.get());
  ::dprintf(terminal.get(), "New password of %s: ", harmless(of).c_str());
  auto first = readLine(terminal.get());
  if (!first) return Unexpected(std::string("no password was given"));
  ::dprintf(terminal.get(), "Once more: ");
  const auto second = readLine(terminal.get());
  if (!second) return Unexpected(std::string("no password was given"));
  if (!first->equals(second->reveal())) return Unexpected(std::string("the two passwords differ"));
  return *std::move(first);
}

Expected<Secret, std::string> readStdin() {
  auto bytes = readBytes(STDIN_FILENO, std::size_t{64} * 1024);
  if (!bytes) return Unexpected(std::string("standard input cannot be read"));
  const std::size_t end = bytes->find('\n');
  std::string line = bytes->substr(0, end);
  const bool is_more = end != std::string::npos && end + 1 < bytes->size();
  wipeString(*bytes);
  if (line.ends_with('\r')) line.pop_back();
  Secret password(std::move(line));
  if (is_more) return Unexpected(std::string("standard input holds more than one line; the password is one line"));
  return password;
}

}  // namespace

Expected<Secret, std::string> readNewPassword(bool from_stdin, const std::string& of) {
  auto password = from_stdin ? readStdin() : askTwice(of);
  if (!password) return password;
  if (password->empty()) return Unexpected(std::string("the password is empty"));
  if (!isPossiblePassword(password->reveal())) {
    return Unexpected("the password must be at most " + std::to_string(kMaxPasswordBytes) +
                      " bytes without NUL: no login would take another");
  }
  return password;
}

}  // namespace sessiond::ctl
