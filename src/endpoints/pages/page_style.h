// The look of sessiond's own pages: one small style sheet, light and dark, without anything loaded from anywhere.

#pragma once

#include <string_view>

namespace sessiond {

inline constexpr std::string_view kPageHead = R"html(<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="robots" content="noindex">
<style>
:root { color-scheme: light dark; --page: #f3f4f6; --card: #fff; --ink: #16181d; --soft: #565d6b; --line: #8b93a3;
  --main: #1d4ed8; --on-main: #fff; --alert: #a31621; --alert-back: #fdecee; }
@media (prefers-color-scheme: dark) {
  :root { --page: #111318; --card: #1b1f27; --ink: #eef0f4; --soft: #a9b1c0; --line: #727b8c; --main: #8db2ff;
    --on-main: #0b1220; --alert: #ffb3b8; --alert-back: #3a1a1f; } }
* { box-sizing: border-box; }
body { margin: 0; min-height: 100vh; display: grid; place-items: center; padding: 1.5rem; background: var(--page);
  color: var(--ink); font: 1rem/1.5 system-ui, sans-serif; }
main { width: 100%; max-width: 24rem; padding: 2rem; background: var(--card); border-radius: .75rem;
  box-shadow: 0 1px 3px rgb(0 0 0 / .12), 0 8px 24px rgb(0 0 0 / .08); }
h1 { margin: 0 0 1.25rem; font-size: 1.5rem; line-height: 1.25; }
p { margin: 0 0 1.25rem; color: var(--soft); }
label { display: block; margin-bottom: .25rem; font-weight: 600; }
input { width: 100%; margin-bottom: 1.25rem; padding: .625rem .75rem; border: 1px solid var(--line);
  border-radius: .5rem; background: var(--card); color: inherit; font: inherit; }
button { width: 100%; padding: .6875rem; border: 1px solid var(--main); border-radius: .5rem; background: var(--main);
  color: var(--on-main); font: inherit; font-weight: 600; cursor: pointer; }
button + button { margin-top: .75rem; }
.quiet { background: transparent; color: var(--main); }
input:focus-visible, button:focus-visible { outline: 3px solid var(--main); outline-offset: 2px; }
.error { padding: .75rem; border-inline-start: 4px solid; border-radius: .25rem; background: var(--alert-back);
  color: var(--alert); }
.error:empty { display: none; }
</style>
)html";

}  // namespace sessiond
