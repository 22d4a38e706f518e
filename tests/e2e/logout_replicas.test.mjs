// logout.replicas: how many replicas have a logout is said to programs, and fewer than asked for do not hold it up.

import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { after, before, describe, test } from 'node:test';

import { Redis } from '../support/redis_server.mjs';
import { freePort } from '../support/sockets.mjs';
import { startStack } from '../support/stack.mjs';
import { waitFor } from '../support/waiting.mjs';

describe('a logout with replicas', () => {
  let stack;
  let replica;
  before(async () => {
    const port = await freePort();
    stack = await startStack({
      redis: (folder) => new Redis(folder, { port }),
      config: (config) => {
        config.logout = { replicas: 1 };
        config.redis.command_timeout = '1s';
      },
    });
    const folder = path.join(stack.folder, 'replica');
    fs.mkdirSync(folder);
    replica = await new Redis(folder, { args: ['--replicaof', '127.0.0.1', port] }).start();
    await waitFor('the replica follows', async () => (await stack.redis.command('WAIT', 1, 100)) === 1);
  });
  after(async () => {
    await replica?.stop();
    await stack?.stop();
  });

  const asProgram = { headers: { Accept: 'application/json' } };
  async function loggedIn() {
    const client = stack.client();
    await stack.logIn(client);
    return client;
  }

  test('says how many have it', async () => {
    const client = await loggedIn();
    const sid = decodeURIComponent(client.cookieHeader().match(/connect\.sid=([^;]*)/)[1]).slice(2).replace(/\.[^.]*$/, '');
    await waitFor('the login has arrived', async () => (await replica.command('EXISTS', `sess:${sid}`)) === 1);
    const answer = await client.request('POST', '/logout', asProgram);
    assert.equal(answer.status, 200);
    assert.deepEqual(answer.json(), { replicas: 1 });
    assert.equal(await replica.command('EXISTS', `sess:${sid}`), 0);
    assert.equal((await client.get('/api/')).status, 401);
  });

  test('everywhere, and from the list, too', async () => {
    const [here, there] = [await loggedIn(), await loggedIn()];
    const list = await here.request('DELETE', '/sessions?others=1', asProgram);
    assert.deepEqual([list.status, list.text], [200, '{"replicas":1}\n']);
    assert.equal((await there.get('/api/')).status, 401);
    const all = await here.request('POST', '/logout?all=1', asProgram);
    assert.deepEqual(all.json(), { replicas: 1 });
  });

  test('leads a browser on as ever', async () => {
    const client = await loggedIn();
    assert.equal((await client.postForm('/logout', {})).status, 303);
  });

  test('with fewer it is a logout all the same, and that is logged and counted', async () => {
    replica.freeze();
    try {
      const client = await loggedIn();
      const answer = await client.request('POST', '/logout', asProgram);
      assert.deepEqual([answer.status, answer.json()], [200, { replicas: 0 }]);
      assert.equal((await client.get('/api/')).status, 401);
    } finally {
      replica.thaw();
    }
    assert.match(stack.sessiond.logText(), /fewer replicas than logout\.replicas have a revocation.* replicas=0 wanted=1/);
    assert.ok((await stack.metric('sessiond_redis_unreplicated_total')) >= 1);
  });
});
