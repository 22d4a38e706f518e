// The `session` endpoint beside a real Express: one session, two ways to its data.

import assert from 'node:assert/strict';
import path from 'node:path';
import { after, before, describe, test } from 'node:test';

import RedisStore from 'connect-redis-7';
import express from 'express';
import session from 'express-session';
import IoRedis from 'ioredis';

import { Nginx } from '../support/nginx.mjs';
import { siteLocations, startStack } from '../support/stack.mjs';
import { seenAs } from '../support/upstream.mjs';
import { waitFor } from '../support/waiting.mjs';
import { ask, mergePatch, withApi } from './support/applications.mjs';

/** An Express application; a request to /slow waits, with its session loaded, until `latch.open()`. */
function expressApplication(client, secret, latch) {
  const application = express();
  const store = new RedisStore({ client });
  application.use(session({ store, secret, resave: false, saveUninitialized: false, cookie: { maxAge: 1800e3 } }));
  application.get('/express/login', (request, response) => {
    request.session.user = { id: 42, name: 'Ada', roles: ['staff'] };
    request.session.cart = [7];
    response.send('in');
  });
  application.get('/express/session', (request, response) => response.json(request.session));
  application.get('/express/count', (request, response) => {
    request.session.count = (request.session.count ?? 0) + 1;
    request.session.save(() => response.json(request.session.count));
  });
  application.get('/express/slow', async (request, response) => {
    latch.arrive();
    await latch.opened;
    request.session.slow = true;
    response.send('saved');
  });
  return application;
}

function makeLatch() {
  const latch = {};
  latch.arrived = new Promise((resolve) => (latch.arrive = resolve));
  latch.opened = new Promise((resolve) => (latch.open = resolve));
  return latch;
}

