// The application behind nginx: an HTTP server on a unix socket, in the test's own process, that says what reached it.
//
// It answers with a JSON description of the request. `?status=404` makes it answer with that status, `?cookie=a=b`
// makes it set a cookie of its own, `?header=Name:value` any header; with `?include=/x` it answers a page that includes
// /x by SSI. An upgrade is accepted and everything sent over it comes back.

import { createHash } from 'node:crypto';
import http from 'node:http';
import path from 'node:path';

export class Upstream {
  constructor(folder) {
    this.socket = path.join(folder, 'upstream.sock');
    this.requests = 0;
    this.server = http.createServer((request, response) => this.#answer(request, response));
    this.server.on('upgrade', (request, socket, head) => {
      this.requests++;
      const identity = request.headers['x-user-id'] ?? '';
      socket.on('error', () => socket.destroy());
      socket.write(
        `HTTP/1.1 101 Switching Protocols\r\nUpgrade: ${request.headers.upgrade}\r\nConnection: Upgrade\r\n` +
          `X-Seen-User: ${identity}\r\n\r\n`,
      );
      socket.write(head);
      socket.pipe(socket);
    });
  }

  start() {
    return new Promise((resolve, reject) => {
      this.server.once('error', reject);
      this.server.listen(this.socket, () => resolve(this));
    });
  }

  stop() {
    return new Promise((resolve) => {
      this.server.close(resolve);
      this.server.closeAllConnections();
    });
  }

  async #answer(request, response) {
    this.requests++;
    const digest = createHash('sha256');
    let bytes = 0;
    for await (const chunk of request) {
      digest.update(chunk);
      bytes += chunk.length;
    }
    const headers = [];
    for (let i = 0; i < request.rawHeaders.length; i += 2) {
      headers.push([request.rawHeaders[i], request.rawHeaders[i + 1]]);
    }
    const query = new URL(request.url, 'http://upstream').searchParams;
    if (query.has('cookie')) response.setHeader('Set-Cookie', query.get('cookie'));
    for (const line of query.getAll('header')) response.setHeader(...line.split(/:(.*)/s, 2));
    if (query.has('include')) {
      response.writeHead(200, { 'Content-Type': 'text/html' });
      response.end(`<!--#include virtual="${query.get('include')}" -->`);
      return;
    }
    response.writeHead(Number(query.get('status') ?? 200), { 'Content-Type': 'application/json' });
    response.end(
      JSON.stringify({ method: request.method, url: request.url, headers, bytes, sha256: digest.digest('hex') }),
    );
  }
}

/** All values of the headers that an application could take for `name`: case, dashes and underscores aside. */
export function seenAs(description, name) {
  const plain = (text) => text.toLowerCase().replace(/[^a-z0-9]/g, '-');
  return description.headers.filter(([other]) => plain(other) === plain(name)).map(([, value]) => value);
}
