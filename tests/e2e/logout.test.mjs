// Logging out: the session is gone at once and for good, and the browser's cookie with it.

import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { after, afterEach, before, beforeEach, describe, test } from 'node:test';

import { hiddenFields } from '../support/client.mjs';
import { startStack } from '../support/stack.mjs';
import { waitFor } from '../support/waiting.mjs';

async function logOut(client) {
  const page = await client.get('/logout');
  assert.equal(page.status, 200);
  return client.postForm('/logout', hiddenFields(page.text));
}

describe('logout', () => {
  let stack;
  before(async () => {
    stack = await startStack({
      config: (config) => Object.assign(config.cookie, { domain: 'example.org', path: '/', same_site: 'lax' }),
    });
  });
  after(() => stack?.stop());

  test('ends the session, clears the cookie where it was set, and refuses the old one', async () => {
    const client = stack.client();
    const login = await stack.logIn(client);
    const set = login.setCookies.find((line) => line.startsWith('connect.sid='));
    const old = `connect.sid=${client.cookies.get('connect.sid')}`;
    assert.equal((await client.get('/page/x')).status, 200);

    const answer = await logOut(client);
    assert.equal(answer.status, 303);
    const cleared = answer.setCookies.find((line) => line.startsWith('connect.sid='));
    assert.match(cleared, /^connect\.sid=; /);
    assert.match(cleared, /; Expires=Thu, 01 Jan 1970 00:00:00 GMT/);
    const place = (line) => line.split('; ').filter((part) => /^(Domain|Path)=/.test(part));
    assert.deepEqual(place(cleared), place(set));
    assert.deepEqual(place(cleared), ['Domain=example.org', 'Path=/']);

    assert.equal(client.cookies.has('connect.sid'), false);
    assert.equal((await client.get('/page/x')).status, 302);
    const replayed = await stack.client().get('/api/x', { headers: { Cookie: old } });
    assert.equal(replayed.status, 401);
    assert.equal(replayed.json().reason, 'revoked');
    assert.deepEqual(await stack.redis.command('KEYS', 'sess:*'), []);
  });

  test('is final: a late write of the session by another application does not bring it back', async () => {
    const client = stack.client();
    await stack.logIn(client);
    const [key] = await stack.redis.command('KEYS', 'sess:*');
    const value = await stack.redis.command('GET', key);
    const old = `connect.sid=${client.cookies.get('connect.sid')}`;
    await logOut(client);
    await stack.redis.command('SET', key, value, 'EX', 3600);
    const replayed = await stack.client().get('/api/x', { headers: { Cookie: old } });
    assert.equal(replayed.status, 401);
    assert.equal(replayed.json().reason, 'revoked');
    await stack.redis.command('DEL', key);
  });

  test("is not done by another site's form", async () => {
    const client = stack.client();
    await stack.logIn(client);
    const page = await client.get('/logout');
    const answer = await client.postForm('/logout', hiddenFields(page.text), {
      headers: { Origin: 'https://evil.example', 'Sec-Fetch-Site': 'cross-site' },
    });
    assert.equal(answer.status, 403);
    assert.equal((await client.get('/page/x')).status, 200);
  });

  test('answers 204 to a program', async () => {
    const client = stack.client();
    await stack.logIn(client);
    const answer = await client.request('POST', '/logout', { headers: { Accept: 'application/json' } });
    assert.equal(answer.status, 204);
    assert.equal((await client.get('/page/x')).status, 302);
  });

  test('is 503 while Redis is down, and leaves the cookie', async () => {
    const client = stack.client();
    await stack.logIn(client);
    stack.redis.freeze();
    const answer = await client.postForm('/logout', {});
    stack.redis.thaw();
    assert.equal(answer.status, 503);
    assert.ok(answer.headers['retry-after']);
    assert.deepEqual(answer.setCookies, []);
    await waitFor('logged in still', async () => (await client.get('/page/x')).status === 200);
  });

  test('ends the session of this browser only', async () => {
    const [one, other] = [stack.client(), stack.client()];
    await stack.logIn(one);
    await stack.logIn(other);
    await logOut(one);
    assert.equal((await one.get('/page/x')).status, 302);
    assert.equal((await other.get('/page/x')).status, 200);
  });
});

describe('a new login', () => {
  let stack;
  before(async () => (stack = await startStack()));
  after(() => stack?.stop());

  test('gets a new session id and ends the session before it', async () => {
    const client = stack.client();
    await stack.logIn(client);
    const first = `connect.sid=${client.cookies.get('connect.sid')}`;
    const status = async () => (await stack.client().get('/api/', { headers: { Cookie: first } })).status;
    for (let i = 0; i < 3; i++) assert.equal(await status(), 200); // so that it is in memory
    await stack.logIn(client, { user: 'boss' });
    assert.notEqual(`connect.sid=${client.cookies.get('connect.sid')}`, first);
    assert.equal(await status(), 401);
    assert.equal((await client.get('/admin/')).status, 200);
  });
});

describe('a logout that Redis has lost', () => {
  for (const enabled of [true, false]) {
    const how = `${enabled ? 'with' : 'without'} sessions in memory`;
    let stack;
    let before;
    const tombstones = () => stack.redis.command('KEYS', 'sessiond:revoked:*');
    const isToldAgain = async () => {
      await waitFor('it has it again', async () => (await tombstones()).length > 0);
      assert.deepEqual(await tombstones(), before);
    };

    describe(how, () => {
      beforeEach(async () => {
        stack = await startStack({ config: (config) => (config.session.cache = { enabled }) });
        const client = stack.client();
        await stack.logIn(client);
        assert.equal((await client.get('/page/x')).status, 200);
        await logOut(client);
        before = await tombstones();
        assert.equal(before.length, 1);
      });
      afterEach(() => stack?.stop());

      test('is told to it again when it is back, although nobody asks', async () => {
        await stack.redis.stop('SIGKILL');
        fs.rmSync(path.join(stack.redis.data, 'appendonlydir'), { recursive: true });
        await stack.redis.start();
        await isToldAgain();
      });

      test('is told to it again by a reload', async () => {
        await stack.redis.command('DEL', ...before);
        stack.sessiond.process.kill('SIGHUP');
        await isToldAgain();
      });
    });
  }
});
