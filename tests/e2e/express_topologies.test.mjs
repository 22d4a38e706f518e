// One login with Express wherever Redis may be: real express-session and connect-redis over the clients of both Redis
// packages, on the same servers as sessiond. On a unix socket all of it is in the other express_*.test.mjs.

import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';

import { seenAs } from '../support/upstream.mjs';
import { waitFor } from '../support/waiting.mjs';
import { askExpress, askSessiond, startExpressStack, variants } from './support/express_site.mjs';
import { kCluster, kindsOfRedis } from './support/redis_kinds.mjs';
import { SlowRequests } from './support/slow_requests.mjs';

const ada = { id: 42, name: 'Ada', email: 'ada@example.org', roles: ['staff', 'admin'] };
const kMaxAge = 1800e3;
const kMany = 6;

const idOf = (client) => decodeURIComponent(client.cookies.get('connect.sid')).slice(2, 34);
const keyOf = (client) => `sess:${idOf(client)}`;
const cookieOf = (client) => ({ cookie: client.cookieHeader() });
const logInByExpress = (client, mount) => client.get(`/express/${mount}/login?user=${encodeURIComponent(JSON.stringify(ada))}`);

/** Calls a method of the store that concerns all sessions, and says what it says. */
const ofStore = (method) => (request, response) =>
  request.sessionStore[method]((error) => response.json({ error: error ? String(error.message ?? error) : null }));

const slow = new SlowRequests();
const actions = {
  all: ofStore('all'),
  clear: ofStore('clear'),
  slow: slow.action,
  'begin-anew': (request, response, next) => {
    const { user } = request.session;
    request.session.regenerate((error) => {
      if (error) return next(error);
      request.session.user = user;
      return response.json({ id: request.sessionID });
    });
  },
};

for (const [kind, redis] of Object.entries(kindsOfRedis)) {
  describe(`Express beside ${kind}`, () => {
    const isCluster = kind === kCluster;
    let stack;
    before(async () => {
      stack = await startExpressStack({ redis });
      for (const variant of variants) {
        stack.express.mount(variant.name, { variant, actions, options: { cookie: { maxAge: kMaxAge } } });
      }
      await waitFor('ready', async () => (await stack.client().get('/sessiond/ready')).status === 200, { timeout: 30000 });
    });
    after(() => stack?.stop());

    /** Until sessions of several nodes are among them, where there are several. */
    async function many(logIn) {
      const clients = [];
      for (const owners = new Set(); clients.length < kMany || (isCluster && owners.size < 2); ) {
        const client = stack.client();
        await logIn(client);
        clients.push(client);
        if (isCluster) owners.add((await stack.redis.ownerOf(keyOf(client))).port);
      }
      return clients;
    }
    async function loggedIn(client = stack.client()) {
      assert.equal((await stack.logIn(client)).status, 303);
      return client;
    }
    async function logOut(client) {
      const logout = await client.request('POST', '/logout', { headers: { Accept: 'application/json' } });
      assert.equal(logout.status, 204);
    }
    async function areNobody(mount, cookie) {
      assert.equal(await askExpress(stack.client(), mount, cookie), 'nobody');
      assert.equal((await askSessiond(stack.client(), cookie)).who, 'nobody');
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
          for (const client of await many(loggedIn)) {
            assert.equal(await askExpress(client, name), 'user 7');
            for (const visits of [1, 2]) {
              assert.deepEqual((await client.get(`/express/${name}/visit`)).json(), { visits });
              assert.equal((await askSessiond(client)).who, 'user 7');
            }
            assert.equal(JSON.parse(await stack.redis.command('GET', keyOf(client))).visits, 2);
          }
        });

        test('a touch by either is the life that the other sees', async () => {
          const client = stack.client();
          await logInByExpress(client, name);
          for (const ask of [() => askExpress(client, name), async () => (await askSessiond(client)).who]) {
            await stack.redis.command('EXPIRE', keyOf(client), 100);
            assert.equal(await ask(), 'user 42');
            await waitFor('touched', async () => (await stack.redis.command('TTL', keyOf(client))) > 1000);
          }
        });

        test('begun anew by Express: the new id counts, and the old one does not', async () => {
          const client = await loggedIn();
          const old = cookieOf(client);
          const { id } = (await client.get(`/express/${name}/begin-anew`)).json();
          assert.equal(idOf(client), id);
          assert.equal((await askSessiond(client)).who, 'user 7');
          assert.equal(await askExpress(client, name), 'user 7');
          await areNobody(name, old);
        });

        test('ended by either, it is over for both', async () => {
          for (const client of await many((one) => logInByExpress(one, name))) {
            assert.equal((await askSessiond(client)).who, 'user 42');
            const cookie = cookieOf(client);
            assert.deepEqual((await client.get(`/express/${name}/logout`)).json(), { error: null });
            await waitFor('nobody', async () => (await askSessiond(stack.client(), cookie)).who === 'nobody');
          }
          for (const client of await many((one) => logInByExpress(one, name))) {
            const cookie = cookieOf(client);
            await logOut(client);
            await areNobody(name, cookie);
          }
        });

        test('a logout outlives a request that saves its session late', async () => {
          const client = await loggedIn();
          assert.equal((await askSessiond(client)).who, 'user 7');
          const [cookie, key] = [cookieOf(client), keyOf(client)];
          const request = await slow.begin(client, name, '?write=1');
          await logOut(client);
          await request.finish();
          assert.equal((await askSessiond(stack.client(), cookie)).reason, 'revoked');
          await waitFor('sessiond removes the key again', async () => (await stack.redis.command('EXISTS', key)) === 0);
          await areNobody(name, cookie);
        });
      });
    }

    if (!isCluster) return; // no slots

    for (const { name } of variants) {
      test(`a slot that moves takes its session along for both (${name})`, async () => {
        const client = stack.client();
        await logInByExpress(client, name);
        for (let i = 0; i < 2; i++) {
          await stack.redis.moveSlotOf(keyOf(client));
          assert.equal(await askExpress(client, name), 'user 42');
          assert.equal((await askSessiond(client)).who, 'user 42');
        }
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
}
