// Whatever ends sessions ends them on a Redis that is full as well: they are deleted, and who asked is told that no
// tombstone stands behind them, which is tried again until there is room.

import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';

import { startStack } from '../support/stack.mjs';
import { waitFor } from '../support/waiting.mjs';
import { sessionctl } from './support/sessionctl.mjs';

describe('on a Redis that is full', () => {
  let stack;
  before(async () => (stack = await startStack()));
  after(() => stack?.stop());

  async function whileFull(action) {
    await stack.redis.command('CONFIG', 'SET', 'maxmemory', '1');
    try {
      await assert.rejects(stack.redis.command('SET', 'anything', 'more'), /OOM/);
      return await action();
    } finally {
      await stack.redis.command('CONFIG', 'SET', 'maxmemory', '0');
    }
  }
  async function twoOfAlice() {
    const clients = [stack.client(), stack.client()];
    for (const client of clients) await stack.logIn(client);
    const cookies = clients.map((client) => client.cookieHeader());
    for (const cookie of cookies) assert.equal(await checked(cookie), 200);
    return { clients, cookies };
  }
  const checked = async (cookie) => (await stack.client().get('/api/', { headers: { cookie } })).status;
  const stored = async () => (await stack.redis.command('KEYS', 'sess:*')).length;

  const tombstones = async () => (await stack.redis.command('KEYS', 'sessiond:revoked:*')).length;

  test('a logout everywhere ends all', async () => {
    const { clients, cookies } = await twoOfAlice();
    await whileFull(async () => {
      const done = await clients[0].request('POST', '/logout?all=1', { headers: { accept: 'application/json' } });
      assert.equal(done.status, 204, done.text);
      assert.equal(done.headers['x-session-logout'], 'unburied');
      assert.equal(await stored(), 0);
      for (const cookie of cookies) assert.equal(await checked(cookie), 401);
      assert.equal(await tombstones(), 0);
    });
    for (const cookie of cookies) assert.equal(await checked(cookie), 401);
    // Other instances would let a copy in that an application saves late.
    await waitFor('tombstones, once there is room', async () => (await tombstones()) === cookies.length, { timeout: 10000 });
  });

  test('the list of sessions ends the others, and this one lives on', async () => {
    const { clients, cookies } = await twoOfAlice();
    await whileFull(async () => {
      const done = await clients[0].request('DELETE', '/sessions?others=1');
      assert.equal(done.status, 204, done.text);
      assert.equal(done.headers['x-session-logout'], 'unburied');
      assert.equal(await stored(), 1);
      assert.deepEqual([await checked(cookies[0]), await checked(cookies[1])], [200, 401]);
    });
    assert.deepEqual([await checked(cookies[0]), await checked(cookies[1])], [200, 401]);
    await clients[0].postForm('/logout', {});
  });

  test('an administrator ends everybody', async () => {
    const { cookies } = await twoOfAlice();
    cookies.push(await stack.session('of-an-application', { id: '9' }));
    assert.equal(await checked(cookies[2]), 200);
    await whileFull(async () => {
      const done = await sessionctl(stack.sessiond.file)('session revoke', ['--all', '--yes']);
      assert.equal(done.status, 75, JSON.stringify(done));
      assert.match(done.error, /every session that was there is ended, but Redis takes no counter: /);
      assert.match(done.error, /the log line above, or in log\.file, says why; mend that/);
      assert.equal(await stored(), 0);
    });
    for (const cookie of cookies) assert.equal(await checked(cookie), 401);
  });
});
