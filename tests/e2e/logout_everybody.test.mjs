// sessionctl session revoke --all: whoever is logged in, by sessiond or by an application, is logged out at once, at
// every instance, with and without sessions in memory, and stays so over a restart; who has only a cart keeps it.

import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';

import { temporaryFolder } from '../support/folders.mjs';
import { Redis } from '../support/redis_server.mjs';
import { startStack } from '../support/stack.mjs';
import { waitFor } from '../support/waiting.mjs';
import { askSessiond, newest, startExpressStack } from './support/express_site.mjs';
import { sessionctl } from './support/sessionctl.mjs';

for (const enabled of [true, false]) {
  describe(`logging everybody out (sessions in memory: ${enabled})`, () => {
    let stack;
    before(async () => {
      stack = await startExpressStack({ config: (config) => (config.session.cache = { enabled }) });
      stack.express.mount('application', { variant: newest });
    });
    after(() => stack?.stop());

    const revoke = (...more) => sessionctl(stack.sessiond.file)('session revoke', ['--all', '--yes', ...more]);
    async function application(user) {
      const client = stack.client();
      await client.get(`/express/application/login?user=${encodeURIComponent(user)}`);
      return client;
    }

    test('ends logins and sessions of applications, and nothing else', async () => {
      const alice = stack.client();
      await stack.logIn(alice);
      const made = await application('{"id":9}');
      const cart = await application('null');
      await cart.get('/express/application/visit');
      for (const client of [alice, made]) assert.equal((await askSessiond(client)).reason, 'valid');
      const done = await revoke();
      assert.equal(done.status, 0, done.error);
      assert.deepEqual([done.ended, done.final], [1, true]);
      assert.ok(done.looked_at >= 3);
      for (const client of [alice, made]) {
        await waitFor('logged out', async () => (await askSessiond(client)).reason === 'revoked', { timeout: 10000 });
      }
      assert.equal((await cart.get('/express/application/visit')).json().visits, 2);
      const again = stack.client();
      await stack.logIn(again);
      assert.equal((await askSessiond(again)).reason, 'valid', 'who logs in afterwards is logged in');
      await stack.sessiond.stop();
      await stack.sessiond.start();
      assert.equal((await askSessiond(alice)).reason, 'revoked');
      assert.equal((await askSessiond(again)).reason, 'valid');
    });

    test('goes on where it is told to, without logging anybody out twice', async () => {
      const alice = stack.client();
      await stack.logIn(alice);
      const made = await application('{"id":9}');
      for (const place of ['1', '@1', '1@', '1@soon', '1@-5']) {
        const refused = await revoke('--from', place);
        assert.equal(refused.status, 64, place);
        assert.match(refused.error, /--from: must be what the run said that was cut off/);
      }
      const before = await stack.redis.command('GET', 'sessiond:epoch');
      assert.equal((await revoke('--from', `1@${Date.now() - 3600000}`)).status, 0);
      assert.equal((await askSessiond(alice)).reason, 'valid', 'who has logged in since lives');
      assert.equal(await stack.redis.command('GET', 'sessiond:epoch'), before, 'the counter has been moved already');
      // A login from before that outlives the counter, since that was lost and began anew.
      assert.equal((await revoke('--from', `1@${Date.now() + 3600000}`)).status, 0);
      await waitFor('logged out', async () => (await askSessiond(alice)).reason === 'revoked', { timeout: 10000 });
      await stack.logIn(alice);
      assert.equal((await askSessiond(alice)).reason, 'valid');
      assert.equal((await revoke()).status, 0);
      for (const client of [alice, made]) {
        await waitFor('logged out', async () => (await askSessiond(client)).reason === 'revoked', { timeout: 10000 });
      }
    });

    test('says so when it cannot', async () => {
      const alice = stack.client();
      await stack.redis.command('SET', 'sessiond:epoch', 'many');
      const damaged = await revoke();
      assert.equal(damaged.status, 65, damaged.error);
      assert.match(damaged.error, /sessiond:epoch holds something that is no counter: delete it/);
      await stack.redis.command('DEL', 'sessiond:epoch');
      await stack.logIn(alice);
      assert.equal((await askSessiond(alice)).reason, 'valid');
      // Once it has been moved it may be lost; it begins anew, and says again what a login has.
      assert.equal((await revoke()).status, 0);
      await stack.logIn(alice);
      assert.equal((await askSessiond(alice)).reason, 'valid');
      await stack.redis.command('DEL', 'sessiond:epoch');
      assert.equal((await revoke()).status, 0);
      await waitFor('revoked', async () => (await askSessiond(alice)).reason === 'revoked', { timeout: 10000 });
      stack.redis.freeze();
      const away = await revoke();
      stack.redis.thaw();
      assert.equal(away.status, 69, away.error);
    });
  });
}

// Its counter is another one: neither may be raised to the other.
describe('a reload that names another Redis by mistake, and one that takes it back', () => {
  let stack;
  let other;
  before(async () => {
    stack = await startStack();
    other = await new Redis(temporaryFolder()).start();
  });
  after(async () => {
    await other?.stop();
    await stack?.stop();
  });

  async function reloadWith(change) {
    const { sessiond } = stack;
    const { config } = sessiond;
    sessiond.config = structuredClone(config);
    change(sessiond.config);
    sessiond.writeConfig();
    const done = await sessionctl(sessiond.file)('reload');
    assert.equal(done.status, 0, JSON.stringify(done));
    sessiond.config = config;
  }
  const database = (number) => (config) => (config.redis.url = `${stack.redis.url}?db=${number}`);
  const elsewhere = [
    { what: 'server', change: (config) => (config.redis.url = other.url), set: () => other.command('SET', 'sessiond:epoch', '7') },
    {
      what: 'database',
      change: database(1),
      set: () => stack.redis.command('EVAL', "redis.call('SELECT', 1) return redis.call('SET', 'sessiond:epoch', '7')", '0'),
    },
    {
      what: 'prefix',
      change: (config) => (config.sessiond.key_prefix = 'other:'),
      set: () => stack.redis.command('SET', 'other:epoch', '7'),
    },
  ];
  for (const { what, change, set } of elsewhere) {
    test(`another ${what}: nobody is logged out`, async () => {
      const { redis } = stack;
      await redis.command('SET', 'sessiond:epoch', '3');
      await set();
      const alice = stack.client();
      await stack.logIn(alice);
      assert.equal((await alice.get('/api/')).status, 200);
      await reloadWith(change);
      // That the daemon has read the counter there is seen in the login's session.
      await stack.logIn(stack.client());
      await reloadWith(() => {});
      assert.equal((await alice.get('/api/')).status, 200);
      // A new application tells the counter as soon as its subscription stands, which memory is believed by.
      await waitFor('memory that is believed', async () => {
        await alice.get('/api/');
        return (await sessionctl(stack.sessiond.file)('status')).memory === 'believed';
      });
      assert.equal(await redis.command('GET', 'sessiond:epoch'), '3');
      await alice.postForm('/logout', {});
    });
  }

  test('what is known of the one that was left is known when it is back', async () => {
    const { redis } = stack;
    await redis.command('SET', 'sessiond:epoch', '5');
    const alice = stack.client();
    await stack.logIn(alice);
    assert.equal((await alice.get('/api/')).status, 200);
    await reloadWith(elsewhere[0].change);
    await redis.command('DEL', 'sessiond:epoch');
    await reloadWith(() => {});
    await waitFor('the counter', async () => (await redis.command('GET', 'sessiond:epoch')) === '5');
  });
});
