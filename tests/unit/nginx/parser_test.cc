#include "nginx/parser.h"

#include <gtest/gtest.h>

#include <string>

#include "nginx/configuration.h"
#include "nginx/scope.h"

namespace sessiond::nginx {
namespace {

/// `name(argument|argument){…}` for each directive, or `file:line: message`.
std::string shown(const Directives& directives) {
  std::string text;
  for (const Directive& directive : directives) {
    text += directive.name + "(";
    for (const std::string& argument : directive.arguments) text += argument + "|";
    text += ")";
    if (directive.block) text += "{" + shown(*directive.block) + "}";
  }
  return text;
}
std::string parsed(std::string_view text) {
  const auto result = parse(text, "f");
  if (result) return shown(*result);
  return std::to_string(result.error().place.line) + ": " + result.error().message;
}

TEST(NginxParser, ReadsDirectivesAndBlocks) {
  EXPECT_EQ(parsed(""), "");
  EXPECT_EQ(parsed("a;b 1 2;"), "a()b(1|2|)");
  EXPECT_EQ(parsed("a { b c; d {} } # e { f\n g;"), "a(){b(c|)d(){}}g()");
}

TEST(NginxParser, WordsEndAsInNginx) {
  EXPECT_EQ(parsed("a b#c \"d e\" 'f;g' h\\;i j\"k;"), "a(b#c|d e|f;g|h\\;i|j\"k|)");
  EXPECT_EQ(parsed(R"(a "x\"y" 'z\'' \$ \.php$ "a\tb";)"), "a(x\"y|z'|\\$|\\.php$|a\tb|)");
  EXPECT_EQ(parsed("a x${b}c{d;}"), "a(x${b}c|){d()}");
  EXPECT_EQ(parsed("if ($a = \"b\"){return 403;}"), "if(($a|=|b|)|){return(403|)}");
}

TEST(NginxParser, SaysWhatIsWrongAndWhere) {
  EXPECT_EQ(parsed("a;\nb {\n"), "3: a { is never closed");
  EXPECT_EQ(parsed("a;\n}"), "2: a } closes nothing");
  EXPECT_EQ(parsed("a\n b }"), "1: directive \"a\" is not ended by ; or a block");
  EXPECT_EQ(parsed("a \"b;\n"), "1: a quote is never closed");
  EXPECT_EQ(parsed("a \"b\"c;"), "1: a closing quote must be followed by a space, ; or {");
  EXPECT_EQ(parsed(";"), "1: a directive must begin with its name");
  EXPECT_EQ(parsed(std::string(100, '{')), "1: a directive must begin with its name");
  std::string deep;
  for (int i = 0; i < 1000; ++i) deep += "a{";
  EXPECT_EQ(parsed(deep), "0: blocks are nested deeper than any configuration");
}

TEST(NginxParser, LeavesLuaAlone) {
  EXPECT_EQ(parsed("content_by_lua_block { if x then y = {1} end -- it's\n } a;"), "content_by_lua_block(){}a()");
}

TEST(NginxConfiguration, IncludesWhatIsNamed) {
  const FileFinder files = [](const std::string& pattern) -> std::vector<SourceFile> {
    if (pattern == "b.conf") return {{"b.conf", "x;\ninclude none*;"}};
    if (pattern == "all*") return {{"1", "one;"}, {"2", "two;"}};
    if (pattern == "self") return {{"self", "include self;"}};
    return {};
  };
  const auto read = [&files](const std::string& text) {
    const auto result = readConfiguration({"main", text}, files);
    return result ? shown(*result) : result.error().message;
  };
  EXPECT_EQ(read("a { include b.conf; include all*; }"), "a(){x()one()two()}");
  EXPECT_EQ(read("include c.conf;"), "there is no file \"c.conf\"");
  EXPECT_EQ(read("include self;"), "files include each other in a circle");
}

TEST(NginxScope, InheritsListsAllOrNothing) {
  const auto text = parse("http { add_header A 1; server { add_header B 2; add_header C 3; location / { x; } } }", "f");
  const Scope main(*text);
  const Scope& location = *main.all(Scope::Kind::kLocation).front();
  ASSERT_EQ(location.inForce("add_header").size(), 2U);
  EXPECT_EQ(location.value("add_header"), "C");
  EXPECT_EQ(location.inForceAt("add_header"), location.server());
  EXPECT_TRUE(location.own("add_header").empty());
  EXPECT_EQ(location.value("none"), "");
}

TEST(NginxScope, ChoosesTheLocationThatNginxTakes) {
  const auto text = parse(
      "server { location / {} location /a/ { location /a/b/ {} } location = /a/ {} location ~ /a {} "
      "location ^~/c {} }",
      "f");
  const Scope main(*text);
  const Scope& server = *main.all(Scope::Kind::kServer).front();
  const auto chosen = [&server](std::string_view address) {
    const Scope* location = locationFor(server, address);
    return location == nullptr ? std::string("none") : std::string(nameOf(*location).text);
  };
  EXPECT_EQ(chosen("/x"), "/");
  EXPECT_EQ(chosen("/a/x"), "/a/");
  EXPECT_EQ(chosen("/a/b/x"), "/a/b/");
  EXPECT_EQ(nameOf(*locationFor(server, "/a/")).match, LocationName::Match::kExact);
  EXPECT_EQ(nameOf(*locationFor(server, "/cc")).match, LocationName::Match::kStrongPrefix);
  EXPECT_EQ(chosen("sessiond:check"), "none");
}

}  // namespace
}  // namespace sessiond::nginx
