// What a site may set about the pages, in a real browser and under their own policy: name, logo, colours, style sheet,
// help, home, and no script.

import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { after, before, describe, test } from 'node:test';

import { startStack } from '../support/stack.mjs';
import { launchBrowser, openPage } from './support/browser.mjs';
import { violations } from './support/page_views.mjs';
import { logIn } from './support/page_walk.mjs';

const kLogo = `<svg xmlns="http://www.w3.org/2000/svg" width="40" height="20" onload="document.title = 'run'">
  <script>document.title = 'run'</script><rect width="40" height="20" fill="COLOR"/></svg>`;

describe('the pages of a site with a look of its own', () => {
  let stack;
  let browser;
  before(async () => {
    stack = await startStack({
      config: (settings) => {
        const folder = path.dirname(settings.listen.socket);
        const file = (name, text) => {
          fs.writeFileSync(path.join(folder, name), text);
          return path.join(folder, name);
        };
        settings.pages = {
          site_name: 'Ünseré Site <b>',
          logo_file: file('logo.svg', kLogo.replace('COLOR', '#a00')),
          logo_dark_file: file('dark.svg', kLogo.replace('COLOR', '#faa').replace('width="40"', 'width="60"')),
          accent: '#8a1c5a',
          accent_dark: '#f5a9d0',
          style_file: file('own.css', 'h1 { letter-spacing: 3px; }'),
          help_url: 'https://help.example/?a=1&b=2',
          home_url: '/start',
          script: false,
        };
      },
    });
    browser = await launchBrowser();
  });
  after(async () => {
    await browser?.close();
    await stack?.stop();
  });

  for (const [colorScheme, main, logo] of [
    ['light', 'rgb(138, 28, 90)', 40],
    ['dark', 'rgb(245, 169, 208)', 60],
  ]) {
    test(`shows name, logo, colours and style as set, and runs nothing: ${colorScheme}`, async () => {
      const { context, page, complaints } = await openPage(browser, stack, { colorScheme });
      await page.goto('/login');
      assert.equal(await page.title(), 'Log in – Ünseré Site <b>');
      assert.equal(await page.textContent('.site'), 'Ünseré Site <b>');
      const picture = await page.$eval('.site img', (image) => [image.naturalWidth, image.alt]);
      assert.deepEqual(picture, [logo, '']);
      const style = (selector, name) => page.$eval(selector, (one, key) => getComputedStyle(one)[key], name);
      assert.equal(await style('button[type=submit]', 'backgroundColor'), main);
      assert.equal(await style('h1', 'letterSpacing'), '3px');
      assert.equal(await page.isVisible('#show'), false, 'no script');
      assert.equal(await page.getAttribute('.links a', 'href'), 'https://help.example/?a=1&b=2');
      assert.deepEqual(complaints.filter((text) => !/favicon/.test(text)), []);
      await page.goto('/logout');
      assert.equal(await page.getAttribute('.links a', 'href'), '/start');
      await context.close();
    });

    test(`has no fault that axe finds: ${colorScheme}`, async () => {
      const { context, page } = await openPage(browser, stack, { colorScheme, bypassCSP: true });
      await page.goto('/admin/');
      await logIn(page, 403);
      await page.getByText('Ask for access').waitFor();
      assert.deepEqual(await violations(page), []);
      await context.close();
    });
  }

  test('the form says to phones and password managers what its fields are', async () => {
    const { context, page } = await openPage(browser, stack);
    await page.goto('/login');
    const attributes = (selector, names) =>
      page.$eval(selector, (one, wanted) => wanted.map((name) => one.getAttribute(name)), names);
    const names = ['type', 'autocomplete', 'autocapitalize', 'autocorrect', 'spellcheck', 'enterkeyhint', 'dir', 'maxlength'];
    assert.deepEqual(await attributes('#user', names), [null, 'username', 'none', 'off', 'false', 'next', 'auto', null]);
    const secret = ['password', 'current-password', null, null, null, 'go', null, null];
    assert.deepEqual(await attributes('#password', names), secret);
    await context.close();
  });
});
