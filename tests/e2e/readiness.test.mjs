// `ready` says what checks would say: where each of them is "cannot tell", or each of a session that a login made, it is
// not ready, though whatever stands in Redis's place answers a PING.

import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { after, before, describe, test } from 'node:test';

import { start, stop } from '../support/processes.mjs';
import { freePort } from '../support/sockets.mjs';
import { startStack } from '../support/stack.mjs';
import { waitFor } from '../support/waiting.mjs';

for (const enabled of [true, false]) {
  describe(`ready, ${enabled ? 'with sessions in memory' : 'with Redis asked at every check'}`, () => {
    let stack;
    let cookie;
    before(async () => {
      stack = await startStack({ config: (config) => (config.session.cache = { enabled }) });
      cookie = await stack.session('ready', { id: 7 });
      await agree(200);
    });
    after(() => stack?.stop());

    const ready = async () => (await stack.client().get('/sessiond/ready')).status;
    const check = async () => (await stack.client().get('/page/x', { headers: { Cookie: cookie } })).status;
    /** Both say so, and go on saying so: each lane finds out by itself. */
    async function agree(status) {
      let inARow = 0;
      const bothDo = async () => {
        const both = [await ready(), await check()];
        inARow = both.every((one) => one === status) ? inARow + 1 : 0;
        return inARow === 8;
      };
      await waitFor(`both say ${status}, again and again`, bothDo, { timeout: 60000, interval: 0 });
      assert.equal((await stack.client().get('/sessiond/health')).status, 200);
    }

    /** Something else at Redis's address as long as `during` takes. */
    async function inItsPlace(args, lines, during) {
      await stack.redis.stop();
      fs.rmSync(stack.redis.socket, { force: true });
      const file = path.join(stack.folder, 'in-its-place.conf');
      const port = await freePort();
      const usual = [`port ${port}`, 'bind 127.0.0.1', `unixsocket ${stack.redis.socket}`, `dir ${stack.folder}`];
      fs.writeFileSync(file, `${[...usual, ...lines].join('\n')}\n`);
      const other = start('redis-server', [file, ...args], { log: path.join(stack.folder, 'in-its-place.log') });
      try {
        await waitFor('it answers', async () => (await stack.redis.command('PING')) === 'PONG');
        await during();
      } finally {
        await stop(other);
        await stack.redis.start();
      }
      await agree(200);
    }

    test('it is not at the port of a sentinel', () => inItsPlace(['--sentinel'], [], () => agree(503)));

    test('it is not at a node of a cluster that is down', async () => {
      const lines = ['cluster-enabled yes', `cluster-port ${await freePort()}`, 'save ""'];
      await inItsPlace([], lines, () => agree(503));
    });

    test('it is not at a replica that does not tell what it is', async () => {
      await inItsPlace([], ['rename-command HELLO ""', 'replicaof 127.0.0.1 1'], () => agree(503));
    });

    test('it is not at a replica, and is again once that is a primary', async () => {
      await stack.redis.command('REPLICAOF', '127.0.0.1', '1');
      await agree(503);
      await stack.redis.command('REPLICAOF', 'NO', 'ONE');
      await agree(200);
    });
  });
}

describe('ready, of which logins count', () => {
  const stacks = {};
  before(async () => {
    stacks.login = await startStack();
    stacks.none = await startStack({ config: (config) => (config.login = { authenticators: [] }) });
  });
  after(() => Promise.all(Object.values(stacks).map((stack) => stack.stop())));

  const all = ['resetkeys', '~*'];
  const faults = {
    'is no number': [
      (redis) => redis.command('SET', 'sessiond:epoch', 'many'),
      (redis) => redis.command('DEL', 'sessiond:epoch'),
    ],
    'may not be read': [
      (redis) => redis.command('ACL', 'SETUSER', 'default', 'resetkeys', '~sess:*', '~sessiond:[^e]*'),
      (redis) => redis.command('ACL', 'SETUSER', 'default', ...all),
    ],
  };
  for (const [what, [plant, mend]] of Object.entries(faults)) {
    test(`where people log in it is not ready while the counter of that ${what}, and says so`, async () => {
      const { login, none } = stacks;
      const client = login.client();
      assert.equal((await login.logIn(client)).status, 303);
      const others = await none.session('of-an-application', { id: 7 });
      const ready = (stack) => stack.client().get('/sessiond/ready');
      const agree = (status) =>
        waitFor(`ready and a check both say ${status}`, async () =>
          [(await ready(login)).status, (await client.get('/page/x')).status].every((one) => one === status));
      await agree(200);
      await Promise.all([plant(login.redis), plant(none.redis)]);
      await agree(503);
      assert.match((await ready(login)).text, /^redis does not say which logins count: the key sessiond:epoch cannot be read, or /);
      await waitFor('where nobody logs in nothing depends on it', async () => {
        const both = [(await ready(none)).status, (await none.client().get('/page/x', { headers: { Cookie: others } })).status];
        return both.every((one) => one === 200);
      });
      await Promise.all([mend(login.redis), mend(none.redis)]);
      await agree(200);
    });
  }
});
