// What is tested of every page in every state, in a real browser: what axe finds, what it looks like small and light or
// wide and dark, and whether it fits a narrow screen.

import assert from 'node:assert/strict';
import fs from 'node:fs';
import { createRequire } from 'node:module';
import { after, before, describe, test } from 'node:test';

import { startStack } from '../../support/stack.mjs';
import { launchBrowser, openPage } from './browser.mjs';
import { compare } from './pictures.mjs';

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

/** What every page has in common and a picture does not show; what is wrong with it, as readable lines. */
const formFaults = (page) =>
  page.evaluate(() => {
    const faults = [];
    const expect = (holds, text) => holds || faults.push(text);
    const seen = (selector) => [...document.querySelectorAll(selector)].filter((one) => one.checkVisibility());
    const name = (one) => one.outerHTML.slice(0, 80);
    const messages = [...document.querySelectorAll('.error, .info, .good')];
    expect(document.querySelectorAll('h1').length === 1, 'not one h1');
    expect(messages.length <= 1, 'more than one message');
    for (const one of document.querySelectorAll('main p, main li, main a, main button'))
      expect(one.textContent.trim() !== '', `empty: ${name(one)}`);
    expect(document.title.startsWith('Error: ') === Boolean(document.querySelector('.error')), `title ${document.title}`);
    expect(document.querySelector('meta[name=robots]')?.content === 'noindex', 'may be indexed');
    expect(!document.querySelector('meta[http-equiv=refresh i]'), 'loads itself anew');
    expect(seen('button:not(.quiet), .button:not(.quiet)').length <= 1, 'more than one main button');
    expect(seen('button:not([disabled]), a[href]').length > 0, 'a dead end');
    for (const form of document.forms) expect(form.method === 'post', `not POST: ${name(form)}`);
    for (const field of seen('input')) expect(field.labels.length === 1, `no label: ${name(field)}`);
    for (const one of seen('input, button, .button'))
      expect(one.getBoundingClientRect().height >= 44, `lower than 44 px: ${name(one)}`);
    for (const one of seen('a')) expect(one.getBoundingClientRect().height >= 24, `lower than 24 px: ${name(one)}`);
    return faults;
  });

/** Whether the keyboard reaches everything, and shows where it is (WCAG 2.4.7). */
async function keyboardFaults(page) {
  const all = await page.evaluate(
    () => [...document.querySelectorAll('input, button, a[href]')].filter((one) => one.checkVisibility()).length,
  );
  const reached = new Map();
  for (let i = 0; i < 2 * all + 2; i++) {
    await page.keyboard.press('Tab');
    const [place, ring] = await page.evaluate(() => {
      const { outlineStyle, outlineWidth, outlineOffset } = getComputedStyle(document.activeElement);
      const place = [...document.querySelectorAll('input, button, a[href]')].indexOf(document.activeElement);
      return [place, `${outlineStyle} ${outlineWidth} ${outlineOffset}`];
    });
    if (place >= 0) reached.set(place, ring);
  }
  await page.evaluate(() => document.activeElement.blur());
  const faults = [...reached].filter(([, ring]) => ring !== 'solid 3px 2px').map(([place, ring]) => `ring ${place}: ${ring}`);
  if (reached.size !== all) faults.push(`the keyboard reaches ${reached.size} of ${all}`);
  return faults;
}

/** As wide as people may set lines, words and letters apart (WCAG 1.4.12). */
const kSpaced =
  '* { line-height: 1.5 !important; letter-spacing: .12em !important; word-spacing: .16em !important; } p { margin-bottom: 2em !important; }';

/** These states, `change` being made to the configuration. More than 50 lines: a walk through all that each is asked. */
export function testStates(states, change = () => {}) {
  describe('every page in every state', () => {
    let stack;
    let browser;
    let helper;
    before(async () => {
      stack = await startStack({
        config: (settings) => {
          settings.pages = { site_name: 'Example Site', help_url: '/help' };
          change(settings);
        },
      });
      browser = await launchBrowser();
      helper = await browser.newPage();
    });
    after(async () => {
      await browser?.close();
      await stack?.stop();
    });

    for (const [name, arrive] of Object.entries(states)) {
      test(`${name}: axe finds nothing, it fits, and it looks as it should`, async () => {
        const { context, page } = await openPage(browser, stack, {
          bypassCSP: true,
          viewport: kSmall,
          colorScheme: 'light',
          reducedMotion: 'reduce',
          deviceScaleFactor: 1,
          locale: 'en',
        });
        await arrive({ page, context, stack });
        assert.match(await page.title(), /Example Site$/, 'a page of ours');
        await makeEqual(page);
        const problems = await formFaults(page);
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
        await page.setViewportSize({ width: 320, height: 256 });
        await page.addStyleTag({ content: kSpaced });
        if ((await overflow(page)) > 0) problems.push('wider than 320 px when set apart');
        problems.push(...(await keyboardFaults(page)));
        await context.close();
        assert.deepEqual(problems.filter(Boolean), []);
      });
    }
  });
}
