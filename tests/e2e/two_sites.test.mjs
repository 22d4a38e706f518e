// Two sites in one database of Redis, each with prefixes of its own: what ends on the one goes on on the other, be it a
// user of the same id or a session of the same.

import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';

import { checkParams, encodeRequest, FastCgiClient } from '../support/fastcgi_client.mjs';
import { temporaryFolder } from '../support/folders.mjs';
import { Sessiond } from '../support/sessiond.mjs';
import { startStack } from '../support/stack.mjs';

describe('two sites in one database', () => {
  let stack;
  let other;
  let client;
  before(async () => {
    stack = await startStack();
    const change = (config) => {
      config.session.key_prefix = 'other:';
      config.sessiond.key_prefix = 'other-own:';
    };
    other = await new Sessiond(temporaryFolder(), stack.redis.url, change, stack.sessiond.secrets).start();
    client = await FastCgiClient.connect(other.socket);
  });
  after(async () => {
    client?.close();
    await other?.stop();
    await stack?.stop();
  });

  const here = async (cookie) => (await stack.client().get('/api/', { headers: { cookie } })).status;
  const there = (cookie) => client.status(encodeRequest(checkParams(cookie)));
  /** A session of that id and user at both. */
  async function atBoth(sid, user) {
    const cookie = await stack.session(sid, user);
    await stack.redis.command('COPY', `sess:${sid}`, `other:${sid}`);
    assert.deepEqual([await here(cookie), await there(cookie)], [200, 204]);
    return cookie;
  }

  test('a logout ends the session of that site', async () => {
    const cookie = await atBoth('one', { id: '5' });
    const done = await stack.client().request('POST', '/logout', { headers: { cookie, accept: 'application/json' } });
    assert.equal(done.status, 204);
    assert.deepEqual([await here(cookie), await there(cookie)], [401, 204]);
  });

  test('a logout everywhere ends all of the user on that site', async () => {
    const cookies = [await atBoth('first', { id: '7' }), await atBoth('second', { id: '7' })];
    const headers = { cookie: cookies[0], accept: 'application/json' };
    assert.equal((await stack.client().request('POST', '/logout?all=1', { headers })).status, 204);
    for (const cookie of cookies) assert.deepEqual([await here(cookie), await there(cookie)], [401, 204]);
  });

  test('each keeps what it keeps below prefixes of its own', async () => {
    const cookie = await atBoth('kept', { id: '6' });
    await stack.client().request('POST', '/logout', { headers: { cookie, accept: 'application/json' } });
    const keys = await stack.redis.command('KEYS', '*');
    assert.ok(keys.includes('sessiond:revoked:{sess:kept}'), keys.join(' '));
    for (const key of keys) assert.match(key, /^(sess:|sessiond:|other:|other-own:)/);
    assert.ok(!keys.some((key) => key.startsWith('other-own:revoked:')), keys.join(' '));
  });
});
