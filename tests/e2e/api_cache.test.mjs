// The `cache` endpoint beside the Node recipe's cache module on a real ioredis, and the token before it.

import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { after, before, describe, test } from 'node:test';

import IoRedis from 'ioredis';

import { startStack } from '../support/stack.mjs';
import { waitFor } from '../support/waiting.mjs';
import { ask, withApi } from './support/applications.mjs';

/** The recipe: JSON under a prefix, for some seconds or for good. */
function cacheModule(client) {
  return {
    async get(key) {
      const text = await client.get(`cache:${key}`);
      return text ? JSON.parse(text) : undefined;
    },
    set(key, value, seconds) {
      const text = JSON.stringify(value);
      return seconds ? client.set(`cache:${key}`, text, 'EX', seconds) : client.set(`cache:${key}`, text);
    },
  };
}

const value = { city: 'Paris', c: [21.5, -1, 1e300], 'ü"': null, text: 'a\u2028b\ud83d\ude00', nested: { a: [{}] } };

describe('the cache beside a Node application', () => {
  let stack;
  let redis;
  let cache;
  before(async () => {
    stack = await startStack(withApi);
    redis = new IoRedis({ path: stack.redis.socket });
    cache = cacheModule(redis);
  });
  after(async () => {
    redis?.disconnect();
    await stack?.stop();
  });

  const get = (target) => ask(stack, 'GET', target);
  const put = (target, body) => ask(stack, 'PUT', target, { body });

  test('reads what Node stored', async () => {
    await cache.set('weather', value, 60);
    const found = await get('/cache/weather');
    assert.equal(found.status, 200);
    assert.equal(found.headers['content-type'], 'application/json');
    assert.equal(found.text, JSON.stringify(value));
    assert.equal((await get('/cache/other')).status, 404);
  });

  test('stores what Node reads', async () => {
    const stored = await put('/cache/fresh?ttl=86400', JSON.stringify(value));
    assert.equal(stored.status, 204);
    assert.equal(stored.text, '');
    assert.deepEqual(await cache.get('fresh'), value);
    const ttl = await redis.ttl('cache:fresh');
    assert.ok(ttl > 86390 && ttl <= 86400, `${ttl}`);
    assert.equal((await put('/cache/fresh', '[1]')).status, 204);
    assert.equal(await redis.ttl('cache:fresh'), -1);
    assert.equal((await ask(stack, 'DELETE', '/cache/fresh')).status, 204);
    assert.equal(await cache.get('fresh'), undefined);
  });

  test('keeps the bytes that were sent', async () => {
    const text = ' {"n": 12345678901234567890.10, "a":1, "a":2}\n';
    assert.equal((await put('/cache/bytes', text)).status, 204);
    assert.equal(await redis.get('cache:bytes'), text);
    assert.equal((await get('/cache/bytes')).text, text);
    assert.equal((await put('/cache/bytes', ['{"in":', '"pieces"}'])).status, 204);
    assert.equal((await get('/cache/bytes')).text, '{"in":"pieces"}');
  });

  test('ends when its time is over', async () => {
    await put('/cache/short?ttl=1', '1');
    assert.equal((await get('/cache/short')).status, 200);
    await waitFor('it ends', async () => (await get('/cache/short')).status === 404);
  });

  test('knows every key that encodeURIComponent makes, and the same as Node', async () => {
    const odd = ['a/b', 'a//b', '/', 'é ü', '100%', '%41', 'a?b#c', 'user:7:posts', 'a+b', '{"x":[1]}', '...'];
    const keys = [...odd, 'k'.repeat(512)];
    for (const key of keys) {
      assert.equal((await put(`/cache/${encodeURIComponent(key)}`, JSON.stringify(key))).status, 204, key);
      assert.equal(await cache.get(key), key);
    }
    for (const key of keys) assert.equal((await get(`/cache/${encodeURIComponent(key)}`)).json(), key);
    assert.equal((await get('/cache/a/b')).json(), 'a/b');
    assert.equal((await get('/cache/a//b')).json(), 'a//b');
  });

  test('refuses other keys, and none of them is another address', async () => {
    for (const key of ['', '%00', '%0d%0aDEL', '%ff', 'a%2F..%2Fb', '%2e', 'k'.repeat(513), '%zz']) {
      const { status } = await put(`/cache/${key}`, '1');
      assert.ok(status === 400 || status === 404, `${key}: ${status}`);
    }
    assert.equal((await get('/cache/../session')).status, 401, 'that is /session');
    assert.deepEqual(await redis.keys('*DEL*'), []);
  });

  test('takes only what it understands', async () => {
    assert.equal((await put('/cache/a?ttl=0', '1')).status, 400);
    assert.equal((await put('/cache/a?tll=60', '1')).status, 400);
    assert.equal((await put('/cache/a', '')).status, 400);
    assert.equal((await put('/cache/a', "{'a':1}")).status, 400);
    assert.equal((await put('/cache/a', '['.repeat(100000))).status, 400);
    assert.equal((await put('/cache/a', `"${'x'.repeat(119 * 1024)}"`)).status, 204);
    assert.equal((await put('/cache/a', `"${'x'.repeat(121 * 1024)}"`)).json().error, 'too_large');
    assert.equal((await put('/cache/a', `"${'x'.repeat(200 * 1024)}"`)).status, 413);
    assert.equal((await ask(stack, 'POST', '/cache/a', { body: '1' })).headers.allow, 'GET, HEAD, PUT, DELETE');
  });

  test('gives out large values that Node stored, up to the limit', async () => {
    await cache.set('large', 'x'.repeat(1024 * 1024 - 2));
    const large = await get('/cache/large');
    assert.equal(large.status, 200);
    assert.equal(large.text.length, 1024 * 1024);
    await cache.set('large', 'x'.repeat(1024 * 1024 - 1));
    const larger = await get('/cache/large');
    assert.equal(larger.status, 500);
    assert.deepEqual(larger.json(), { error: 'damaged', reason: 'it is larger than cache.max_bytes' });
  });

  test('says what is damaged', async () => {
    await redis.set('cache:text', 'not json');
    assert.deepEqual((await get('/cache/text')).json(), { error: 'damaged', reason: 'it is no JSON text in UTF-8' });
    await redis.lpush('cache:list', '1');
    assert.deepEqual((await get('/cache/list')).json(), { error: 'damaged', reason: 'it is no string' });
    assert.equal(await stack.metric('sessiond_app_cache_damaged_values_total'), 3);
  });

  test('gets 503 while Redis is out of reach, and loses nothing silently', async () => {
    await put('/cache/kept', '1');
    await stack.redis.stop();
    for (const answer of [await get('/cache/kept'), await put('/cache/lost', '1')]) {
      assert.equal(answer.status, 503);
      assert.equal(answer.headers['retry-after'], '5');
    }
    await stack.redis.start();
    await waitFor('it is back', async () => (await get('/cache/kept')).status === 200);
    assert.equal((await get('/cache/lost')).status, 404);
  });
});

