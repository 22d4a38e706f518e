"""The demo's application: a page that shows the headers with which a request reached it.

usage: upstream.py SOCKET    (a unix socket, made anew)

It knows nothing about sessions: who the user is, it takes from the X-User-… headers that nginx adds. Below /pages/ it
has links to all pages of sessiond's (tour.py).
"""

import html
import http.server
import os
import socketserver
import sys

import tour

PAGE = """<!DOCTYPE html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<link rel="icon" href="data:,">
<title>{title}</title>
<style>
  body {{ font: 16px/1.5 system-ui, sans-serif; max-width: 46rem; margin: 3rem auto; padding: 0 1rem; color: #1c2430 }}
  table {{ border-collapse: collapse; width: 100% }}
  td {{ border-top: 1px solid #d8dde4; padding: .3rem .6rem; vertical-align: top; overflow-wrap: anywhere }}
  td:first-child {{ white-space: nowrap; font-family: ui-monospace, monospace }}
  tr.identity td {{ background: #eaf5ec; font-weight: 600 }}
  nav a {{ margin-right: 1rem }}
</style>
<h1>{title}</h1>
<nav><a href="/">public</a><a href="/account/?tab=profile&amp;lang=en">protected</a><a href="/admin/">admins only</a><a href="/api/items">API</a><a href="/pages/">all pages</a><a href="/logout">log out</a></nav>
{body}
</html>
"""

HEADERS = """<p>This is a small application behind nginx. It received <code>{request}</code> with these headers:</p>
<table>
{rows}
</table>"""


class Application(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self):
        shown = None
        if self.path.startswith("/pages/"):
            shown = tour.page(self.path, self.headers.get("Host", "").rpartition(":")[2])
        self.show(*(shown or self.headers_page()))

    def do_POST(self):
        self.rfile.read(int(self.headers.get("Content-Length", "0")))
        self.show(*self.headers_page())

    def headers_page(self):
        user = self.headers.get("X-User-Name") or self.headers.get("X-User-Id")
        title = f"Hello, {html.escape(user)}" if user else "Hello, stranger"
        rows = "\n".join(
            '<tr{}><td>{}</td><td>{}</td></tr>'.format(
                ' class="identity"' if name.lower().startswith("x-user-") else "", html.escape(name), html.escape(value)
            )
            for name, value in self.headers.items()
        )
        request = html.escape(f"{self.command} {self.path}")
        return title, HEADERS.format(request=request, rows=rows), []

    def show(self, title, content, cookies):
        body = PAGE.format(title=title, body=content).encode()
        self.send_response(200)
        self.send_header("Content-Type", "text/html; charset=utf-8")
        self.send_header("Content-Length", str(len(body)))
        for cookie in cookies:
            self.send_header("Set-Cookie", cookie)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    do_HEAD = do_GET

    def address_string(self):
        return "nginx"


class Server(socketserver.ThreadingMixIn, socketserver.UnixStreamServer):
    daemon_threads = True


def main():
    path = sys.argv[1]
    if os.path.exists(path):
        os.unlink(path)
    Server(path, Application).serve_forever()


main()
