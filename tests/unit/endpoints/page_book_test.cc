#include "endpoints/pages/page_book.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <map>
#include <string>

#include "endpoints/login/login_outcome.h"
#include "endpoints/pages/message_file.h"
#include "endpoints/pages/page_endpoint.h"
#include "endpoints/pages/page_style.h"
#include "endpoints/pages/shipped_messages.h"
#include "unit/endpoints/endpoint_fixture.h"

namespace sessiond {
namespace {

using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;

class PageBookTest : public testing::Test {
 protected:
  PageBookTest() {
    folder_ = std::filesystem::path(testing::TempDir()) / ("pages-" + std::to_string(::getpid()));
    std::filesystem::create_directories(folder_ / "messages");
  }
  ~PageBookTest() override { std::filesystem::remove_all(folder_); }

  std::string write(const std::string& name, const std::string& text) {
    std::ofstream(folder_ / name) << text;
    return (folder_ / name).string();
  }
  std::vector<std::string> problems() const {
    const auto book = PageBook::read(settings_, login_);
    std::vector<std::string> all;
    if (!book) {
      for (const PageProblem& problem : book.error()) all.push_back(problem.option + ": " + problem.message);
    }
    return all;
  }
  Response show(PageName name, const PageValues& values, const std::string& languages = "") const {
    const auto book = PageBook::read(settings_, login_);
    EXPECT_TRUE(book) << (book ? "" : book.error().front().message);
    const std::vector<Param> params = {{"HTTP_ACCEPT_LANGUAGE", languages}};
    Request request;
    request.params = params;
    return book->show(name, 200, values, request);
  }

