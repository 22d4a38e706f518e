// The limit on guesses while another server becomes the primary: a name that had no try left for strangers has none
// meanwhile and none afterwards, and its owner's device is let in again as soon as there is a primary.

import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';

import { ClusterGroup } from '../support/cluster.mjs';
import { SentinelGroup } from '../support/sentinels.mjs';
import { password } from '../support/sessiond.mjs';
import { startStack } from '../support/stack.mjs';
import { waitFor } from '../support/waiting.mjs';
import { fromTestAddress, tryPassword } from './support/accounts.mjs';
import { failovers } from './support/failovers.mjs';

/** `replicas`: of each primary. */
const kinds = {
  'a primary behind sentinels': { redis: (folder) => new SentinelGroup(folder), replicas: 2 },
  'a Redis Cluster': { redis: (folder) => new ClusterGroup(folder), replicas: 1 },
};
const kWrong = 'sessiond_logins_total{outcome="wrong_password"}';
const kAtOnce = 4;

for (const [kind, { redis, replicas }] of Object.entries(kinds)) {
  for (const how of ['by hand', 'of a primary that has died']) {
    describe(`a name whose strangers have no try left, and a failover ${how}, with ${kind}`, () => {
      let stack;
      let phone;
      before(async () => {
        // The wait after the five tries outlasts the test.
        const config = (settings) => (settings.login.throttle = { stranger_first_wait: '1h' });
        stack = await startStack({ redis, server: fromTestAddress, config });
        await ready();
        phone = stack.client();
      });
      after(() => stack?.stop());

      const ready = () =>
        waitFor('ready', async () => (await stack.client().get('/sessiond/ready')).status === 200, { timeout: 30000 });

      let phoneNetworks = 0;
      /** On a network where it was never before. */
      const logInOnPhone = () => tryPassword(phone, `100.64.${phoneNetworks++ % 256}.1`, { secret: password });

      let tries = 0;
      const guess = (client) => {
        const i = tries++;
        return tryPassword(client, `10.${Math.floor(i / 250) % 250}.${i % 250}.1`);
      };

      /** Where the strangers' tries at the name are counted, and by whom. */
      async function counter() {
        const keys = (server) => server.command('KEYS', 'sessiond:try:stranger:*');
        const [key] = (await Promise.all(stack.redis.servers.map(keys))).flat();
        return { key, primary: await (stack.redis.ownerOf?.(key) ?? stack.redis.primary()) };
      }
      /** Whatever was written there before is with all its replicas. */
      async function follow(primary, key) {
        const client = await primary.connect();
        try {
          await client.command('SET', `last{${key}}`, '1');
          await waitFor('the replicas follow', async () => (await client.command('WAIT', replicas, 1000)) >= replicas);
        } finally {
          client.close();
        }
      }

      test('computes no hash more, and the owner is let in again', async () => {
        assert.equal((await logInOnPhone()).status, 200);
        const statuses = [];
        for (let i = 0; i < 6; i++) statuses.push((await guess(stack.client())).status);
        assert.deepEqual(statuses, [401, 401, 401, 401, 401, 429]);
        const { key, primary } = await counter();
        await follow(primary, key);
        const wrong = await stack.metric(kWrong);

        let over = false;
        const seen = { strangers: new Set(), owner: new Set() };
        const strangers = Array.from({ length: kAtOnce }, async () => {
          const stranger = stack.client();
          while (!over) seen.strangers.add((await guess(stranger)).status);
        });
        const ownerIsIn = () => waitFor('the owner is let in', async () => {
          const { status } = await logInOnPhone();
          seen.owner.add(status);
          return status === 200;
        }, { timeout: 30000 });
        try {
          await failovers[how](primary, stack.redis);
          await ownerIsIn();
          await stack.redis.failedOver(primary, key);
          await ownerIsIn();
        } finally {
          over = true;
          await Promise.all(strangers);
        }
        for (const status of seen.strangers) assert.ok([429, 503].includes(status), `${status} for a stranger`);
        for (const status of seen.owner) assert.ok([200, 503].includes(status), `${status} for the owner`);
        assert.equal(await stack.metric(kWrong), wrong);

        // Who has just begun remembers no refusal, and asks the new primary.
        await stack.sessiond.stop();
        await stack.sessiond.start();
        await ready();
        assert.equal((await guess(stack.client())).status, 429);
        assert.equal(await stack.redis.command('HGET', key, 'n1'), '5');
        assert.equal((await logInOnPhone()).status, 200);
      });
    });
  }
}
