// One login with Express where the sessions are in a Redis Cluster: real express-session and connect-redis over the
// cluster clients of both Redis packages, on the same six nodes as sessiond.

import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';

import { ClusterGroup } from '../support/cluster.mjs';
import { seenAs } from '../support/upstream.mjs';
import { waitFor } from '../support/waiting.mjs';
import { askExpress, askSessiond, startExpressStack, variants } from './support/express_site.mjs';

const ada = { id: 42, name: 'Ada', email: 'ada@example.org', roles: ['staff', 'admin'] };
const kMaxAge = 1800e3;
const kMany = 6;

const idOf = (client) => decodeURIComponent(client.cookies.get('connect.sid')).slice(2, 34);
const keyOf = (client) => `sess:${idOf(client)}`;

/** Calls a method of the store that concerns all sessions, and says what it says. */
const ofStore = (method) => (request, response) =>
  request.sessionStore[method]((error) => response.json({ error: error ? String(error.message ?? error) : null }));

const actions = { all: ofStore('all'), clear: ofStore('clear') };

describe('Express beside a Redis Cluster', () => {
  let stack;
  before(async () => {
    stack = await startExpressStack({ redis: (folder) => new ClusterGroup(folder) });
    for (const variant of variants) {
      stack.express.mount(variant.name, { variant, actions, options: { cookie: { maxAge: kMaxAge } } });
    }
    await waitFor('ready', async () => (await stack.client().get('/sessiond/ready')).status === 200, { timeout: 30000 });
  });
  after(() => stack?.stop());

  const logInByExpress = (client, mount) => client.get(`/express/${mount}/login?user=${encodeURIComponent(JSON.stringify(ada))}`);
  /** Until sessions of several nodes are among them. */
  async function many(logIn) {
    const clients = [];
    for (const owners = new Set(); clients.length < kMany || owners.size < 2; ) {
      const client = stack.client();
      await logIn(client);
      clients.push(client);
      owners.add((await stack.redis.ownerOf(keyOf(client))).port);
    }
    return clients;
  }

  for (const { name } of variants) {
    describe(`one login with ${name}`, () => {
      test('made by Express: opens what sessiond protects, with the right headers', async () => {
        for (const client of await many((one) => logInByExpress(one, name))) {
          const page = await client.get('/page/');
          assert.equal(page.status, 200);
          assert.deepEqual(['Id', 'Name', 'Roles'].map((header) => seenAs(page.json(), `X-User-${header}`)), [['42'], ['Ada'], ['staff,admin']]);
        }
      });

      test('made by sessiond: is req.session.user, and what Express saves there stays', async () => {
        const clients = await many(async (one) => assert.equal((await stack.logIn(one)).status, 303));
        for (const client of clients) {
          assert.equal(await askExpress(client, name), 'user 7');
          for (const visits of [1, 2]) {
            assert.deepEqual((await client.get(`/express/${name}/visit`)).json(), { visits });
            assert.equal((await askSessiond(client)).who, 'user 7');
          }
          assert.equal(JSON.parse(await stack.redis.command('GET', keyOf(client))).visits, 2);
        }
      });

      test('a touch by Express is the life that sessiond sees', async () => {
        const client = stack.client();
        await logInByExpress(client, name);
        await stack.redis.command('EXPIRE', keyOf(client), 100);
        assert.equal(await askExpress(client, name), 'user 42');
        await waitFor('touched', async () => (await stack.redis.command('TTL', keyOf(client))) > 1000);
        assert.equal((await askSessiond(client)).who, 'user 42');
      });

      test('ended by either, it is over for both', async () => {
        for (const client of await many((one) => logInByExpress(one, name))) {
          assert.equal((await askSessiond(client)).who, 'user 42');
          const cookie = { cookie: client.cookieHeader() };
          assert.deepEqual((await client.get(`/express/${name}/logout`)).json(), { error: null });
          await waitFor('nobody', async () => (await askSessiond(stack.client(), cookie)).who === 'nobody');
        }
        for (const client of await many((one) => logInByExpress(one, name))) {
          const cookie = { cookie: client.cookieHeader() };
          const logout = await client.request('POST', '/logout', { headers: { Accept: 'application/json' } });
          assert.equal(logout.status, 204);
          assert.equal(await askExpress(stack.client(), name, cookie), 'nobody');
          assert.equal((await askSessiond(stack.client(), cookie)).who, 'nobody');
        }
      });

      test('a slot that moves takes its session along for both', async () => {
        const client = stack.client();
        await logInByExpress(client, name);
        for (let i = 0; i < 2; i++) {
          await stack.redis.moveSlotOf(keyOf(client));
          assert.equal(await askExpress(client, name), 'user 42');
          assert.equal((await askSessiond(client)).who, 'user 42');
        }
      });
    });
  }

  test('what asks for all sessions at once is refused by a cluster, by any version of connect-redis, and harms none', async () => {
    for (const { name } of variants) {
      const clients = await many((one) => logInByExpress(one, name));
      for (const method of ['all', 'clear']) {
        const { error } = (await clients[0].get(`/express/${name}/${method}`)).json();
        assert.match(error ?? '', /CROSSSLOT|same slot/, `${name} ${method}`);
      }
      for (const client of clients) assert.equal((await askSessiond(client)).who, 'user 42');
    }
  });
});
