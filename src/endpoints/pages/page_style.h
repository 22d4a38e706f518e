// The look of sessiond's own pages: one small style sheet, light and dark, without anything loaded from anywhere.
//
// Only logical directions (inline-start, not left): it serves languages of both.

#pragma once

#include <string_view>

namespace sessiond {

inline constexpr std::string_view kPageStyle = R"css(
:root { color-scheme: light dark; --page: #f3f4f6; --card: #fff; --ink: #16181d; --soft: #565d6b; --line: #767f8f;
  --main: #1d4ed8; --on-main: #fff; --alert: #a31621; --alert-back: #fdecee; --info: #1e3a8a; --info-back: #e8eefc;
  --good: #14532d; --good-back: #e7f6ec; }
@media (prefers-color-scheme: dark) {
  :root { --page: #111318; --card: #1b1f27; --ink: #eef0f4; --soft: #a9b1c0; --line: #7f8899; --main: #8db2ff;
    --on-main: #0b1220; --alert: #ffb3b8; --alert-back: #3a1a1f; --info: #bcd0ff; --info-back: #1b2742;
    --good: #a7e8bd; --good-back: #15301f; } }
* { box-sizing: border-box; }
body { margin: 0; min-height: 100vh; min-height: 100svh; display: grid; grid-template-columns: minmax(0, 1fr);
  place-items: center; padding: 1.5rem; background: var(--page); color: var(--ink);
  font: 1rem/1.5 system-ui, sans-serif; overflow-wrap: anywhere; }
main { width: 100%; max-width: 24rem; padding: 2rem; background: var(--card); border: 1px solid transparent;
  border-radius: .75rem; box-shadow: 0 1px 3px rgb(0 0 0 / .12), 0 8px 24px rgb(0 0 0 / .08); }
main.wide { max-width: 44rem; }
.site { display: flex; flex-wrap: wrap; gap: .5rem; align-items: center; margin: 0 0 .5rem; font-weight: 600; }
.site img { display: block; max-width: 100%; height: 2rem; }
h1 { margin: 0 0 1.25rem; font-size: 1.5rem; line-height: 1.25; }
p { margin: 0 0 1.25rem; color: var(--soft); }
label { display: block; margin-bottom: .25rem; font-weight: 600; }
input { width: 100%; margin-bottom: 1.25rem; padding: .625rem .75rem; border: 1px solid var(--line);
  border-radius: .5rem; background: var(--card); color: inherit; font: inherit; }
input[aria-invalid=true] { border: 2px solid var(--alert); }
button, .button { display: block; width: 100%; padding: .6875rem; border: 1px solid var(--main); border-radius: .5rem;
  background: var(--main); color: var(--on-main); font: inherit; font-weight: 600; text-align: center;
  text-decoration: none; cursor: pointer; }
.quiet { background: transparent; color: var(--main); }
button + button, .button + .button, .button + form, form + .button, form + form { margin-top: .75rem; }
a { color: var(--main); }
.links { margin: 1.25rem 0 0; }
.links a { display: inline-block; padding: .25rem 0; margin-inline-end: 1rem; }
input:focus-visible, button:focus-visible, a:focus-visible { outline: 3px solid var(--main); outline-offset: 2px; }
.error, .info, .good { padding: .75rem; border-inline-start: 4px solid; border-radius: .25rem;
  background: var(--alert-back); color: var(--alert); }
.info { background: var(--info-back); color: var(--info); }
.good { background: var(--good-back); color: var(--good); }
.list { margin: 0 0 1.25rem; padding: 0; list-style: none; }
.list li { display: flex; flex-wrap: wrap; gap: .5rem 1rem; align-items: center; padding: .875rem 0;
  border-top: 1px solid var(--line); }
.list div { flex: 1 1 14rem; }
.list strong, .list small { display: block; }
.list small { font-size: .9375rem; color: var(--soft); }
.list button { width: auto; padding: .625rem .875rem; }
.mark { display: inline-block; padding: 0 .5rem; border: 1px solid; border-radius: 1rem; font-size: .875rem; color: var(--good); }
code { font: 1rem/1.6 ui-monospace, monospace; color: var(--ink); user-select: all; }
[hidden] { display: none; }
@media (forced-colors: active) {
  main { border-color: CanvasText; } button:not(.quiet), .button:not(.quiet) { forced-color-adjust: none;
    border: 3px solid ButtonText; background: ButtonFace; color: ButtonText; } }
@media print { body { display: block; padding: 0; } main { max-width: none; padding: 0; box-shadow: none; }
  form, .links, .button { display: none; } }
)css";

/// Shows and hides the password, keeps the address's fragment over the login, swallows a second click. No page needs
/// it: without it the button to show the password stays hidden.
inline constexpr std::string_view kPageScript =
    "(function(){var f=document.querySelector('form[data-login]'),p=document.getElementById('password'),"
    "b=document.getElementById('show'),s=false;if(!f)return;if(location.hash)f.action+=location.hash;"
    "if(p&&b){b.hidden=false;b.addEventListener('click',function(){var v=p.type==='password';"
    "p.type=v?'text':'password';b.setAttribute('aria-pressed',v)});"
    "f.addEventListener('submit',function(){p.type='password'})}"
    "f.addEventListener('submit',function(e){if(s)e.preventDefault();s=true});"
    "addEventListener('pageshow',function(){s=false})})()";

}  // namespace sessiond
