#include "config/config_file.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>

#include "base/unique_fd.h"
#include "config/config_validator.h"
#include "unit/config/secret_folder.h"

namespace sessiond {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using Result = Expected<SoundConfig, std::vector<ConfigProblem>>;

class ConfigFile : public testing::Test {
 protected:
  Result read(const std::string& yaml) { return readConfigFile(folder_.write("sessiond.yaml", yaml), folder_.path()); }

  /// What is said, with the temporary folder as FOLDER.
  std::vector<std::string> said(const Result& result) {
    std::vector<std::string> texts;
    for (const ConfigProblem& problem : result ? result->warnings : result.error()) {
      std::string text = describe(problem);
      for (std::size_t at; (at = text.find(folder_.path())) != std::string::npos;) {
        text.replace(at, folder_.path().size(), "FOLDER");
      }
      texts.push_back(std::move(text));
    }
    return texts;
  }

  const SecretFolder folder_;
};

/// The reading end of a pipe in which `bytes` wait, as a shell's <(...) gives it.
UniqueFd pipeWith(const std::string& bytes) {
  std::array<int, 2> ends{};
  EXPECT_EQ(::pipe(ends.data()), 0);
  const UniqueFd writer(ends[1]);
  EXPECT_EQ(::write(writer.get(), bytes.data(), bytes.size()), static_cast<ssize_t>(bytes.size()));
  return UniqueFd(ends[0]);
}

std::string nameOf(const UniqueFd& fd) {
  return "/dev/fd/" + std::to_string(fd.get());
}

TEST_F(ConfigFile, FillsWhatIsGivenAndKeepsTheOtherDefaults) {
  const Result result = read("session: {idle_timeout: 30m}\ncookie: {max_age: 20m, priority: high}\n");
  ASSERT_TRUE(result);
  EXPECT_THAT(said(result), IsEmpty());
  EXPECT_EQ(result->config.session.idle_timeout, std::chrono::minutes(30));
  EXPECT_EQ(result->config.session.touch_interval, std::chrono::seconds(60));
  EXPECT_EQ(result->config.cookie.max_age, std::chrono::minutes(20));
  EXPECT_EQ(result->config.cookie.priority, CookiePriority::kHigh);
  EXPECT_EQ(result->config.identity.size(), 4u);
}

TEST_F(ConfigFile, TellsACheckWhatAFileThatIsNotUnderstoodSays) {
  const auto isSaid = [this](const std::string& yaml) {
    bool is_said = false;
    static_cast<void>(readConfigFile(
        folder_.write("sessiond.yaml", yaml), folder_.path(),
        [&is_said](const Config&, const ConfigReport& report) { is_said = report.isSaid("listen.socket"); }));
    return is_said;
  };
  EXPECT_TRUE(isSaid("cookie: {name: a}")) << "by leaving it out";
  EXPECT_FALSE(isSaid("cookie: {name: a"));
  EXPECT_FALSE(isSaid("lissten: {socket: /run/a.sock}"));
  EXPECT_FALSE(isSaid("listen.socket: /run/a.sock"));
  EXPECT_TRUE(isSaid("listen: {socket: /run/a.sock}\nbogus: {}"));
}

TEST_F(ConfigFile, TakesDurationsAndSizesInQuotes) {
  const Result result = read(R"({
    "session": {"touch_interval": "1h", "max_bytes": "2m", "identity_max_bytes": '512', "cache": {"max_bytes": '64m'}},
    "cookie": {"max_age": "90s"},
    "redis": {"command_timeout": '50ms'},
    "policies": {"staff": {"max_auth_age": "5m"}}
  })");
  ASSERT_TRUE(result) << said(result).front();
  const Config& config = result->config;
  EXPECT_EQ(config.session.touch_interval, std::chrono::hours(1));
  EXPECT_EQ(config.session.max_bytes, 2u << 20);
  EXPECT_EQ(config.session.identity_max_bytes, 512u);
  EXPECT_EQ(config.session.cache.max_bytes, 64u << 20);
  EXPECT_EQ(config.cookie.max_age, std::chrono::seconds(90));
  EXPECT_EQ(config.redis.command_timeout, std::chrono::milliseconds(50));
  EXPECT_EQ(config.policies.back().max_auth_age, std::chrono::minutes(5));
}

