// What is tested of every page in every state, in a real browser: what axe finds, what it looks like small and light or
// wide and dark, and whether it fits a narrow screen.

import assert from 'node:assert/strict';
import fs from 'node:fs';
import { createRequire } from 'node:module';
import { after, before, describe, test } from 'node:test';

import { launchBrowser, openPage } from './browser.mjs';
import { pageStates } from './page_states.mjs';
import { compare } from './pictures.mjs';
import { startStack } from './stack.mjs';

const axe = fs.readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
const kTags = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'];
export const kSmall = { width: 360, height: 640 };
export const kWide = { width: 1280, height: 720 };

/** What axe says is wrong, as readable lines, and what it cannot decide. */
export async function violations(page) {
  await page.evaluate(axe);
  return page.evaluate(async (runOnly) => {
    const { violations, incomplete } = await globalThis.axe.run({ runOnly });
    return [...violations, ...incomplete].map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join(' ')}`);
  }, kTags);
}

/** How far the page is wider than its window. */
export const overflow = (page) => page.evaluate(() => document.documentElement.scrollWidth - innerWidth);

/** Makes pictures equal wherever they are taken: one font, and one time. */
export async function makeEqual(page) {
  await page.addStyleTag({ content: '* { font-family: "DejaVu Sans" !important; }' });
  await page.evaluate(() => {
    for (const time of document.querySelectorAll('time')) time.textContent = '1 January 2026, 00:00 UTC';
    for (const code of document.querySelectorAll('code')) code.textContent = '2026-01-01T00:00:00.000Z 0123456789ab';
  });
}

/** The states of these names. */
export function testStates(names) {
  describe('every page in every state', () => {
    let stack;
    let browser;
    let helper;
    before(async () => {
      stack = await startStack({
        config: (settings) => (settings.pages = { site_name: 'Example Site', help_url: '/help' }),
      });
      browser = await launchBrowser();
      helper = await browser.newPage();
    });
    after(async () => {
      await browser?.close();
      await stack?.stop();
    });

    for (const name of names) {
      test(`${name}: axe finds nothing, it fits, and it looks as it should`, async () => {
        const { context, page } = await openPage(browser, stack, {
          bypassCSP: true,
          viewport: kSmall,
          colorScheme: 'light',
          reducedMotion: 'reduce',
          deviceScaleFactor: 1,
          locale: 'en',
        });
        await pageStates[name]({ page, context, stack });
        assert.match(await page.title(), /Example Site$/, 'a page of ours');
        await makeEqual(page);
        const problems = [];
        for (const [view, viewport, colorScheme] of [
          ['360-light', kSmall, 'light'],
          ['1280-dark', kWide, 'dark'],
        ]) {
          await page.setViewportSize(viewport);
          await page.emulateMedia({ colorScheme });
          for (const line of await violations(page)) problems.push(`${view}: ${line}`);
          problems.push(await compare(helper, `${name}-${view}`, await page.screenshot()));
        }
        for (const width of [320, 280]) {
          await page.setViewportSize({ width, height: 256 });
          if ((await overflow(page)) > 0) problems.push(`wider than ${width} px`);
        }
        await context.close();
        assert.deepEqual(problems.filter(Boolean), []);
      });
    }
  });
}
