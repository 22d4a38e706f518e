#!/usr/bin/env python3
"""The Python application of the example: no session code, no Redis, no packages. nginx lets only those through who
are logged in, and says in headers who they are."""

import json
import os
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


class Reports(BaseHTTPRequestHandler):
    def header(self, name):
        """A header's text. HTTP carries bytes: Python reads them as Latin-1, sessiond writes UTF-8."""
        return self.headers.get(name, "").encode("latin-1").decode("utf-8")

    def do_GET(self):
        user = {
            "id": self.header("X-User-Id"),
            "name": self.header("X-User-Name"),
            "roles": self.header("X-User-Roles").split(","),
        }
        body = json.dumps({"report": "sales", "for": user}).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


# Loopback only: whoever can reach this port without nginx can claim to be anybody.
server = ThreadingHTTPServer(("127.0.0.1", int(os.environ.get("PORT", "3001"))), Reports)
print(f"listening on {server.server_port}", flush=True)
server.serve_forever()