describe('the token', () => {
  const first = 'a-first-token-0123456789';
  const second = 'the-second-token-9876543210';
  let stack;
  before(async () => {
    stack = await startStack({
      http: withApi.http,
      config: (config) => {
        const file = path.join(path.dirname(config.listen.socket), 'api-token');
        fs.writeFileSync(file, `${first}\n`, { mode: 0o600 });
        config.api = { enabled: true, token_file: file };
      },
    });
  });
  after(() => stack?.stop());

  const withToken = (token) => (token ? { headers: { Authorization: `Bearer ${token}` } } : {});
  const statusWith = async (token, target = '/cache/a') => (await ask(stack, 'GET', target, withToken(token))).status;

  test('is asked for by both endpoints', async () => {
    for (const target of ['/cache/a', '/session']) {
      const answer = await ask(stack, 'GET', target, withToken('wrong'));
      assert.equal(answer.status, 401);
      assert.equal(answer.headers['www-authenticate'], 'Bearer realm="sessiond"');
      assert.equal(answer.json().error, 'token_required');
    }
    assert.equal(await statusWith(undefined), 401);
    assert.equal(await statusWith(first), 404);
    const session = await ask(stack, 'GET', '/session', withToken(first));
    assert.equal(session.headers['www-authenticate'], 'Session');
    assert.equal(await stack.metric('sessiond_api_token_refusals_total'), 3);
    assert.doesNotMatch(stack.sessiond.logText(), new RegExp(first));
  });

  test('does not make an admin of anybody', async () => {
    const cookie = await stack.session('api-nobody');
    const patch = (change) =>
      ask(stack, 'PATCH', '/session', {
        headers: {
          Cookie: cookie,
          Authorization: `Bearer ${first}`,
          'Content-Type': 'application/merge-patch+json',
        },
        body: JSON.stringify(change),
      });
    const refused = await patch({ user: { id: 1, roles: ['admin'] } });
    assert.equal(refused.status, 403);
    assert.equal(refused.json().error, 'read_only');
    assert.equal((await stack.client().get('/api/x', { headers: { Cookie: cookie } })).status, 401);
    assert.equal((await patch({ cart: [1] })).status, 200);
  });

  test('changes with a reload; so does whether there is an API at all', async () => {
    fs.writeFileSync(stack.sessiond.config.api.token_file, second);
    stack.sessiond.process.kill('SIGHUP');
    await waitFor('the second token', async () => (await statusWith(second)) === 404);
    assert.equal(await statusWith(first), 401);

    stack.sessiond.config.api.enabled = false;
    stack.sessiond.writeConfig();
    stack.sessiond.process.kill('SIGHUP');
    const text = async () => (await ask(stack, 'GET', '/cache/a', withToken(second))).text;
    await waitFor('no API', async () => (await text()).includes('disabled'));
    assert.equal(await statusWith(second, '/session'), 404);
  });
});
