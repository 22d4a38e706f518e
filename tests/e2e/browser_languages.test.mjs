// The pages in every language, in forced colours, in the narrowest of windows.

import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';

import { startStack } from '../support/stack.mjs';
import { launchBrowser, openPage } from './support/browser.mjs';
import { pageStates, siteWithPages } from './support/page_states.mjs';
import { overflow, violations } from './support/page_views.mjs';
import { pseudoLanguage } from './support/pseudo_language.mjs';

describe('the pages in every language', () => {
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

  test('from right to left, in other languages and in forced colours they fit and axe finds nothing', async () => {
    for (const locale of ['de', 'fr', 'es', 'pt-BR', 'pl', 'he', 'eo']) {
      const options = { bypassCSP: true, viewport: { width: 320, height: 256 }, locale, forcedColors: 'active' };
      options.extraHTTPHeaders = { 'Accept-Language': locale };
      const { context, page } = await openPage(browser, stack, options);
      for (const name of ['login-wrong', 'forbidden', 'logged-out', 'sessions']) {
        await context.clearCookies();
        await pageStates[name]({ page, context, stack });
        const language = await page.evaluate(() => [document.documentElement.lang, document.documentElement.dir]);
        assert.deepEqual(language, [locale, locale === 'he' ? 'rtl' : 'ltr']);
        assert.equal(await overflow(page), 0, `${locale} ${name}`);
        assert.deepEqual(await violations(page), [], `${locale} ${name}`);
      }
      await context.close();
    }
  });
});
