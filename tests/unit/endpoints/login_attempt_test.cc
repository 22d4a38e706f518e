#include "endpoints/login/login_attempt.h"

#include <gtest/gtest.h>

#include <string>

#include "unit/endpoints/endpoint_fixture.h"

namespace sessiond {
namespace {

/// "form|json user/password/rd/csrf", or the error as a word.
std::string read(const std::string& type, const std::string& body, const std::string& query = "") {
  const Params params = {{"CONTENT_TYPE", type}, {"QUERY_STRING", query}};
  const std::vector<Param> views = viewsOf(params);
  Request request;
  request.params = views;
  request.body = body;
  const auto attempt = readLoginAttempt(request, NameCase::kMatters);
  if (attempt)
    return std::string(attempt->format == LoginFormat::kForm ? "form " : "json ") + attempt->user + "/" +
           std::string(attempt->password.reveal()) + "/" + attempt->rd + "/" + attempt->csrf;
  switch (attempt.error()) {
    case LoginAttemptError::kUnsupportedType:
      return "unsupported";
    case LoginAttemptError::kTooLarge:
      return "too large";
    case LoginAttemptError::kMalformed:
      return "malformed";
  }
  return "";
}
std::string readForm(const std::string& body, const std::string& query = "") {
  return read("application/x-www-form-urlencoded", body, query);
}
std::string readJson(const std::string& body, const std::string& query = "") {
  return read("application/json", body, query);
}

TEST(LoginAttempt, ReadsForms) {
  EXPECT_EQ(readForm("user=ada&password=a+b%26&rd=%2Fx&csrf=T&more=1"), "form ada/a b&//x/T");
  EXPECT_EQ(readForm("user=ada&password=x&"), "form ada/x//");
  EXPECT_EQ(readForm("user=&password="), "form ///");
  EXPECT_EQ(readForm("user=a&password=b", "rd=/q&csrf=no"), "form a/b//");
}

TEST(LoginAttempt, ReadsJson) {
  EXPECT_EQ(readJson(R"({"user":"ada","password":"\u00e4\"","rd":"/x","more":{"a":[1]}})"), "json ada/\xc3\xa4\"//x/");
  EXPECT_EQ(readJson(R"({"user":"ada","password":"\ud83d\ude00\\ud800"})"), "json ada/\xf0\x9f\x98\x80\\ud800//");
  EXPECT_EQ(readJson(R"({"user":"ada","password":"x"})", "rd=/q"), "json ada/x//");
}

/// The name is put in one form, so that all its spellings are one user; a password is nobody's to put in another.
TEST(LoginAttempt, ThePasswordIsWhatWasTyped) {
  const std::string typed = " A\u0308B\u00e4\t ";  // spaces at its ends, both cases, and both of Unicode's forms
  EXPECT_EQ(readForm("user=+ada+&password=+A%CC%88B%C3%A4%09+"), "form ada/" + typed + "//");
  EXPECT_EQ(readJson(R"({"user":" ada ","password":" A\u0308B\u00e4\t "})"), "json ada/" + typed + "//");
}

TEST(LoginAttempt, RefusesFormsThatAreNotClear) {
  for (const char* body : {"", "user=a", "password=b", "user=a&user=b&password=c", "user=a&password=b&password=c",
                           "user=a&password=b&rd=/a&rd=/b", "user=a&password=b&csrf=a&csrf=b", "user=%&password=b",
                           "user=a&password=%00", "user=a&password=%ff"})
    EXPECT_EQ(readForm(body), "malformed") << body;
}

TEST(LoginAttempt, RefusesJsonThatIsNotClear) {
  for (const char* body : {"",
                           "{",
                           "[]",
                           "null",
                           "\"a\"",
                           "{}",
                           R"({"user":"a"})",
                           R"({"password":"a"})",
                           R"({"user":"a","password":"b"} x)",
                           R"({"user":"a","password":1})",
                           R"({"user":["a"],"password":"b"})",
                           R"({"user":"a","password":null})",
                           R"({"user":"a","user":"b","password":"c"})",
                           R"({"user":"a","password":"b","password":"c"})",
                           R"({"user":"a","password":"b","rd":1})",
                           R"({"user":"a","password":"b","rd":"/a","rd":"/b"})",
                           "{\"user\":\"a\",\"password\":\"\xff\"}",
                           R"({"user":"a","password":"x\ud800y"})",
                           R"({"user":"a","password":"x\udfffy"})",
                           R"({user:"a",password:"b"})"})
    EXPECT_EQ(readJson(body), "malformed") << body;
}

TEST(LoginAttempt, RefusesOtherTypesAndSizes) {
  EXPECT_EQ(read("", "user=a&password=b"), "unsupported");
  EXPECT_EQ(read("text/plain", "user=a&password=b"), "unsupported");
  EXPECT_EQ(read("application/jsonx", "{}"), "unsupported");
  EXPECT_EQ(readForm("user=a&password=" + std::string(8192 - 16, 'b')).substr(0, 6), "form a");
  EXPECT_EQ(readForm("user=a&password=" + std::string(8193 - 16, 'b')), "too large");
}

TEST(LoginAttempt, DeepJsonIsRefusedNotFollowed) {
  EXPECT_EQ(readJson(R"({"user":"a","password":"b","x":)" + std::string(4000, '[') + std::string(4000, ']') + "}"),
            "malformed");
}

}  // namespace
}  // namespace sessiond
