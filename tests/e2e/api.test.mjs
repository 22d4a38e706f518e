// Protected APIs: JSON and statuses that a program can act on, never a redirect.

import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';

import { startStack } from '../support/stack.mjs';
import { seenAs } from '../support/upstream.mjs';
import { waitFor } from '../support/waiting.mjs';

describe('a protected API', () => {
  let stack;
  before(async () => {
    stack = await startStack({ config: (config) => (config.session.touch_interval = '0s') });
  });
  after(() => stack?.stop());

  test('answers 401 as JSON with the reason and no redirect', async () => {
    const response = await stack.client().get('/api/items?a=1');
    assert.equal(response.status, 401);
    assert.equal(response.headers['content-type'], 'application/json');
    assert.equal(response.headers['www-authenticate'], 'Session');
    assert.equal(response.headers['cache-control'], 'no-store');
    assert.equal(response.headers.location, undefined);
    assert.deepEqual(response.json(), { error: 'unauthenticated', reason: 'missing' });
  });

  test('tells the reasons apart', async () => {
    await stack.session('api-forged', { id: 7 });
    const anonymous = await stack.session('api-anonymous');
    const reasons = {
      'connect.sid=garbage': 'malformed',
      [stack.sessiond.cookie('api-forged', 'not the secret')]: 'forged',
      [stack.sessiond.cookie('api-unknown')]: 'unknown',
      [anonymous]: 'anonymous',
    };
    for (const [cookie, reason] of Object.entries(reasons)) {
      const response = await stack.client().get('/api/', { headers: { Cookie: cookie } });
      assert.equal(response.status, 401);
      assert.equal(response.json().reason, reason, cookie);
    }
  });

  test('answers 403 as JSON when the policy says no', async () => {
    const cookie = await stack.session('api-staff', { id: 7, roles: ['staff'] });
    const response = await stack.client().get('/api/admin/', { headers: { Cookie: cookie } });
    assert.equal(response.status, 403);
    assert.equal(response.headers['content-type'], 'application/json');
    assert.deepEqual(response.json(), { error: 'forbidden', reason: 'forbidden' });
  });

  test('lets a request with a session through', async () => {
    const cookie = await stack.session('api-allowed', { id: 7 });
    const response = await stack.client().request('PUT', '/api/items/1', { headers: { Cookie: cookie }, body: '{"a":1}' });
    assert.equal(response.status, 200);
    assert.equal(response.json().method, 'PUT');
    assert.equal(response.json().bytes, 7);
    assert.deepEqual(seenAs(response.json(), 'X-User-Id'), ['7']);
  });

  test('keeps a session alive by its requests, unless the location says that they do not count', async () => {
    const quiet = await stack.session('api-quiet', { id: 7 }, { ttl: 100 });
    const lively = await stack.session('api-lively', { id: 7 }, { ttl: 100 });
    assert.equal((await stack.client().get('/polling/', { headers: { Cookie: quiet } })).status, 200);
    assert.equal((await stack.client().get('/api/', { headers: { Cookie: lively } })).status, 200);
    // Touches are written in order, a little after the answer: what came first would have been written by then.
    await waitFor('the session is touched', async () => (await stack.redis.command('TTL', 'sess:api-lively')) > 3500);
    assert.ok((await stack.redis.command('TTL', 'sess:api-quiet')) <= 100);
  });
});