TEST_F(ConfigFile, ReadsSecretsInOrderWithoutTheirLastNewline) {
  folder_.write("first", std::string(40, 'a') + "\r\n");
  folder_.write("second", std::string(40, 'b') + "\n\n");
  const std::string third = folder_.write("third", std::string(40, 'c'));
  const Result result = read("session: {secret_files: [\"credential:first\", second, " + third + "]}\n");
  ASSERT_TRUE(result);
  ASSERT_EQ(result->config.session.secrets.size(), 3u);
  EXPECT_EQ(result->config.session.secrets[0].reveal(), std::string(40, 'a'));
  EXPECT_EQ(result->config.session.secrets[1].reveal(), std::string(40, 'b') + "\n");
  EXPECT_EQ(result->config.session.secrets[2].reveal(), std::string(40, 'c'));
  EXPECT_THAT(result->config.session.secret_files, ElementsAre("credential:first", folder_.path() + "/second", third));
}

TEST_F(ConfigFile, TakesCredentialsFromItsOwnFolderWithoutSystemd) {
  const std::string file = folder_.write("sessiond.yaml", "log: {level: warn}\n");
  const Result result = readConfigFile(file, std::nullopt);
  ASSERT_TRUE(result);
  EXPECT_EQ(result->config.session.secrets.at(0).reveal(), std::string(48, 's'));
}

TEST_F(ConfigFile, TakesCredentialsFromSystemdsFolderOnly) {
  const SecretFolder credentials;
  credentials.write("session_secret", std::string(32, 'x'));
  const std::string file = folder_.write("sessiond.yaml", "log: {level: warn}\n");
  const Result result = readConfigFile(file, credentials.path());
  ASSERT_TRUE(result);
  EXPECT_EQ(result->config.session.secrets.at(0).reveal(), std::string(32, 'x'));
}

TEST_F(ConfigFile, OneWithAMistakeIsNone) {
  EXPECT_FALSE(read("log: {level: loud}\n"));
}

TEST_F(ConfigFile, RefusesWeakEmptyAndHugeSecrets) {
  folder_.write("short", std::string(7, 'x') + "\n");
  folder_.write("empty", "\n");
  folder_.write("huge", std::string(4097, 'x'));
  EXPECT_THAT(
      said(read("session: {secret_files: [short, empty, huge]}\n")),
      ElementsAre("FOLDER/sessiond.yaml:1:26: session.secret_files[0]: must hold at least 8 bytes but holds 7; "
                  "make one with: openssl rand -base64 48",
                  "FOLDER/sessiond.yaml:1:33: session.secret_files[1]: FOLDER/empty is empty; make one with: "
                  "openssl rand -base64 48",
                  "FOLDER/sessiond.yaml:1:40: session.secret_files[2]: FOLDER/huge must hold at most 4096 bytes "
                  "but holds more; make one with: openssl rand -base64 48"));
}

TEST_F(ConfigFile, WarnsOfAShortSecretThatAnApplicationMayHaveUsedForYears) {
  folder_.write("short", "keyboard cat\n");
  const Result result = read("session: {secret_files: [short]}\n");
  ASSERT_TRUE(result);
  EXPECT_EQ(result->config.session.secrets.at(0).reveal(), "keyboard cat");
  EXPECT_THAT(said(result),
              ElementsAre("FOLDER/sessiond.yaml:1:26: warning: session.secret_files[0]: holds 12 bytes, and "
                          "whoever has a cookie can try to guess it; 32 or more are safe; make one with: "
                          "openssl rand -base64 48"));
}

