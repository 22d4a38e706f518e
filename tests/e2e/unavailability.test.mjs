// When nobody can tell: 503 with Retry-After, the cookie untouched, and recovery without anybody's help.

import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';

import { freeze } from '../support/processes.mjs';
import { startStack } from '../support/stack.mjs';
import { waitFor } from '../support/waiting.mjs';

const inMemory = { 'with sessions in memory': true, 'with Redis asked at every check': false };

// More than 50 lines: the tests of a suite, which is run twice.
function unavailability(enabled) {
  let stack;
  let client;
  before(async () => {
    stack = await startStack({ config: (config) => (config.session.cache = { enabled }) });
    client = stack.client();
    assert.equal((await stack.logIn(client)).status, 303);
  });
  after(() => stack?.stop());

  /** Each check is answered before nginx would have done it instead (fastcgi_read_timeout of check-location.conf). */
  async function assertUnavailable({ within = 4500 } = {}) {
    for (const target of ['/page/x', '/api/x', '/optional/x']) {
      const started = Date.now();
      const response = await client.get(target);
      assert.equal(response.status, 503, target);
      assert.ok(Date.now() - started < within, `${target} took ${Date.now() - started} ms`);
      assert.match(response.headers['retry-after'], /^[1-9]\d*$/);
      assert.equal(response.headers['cache-control'], 'no-store');
      assert.deepEqual(response.setCookies, []);
      if (target.startsWith('/api/')) assert.deepEqual(response.json(), { error: 'unavailable' });
      else assert.match(response.headers['content-type'], /^text\/html/);
    }
    assert.equal((await client.get('/')).status, 200, 'public pages go on');
  }

  // What is in memory is believed for session.cache.max_staleness after Redis's last sign of life, a second at most.
  const noticed = () =>
    waitFor('the check notices', async () => (await client.get('/page/x')).status === 503, { timeout: 5000 });

  const recovers = () =>
    waitFor('the page is there again', async () => (await client.get('/page/x')).status === 200, { timeout: 15000 });

  test('is 503 while Redis is frozen, and comes back', async () => {
    stack.redis.freeze();
    await noticed();
    await assertUnavailable();
    stack.redis.thaw();
    await recovers();
  });

  test('is 503 while Redis is dead, and comes back with the sessions', async () => {
    await stack.redis.stop('SIGKILL');
    await noticed();
    await assertUnavailable();
    assert.equal((await client.get('/sessiond/ready')).status, 503);
    assert.equal((await client.get('/sessiond/health')).status, 200);
    await stack.redis.start();
    await recovers();
    assert.equal((await client.get('/sessiond/ready')).status, 200);
  });

  test('refuses nobody for good who came while Redis was dead', async () => {
    await stack.redis.stop('SIGKILL');
    const login = await stack.logIn(stack.client());
    assert.equal(login.status, 503);
    assert.ok(login.headers['retry-after']);
    await stack.redis.start();
    await recovers();
    await waitFor('login works', async () => (await stack.logIn(stack.client())).status === 303);
  });

  test('is 503 while sessiond is down, and comes back', async () => {
    await stack.sessiond.stop('SIGKILL');
    await assertUnavailable();
    const login = await client.get('/login');
    assert.equal(login.status, 503);
    assert.ok(login.headers['retry-after']);
    await stack.sessiond.start();
    await recovers();
  });

  test('is 503 while sessiond is frozen, and comes back', async () => {
    await freeze(stack.sessiond.process);
    const response = await client.get('/api/x');
    assert.equal(response.status, 503);
    assert.deepEqual(response.setCookies, []);
    stack.sessiond.process.kill('SIGCONT');
    await recovers();
  });
}

for (const [how, enabled] of Object.entries(inMemory)) {
  describe(`a protected location, ${how},`, () => unavailability(enabled));
}

describe('an upload while sessiond is down', () => {
  let stack;
  before(async () => {
    stack = await startStack({
      server: 'client_max_body_size 1m;',
      locations: () => `location /up/ {
        client_max_body_size 100m;
        include sessiond/protect-page.conf;
        include sessiond/identity-proxy.conf;
        proxy_pass http://application;
      }`,
    });
    await stack.sessiond.stop('SIGKILL');
  });
  after(() => stack?.stop());

  test('is 503 like all else, and never too large for the page that says so', async () => {
    for (const target of ['/up/', '/login']) {
      const response = await stack.client().request('POST', target, { body: 'x'.repeat(3e6) });
      assert.equal(response.status, 503, target);
      assert.match(response.headers['content-type'], /^text\/html/);
      assert.match(response.headers['retry-after'], /^[1-9]\d*$/);
    }
  });
});
