#include "endpoints/pages/builtin_pages.h"

#include "base/check.h"

namespace sessiond {

const std::string_view kHeadBeforeStyle = R"html(<!DOCTYPE html>
<html lang="{{lang}}" dir="{{dir}}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="robots" content="noindex">
{{#policy}}<meta http-equiv="Content-Security-Policy" content="{{policy}}">
{{/policy}}<title>{{#error}}{{t.error}} {{/error}}{{title}}{{#site}} – {{site}}{{/site}}</title>
<style>)html";

const std::string_view kHeadAfterStyle = R"html(</style>
</head>
<body>
<main{{#wide}} class="wide"{{/wide}}>
{{#site}}<p class="site">{{#logo}}<picture>{{#logo_dark}}<source media="(prefers-color-scheme: dark)" srcset="{{logo_dark}}">{{/logo_dark}}<img src="{{logo}}" alt=""></picture>{{/logo}}<bdi>{{site}}</bdi></p>{{/site}}
<h1>{{title}}</h1>
{{#error}}<p class="error" id="error" role="alert">{{error}}</p>{{/error}}
{{#info}}<p class="info" role="status">{{info}}</p>{{/info}}
{{#good}}<p class="good" role="status">{{good}}</p>{{/good}}
)html";

const std::string_view kFoot = R"html(</main>
</body>
</html>)html";

namespace {

constexpr std::string_view kLoginBody = R"html({{> head}}
<form method="post" action="{{action}}" data-login>
<input type="hidden" name="csrf" value="{{csrf}}">
<label for="user">{{t.user}}</label>
<input id="user" name="user" value="{{user}}" dir="auto" required autocomplete="username" autocapitalize="none" autocorrect="off" spellcheck="false" enterkeyhint="next"{{#wrong}} aria-invalid="true"{{/wrong}}{{#error}} aria-describedby="error"{{/error}}{{^user}} autofocus{{/user}}>
<label for="password">{{t.password}}</label>
<input id="password" name="password" type="password" required autocomplete="current-password" enterkeyhint="go"{{#wrong}} aria-invalid="true"{{/wrong}}{{#error}} aria-describedby="error"{{/error}}{{#user}} autofocus{{/user}}>
<button type="button" id="show" class="quiet" aria-pressed="false" hidden>{{t.show_password}}</button>
<button type="submit">{{t.log_in}}</button>
</form>
{{#help}}<p class="links"><a href="{{help}}">{{t.login_help}}</a></p>{{/help}}
{{> script}}
{{> foot}}
)html";

constexpr std::string_view kLoggedInBody = R"html({{> head}}
<p>{{#name}}{{t.logged_in_as}}{{/name}}{{^name}}{{t.logged_in_somebody}}{{/name}}</p>
<a class="button" href="{{continue}}">{{t.continue}}</a>
<a class="button quiet" href="{{switch_url}}">{{t.switch_user}}</a>
<p class="links"><a href="{{logout_url}}">{{t.log_out}}</a></p>
{{> foot}}
)html";

constexpr std::string_view kTooManyBody = R"html({{> head}}
<p>{{t.too_many}}</p>
<a class="button" href="{{action}}">{{t.back_to_login}}</a>
{{#help}}<p class="links"><a href="{{help}}">{{t.login_help}}</a></p>{{/help}}
{{> foot}}
)html";

constexpr std::string_view kLogoutBody = R"html({{> head}}
<p>{{#name}}{{t.logged_in_as}} {{/name}}{{t.logout_choice}}</p>
<form method="post">
<button type="submit" name="all" value="0">{{t.log_out}}</button>
<button type="submit" class="quiet" name="all" value="1">{{t.log_out_everywhere}}</button>
</form>
<p class="links"><a href="{{sessions_url}}">{{t.see_sessions}}</a></p>
<p class="links"><a href="{{home}}">{{t.stay}}</a></p>
{{> foot}}
)html";

constexpr std::string_view kLoggedOutBody = R"html({{> head}}
<a class="button" href="{{login_url}}">{{t.log_in_again}}</a>
<p class="links"><a href="{{home}}">{{t.start_page}}</a></p>
{{> foot}}
)html";

constexpr std::string_view kForbiddenBody = R"html({{> head}}
<p>{{^incomplete}}{{#name}}{{t.forbidden}}{{/name}}{{^name}}{{t.forbidden_somebody}}{{/name}}{{/incomplete}}{{#incomplete}}{{#name}}{{t.logged_in_as}} {{/name}}{{t.forbidden_incomplete}}{{/incomplete}}</p>
<a class="button" href="{{home}}">{{t.start_page}}</a>
<a class="button quiet" href="{{switch_url}}">{{t.switch_user}}</a>
{{#help}}<p class="links"><a href="{{help}}">{{t.ask_access}}</a></p>{{/help}}
{{> foot}}
)html";

// "Try again" loads the address again that was asked for; by itself the page never does, because all the pages of a
// site at once would be a storm.
constexpr std::string_view kUnavailableBody = R"html({{> head}}
<p>{{text}}{{#n}} {{t.wait}}{{/n}}</p>
{{#again}}<form method="post">
<input type="hidden" name="all" value="{{#all}}1{{/all}}{{^all}}0{{/all}}">
{{#rd}}<input type="hidden" name="rd" value="{{rd}}">{{/rd}}
<button type="submit">{{t.try_again}}</button>
</form>{{/again}}
{{^again}}<a class="button" href="">{{t.try_again}}</a>{{/again}}
{{> foot}}
)html";

constexpr std::string_view kFailedBody = R"html({{> head}}
<p>{{t.failed}}</p>
{{#time}}<p>{{t.failed_reference}} <code dir="ltr">{{time}} {{id}}</code></p>{{/time}}
<a class="button" href="{{home}}">{{t.start_page}}</a>
{{> foot}}
)html";

constexpr std::string_view kStartHereBody = R"html({{> head}}
<p>{{text}}</p>
{{#start_url}}<a class="button" href="{{start_url}}">{{start}}</a>{{/start_url}}
<p class="links"><a href="{{home}}">{{t.start_page}}</a></p>
{{> foot}}
)html";

constexpr std::string_view kSessionsBody = R"html({{> head}}
<p>{{t.sessions_intro}}</p>
<ul class="list">
{{#sessions}}<li><div><strong id="s{{place}}"><bdi>{{program}}</bdi>{{#own}} <span class="mark">{{t.this_browser}}</span>{{/own}}</strong>
<small><bdi>{{address}}</bdi> · <bdi>{{used}}</bdi></small>
<small><bdi>{{begun}}</bdi></small></div>
{{^own}}<form method="post" action="{{action}}"><input type="hidden" name="csrf" value="{{csrf}}">
{{#ticket}}<input type="hidden" name="ticket" value="{{ticket}}"><input type="hidden" name="user" value="{{name}}">{{/ticket}}
<button type="submit" class="quiet" name="end" value="{{handle}}" id="b{{place}}" aria-labelledby="b{{place}} s{{place}}">{{t.end_session}}</button></form>{{/own}}</li>
{{/sessions}}</ul>
{{#more}}<p>{{t.more_sessions}}</p>{{/more}}
{{#others}}<form method="post" action="{{action}}"><input type="hidden" name="csrf" value="{{csrf}}">
<button type="submit" name="end" value="others">{{t.end_others}}</button></form>{{/others}}
{{^ticket}}<p class="links"><a href="{{logout_url}}">{{t.log_out_here}}</a></p>{{/ticket}}
{{#ticket}}<p class="links"><a href="{{action}}">{{t.back_to_login}}</a></p>{{/ticket}}
{{> foot}}
)html";

using Names = std::vector<std::string_view>;

}  // namespace

const BuiltinPage& builtinPage(PageName name) {
  static const auto kPages = std::to_array<BuiltinPage>({
      {"login", "login_title", kLoginBody, Names{"csrf", "rd", "action", "user", "wrong"}, Names{"csrf"}},
      {"logged-in", "logged_in_title", kLoggedInBody, Names{"name", "continue", "switch_url", "n", "time"}, Names{}},
      {"too-many", "too_many_title", kTooManyBody, Names{"action", "n"}, Names{}},
      {"logout", "logout_title", kLogoutBody, Names{"name"}, Names{}},
      {"logged-out", "logged_out_title", kLoggedOutBody, Names{}, Names{}},
      {"forbidden", "forbidden_title", kForbiddenBody, Names{"name", "incomplete", "switch_url"}, Names{}},
      {"unavailable", "unavailable_title", kUnavailableBody, Names{"text", "n", "again", "all", "rd"}, Names{}},
      {"failed", "failed_title", kFailedBody, Names{"time", "id"}, Names{}},
      {"start-here", "start_here_title", kStartHereBody, Names{"text", "start", "start_url"}, Names{}},
      {"sessions", "sessions_title", kSessionsBody,
       Names{"name", "sessions", "place", "program", "family", "system", "own", "address", "used", "ago", "begun",
             "time", "handle", "action", "csrf", "more", "n", "others", "ticket"},
       Names{"csrf"}},
  });
  static_assert(std::tuple_size_v<decltype(kPages)> == kPageNames, "a row for each");
  const auto at = static_cast<std::size_t>(name);
  SESSIOND_CHECK(at < kPages.size());
  return kPages[at];
}

}  // namespace sessiond