TEST_F(ConfigFile, ReadsTheApplicationsToken) {
  const std::string token = "0123456789abcdefABCDEF-._~+/==";
  const std::string file = folder_.write("token", token + "\n");
  const Result result = read("api: {enabled: true, token_file: token}\n");
  ASSERT_TRUE(result);
  EXPECT_THAT(said(result), IsEmpty());
  EXPECT_EQ(result->config.api.token.reveal(), token);
  EXPECT_EQ(result->config.api.token_file, file);
}

TEST_F(ConfigFile, RefusesTokensThatNoRequestCanBringOrAnybodyCanGuess) {
  folder_.write("short", "0123456789abcde\n");
  folder_.write("space", "0123456789 abcdef\n");
  folder_.write("lines", "0123456789abcdef\n\n");
  EXPECT_THAT(said(read("api: {enabled: true, token_file: short}\n")),
              ElementsAre("FOLDER/sessiond.yaml:1:34: api.token_file: must hold at least 16 bytes but holds 15; make "
                          "one with: openssl rand -hex 32"));
  for (const std::string name : {"space", "lines"}) {
    EXPECT_THAT(said(read("api: {enabled: true, token_file: " + name + "}\n")),
                ElementsAre("FOLDER/sessiond.yaml:1:34: api.token_file: must hold one line of letters, digits and "
                            "- . _ ~ + / = only; make one with: openssl rand -hex 32"));
  }
}

TEST_F(ConfigFile, RefusesAFolderInPlaceOfASecret) {
  EXPECT_THAT(said(read("redis: {password_file: .}\n")),
              ElementsAre("FOLDER/sessiond.yaml:1:24: redis.password_file: cannot read FOLDER/: Is a directory"));
}

TEST_F(ConfigFile, SaysWhereAMissingCredentialWouldComeFrom) {
  const SecretFolder empty;
  empty.write("session_secret", "\n");
  const std::string file = folder_.write("sessiond.yaml", "log: {level: warn}\n");
  const std::string origin =
      "; systemd makes it at the start from the file that LoadCredential=session_secret:FILE of the unit names, such "
      "as "
      "FOLDER/session_secret; make one with: openssl rand -base64 48";
  EXPECT_THAT(
      said(readConfigFile(file, folder_.path() + "/none")),
      ElementsAre("FOLDER/sessiond.yaml: session.secret_files[0]: cannot read FOLDER/none/session_secret: No such "
                  "file or directory" +
                  origin));
  EXPECT_THAT(said(readConfigFile(file, empty.path())),
              ElementsAre("FOLDER/sessiond.yaml: session.secret_files[0]: " + empty.path() +
                          "/session_secret is empty" + origin));
}

TEST_F(ConfigFile, SaysWhichFileIsMeantWhereSystemdPassesNoCredential) {
  const std::string file = folder_.write("sessiond.yaml", "session: {secret_files: [\"credential:none\"]}\n");
  EXPECT_THAT(said(readConfigFile(file, std::optional<std::string>())),
              ElementsAre("FOLDER/sessiond.yaml:1:26: session.secret_files[0]: cannot read FOLDER/none: No such file "
                          "or directory; systemd has passed no credential (LoadCredential= in the unit), so the file "
                          "beside the configuration is meant; make one with: openssl rand -base64 48"));
}

TEST_F(ConfigFile, WarnsOfSecretsThatOthersMayRead) {
  const std::string file = folder_.write("password", "hunter2\n");
  ASSERT_EQ(::chmod(file.c_str(), 0644), 0);
  const Result result = read("redis: {password_file: password}\n");
  ASSERT_TRUE(result);
  EXPECT_EQ(result->config.redis.password.reveal(), "hunter2");
  EXPECT_THAT(said(result),
              ElementsAre("FOLDER/sessiond.yaml:1:24: warning: redis.password_file: FOLDER/password can be "
                          "read by everybody on this machine; chmod o-rwx FOLDER/password"));
}

TEST_F(ConfigFile, WarnsOfTheSameSecretTwice) {
  folder_.write("old", std::string(48, 's'));
  EXPECT_THAT(
      said(read("session: {secret_files: [\"credential:session_secret\", old]}\n")),
      ElementsAre("FOLDER/sessiond.yaml:1:55: warning: session.secret_files[1]: holds the same secret as a file "
                  "listed before it"));
}

