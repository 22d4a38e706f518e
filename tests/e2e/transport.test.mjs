// What passes through a protected location: bodies, uploads, WebSockets; and that checks share kept connections.

import assert from 'node:assert/strict';
import { createHash, randomBytes } from 'node:crypto';
import http from 'node:http';
import { after, before, describe, test } from 'node:test';

import { startStack } from '../support/stack.mjs';
import { seenAs } from '../support/upstream.mjs';

/** Asks for an upgrade: {status, headers, socket?, text}. */
function upgrade(port, path, headers) {
  return new Promise((resolve, reject) => {
    const request = http.request({
      host: '127.0.0.1',
      port,
      path,
      headers: {
        Connection: 'Upgrade',
        Upgrade: 'websocket',
        'Sec-WebSocket-Version': '13',
        'Sec-WebSocket-Key': randomBytes(16).toString('base64'),
        ...headers,
      },
    });
    request.on('upgrade', (response, socket) =>
      resolve({ status: response.statusCode, headers: response.headers, socket }),
    );
    request.on('response', async (response) => {
      let text = '';
      for await (const chunk of response) text += chunk;
      resolve({ status: response.statusCode, headers: response.headers, text });
    });
    request.on('error', reject);
    request.end();
  });
}

function echo(socket, data) {
  return new Promise((resolve, reject) => {
    let received = Buffer.alloc(0);
    socket.on('error', reject);
    socket.on('data', (chunk) => {
      received = Buffer.concat([received, chunk]);
      if (received.length >= data.length) resolve(received);
    });
    socket.write(data);
  });
}

describe('through a protected location', () => {
  let stack;
  let cookie;
  before(async () => {
    stack = await startStack();
    cookie = await stack.session('transport', { id: 7, name: 'Alice' });
  });
  after(() => stack?.stop());

  for (const method of ['POST', 'PUT', 'PATCH', 'DELETE']) {
    test(`${method} arrives with its body`, async () => {
      const body = 'a=1&b=%26';
      const response = await stack.client().request(method, '/page/x', { headers: { Cookie: cookie }, body });
      assert.equal(response.status, 200);
      assert.equal(response.json().method, method);
      assert.equal(response.json().bytes, body.length);
      assert.equal(response.json().sha256, createHash('sha256').update(body).digest('hex'));
    });
  }

  test('a chunked body arrives', async () => {
    const response = await stack
      .client()
      .request('POST', '/page/x', { headers: { Cookie: cookie, 'Transfer-Encoding': 'chunked', 'Content-Length': [] }, body: 'hello' });
    assert.equal(response.json().bytes, 5);
  });

  test('a 20 MiB upload arrives whole', async () => {
    const body = randomBytes(20 * 1024 * 1024);
    const response = await stack.client().request('POST', '/api/upload', { headers: { Cookie: cookie }, body });
    assert.equal(response.status, 200);
    assert.equal(response.json().bytes, body.length);
    assert.equal(response.json().sha256, createHash('sha256').update(body).digest('hex'));
  });

  test('a refused upload never reaches the application', async () => {
    const before = stack.upstream.requests;
    const body = Buffer.alloc(512 * 1024);
    const response = await stack.client().request('POST', '/api/upload', { body });
    assert.equal(response.status, 401);
    assert.equal(stack.upstream.requests, before);
  });

  test('a WebSocket is upgraded and carries bytes both ways', async () => {
    const { status, headers, socket } = await upgrade(stack.nginx.port, '/socket/', { Cookie: cookie });
    assert.equal(status, 101);
    assert.equal(headers['x-seen-user'], '7');
    const data = randomBytes(64 * 1024);
    assert.deepEqual(await echo(socket, data), data);
    socket.destroy();
  });

  test('a WebSocket without a session is 401 as JSON', async () => {
    const { status, text } = await upgrade(stack.nginx.port, '/socket/', {});
    assert.equal(status, 401);
    assert.deepEqual(JSON.parse(text), { error: 'unauthenticated', reason: 'missing' });
  });

  test('several Cookie headers are one', async () => {
    const headers = [
      ['Cookie', 'theme=dark'],
      ['Cookie', cookie],
    ];
    assert.equal((await stack.client().get('/page/', { headers })).status, 200);
  });

  test('a long identity fits', async () => {
    const roles = Array.from({ length: 350 }, (_, i) => `role-number-${i}`);
    const large = await stack.session('large', { id: 7, roles });
    const response = await stack.client().get('/page/', { headers: { Cookie: large } });
    assert.equal(response.status, 200);
    assert.deepEqual(seenAs(response.json(), 'X-User-Roles'), [roles.join(',')]);
  });
});

describe('session checks', () => {
  let stack;
  before(async () => (stack = await startStack()));
  after(() => stack?.stop());

  test('share kept FastCGI connections, whatever they answer', async () => {
    const client = stack.client();
    const valid = await stack.session('kept', { id: 7 });
    const before = await stack.metric('sessiond_fastcgi_connections_accepted_total');
    for (let i = 0; i < 600; i++) {
      const [status, target, cookie] = [
        [200, '/api/', valid],
        [401, '/api/', 'connect.sid=garbage'],
        [403, '/api/admin/', valid],
      ][i % 3];
      assert.equal((await client.get(target, { headers: { Cookie: cookie } })).status, status);
    }
    const opened = (await stack.metric('sessiond_fastcgi_connections_accepted_total')) - before;
    assert.ok(opened <= 5, `600 checks took ${opened} connections`);
  });
});
