// Pictures of the pages in odd views: narrow, from right to left, in forced colours, in a language that is 40 % longer; and
// those of the README.

import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';

import { startStack } from '../support/stack.mjs';
import { launchBrowser, openPage } from './support/browser.mjs';
import { pageStates, siteWithPages } from './support/page_states.mjs';
import { kSmall, makeEqual } from './support/page_views.mjs';
import { compare, kShownFolder } from './support/pictures.mjs';
import { pseudoLanguage } from './support/pseudo_language.mjs';

describe('the pages in odd views', () => {
  let stack;
  let browser;
  before(async () => {
    stack = await startStack({ config: siteWithPages({ folder: pseudoLanguage() }) });
    browser = await launchBrowser();
  });
  after(async () => {
    await browser?.close();
    await stack?.stop();
  });

  for (const [view, options] of [
    ['320x256-light', { locale: 'en', colorScheme: 'light' }],
    ['320-he-light', { locale: 'he', colorScheme: 'light', viewport: { width: 320, height: 640 } }],
    ['360-eo-light', { locale: 'eo', colorScheme: 'light', viewport: kSmall }],
    ['360-forced-dark', { locale: 'en', colorScheme: 'dark', forcedColors: 'active', viewport: kSmall }],
  ]) {
    for (const name of ['login-wrong', 'sessions']) {
      test(`${name} looks as it should: ${view}`, async () => {
        const { context, page } = await openPage(browser, stack, {
          bypassCSP: true,
          viewport: { width: 320, height: 256 },
          extraHTTPHeaders: { 'Accept-Language': options.locale },
          reducedMotion: 'reduce',
          ...options,
        });
        await pageStates[name]({ page, context, stack });
        await makeEqual(page);
        const helper = await browser.newPage();
        const problem = await compare(helper, `${name}-${view}`, await page.screenshot());
        await helper.close();
        await context.close();
        assert.equal(problem, undefined);
      });
    }
  }

  for (const [name, state, options] of [
    ['login', 'login', { locale: 'en', colorScheme: 'light' }],
    ['forbidden', 'forbidden', { locale: 'en', colorScheme: 'dark' }],
    ['wrong-password', 'login-wrong', { locale: 'he', colorScheme: 'light' }],
  ]) {
    test(`the README shows them as they are: ${name}`, async () => {
      const { context, page } = await openPage(browser, stack, {
        bypassCSP: true,
        viewport: { width: 360, height: 600 },
        extraHTTPHeaders: { 'Accept-Language': options.locale },
        reducedMotion: 'reduce',
        ...options,
      });
      await pageStates[state]({ page, context, stack });
      await makeEqual(page);
      const helper = await browser.newPage();
      const problem = await compare(helper, name, await page.screenshot(), kShownFolder);
      await helper.close();
      await context.close();
      assert.equal(problem, undefined);
    });
  }
});