TEST_F(ConfigFile, ReportsWarningsBesideErrors) {
  EXPECT_THAT(
      said(read("listen: {mode: \"0666\", lanes: -1}\n")),
      ElementsAre("FOLDER/sessiond.yaml:1:16: warning: listen.mode: lets every program on this machine use the "
                  "socket; 0660 with a group is safer",
                  "FOLDER/sessiond.yaml:1:31: listen.lanes: must be a whole number between 0 and 256 but is -1"));
}

TEST_F(ConfigFile, TakesOtherFilesFromItsFolderToo) {
  folder_.write("users", "demo:x\n");
  const Result result = read("login: {authenticators: [htpasswd], htpasswd_file: users, page_file: ../login.html}\n");
  ASSERT_TRUE(result);
  EXPECT_EQ(result->config.login.htpasswd_file, folder_.path() + "/users");
  EXPECT_EQ(result->config.login.page_file,
            std::filesystem::path(folder_.path()).parent_path().string() + "/login.html");
  EXPECT_TRUE(result->warnings.empty()) << "they are read by others";
}

TEST_F(ConfigFile, PutsTheDefaultPolicyFirstWhenItIsNotListed) {
  const Result result = read("policies: {admin: {roles_any: [admin]}}\n");
  ASSERT_TRUE(result);
  ASSERT_EQ(result->config.policies.size(), 2u);
  EXPECT_EQ(result->config.policies[0].name, "default");
  EXPECT_TRUE(result->config.policies[0].require_session);
  EXPECT_EQ(result->config.policies[1].name, "admin");
}

TEST_F(ConfigFile, LeavesTheDefaultPolicyWhereItIs) {
  const Result result = read("policies: {guests: {require: optional}, default: {roles_all: [staff]}}\n");
  ASSERT_TRUE(result);
  ASSERT_EQ(result->config.policies.size(), 2u);
  EXPECT_FALSE(result->config.policies[0].require_session);
  EXPECT_THAT(result->config.policies[1].roles_all, ElementsAre("staff"));
}

TEST_F(ConfigFile, CountsTheDefaultPolicyInTheirLimit) {
  std::string yaml = "policies:\n";
  for (int at = 0; at < 63; ++at) yaml += "  p" + std::to_string(at) + ": {}\n";
  EXPECT_TRUE(read(yaml));
  EXPECT_THAT(said(read(yaml + "  last: {}\n")),
              ElementsAre("FOLDER/sessiond.yaml:2:3: policies: must be at most 64, `default` included, but are 65"));
}

TEST_F(ConfigFile, KeepsTheJsonKindOfWhatAPolicyMatches) {
  const Result result =
      read("policies: {p: {match: {/a: true, /b: 1.50, /c: \"1\", /d: 'yes', /e: \"007\", /f: 'q\"\\'}}}\n");
  ASSERT_TRUE(result);
  using Match = std::pair<std::string, std::string>;
  EXPECT_THAT(result->config.policies[1].match,
              ElementsAre(Match("/a", "true"), Match("/b", "1.50"), Match("/c", "\"1\""), Match("/d", "\"yes\""),
                          Match("/e", "\"007\""), Match("/f", "\"q\\\"\\\\\"")));
}

TEST_F(ConfigFile, TakesTheRedisUserFromTheUrl) {
  const Result result = read("redis: {url: \"redis://app@db\"}\n");
  ASSERT_TRUE(result);
  EXPECT_EQ(result->config.redis.user, "app");
}

TEST_F(ConfigFile, ReadsConfigurationAndSecretFromAPipe) {
  const UniqueFd secret = pipeWith(std::string(40, 'p') + "\n");
  const UniqueFd yaml = pipeWith("session: {secret_files: [" + nameOf(secret) + "]}\n");
  const Result result = readConfigFile(nameOf(yaml), folder_.path());
  ASSERT_TRUE(result) << said(result).front();
  EXPECT_EQ(result->config.session.secrets.at(0).reveal(), std::string(40, 'p'));
}