describe('an application beside Express', () => {
  let stack;
  let redis;
  let server;
  const latch = makeLatch();
  before(async () => {
    stack = await startStack({
      ...withApi,
      locations: (folder) => `${siteLocations(folder)}
        location /express/ { include proxy_params; proxy_pass http://unix:${folder}/express.sock; }`,
    });
    redis = new IoRedis({ path: stack.redis.socket });
    const application = expressApplication(redis, stack.sessiond.secrets[0], latch);
    server = application.listen(path.join(stack.folder, 'express.sock'));
  });
  after(async () => {
    redis?.disconnect();
    server?.closeAllConnections();
    server?.close();
    await stack?.stop();
  });

  /** A browser that is logged in, the way an application asks for its session, and the stored text. */
  async function loggedIn() {
    const client = stack.client();
    await client.get('/express/login');
    const cookie = client.cookieHeader();
    const sid = decodeURIComponent(client.cookies.get('connect.sid')).slice(2).replace(/\.[^.]*$/, '');
    return {
      client,
      sid,
      get: (headers = {}) => ask(stack, 'GET', '/session', { headers: { Cookie: cookie, ...headers } }),
      patch: (change, headers = {}) =>
        ask(stack, 'PATCH', '/session', {
          headers: { Cookie: cookie, ...mergePatch, ...headers },
          body: typeof change === 'string' ? change : JSON.stringify(change),
        }),
      stored: () => redis.get(`sess:${sid}`),
    };
  }

  test('sees what req.session holds, and is seen by it', async () => {
    const { client, get, patch } = await loggedIn();
    const seen = await get();
    assert.equal(seen.status, 200);
    assert.equal(seen.headers['content-type'], 'application/json');
    assert.equal(seen.headers['cache-control'], 'no-store');
    assert.deepEqual(seen.json(), { user: { id: 42, name: 'Ada', roles: ['staff'] }, cart: [7] });

    const changed = await patch({ cart: [7, 8], user: { name: null }, theme: 'dark' });
    assert.equal(changed.status, 200);
    assert.deepEqual(changed.json(), { user: { id: 42, roles: ['staff'] }, cart: [7, 8], theme: 'dark' });
    assert.equal(changed.headers.etag, (await get()).headers.etag);
    assert.notEqual(changed.headers.etag, seen.headers.etag);

    const { cookie, ...inExpress } = (await client.get('/express/session')).json();
    assert.deepEqual(inExpress, changed.json());
    // Express reads the clock twice for it.
    assert.ok(Math.abs(cookie.originalMaxAge - 1800e3) < 100, cookie.originalMaxAge);
  });

  test('keeps the cookie, the time to live and the text of numbers', async () => {
    const { sid, patch, stored } = await loggedIn();
    const before = '{"cookie":{"originalMaxAge":1.0e6, "x":"\\/"},"n":12345678901234567890.10,"_sd":{"created":null}}';
    await redis.set(`sess:${sid}`, before.replace('null', '1'), 'EX', 777);
    assert.equal((await patch('{"m":0.10}')).status, 200);
    assert.equal(await stored(), `${before.replace('null', '1').slice(0, -1)},"m":0.10}`);
    assert.ok((await redis.ttl(`sess:${sid}`)) > 770);
  });

  test('loses none of 100 parallel changes while Express reads and touches', async () => {
    const { client, sid, patch, stored } = await loggedIn();
    const cookie = JSON.parse(await stored()).cookie;
    const patches = Array.from({ length: 100 }, (_, i) => patch({ [`member${i}`]: i }));
    const reads = Array.from({ length: 60 }, () => client.get('/express/session'));
    for (const answer of await Promise.all(patches)) assert.equal(answer.status, 200, answer.text);
    for (const answer of await Promise.all(reads)) assert.equal(answer.status, 200);
    const value = JSON.parse(await stored());
    for (let i = 0; i < 100; i++) assert.equal(value[`member${i}`], i);
    assert.deepEqual(value.cookie, cookie);
    assert.deepEqual(value.cart, [7]);
    assert.ok((await redis.ttl(`sess:${sid}`)) > 1700);
  });

  test('never overwrites a save of Express that came in between', async () => {
    const { client, patch, stored } = await loggedIn();
    let done = false;
    let patched = 0;
    const patching = Array.from({ length: 4 }, async (_, i) => {
      while (!done) {
        if ((await patch({ [`member${i}`]: patched })).status === 200) patched++;
      }
    });
    try {
      for (let n = 1; n <= 100; n++) {
        assert.equal((await client.get('/express/count')).json(), n);
        assert.equal(JSON.parse(await stored()).count, n);
      }
    } finally {
      done = true;
      await Promise.all(patching);
    }
    assert.ok(patched > 20, `${patched} patches`);
    assert.equal(JSON.parse(await stored()).count, 100);
  });

  test('loses to Express saving an older copy, as another Express process would', async () => {
    const { client, patch, get } = await loggedIn();
    const slow = client.get('/express/slow');
    await latch.arrived;
    assert.equal((await patch({ theme: 'dark' })).json().theme, 'dark');
    latch.open();
    assert.equal((await slow).text, 'saved');
    assert.deepEqual((await get()).json(), { user: { id: 42, name: 'Ada', roles: ['staff'] }, cart: [7], slow: true });
  });

  test('reaches the next check', async () => {
    const { client, patch } = await loggedIn();
    const roles = async () => seenAs((await client.get('/page/')).json(), 'X-User-Roles');
    assert.deepEqual(await roles(), ['staff']);
    assert.deepEqual(await roles(), ['staff']);
    assert.equal((await patch({ user: { roles: ['staff', 'admin'] } })).status, 200);
    assert.deepEqual(await roles(), ['staff,admin']);
    assert.equal((await client.get('/admin/')).status, 200);
  });

  test('goes by conditions', async () => {
    const { get, patch } = await loggedIn();
    const { etag } = (await get()).headers;
    assert.match(etag, /^"[\w-]{22}"$/);
    assert.equal((await get({ 'If-None-Match': etag })).status, 304);
    assert.equal((await get({ 'If-Match': '"other"' })).status, 200);
    assert.equal((await patch({ a: 1 }, { 'If-Match': '"other"' })).status, 412);
    assert.equal((await patch({ a: 1 }, { 'If-Match': etag })).status, 200);
    const late = await patch({ a: 2 }, { 'If-Match': etag });
    assert.equal(late.status, 412);
    assert.deepEqual(late.json(), { error: 'changed', reason: 'the session is no longer what If-Match names' });
    assert.equal((await patch({ a: 3 }, { 'If-Match': '*' })).json().a, 3);
  });

  test('is told what is wrong', async () => {
    const { patch } = await loggedIn();
    const status = async (...change) => (await patch(...change)).status;
    assert.equal(await status('{"a":'), 400);
    assert.equal(await status('[1]'), 400);
    assert.equal(await status({ cookie: null }), 422);
    assert.equal(await status({ a: 1 }, { 'Content-Type': 'application/json' }), 415);
    assert.equal(await status({ a: 'x'.repeat(119 * 1024) }), 200);
    assert.equal(await status({ a: null }), 200);
    assert.deepEqual((await patch({ a: 'x'.repeat(121 * 1024) })).json(), {
      error: 'too_large',
      reason: 'the body is larger than 120 KiB',
    });
    assert.equal(await status({ a: 'x'.repeat(130 * 1024) }), 413);
    const post = await ask(stack, 'POST', '/session', { body: '{}' });
    assert.equal(post.status, 405);
    assert.equal(post.headers.allow, 'GET, HEAD, PATCH');
  });

  test('may send its change in chunks', async () => {
    const { client } = await loggedIn();
    const headers = { Cookie: client.cookieHeader(), ...mergePatch };
    const answer = await ask(stack, 'PATCH', '/session', { headers, body: ['{"theme":', '"dark"}'] });
    assert.equal(answer.json().theme, 'dark');
    assert.equal((await ask(stack, 'HEAD', '/session', { headers })).text, '');
  });

  test('finds no session that the check would not find', async () => {
    const { client, get, patch, sid } = await loggedIn();
    const nobody = await ask(stack, 'GET', '/session');
    assert.equal(nobody.status, 401);
    assert.deepEqual(nobody.json(), { error: 'unauthenticated', reason: 'missing' });
    assert.equal((await ask(stack, 'GET', '/session', { headers: { Cookie: 'connect.sid=s%3Ax.y' } })).status, 401);

    const late = await redis.get(`sess:${sid}`);
    const logout = await client.request('POST', '/logout', { headers: { 'Sec-Fetch-Site': 'same-origin' } });
    assert.equal(logout.status, 204);
    for (const answer of [await get(), await patch({ a: 1 })]) {
      assert.equal(answer.status, 401);
      assert.equal(answer.headers['x-session-status'], 'revoked');
    }
    await redis.set(`sess:${sid}`, late);
    assert.equal((await patch({ a: 1 })).headers['x-session-status'], 'revoked');
    assert.equal(await redis.exists(`sess:${sid}`), 0);
  });

  test('is not for the public: its addresses are none of the site, its server no part of one', async () => {
    const client = stack.client();
    for (const target of ['/session', '/cache/a']) {
      const answer = (await client.get(target)).json();
      assert.equal(answer.url, target, "the site's own application answered");
    }
    const wrong = new Nginx(
      stack.folder,
      (port) => `include sessiond/upstream.conf; server { listen 127.0.0.1:${port}; include sessiond/api.conf; }`,
    );
    wrong.file = path.join(stack.folder, 'wrong.conf');
    const { ok, output } = await wrong.check();
    assert.equal(ok, false);
    assert.match(output, /"server" directive is not allowed here/);
  });

  test('gets 503 while Redis is out of reach', async () => {
    const { get, patch } = await loggedIn();
    stack.redis.freeze();
    try {
      for (const answer of [await get(), await patch({ a: 1 })]) {
        assert.equal(answer.status, 503);
        assert.equal(answer.headers['retry-after'], '5');
      }
    } finally {
      stack.redis.thaw();
    }
    await waitFor('it is back', async () => (await get()).status === 200);
  });
});
