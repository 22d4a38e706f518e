// The linter on whole configurations: for each rule one that it finds something in, and one that it does not; and sites
// as there are, without a complaint. In a bad one, `# finds danger rule-name` stands behind each line that is
// complained about; and what a configuration of sessiond's says that matters, in the first line, behind `#
// sessiond.yaml: `.

#include "nginx/lint.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <set>
#include <sstream>
#include <string>
#include <vector>

namespace sessiond::nginx {
namespace {

namespace fs = std::filesystem;

const fs::path kFixtures = "tests/data/nginx-lint";

std::string textOf(const fs::path& path) {
  std::ifstream file(path);
  return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

/// The shipped files; nginx's own are empty.
std::vector<SourceFile> shipped(const std::string& pattern) {
  if (pattern.starts_with("sessiond/")) return {{pattern, textOf("nginx/" + pattern.substr(9))}};
  return {{pattern, ""}};
}

Findings lint(const std::string& text, const SessiondFacts& facts = {}) {
  return lintNginx({"site.conf", text}, shipped, facts);
}

/// policies=default,admin identity=X-User-Id,X-User-Name identity_max_bytes=6144
SessiondFacts factsIn(const std::string& text) {
  SessiondFacts facts;
  const std::string mark = "# sessiond.yaml: ";
  if (!text.starts_with(mark)) return facts;
  std::istringstream words(text.substr(mark.size(), text.find('\n') - mark.size()));
  for (std::string word; words >> word;) {
    std::istringstream values(word.substr(word.find('=') + 1));
    std::vector<std::string> list;
    for (std::string value; std::getline(values, value, ',');) list.push_back(value);
    if (word.starts_with("policies=")) facts.policies = list;
    if (word.starts_with("identity=")) facts.identity = list;
    if (word.starts_with("identity_max_bytes=")) facts.identity_max_bytes = std::stoul(list.front());
  }
  return facts;
}

std::vector<fs::path> files(const std::string& folder, const std::string& end) {
  std::vector<fs::path> found;
  for (const auto& entry : fs::directory_iterator(kFixtures / folder)) {
    if (entry.path().string().ends_with(end)) found.push_back(entry.path());
  }
  std::sort(found.begin(), found.end());
  return found;
}

std::string describe(const Finding& finding) {
  return std::to_string(finding.place.line) + " " + std::string(nameOf(finding.severity)) + " " + finding.rule;
}

std::set<std::string> marked(const std::string& text) {
  std::set<std::string> expected;
  int line = 1;
  for (std::size_t begin = 0; begin < text.size(); ++line) {
    const std::size_t end = std::min(text.find('\n', begin), text.size());
    const std::string whole = text.substr(begin, end - begin);
    const std::size_t mark = whole.find("# finds ");
    if (mark != std::string::npos) expected.insert(std::to_string(line) + " " + whole.substr(mark + 8));
    begin = end + 1;
  }
  return expected;
}

std::string rulesOf(const Findings& findings) {
  std::string rules;
  for (const Finding& finding : findings) rules += finding.rule + " ";
  return rules;
}

TEST(NginxLint, FindsWhatIsBadWhereItIsBad) {
  const std::vector<fs::path> bad = files("rules", ".bad.conf");
  EXPECT_GE(bad.size(), 30U) << "run from the top of the source tree";
  for (const fs::path& path : bad) {
    const std::string rule = path.stem().stem();
    const std::string text = textOf(path);
    const std::set<std::string> expected = marked(text);
    std::set<std::string> seen;
    bool rule_seen = false;
    for (const Finding& finding : lint(text, factsIn(text))) {
      rule_seen = rule_seen || finding.rule == rule;
      EXPECT_FALSE(finding.message.empty() || finding.remedy.empty()) << finding.rule;
      const bool marked_hint = finding.severity != Severity::kHint || finding.rule == rule;
      if (finding.place.file == "site.conf" && marked_hint) seen.insert(describe(finding));
    }
    EXPECT_TRUE(rule_seen) << path;
    EXPECT_EQ(seen, expected) << path;
  }
}

TEST(NginxLint, IsContentWithWhatIsGood) {
  for (const fs::path& path : files("rules", ".good.conf")) {
    const std::string rule = path.stem().stem();
    const std::string text = textOf(path);
    for (const Finding& finding : lint(text, factsIn(text))) {
      EXPECT_TRUE(finding.severity == Severity::kHint && finding.rule != rule) << path << " " << describe(finding);
    }
  }
}

TEST(NginxLint, WhatIsBadStandsBesideWhatIsGood) {
  for (const fs::path& path : files("rules", ".conf")) {
    const std::string name = path.filename().string();
    const std::string rule = name.substr(0, name.find('.'));
    EXPECT_TRUE(fs::exists(kFixtures / "rules" / (rule + ".bad.conf"))) << rule;
    EXPECT_TRUE(fs::exists(kFixtures / "rules" / (rule + ".good.conf"))) << rule;
  }
}

TEST(NginxLint, SitesAsThereAreGetNoFalseAlarm) {
  const std::vector<fs::path> sites = files("sites", ".conf");
  EXPECT_EQ(sites.size(), 10U);
  for (const fs::path& path : sites) {
    for (const Finding& finding : lint(textOf(path))) {
      EXPECT_EQ(finding.severity, Severity::kHint) << path << " " << describe(finding) << " " << finding.message;
    }
  }
}

TEST(NginxLint, FindsExactlyTheWiringsThatNginxLeavesOpen) {
  const std::vector<fs::path> wirings = files("wirings", ".conf");
  EXPECT_GE(wirings.size(), 50U);
  for (const fs::path& path : wirings) {
    const std::string text = textOf(path);
    const std::string_view mark = "# danger: ";
    const std::size_t begin = text.find(mark) + mark.size();
    const std::string expected = text.substr(begin, text.find('\n', begin) - begin);
    std::string seen;
    for (const Finding& finding : lint(text)) {
      if (finding.severity == Severity::kDanger && seen != finding.rule) seen += finding.rule;
    }
    EXPECT_EQ(seen.empty() ? "none" : seen, expected) << path;
  }
}

TEST(NginxLint, TheShippedExamplesAreGood) {
  for (const char* path : {"nginx/example.conf", "nginx/examples/shared-login/nginx.conf"}) {
    const Findings findings = lint("events {} http {" + textOf(path) + "}");
    EXPECT_EQ(rulesOf(findings), "login-unlimited ") << path;
  }
}

TEST(NginxLint, NoneOfTheShippedExamplesHasAFault) {
  std::size_t seen = 0;
  for (const auto& entry : fs::directory_iterator("nginx/examples")) {
    ++seen;
    for (const Finding& finding : lint("events {} http {" + textOf(entry.path() / "nginx.conf") + "}")) {
      EXPECT_EQ(finding.severity, Severity::kHint)
          << entry.path() << " " << describe(finding) << " " << finding.message;
    }
  }
  EXPECT_GE(seen, 7U);
}

TEST(NginxLint, HoldsTheSnippetsAgainstTheConfiguration) {
  const std::string site =
      "http { include sessiond/upstream.conf; server { include sessiond/endpoints.conf; location / { include "
      "sessiond/protect-page.conf; set $sessiond_policy staff; } } }";
  const auto rules = [&site](const SessiondFacts& facts) { return rulesOf(lint(site, facts)); };
  EXPECT_EQ(rules({}), "login-unlimited acme ");
  EXPECT_EQ(rules({.policies = {"staff"},
                   .identity = {"X-User-Id", "x-user-roles", "X-User-Name", "X-User-Email"},
                   .identity_max_bytes = 6144}),
            "login-unlimited acme ");
  EXPECT_EQ(rules({.policies = {"admin"}}), "login-unlimited acme policy-unknown ");
  EXPECT_EQ(rules({.identity = {"X-User-Email", "X-User-Id", "X-User-Name", "X-User-Roles", "X-User-Department"}}),
            "login-unlimited acme identity-drift ");
  EXPECT_EQ(rules({.identity = {"X-User-Id", "X-User-Name", "X-User-Roles"}}), "login-unlimited acme identity-drift ");
  EXPECT_EQ(rules({.identity_max_bytes = 13 * 1024}), "buffers login-unlimited acme ");
  const Findings findings = lint(site, {.identity_max_bytes = 16 * 1024});
  EXPECT_EQ(
      findings[0].message,
      "session.identity_max_bytes (16k) and 4k for the other headers do not fit into fastcgi_buffer_size (16k): a "
      "user with many roles gets 503");
  EXPECT_EQ(findings[0].remedy, "in sessiond.yaml: session: {identity_max_bytes: 12k}");
}

TEST(NginxLint, WhichPolicyLetsEverybodyInSessiondSays) {
  const auto rules = [](const std::string& policy, const SessiondFacts& facts) {
    return rulesOf(
        lint("http { include sessiond/upstream.conf; server { include sessiond/endpoints.conf; location /admin/ { "
             "include sessiond/protect-page.conf; } location ~ \\.php$ { include sessiond/protect-page.conf; " +
                 policy + " } } }",
             facts));
  };
  const std::string shop = "set $sessiond_policy shop;";
  const std::string optional = "set $sessiond_policy optional;";
  const SessiondFacts facts = {.policies = {"shop", "optional"}, .optional = {"shop"}};
  EXPECT_EQ(rules(shop, facts), "login-unlimited policy-weaker ");
  EXPECT_EQ(rules(optional, facts), "login-unlimited ");
  EXPECT_EQ(rules(optional, {}), "login-unlimited policy-weaker ") << "its name says so";
  EXPECT_EQ(rules(shop, {}), "login-unlimited ");
  EXPECT_EQ(rules(shop, {.policies = {"default", "shop"}, .optional = {"default", "shop"}}), "login-unlimited ");
}

TEST(NginxLint, UpstreamConfIsThereOnce) {
  const auto site = [](const std::string& upstream) {
    return "http { " + upstream + " server { include sessiond/endpoints.conf; location ^~ /a/ { include " +
           "sessiond/protect-page.conf; } } }";
  };
  const std::string include = "include sessiond/upstream.conf;";
  EXPECT_EQ(rulesOf(lint(site(include))), "login-unlimited ");
  EXPECT_NE(rulesOf(lint(site(""))).find("upstream "), std::string::npos);
  EXPECT_NE(rulesOf(lint(site(include + include))).find("upstream "), std::string::npos);
}

TEST(NginxLint, SnippetsLackNothingOfThisVersion) {
  const std::string site =
      "http { include sessiond/upstream.conf; server { include sessiond/endpoints.conf; include sessiond/status.conf; "
      "location ^~ /a/ { include sessiond/protect-page.conf; } } }";
  std::vector<SourceFile> expected;
  for (const auto& entry : fs::directory_iterator("nginx")) {
    if (entry.path().extension() == ".conf") expected.push_back({entry.path().filename(), textOf(entry.path())});
  }
  const auto rulesWith = [&](const std::string& name, const std::string& from, const std::string& to) {
    const auto files = [&](const std::string& pattern) {
      std::vector<SourceFile> found = shipped(pattern);
      const std::size_t at = pattern.ends_with(name) ? found[0].text.find(from) : std::string::npos;
      if (at != std::string::npos) found[0].text.replace(at, from.size(), to);
      return found;
    };
    std::string rules;
    for (const Finding& finding : lintNginx({"site.conf", site}, files, {.snippets = expected})) {
      if (finding.severity != Severity::kHint) rules += finding.place.file + " " + finding.rule + " ";
    }
    return rules;
  };
  EXPECT_EQ(rulesWith("", "", ""), "");
  EXPECT_EQ(rulesWith("check.conf", "auth_request_set $sessiond_touch    on;", ""),
            "sessiond/check.conf snippets-old ");
  EXPECT_EQ(rulesWith("request.conf", "SESSIOND_URI    $request_uri", "SESSIOND_URI $uri"),
            "sessiond/request.conf snippets-old ");
  EXPECT_EQ(rulesWith("request.conf", "fastcgi_buffer_size 16k", "fastcgi_buffer_size 64k"), "") << "the site's to say";
  EXPECT_EQ(rulesWith("status.conf", "internal;", "internal; add_header X-Site a;"), "") << "more is no fault";
}

TEST(NginxLint, KnowsTheSnippetsInThePackagesOwnFolder) {
  const std::string folder = "/usr/share/sessiond/nginx/";
  const auto files = [&folder](const std::string& pattern) {
    std::vector<SourceFile> found = shipped(pattern);
    if (pattern.starts_with(folder)) found[0].text = textOf("nginx/" + pattern.substr(folder.size()));
    return found;
  };
  const std::string site = "http { include " + folder + "upstream.conf; server { listen 127.0.0.1:1; include " +
                           folder + "endpoints.conf; location ^~ /a/ { include " + folder + "protect-page.conf; } } }";
  EXPECT_EQ(rulesOf(lintNginx({"site.conf", site}, files)), "login-unlimited ");
}

TEST(NginxLint, OtherServersAreNoneOfItsBusiness) {
  EXPECT_EQ(rulesOf(lint("http { server { location / { proxy_pass http://a; } location /a { alias /b/; } } }")), "");
}

TEST(NginxLint, SaysWhatItCannotRead) {
  const Findings findings = lint("http {\n  server {\n");
  ASSERT_EQ(findings.size(), 1U);
  EXPECT_EQ(describe(findings[0]) + " " + findings[0].message, "3 fault syntax a { is never closed");
}

TEST(NginxLint, WhatWasNotLookedAtIsNotGood) {
  const auto said = [](const std::string& text) {
    std::string all;
    for (const Finding& finding : lint(text)) all += describe(finding) + ": " + finding.message + "\n";
    return all;
  };
  const std::string outside =
      " fault not-looked-at: this server stands in no `http` block here, so it was not looked at\n";
  const std::string nothing = "1 fault not-looked-at: there is nothing in it\n";
  const std::string no_server = "1 fault not-looked-at: there is no `http` block with a server in it\n";
  EXPECT_EQ(said(""), nothing);
  EXPECT_EQ(said("# all of it\n# is a comment\n"), nothing);
  EXPECT_EQ(said("events {} http { include sites/*; }"), no_server);
  EXPECT_EQ(said("location / { satisfy any; }"), no_server);
  EXPECT_EQ(said("events {}\nstream { server { listen 1; } }"), no_server);
  EXPECT_EQ(said("server {}\nserver { location / { auth_request sessiond:check; } }"), "1" + outside + "2" + outside);
  EXPECT_EQ(said("http { server {} }\nserver {}"), "2" + outside);
  EXPECT_EQ(said("http { server {} } stream { server { listen 1; } } mail { server { listen 1; } }"), "");
  EXPECT_EQ(rulesOf(lintDump("# configuration file /etc/nginx/nginx.conf:\n")), "not-looked-at ");
}

TEST(NginxLint, ReadsTheOutputOfNginxT) {
  const std::string dump =
      "nginx: configuration file /etc/nginx/nginx.conf test is successful\n"
      "# configuration file /etc/nginx/nginx.conf:\nhttp {\n  include sessiond/upstream.conf;\n  include "
      "sites/*.conf;\n}\n"
      "\n# configuration file /etc/nginx/sessiond/upstream.conf:\n" +
      textOf("nginx/upstream.conf") +
      "\n# configuration file /etc/nginx/sites/a.conf:\nserver {\n  location / {\n    auth_request sessiond:check;\n"
      "    set $sessiond_polcy a;\n  }\n}\n";
  std::set<std::string> seen;
  for (const Finding& finding : lintDump(dump)) seen.insert(finding.place.file + " " + describe(finding));
  EXPECT_TRUE(seen.contains("/etc/nginx/sites/a.conf 1 fault endpoints-missing"));
  EXPECT_TRUE(seen.contains("/etc/nginx/sites/a.conf 4 danger unknown-variable"));
  EXPECT_EQ(rulesOf(lintDump("no dump")), "syntax ");
}

}  // namespace
}  // namespace sessiond::nginx