TEST_F(ConfigFile, SaysWhyAFileCannotBeRead) {
  EXPECT_THAT(said(readConfigFile(folder_.path() + "/none.yaml", folder_.path())),
              ElementsAre("FOLDER/none.yaml: cannot be read: No such file or directory"));
  EXPECT_THAT(said(readConfigFile(folder_.path(), folder_.path())),
              ElementsAre("FOLDER: cannot be read: Is a directory"));
  EXPECT_THAT(said(read(std::string(kMaxConfigFileSize + 1, '#'))),
              ElementsAre("FOLDER/sessiond.yaml: is larger than 256 KiB"));
}

TEST(ConfigValidator, WarnsOfMoreConnectionsThanFilesMayBeOpen) {
  ConfigReport report("test");
  ListenSettings listen;
  listen.max_connections = 1000;
  checkOpenFiles(listen, 1064, report);
  EXPECT_THAT(report.take(), IsEmpty());
  checkOpenFiles(listen, 1063, report);
  const std::vector<ConfigProblem> problems = report.take();
  ASSERT_EQ(problems.size(), 1U);
  EXPECT_EQ(describe(problems.front()),
            "test: warning: listen.max_connections: is 1000, but a process started from here may have only 1063 files "
            "open; raise LimitNOFILE in the unit (ulimit -n in a shell)");
}

TEST_F(ConfigFile, SaysNothingOfTheDefaultsOfATextThatItDidNotUnderstand) {
  std::filesystem::remove(folder_.path() + "/session_secret");
  EXPECT_THAT(said(read("session:\n\tsecret_files: [secret]\n")),
              ElementsAre("FOLDER/sessiond.yaml:2:1: a tab in the indentation: YAML allows only spaces there"));
  EXPECT_THAT(said(read("sesion: {secret_files: [secret]}\n")),
              ElementsAre("FOLDER/sessiond.yaml:1:1: sesion: unknown section; did you mean session?"));
  EXPECT_THAT(said(read("session: {idle_timeout: 1}\n")).size(), 2U) << "the missing secret is a problem of its own";
}

TEST_F(ConfigFile, WarnsOfASecretThatIsListedTwice) {
  folder_.write("one", std::string(40, 'a') + "\n");
  folder_.write("other", std::string(40, 'b') + "\n");
  folder_.write("copy", std::string(40, 'a'));
  const Result result = read("session: {secret_files: [one, other, copy]}\n");
  ASSERT_TRUE(result);
  EXPECT_THAT(said(result), ElementsAre("FOLDER/sessiond.yaml:1:38: warning: session.secret_files[2]: holds the same "
                                        "secret as a file listed before it"));
}

TEST_F(ConfigFile, WarnsOfASecretFileWithAByteOrderMark) {
  folder_.write("marked", "\xEF\xBB\xBF" + std::string(40, 'k') + "\n");
  const Result result = read("session: {secret_files: [marked]}\n");
  ASSERT_TRUE(result);
  EXPECT_THAT(said(result),
              ElementsAre("FOLDER/sessiond.yaml:1:26: warning: session.secret_files[0]: FOLDER/marked begins with a "
                          "byte order mark, and it is part of the secret; write the file as UTF-8 without one"));
}

TEST_F(ConfigFile, WarnsOfASecretFileOfSeveralLines) {
  folder_.write("two", "0123456789abcdef0123456789abcdef\n0123456789abcdef0123456789abcdef\n");
  const Result result = read("session: {secret_files: [two]}\n");
  ASSERT_TRUE(result);
  EXPECT_THAT(said(result), ElementsAre("FOLDER/sessiond.yaml:1:26: warning: session.secret_files[0]: FOLDER/two holds "
                                        "several lines, and all of them together are the secret; each needs a file of "
                                        "its own"));
}

}  // namespace
}  // namespace sessiond
