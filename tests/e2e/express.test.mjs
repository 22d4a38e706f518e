// One login with Express: real express-session and connect-redis on the same Redis, both directions.

import assert from 'node:assert/strict';
import path from 'node:path';
import { after, before, describe, test } from 'node:test';

import RedisStore from 'connect-redis';
import express from 'express';
import session from 'express-session';
import IoRedis from 'ioredis';

import { siteLocations, startStack } from './support/stack.mjs';
import { seenAs } from './support/upstream.mjs';

/** The recipe: req.session.user = {...} to log in, req.session.user to use it. */
function expressApplication(client, secret) {
  const application = express();
  application.use(
    session({ store: new RedisStore({ client }), secret, resave: false, saveUninitialized: false, cookie: { maxAge: 1800e3 } }),
  );
  application.get('/express/login', (request, response) => {
    request.session.user = { id: 42, name: 'Ada', roles: ['staff'] };
    response.send('in');
  });
  application.get('/express/user', (request, response) => response.json(request.session.user ?? null));
  application.get('/express/logout', (request, response) => request.session.destroy(() => response.send('out')));
  return application;
}

describe('Express beside sessiond', () => {
  let stack;
  let redis;
  let server;
  before(async () => {
    stack = await startStack({
      locations: (folder) =>
        `${siteLocations(folder)} location /express/ { include proxy_params; proxy_pass http://unix:${folder}/express.sock; }`,
    });
    redis = new IoRedis({ path: stack.redis.socket });
    const application = expressApplication(redis, stack.sessiond.secrets[0]);
    server = application.listen(path.join(stack.folder, 'express.sock'));
  });
  after(async () => {
    redis?.disconnect();
    server?.close();
    await stack?.stop();
  });

  test('a login made by Express opens what sessiond protects', async () => {
    const client = stack.client();
    assert.equal((await client.get('/page/')).status, 302);
    await client.get('/express/login');
    const page = await client.get('/page/');
    assert.equal(page.status, 200);
    assert.deepEqual(seenAs(page.json(), 'X-User-Id'), ['42']);
    assert.deepEqual(seenAs(page.json(), 'X-User-Name'), ['Ada']);
    await client.get('/express/logout');
    assert.equal((await client.get('/page/')).status, 302);
  });

  test("a login made by sessiond is Express's req.session.user", async () => {
    const client = stack.client();
    assert.equal((await client.get('/express/user')).json(), null);
    assert.equal((await stack.logIn(client)).status, 303);
    assert.deepEqual((await client.get('/express/user')).json(), {
      id: '7',
      name: 'Alice Liddell',
      email: 'alice@example.org',
      roles: ['staff', 'editor'],
    });
  });
});
