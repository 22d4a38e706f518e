// Every page on a phone, under its own policy.

import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';

import { startStack } from '../support/stack.mjs';
import { launchBrowser, openPage } from './support/browser.mjs';
import { pageStates, siteWithPages } from './support/page_states.mjs';
import { kSmall } from './support/page_views.mjs';

describe('the pages on a phone', () => {
  let stack;
  let browser;
  before(async () => {
    stack = await startStack({ config: siteWithPages() });
    browser = await launchBrowser();
  });
  after(async () => {
    await browser?.close();
    await stack?.stop();
  });

  test('a phone lays them out as wide as it is, and they have no complaint about their own policy', async () => {
    // Not login-cross, which begins at no page of ours, and not what the throttle of this stack lets through.
    for (const name of Object.keys(pageStates).filter((state) => !['login-cross', 'too-many'].includes(state))) {
      const { context, page, complaints } = await openPage(browser, stack, { viewport: kSmall, isMobile: true });
      await pageStates[name]({ page, context, stack });
      assert.equal(await page.evaluate(() => innerWidth), 360, name);
      assert.deepEqual(complaints.filter((text) => !/Failed to load resource|favicon/.test(text)), [], name);
      await context.close();
    }
  });
});
