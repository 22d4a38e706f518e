// A user's sessions and tries at passwords where Redis is several servers: behind sentinels, and in a cluster, where every
// key may be at another node.

import { after, before, describe, test } from 'node:test';

import { waitFor } from '../support/waiting.mjs';
import {
  browsersEndEachOther,
  fromTestAddress,
  strangersAreRefusedAndTheOwnerIsNot,
  tenLogInAtOnce,
  twoHundredTriesComputeFiveHashes,
  whatALostIndexNamedEndsWithAllOthers,
  whoIsRemovedLosesTheSession,
} from './support/accounts.mjs';
import { startStack } from '../support/stack.mjs';
import { launchBrowser } from './support/browser.mjs';
import { kindsOfGroups } from './support/redis_kinds.mjs';

for (const [kind, redis] of Object.entries(kindsOfGroups)) {
  describe(`accounts in ${kind}`, () => {
    let stack;
    let browser;
    before(async () => {
      stack = await startStack({ redis, server: fromTestAddress });
      await waitFor('ready', async () => (await stack.client().get('/sessiond/ready')).status === 200);
      browser = await launchBrowser();
    });
    after(async () => {
      await browser?.close();
      await stack?.stop();
    });

    test('two browsers see and end each other', () => browsersEndEachOther(browser, stack));
    test('who loses the line in the password file loses the session', () => whoIsRemovedLosesTheSession(stack));
    test('what a lost index named ends with all others', () => whatALostIndexNamedEndsWithAllOthers(stack));
    test('strangers are refused, and lock the owner out of nothing', () => strangersAreRefusedAndTheOwnerIsNot(stack));
    test('two hundred tries at once compute five hashes', () => twoHundredTriesComputeFiveHashes(stack));
  });

  for (const whenFull of ['end_oldest', 'refuse']) {
    describe(`a limit on the sessions of a user, in ${kind} (${whenFull})`, () => {
      let stack;
      before(async () => {
        stack = await startStack({
          redis,
          config: (config) => {
            config.session.per_user = { max: 3, when_full: whenFull };
            config.listen.password_workers = 10;
            config.login.throttle = { known_place_failures: 1000, stranger_free: 1000 };
          },
        });
        await waitFor('ready', async () => (await stack.client().get('/sessiond/ready')).status === 200);
      });
      after(() => stack?.stop());

      test('is kept by ten logins at once', () => tenLogInAtOnce(stack, whenFull));
    });
  }
}
