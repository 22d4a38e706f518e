// Ten thousand tries at one name from a thousand networks cost five hashes and keep its owner out of nothing: neither on
// a device that has logged in before, nor at the office, where another browser has.

import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';

import { password } from '../support/sessiond.mjs';
import { startStack } from '../support/stack.mjs';
import { waitFor } from '../support/waiting.mjs';
import { fromTestAddress, tryPassword } from './support/accounts.mjs';
import { kindsOfGroups } from './support/redis_kinds.mjs';

const kTries = 10000;
const kNetworks = 1000;
const kAtOnce = 32;
/** Of the owner on each, meanwhile, at least. */
const kLogins = 10;

/** The i-th's: of one network out of kNetworks. */
const strangersAddress = (i) => `10.${Math.floor((i % kNetworks) / 250)}.${i % 250}.1`;

for (const [kind, redis] of Object.entries({ Redis: undefined, ...kindsOfGroups })) {
  describe(`ten thousand strangers' tries at one name, with ${kind}`, () => {
    let stack;
    let phone;
    let office;
    let phoneNetworks = 0;
    const ready = () =>
      waitFor('ready', async () => (await stack.client().get('/sessiond/ready')).status === 200, { timeout: 30000 });
    before(async () => {
      // The wait after the five tries outlasts the test.
      const config = (settings) => (settings.login.throttle = { stranger_first_wait: '1h' });
      stack = await startStack({ redis, server: fromTestAddress, config });
      await ready();
      [phone, office] = [stack.client(), stack.client()];
      assert.equal((await tryPassword(phone, '192.0.2.10', { secret: password })).status, 200);
      assert.equal((await tryPassword(office, '198.51.100.1', { secret: password })).status, 200);
    });
    after(() => stack?.stop());

    /** Strangers try from all networks by turns, many at once, until `owner(count)` is done; count: of answers, by status. */
    async function amidStrangers(owner) {
      const count = { 401: 0, 429: 0, 503: 0 };
      let begun = 0;
      let over = false;
      const strangers = Array.from({ length: kAtOnce }, async () => {
        const stranger = stack.client();
        while (!over) count[(await tryPassword(stranger, strangersAddress(begun++))).status]++;
      });
      try {
        await owner(count);
      } finally {
        over = true;
        await Promise.all(strangers);
      }
      assert.deepEqual(Object.keys(count), ['401', '429', '503']);
      return count;
    }

    /** With its cookie, on a network where it was never before. */
    async function phoneLogsIn(when) {
      assert.ok(phone.cookies.has('sd_device'));
      const address = `100.64.${phoneNetworks++ % 256}.1`;
      assert.equal((await tryPassword(phone, address, { secret: password })).status, 200, `the device, ${when}`);
    }
    /** On its network, in a browser that was never there. */
    async function officeLogsIn(when) {
      office.cookies.clear();
      assert.equal((await tryPassword(office, '198.51.100.99', { secret: password })).status, 200, `the office, ${when}`);
    }

    test('compute five hashes, and the owner logs in all the while', async () => {
      const count = await amidStrangers(async (seen) => {
        const tried = () => seen[401] + seen[429] + seen[503];
        for (let logins = 0; logins < kLogins || tried() < kTries; logins++) {
          await phoneLogsIn(`after ${tried()} tries`);
          await officeLogsIn(`after ${tried()} tries`);
        }
      });
      assert.equal(count[401], 5);
      assert.ok(count[429] > kTries / 2, `${count[503]} came before it was known that nobody has a try`);
      await phoneLogsIn('afterwards');
      await officeLogsIn('afterwards');
    });

    test('keep the owner out of neither where sessiond has just begun and remembers nobody', async () => {
      await stack.sessiond.stop();
      await stack.sessiond.start();
      await ready();
      const count = await amidStrangers(async (seen) => {
        await phoneLogsIn('first of all');
        await waitFor('strangers are refused', () => seen[429] >= kAtOnce, { interval: 1 });
        await officeLogsIn('when strangers are refused');
      });
      assert.equal(count[401], 0);
    });
  });
}