  std::filesystem::path folder_;
  PagesSettings settings_;
  LoginSettings login_;
};

TEST_F(PageBookTest, EveryPageIsWholeAndHasItsHeaders) {
  settings_.site_name = "A & B";
  for (std::size_t i = 0; i < kPageNames; ++i) {
    const Response page = show(static_cast<PageName>(i), PageValues().text("csrf", "T"));
    EXPECT_THAT(page.body, testing::StartsWith("<!DOCTYPE html>\n<html lang=\"en\" dir=\"ltr\">")) << i;
    EXPECT_THAT(page.body, HasSubstr("<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">"));
    EXPECT_THAT(page.body, HasSubstr(" – A &amp; B</title>"));
    EXPECT_THAT(page.body, testing::EndsWith("</main>\n</body>\n</html>\n"));
    EXPECT_EQ(page.body.find("{{"), std::string::npos);
    EXPECT_EQ(header(page, "Content-Language"), "en");
    EXPECT_EQ(header(page, "Vary"), "Accept-Language");
    EXPECT_EQ(header(page, "X-Frame-Options"), "DENY");
    EXPECT_THAT(header(page, "Content-Security-Policy"), HasSubstr("default-src 'none'"));
  }
}

TEST_F(PageBookTest, TheScriptIsOnTheLoginPageAloneAndCanBeSwitchedOff) {
  EXPECT_THAT(show(PageName::kLogin, {}).body, HasSubstr("<script>"));
  EXPECT_THAT(show(PageName::kLogout, {}).body, Not(HasSubstr("<script>")));
  settings_.script = false;
  const Response page = show(PageName::kLogin, {});
  EXPECT_THAT(page.body, Not(HasSubstr("<script>")));
  EXPECT_THAT(header(page, "Content-Security-Policy"), Not(HasSubstr("script-src")));
}

TEST_F(PageBookTest, ASitesOwnLoginPageTakesTheBuiltInOnesPlace) {
  login_.allowed_origins = {"https://app.example"};
  login_.page_file = write("own.html", "<p>{{error}}</p>{{action}} {{user}} {{csrf}} {{rd}}");
  const Response page = show(
      PageName::kLogin,
      PageValues().text("csrf", "T").text("rd", "/a?b&c").text("user", "<ada>").message("error", "wrong_credentials"));
  EXPECT_EQ(page.body, "<p>Name or password is wrong.</p> &lt;ada&gt; T /a?b&amp;c");
  EXPECT_EQ(header(page, "Content-Security-Policy"),
            "default-src 'none'; style-src 'self'; img-src 'self' data:; font-src 'self'; form-action 'self' "
            "https://app.example; base-uri 'none'; frame-ancestors 'none'");
  settings_.folder = folder_.string();
  write("login.html", "{{> head}}{{csrf}}{{> foot}}");
  EXPECT_THAT(show(PageName::kLogin, PageValues().text("csrf", "T")).body, HasSubstr("\nT</main>"));
}

TEST_F(PageBookTest, APageForWhenNobodyAnswersBringsItsPolicyInItself) {
  const auto policyOf = [this] {
    const std::string page = PageBook::read(settings_, login_)->standalone(PageName::kUnavailable, {}, "en");
    const std::string begin = "<meta http-equiv=\"Content-Security-Policy\" content=\"";
    const std::size_t at = page.find(begin) + begin.size();
    return page.substr(at, page.find('"', at) - at);
  };
  EXPECT_THAT(policyOf(),
              testing::MatchesRegex("default-src &#39;none&#39;; style-src &#39;sha256-[A-Za-z0-9+/=]+&#39;; "
                                    "form-action &#39;self&#39;; base-uri &#39;none&#39;"));
  settings_.folder = folder_.string();
  write("unavailable.html", "{{> head}}{{text}}{{> foot}}");
  EXPECT_THAT(policyOf(), HasSubstr("style-src &#39;self&#39; "))
      << "a site's own page may have the site's style sheet";
}

TEST_F(PageBookTest, FilesThatAreNoPagesAreProblems) {
  settings_.folder = folder_.string();
  const std::string logout = write("logout.html", "<p>{{naem}}");
  const std::string text = write("messages/de.yaml", "nmae: x\nuser: \"{n}\"\n");
  write("messages/_.yaml", "");
  login_.page_file = folder_.string() + "/none.html";
  settings_.language = "tlh";
  const auto found = problems();
  EXPECT_THAT(found, Contains("pages.folder: " + logout + ": unknown placeholder {{naem}}"));
  EXPECT_THAT(found, Contains("pages.folder: " + text + ": line 1: nmae is no key of the pages' texts"));
  EXPECT_THAT(found, Contains("pages.folder: " + text + ": line 2: user must have the places none but has {n}"));
  EXPECT_THAT(found, Contains(HasSubstr("_.yaml: must be named after a language")));
  EXPECT_THAT(found, Contains("login.page_file: " + login_.page_file + ": no such file or directory"));
  EXPECT_THAT(found, Contains(HasSubstr("pages.language: must be one of auto, en")));
}

TEST_F(PageBookTest, OwnTextsGoOverTheShippedOnesKeyByKey) {
  settings_.folder = folder_.string();
  write("messages/en.yaml", "login_title: \"Enter <here>\"\n");
  write("messages/tlh.yaml", "_direction: rtl\nuser: \"pong\"\n");
  const std::string english = show(PageName::kLogin, {}).body;
  EXPECT_THAT(english, HasSubstr("<h1>Enter &lt;here&gt;</h1>"));
  EXPECT_THAT(english, HasSubstr(">Name</label>"));
  const Response other = show(PageName::kLogin, {}, "tlh-x-old, en;q=0.5");
  EXPECT_THAT(other.body, HasSubstr("<html lang=\"tlh\" dir=\"rtl\">"));
  EXPECT_THAT(other.body, HasSubstr(">pong</label>"));
  EXPECT_THAT(other.body, HasSubstr(">Password</label>")) << "what it lacks is said in English";
  EXPECT_EQ(header(other, "Content-Language"), "tlh");
  settings_.language = "tlh";
  EXPECT_EQ(header(show(PageName::kLogin, {}, "en"), "Content-Language"), "tlh");
}

TEST_F(PageBookTest, ALanguageThatLacksTextsIsNamedButNotOneThatIsShipped) {
  settings_.folder = folder_.string();
  write("messages/de.yaml", "login_title: \"Hier\"\n");
  write("messages/tlh.yaml", "_direction: ltr\nuser: \"pong\"\n");
  const auto book = PageBook::read(settings_, login_);
  ASSERT_TRUE(book);
  ASSERT_EQ(book->warnings().size(), 1U);
  EXPECT_EQ(book->warnings()[0].option, "pages.folder");
  EXPECT_THAT(
      book->warnings()[0].message,
      testing::MatchesRegex("the language tlh lacks [0-9]+ texts, which are said in English: [a-z_, ]+, \\.\\.\\."));
}

TEST_F(PageBookTest, ASiteChoosesTheLanguagesAndTheirOrder) {
  settings_.languages = {"de", "pt-BR"};
  const auto language = [this](const std::string& wanted) {
    return header(show(PageName::kLogin, {}, wanted), "Content-Language");
  };
  EXPECT_EQ(language("en, ja"), "de");
  EXPECT_EQ(language(""), "de");
  EXPECT_EQ(language("ja, pt;q=0.1"), "pt-BR");
  EXPECT_THAT(PageBook::read(settings_, login_)->languages(), ElementsAre("de", "pt-BR"));
  settings_.language = "pt-BR";
  EXPECT_EQ(language("de"), "pt-BR");
  EXPECT_THAT(PageBook::read(settings_, login_)->languages(), ElementsAre("pt-BR"));
  settings_.language = "en";
  EXPECT_THAT(problems(), ElementsAre("pages.language: must be one of auto, de, pt-BR but is \"en\""));
  settings_.language = "auto";
  settings_.languages = {"de", "xx", "de"};
  EXPECT_THAT(problems(),
              ElementsAre(HasSubstr("pages.languages[1]: must be one of en, de, es, fr, he, pl, pt-BR but is \"xx\""),
                          "pages.languages[2]: comes twice: de"));
}

TEST_F(PageBookTest, ColoursThatPeopleCannotReadAreRefused) {
  settings_.accent = "#ffff00";
  settings_.accent_dark = "#333333";
  EXPECT_THAT(problems(), ElementsAre(HasSubstr("pages.accent: #ffff00 has a contrast of 1.07 to a button's own text"),
                                      HasSubstr("pages.accent: #ffff00 has a contrast of 1.07 to the page's card"),
                                      HasSubstr("pages.accent_dark: #333333 has a contrast of 1.4"),
                                      HasSubstr("pages.accent_dark: #333333 has a contrast of 1.3")));
  settings_.accent = "red";
  settings_.accent_dark.clear();
  EXPECT_THAT(problems(), ElementsAre("pages.accent: must be a colour such as #1d4ed8 but is \"red\""));
  settings_.accent = "#0a0";
  EXPECT_THAT(problems(), ElementsAre(HasSubstr("pages.accent: #0a0 has a contrast of 3.")));
  settings_.accent = "#047857";
  EXPECT_THAT(show(PageName::kLogin, {}).body, HasSubstr("--main: #047857;"));
}

TEST_F(PageBookTest, AColourIsComparedWithWhatTheStyleSheetHasAroundIt) {
  // "--name: #abc" as "#aabbcc", in the light half or the dark one.
  const auto colour = [](std::string_view name, bool dark) {
    const std::string_view style = std::string_view(kPageStyle).substr(dark ? kPageStyle.find("@media") : 0);
    const std::size_t at = style.find(std::string("--").append(name).append(": #"));
    std::string text(style.substr(at + name.size() + 4, 7));
    if (text.find_first_of(";") == 4) text = {'#', text[1], text[1], text[2], text[2], text[3], text[3]};
    return text;
  };
  settings_.accent = "#ffff00";
  settings_.accent_dark = "#333333";
  EXPECT_THAT(problems(), ElementsAre(HasSubstr("text (" + colour("on-main", false) + ")"),
                                      HasSubstr("card (" + colour("card", false) + ")"),
                                      HasSubstr("text (" + colour("on-main", true) + ")"),
                                      HasSubstr("card (" + colour("card", true) + ")")));
  settings_.accent = colour("main", false);
  settings_.accent_dark = colour("main", true);
  EXPECT_THAT(problems(), testing::IsEmpty()) << "the style sheet's own";
}

TEST_F(PageBookTest, ALogoStandsInThePageAndOnlyPicturesDo) {
  settings_.site_name = "Site";
  settings_.logo_file = write("logo.svg", "<svg xmlns=\"http://www.w3.org/2000/svg\"/>");
  settings_.logo_dark_file = settings_.logo_file;
  const Response page = show(PageName::kLogout, {});
  EXPECT_THAT(page.body, HasSubstr("<img src=\"data:image/svg+xml;base64,PHN2Zy"));
  EXPECT_THAT(page.body, HasSubstr("<source media=\"(prefers-color-scheme: dark)\""));
  EXPECT_THAT(header(page, "Content-Security-Policy"), HasSubstr("; img-src data:;"));
  settings_.site_name.clear();
  EXPECT_THAT(problems(), ElementsAre(HasSubstr("pages.logo_file: needs pages.site_name")));
  settings_.site_name = "Site";
  settings_.logo_file = write("logo.svg", "GIF89a");
  settings_.logo_dark_file.clear();
  EXPECT_THAT(problems(), ElementsAre(HasSubstr("is neither PNG nor SVG")));
  write("logo.svg", std::string(64 * 1024 + 1, 'x'));
  EXPECT_THAT(problems(), ElementsAre(HasSubstr("is larger than 65536 bytes")));
}

TEST_F(PageBookTest, AStyleFileComesLastAndCannotEndTheStyleSheet) {
  settings_.style_file = write("own.css", "h1 { color: teal; }");
  EXPECT_THAT(show(PageName::kLogout, {}).body, HasSubstr("h1 { color: teal; }</style>"));
  write("own.css", "</style><script>");
  EXPECT_THAT(problems(), ElementsAre(HasSubstr("must not hold </style")));
}

TEST_F(PageBookTest, TimesAreInTheWordsOfTheLanguageAndInUtc) {
  // 25 November 2026, 18:04
  const WallTime time(std::chrono::seconds(1795629840));
  PageValues values;
  values.message("info", "failures_before").text("n", "3").time("time", time);
  const std::map<std::string, std::string> words = {
      {"en", "25 November 2026, 18:04 UTC"},          {"de", "25. November 2026, 18:04 UTC"},
      {"es", "25 de noviembre de 2026, 18:04 UTC"},   {"fr", "25 novembre 2026, 18:04 UTC"},
      {"he", "25 בנובמבר 2026, 18:04 UTC"},           {"pl", "25 listopada 2026, 18:04 UTC"},
      {"pt-BR", "25 de novembro de 2026, 18:04 UTC"},
  };
  for (const auto& [language, text] : words)
    EXPECT_THAT(show(PageName::kLoggedIn, values, language).body,
                HasSubstr("<bdi><time datetime=\"2026-11-25T18:04Z\">" + text + "</time></bdi>"));
  settings_.folder = folder_.string();
  write("messages/en.yaml", "date: \"{year}/{month}/{day} <{time}>\"\nmonth_11: \"&\"\n");
  EXPECT_THAT(show(PageName::kLoggedIn, values).body, HasSubstr(">2026/&amp;/25 &lt;18:04&gt;</time>"));
}

TEST(ShippedMessages, HaveTheKeysOfEnglishAllOfThem) {
  const auto english = readMessageFile(shippedMessages().front().yaml, nullptr);
  ASSERT_TRUE(english);
  EXPECT_EQ(shippedMessages().front().language, "en");
  for (const ShippedMessages& shipped : shippedMessages()) {
    const auto texts = readMessageFile(shipped.yaml, &*english);
    ASSERT_TRUE(texts) << shipped.language << ": " << texts.error().front();
    for (const auto& [key, text] : *english) EXPECT_TRUE(texts->contains(key)) << shipped.language << ": " << key;
  }
}

TEST(ShippedMessages, HaveWordsForEveryWayALoginCanFail) {
  const auto english = readMessageFile(shippedMessages().front().yaml, nullptr);
  ASSERT_TRUE(english);
  for (std::size_t i = 0; i < kLoginOutcomes; ++i) {
    const auto outcome = static_cast<LoginOutcome>(i);
    // Too many tries have a page of their own.
    if (outcome == LoginOutcome::kSuccess || outcome == LoginOutcome::kThrottled) continue;
    const LoginRefusal refusal = refusalOf(outcome);
    EXPECT_TRUE(english->contains(refusal.message)) << nameOf(outcome) << ": " << refusal.message;
    EXPECT_NE(refusal.error, "") << nameOf(outcome);
  }
}

class PageEndpointTest : public EndpointFixture {
 protected:
  Response page(const std::string& name, Params params = {}) {
    params.emplace_back("SESSIOND_PAGE", name);
    return ask(endpoint_, "GET", params);
  }
  const PageBook book_ = pageBook();
  const std::unique_ptr<SessionFinder> finder_ = sessionFinder(store_);
  const PageEndpoint endpoint_{{book_, {*finder_, settings_.session}, clock_}};
};

TEST_F(PageEndpointTest, ForbiddenSaysWhoOneIsAndHowToBeSomebodyElse) {
  store_.put(idOf("mine"), R"({"cookie":{"originalMaxAge":null},"user":{"id":42}})", std::chrono::hours(1));
  const Response response = page("forbidden", {{"HTTP_COOKIE", cookieFor("mine")}, {"SESSIOND_URI", "/admin/?a=1"}});
  EXPECT_EQ(response.status, 403);
  EXPECT_THAT(response.body, HasSubstr("You are logged in as <bdi>42</bdi>, and this page is not for this account."));
  EXPECT_THAT(response.body, HasSubstr("href=\"/login?switch=1&amp;rd=%2Fadmin%2F%3Fa%3D1\""));
  const Params post = {{"SESSIOND_PAGE", "forbidden"}, {"HTTP_COOKIE", cookieFor("mine")}, {"SESSIOND_URI", "/save"}};
  EXPECT_THAT(ask(endpoint_, "POST", post).body, HasSubstr("href=\"/login?switch=1\"")) << "it is not for GET";
  store_.failWith(StoreError::kUnavailable);
  EXPECT_THAT(page("forbidden", {{"HTTP_COOKIE", cookieFor("mine")}}).body,
              HasSubstr("You are logged in, and this page is not for this account."));
}

TEST_F(PageEndpointTest, OfAFloodOfMistakesTwentyAreLoggedByTheirIdAndTheOthersCounted) {
  const auto lines = [this](int times) {
    testing::internal::CaptureStderr();
    for (int i = 0; i < times; ++i)
      ask(endpoint_, "GET", {{"SESSIOND_PAGE", "failed"}, {"SESSIOND_REQUEST_ID", "0123456789abcdef"}});
    return testing::internal::GetCapturedStderr();
  };
  const std::string log = lines(300);
  EXPECT_EQ(std::count(log.begin(), log.end(), '\n'), 20) << log.substr(0, 1000);
  clock_.advance(LogSummary::kInterval);
  EXPECT_THAT(lines(1), testing::HasSubstr(" count=281\n"));
}

TEST_F(PageEndpointTest, WhatAnAddressSaysBehindItsPathIsNotLogged) {
  testing::internal::CaptureStderr();
  page("failed", {{"SESSIOND_URI", "/reset?token=hush"}});
  const std::string log = testing::internal::GetCapturedStderr();
  EXPECT_THAT(log, HasSubstr(" path=/reset "));
  EXPECT_THAT(log, Not(HasSubstr("hush")));
}

TEST_F(PageEndpointTest, WhoseAccountLacksSomethingIsNotToldToAskForRights) {
  store_.put(idOf("mine"), R"({"cookie":{"originalMaxAge":null},"user":{"name":"Ada"}})", std::chrono::hours(1));
  for (const char* reason : {"incomplete", "lost"}) {
    const Response response = page("forbidden", {{"HTTP_COOKIE", cookieFor("mine")}, {"SESSIOND_REASON", reason}});
    EXPECT_EQ(response.status, 403);
    EXPECT_THAT(response.body, HasSubstr("You are logged in as <bdi>Ada</bdi>. What this page has to know of your "
                                         "account is missing, or cannot be passed on."));
    EXPECT_THAT(response.body, Not(HasSubstr("not for this account.")));
  }
}

TEST_F(PageEndpointTest, APolicyThatDoesNotExistIsOurMistake) {
  const Response response = page(
      "forbidden", {{"SESSIOND_REASON", "misconfigured"}, {"SESSIOND_REQUEST_ID", "0123456789abcdef0123456789abcdef"}});
  EXPECT_EQ(response.status, 500);
  EXPECT_THAT(response.body, HasSubstr("This is our mistake, not yours."));
  EXPECT_THAT(response.body, HasSubstr("<code dir=\"ltr\">2026-01-01T00:00:00.000Z 0123456789ab</code>"));
}

TEST_F(PageEndpointTest, UnavailableSaysTheSameTimeInWordsAndInTheHeader) {
  const Response response = page("unavailable");
  EXPECT_EQ(response.status, 503);
  EXPECT_EQ(header(response, "Retry-After"), "5");
  EXPECT_THAT(response.body, HasSubstr("You have not been logged out. Please wait <bdi>5</bdi> s, then try again."));
  EXPECT_THAT(response.body, HasSubstr("<a class=\"button\" href=\"\">"));
  EXPECT_THAT(response.body, Not(HasSubstr("refresh")));
}

TEST_F(PageEndpointTest, TooMuchTextIsRefusedByAPageOfOursToPeopleAndByAWordToPrograms) {
  const Response response = page("too_large", {{"HTTP_ACCEPT", "text/html"}});
  EXPECT_EQ(response.status, 413);
  EXPECT_THAT(response.body, HasSubstr("That was too much text for a name and a password."));
  EXPECT_THAT(response.body, HasSubstr("<a class=\"button\" href=\"/login\">"));
  EXPECT_EQ(page("too_large", {{"HTTP_ACCEPT", "application/json"}}).body, "{\"error\":\"too_large\"}\n");
  for (const std::string url : {"/logout", "/sessions"}) {
    const std::string body = page("too_large", {{"HTTP_ACCEPT", "text/html"}, {"SESSIOND_URI", url + "?a=1"}}).body;
    EXPECT_THAT(body, HasSubstr("The request could not be read. Nothing was changed."));
    EXPECT_THAT(body, HasSubstr("<a class=\"button\" href=\"" + url + "\">"));
  }
}

TEST_F(PageEndpointTest, TooManyTriesNeverNamesLessThanTheTimeToWait) {
  Request request;
  const Response response = tooManyTries(book_, request, std::chrono::seconds(61), "/login");
  EXPECT_EQ(response.status, 429);
  EXPECT_EQ(header(response, "Retry-After"), "61");
  EXPECT_THAT(response.body, HasSubstr("Please wait <bdi>2</bdi> min"));
}

}  // namespace
}  // namespace sessiond
