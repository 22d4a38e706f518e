"""A link to every page that sessiond shows to people, and the states of its forms that one seldom meets.

Each entry is an address below /pages/ that leads there by the same way as in real life: a form with an old token, a
cookie that the browser has lost, a session that ended while somebody was writing.
"""

import html

OLD_TOKEN = "A" * 54
GONE = "Path=/; Expires=Thu, 01 Jan 1970 00:00:00 GMT; HttpOnly"
NONCE = f"sessiond_csrf={'A' * 32}; Path=/; HttpOnly; SameSite=Lax"
NO_NONCE = f"sessiond_csrf=; {GONE}"
NO_SESSION = f"connect.sid=; {GONE}"


def login_form(action="/login", **fields):
    fields = {"csrf": OLD_TOKEN, "user": "demo", "password": "x", **fields}
    hidden = "".join(f'<input type="hidden" name="{name}" value="{value}">' for name, value in fields.items())
    return f'<form method="post" action="{action}">{hidden}<button>Send</button></form>'


def link(address):
    return f'<p><a href="{address}">Go on</a></p>'


# name: (what one sees, Set-Cookie lines, the page's body)
STATES = {
    "expired": ("a login page that was open for too long", [NONCE], login_form()),
    "no-cookie": ("a browser that keeps no cookies", [NO_NONCE], login_form()),
    "not-kept": (
        "a browser that did not keep the session's cookie",
        ["sessiond_in=1; Path=/; HttpOnly; SameSite=Lax", NO_SESSION],
        link("/account/"),
    ),
    "lost": (
        "a form that was sent when the session had ended",
        [NO_SESSION],
        "<p>Your session has just ended.</p>" + link("/pages/form"),
    ),
    "form": (
        "a form that is kept only for somebody who is logged in",
        [],
        '<form method="post" action="/account/save"><input name="text" value="hours of work"> <button>Save</button></form>',
    ),
    "cross-site": ("a login that another site started", [], login_form("http://localhost:{port}/login")),
    "too-long": ("a password longer than any may be: log in with it", [], "<p><code>" + "x" * 600 + "</code></p>" + link("/login")),
    "too-many": ("too many wrong passwords: send six", [], "<p>Six wrong passwords, one after the other.</p>" + link("/login?switch=1")),
    "too-large": ("more text than a login takes", [], login_form(password="x" * 20000)),
}

ADDRESSES = [
    ("/login", "the login, or who is logged in"),
    ("/login?switch=1", "the login, for somebody else"),
    ("/recent/", "a page that wants a login of the last minute"),
    ("/admin/", "not for this account (403)"),
    ("/unknown/", "our mistake (500): a policy that nobody wrote"),
    ("/pages/stopped", "what nginx shows while sessiond is down (503)"),
    ("/sessions", "your sessions, wherever you are logged in"),
    ("/logout", "the logout, or that there is nothing to end"),
]


def overview():
    lines = [f'<li><a href="{address}">{html.escape(what)}</a></li>' for address, what in ADDRESSES]
    lines += [f'<li><a href="/pages/{name}">{html.escape(what)}</a></li>' for name, (what, _, _) in STATES.items()]
    return "<ul>" + "".join(lines) + "</ul>"


def page(path, port):
    """(title, body, Set-Cookie lines) of an address below /pages/; None when there is no such one."""
    name = path.removeprefix("/pages/")
    if name == "":
        return "All pages", overview(), []
    if name not in STATES:
        return None
    what, cookies, body = STATES[name]
    return what[0].upper() + what[1:], body.replace("{port}", port), cookies
