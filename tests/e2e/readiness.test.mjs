// `ready` says what checks would say: where each of them is "cannot tell", it is not ready, though whatever stands in
// Redis's place answers a PING.

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

    test('it is not at a replica, and is again once that is a primary', async () => {
      await stack.redis.command('REPLICAOF', '127.0.0.1', '1');
      await agree(503);
      await stack.redis.command('REPLICAOF', 'NO', 'ONE');
      await agree(200);
    });
  });
}
