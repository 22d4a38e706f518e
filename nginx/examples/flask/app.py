#!/usr/bin/env python3
"""A Flask application without any session code: nginx lets only those through who are logged in, and says in headers
who they are. With gunicorn: gunicorn --bind 127.0.0.1:5000 app:app"""

import os

from flask import Flask, abort, g, request
from werkzeug.serving import make_server

app = Flask(__name__)


def header(name):
    """WSGI hands bytes on as Latin-1; sessiond writes UTF-8."""
    return request.headers.get(name, "").encode("latin-1").decode("utf-8")


@app.before_request
def who_is_it():
    g.user = {"id": header("X-User-Id"), "name": header("X-User-Name"), "roles": header("X-User-Roles").split(",")}


@app.get("/tasks/")
def tasks():
    return {"tasks": [], "for": g.user}


@app.get("/tasks/everybody's")
def everybodys_tasks():
    if "editor" not in g.user["roles"]:
        abort(403)
    return {"tasks": []}


if __name__ == "__main__":
    # Loopback only: whoever can reach this port without nginx can claim to be anybody.
    server = make_server("127.0.0.1", int(os.environ.get("PORT", "5000")), app, threaded=True)
    print(f"listening on {server.port}", flush=True)
    server.serve_forever()
