#include "config/own_paths.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>

#include "config/config_file.h"
#include "config/options.h"
#include "unit/config/secret_folder.h"

namespace sessiond {
namespace {

using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

class OwnPaths : public testing::Test {
 protected:
  /// What is said of such a configuration; in it and in what is said, the temporary folder is FOLDER.
  std::vector<std::string> said(std::string yaml) const {
    replace(yaml, "FOLDER", folder_.path());
    const auto loaded = readConfigFile(folder_.write("sessiond.yaml", yaml), folder_.path());
    std::vector<std::string> texts;
    for (const ConfigProblem& problem : loaded ? loaded->warnings : loaded.error()) {
      texts.push_back(describe(problem));
      replace(texts.back(), folder_.path(), "FOLDER");
    }
    return texts;
  }
  void link(const std::string& name, const std::string& target) const {
    std::filesystem::create_symlink(target, std::filesystem::path(folder_.path()) / name);
  }
  /// By its name. (redis.url and login.http_verifier.url lead to sockets and have tests of their own.)
  static bool namesPaths(const std::string& option) {
    const std::string word = option.substr(option.find_last_of("._") + 1);
    return word == "file" || word == "files" || word == "folder" || word == "socket";
  }
  /// `a.b` with that value, in one line.
  static std::string setting(const std::string& option, const std::string& value) {
    const std::size_t dot = option.find('.');
    if (dot == std::string::npos) return option + ": " + value;
    return option.substr(0, dot) + ": {" + setting(option.substr(dot + 1), value) + "}";
  }
  /// The message about the option, which stands in line 1.
  static std::string taken(const std::string& place, const std::string& option, const std::string& by) {
    return "FOLDER/sessiond.yaml:" + place + ": " + option +
           ": must be a path of its own but leads to the same file as " + by + "; name another one";
  }

  const SecretFolder folder_;

 private:
  static void replace(std::string& text, const std::string& from, const std::string& to) {
    for (std::size_t at = 0; (at = text.find(from, at)) != std::string::npos; at += to.size()) {
      text.replace(at, from.size(), to);
    }
  }
};

TEST_F(OwnPaths, MayBeAsTheyAreByDefault) {
  EXPECT_THAT(said("log: {level: info}\n"), IsEmpty());
}

TEST_F(OwnPaths, MayStandInOneFolderWithWhatIsRead) {
  folder_.write("a.log", "");
  EXPECT_THAT(said("listen: {socket: FOLDER/a.sock}\nsessiond: {control_socket: FOLDER/b.sock}\n"
                   "log: {file: FOLDER/a.log}\npages: {folder: FOLDER}\n"),
              IsEmpty());
}

TEST_F(OwnPaths, AreTwoSocketsForNginxAndForControl) {
  link("way", ".");
  for (const std::string way : {"FOLDER/a.sock", "FOLDER/./a.sock", "FOLDER/way/a.sock"}) {
    EXPECT_THAT(said("sessiond: {control_socket: FOLDER/a.sock}\nlisten: {socket: " + way + "}\n"),
                ElementsAre(taken("1:28", "sessiond.control_socket", "listen.socket, " + way)));
  }
}

TEST_F(OwnPaths, AreNamedWhereTheFileNamesOneAndTheDefaultIsTheOther) {
  EXPECT_THAT(
      said("listen: {socket: /run/sessiond/control/sessiond.sock}\n"),
      ElementsAre(taken("1:18", "listen.socket", "sessiond.control_socket, /run/sessiond/control/sessiond.sock")));
}

TEST_F(OwnPaths, AreNoSocketOfRedis) {
  EXPECT_THAT(said("listen: {socket: FOLDER/redis.sock}\nredis: {url: 'unix://FOLDER/redis.sock'}\n"),
              ElementsAre(taken("1:18", "listen.socket", "redis.url, FOLDER/redis.sock")));
}

TEST_F(OwnPaths, AreNoSocketOfAnApplicationThatKnowsUsers) {
  EXPECT_THAT(said("listen: {socket: FOLDER/app.sock}\n"
                   "login: {authenticators: [http], http_verifier: {url: 'http://unix:FOLDER/app.sock:/verify'}}\n"),
              ElementsAre(taken("1:18", "listen.socket", "login.http_verifier.url, FOLDER/app.sock")));
}

TEST_F(OwnPaths, AreNoFileThatTheConfigurationReads) {
  folder_.write("token", "0123456789abcdef0123456789abcdef\n");
  folder_.write("users", "");
  folder_.write("page.html", "");
  link("users.log", "users");
  std::filesystem::create_hard_link(folder_.path() + "/users", folder_.path() + "/users.hard");
  const std::string secret = "session: {secret_files: ['credential:session_secret']}\n";
  EXPECT_THAT(said("log: {file: FOLDER/session_secret}\n" + secret),
              ElementsAre(taken("1:13", "log.file", "session.secret_files[0], FOLDER/session_secret")));
  EXPECT_THAT(said("log: {file: FOLDER/token}\napi: {enabled: true, token_file: token}\n"),
              ElementsAre(taken("1:13", "log.file", "api.token_file, FOLDER/token")));
  for (const std::string log : {"users", "users.log", "users.hard"}) {
    EXPECT_THAT(said("log: {file: FOLDER/" + log + "}\nlogin: {authenticators: [htpasswd], htpasswd_file: users}\n"),
                ElementsAre(taken("1:13", "log.file", "login.htpasswd_file, FOLDER/users")));
  }
  EXPECT_THAT(said("log: {file: FOLDER/page.html}\npages: {folder: .}\n"),
              ElementsAre(taken("1:13", "log.file", "pages.folder, FOLDER/page.html")));
  EXPECT_THAT(said("log: {file: FOLDER/sessiond.yaml}\n"),
              ElementsAre(taken("1:13", "log.file", "this configuration, FOLDER/sessiond.yaml")));
}

/// So that none can be forgotten.
TEST_F(OwnPaths, AreHeldAgainstEveryOptionThatNamesFilesOrASocket) {
  folder_.write("a.html", "");
  std::size_t count = 0;
  for (const Option& option : allOptions()) {
    if (!namesPaths(option.path) || option.path == "log.file") continue;
    ++count;
    const std::string path = option.path.ends_with("folder") ? "FOLDER" : "FOLDER/a.html";
    const std::string value = option.path.ends_with("files") ? "[" + path + "]" : path;
    EXPECT_THAT(said("log: {file: FOLDER/a.html}\n" + setting(option.path, value) + "\n"),
                Contains(HasSubstr("log.file: must be a path of its own but leads to the same file as " + option.path)))
        << option.path << " is missing in src/config/own_paths.cc";
  }
  EXPECT_GE(count, 17U) << "this test no longer understands their names";
}

TEST_F(OwnPaths, AreNotWhatIsOnlyRead) {
  folder_.write("token", "0123456789abcdef0123456789abcdef\n");
  EXPECT_THAT(said("api: {enabled: true, token_file: token}\nredis: {password_file: token}\n"), IsEmpty());
}

TEST_F(OwnPaths, AreALogThatMayBeADeviceWhereverElseItIsNamed) {
  EXPECT_THAT(said("log: {file: /dev/null}\npages: {style_file: /dev/null}\n"), IsEmpty());
}

TEST_F(OwnPaths, AreNotGuessedWhereTheFileIsNotUnderstood) {
  EXPECT_THAT(said("listen: {socket: /run/sessiond/control/sessiond.sock}\nsesiond: {control_socket: /run/b.sock}\n"),
              testing::Not(Contains(HasSubstr("a path of its own"))));
}

}  // namespace
}  // namespace sessiond
