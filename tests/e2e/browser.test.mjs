// The login page in a real browser (Debian's Chromium): with and without JavaScript, by its Content-Security-Policy,
// from a protected address and back to it.

import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';

import { startStack } from '../support/stack.mjs';
import { launchBrowser, openPage } from './support/browser.mjs';
import { clickThrough, logIn } from './support/page_walk.mjs';

const kTarget = '/page/report?q=a%26b&next=%2Fx%3Fy%3D1';

describe('in a browser', () => {
  let stack;
  let browser;
  before(async () => {
    stack = await startStack();
    browser = await launchBrowser();
  });
  after(async () => {
    await browser?.close();
    await stack?.stop();
  });

  const open = (options) => openPage(browser, stack, options);

  for (const javaScriptEnabled of [true, false]) {
    test(`a protected address leads to the login and back, JavaScript ${javaScriptEnabled ? 'on' : 'off'}`, async () => {
      const { context, page, complaints } = await open({ javaScriptEnabled });
      await page.goto(kTarget);
      const login = new URL(page.url());
      assert.equal(login.pathname, '/login');
      assert.equal(login.searchParams.get('rd'), kTarget);
      await logIn(page, '/page/report');
      const arrived = new URL(page.url());
      assert.equal(arrived.pathname + arrived.search, kTarget);
      assert.match(await page.textContent('body'), /"x-user-id","7"/i);

      const cookie = (await context.cookies()).find(({ name }) => name === 'connect.sid');
      assert.equal(cookie.httpOnly, true);
      assert.equal(cookie.sameSite, 'Lax');
      assert.equal(cookie.path, '/');
      assert.equal(cookie.secure, false, 'over plain HTTP');
      assert.equal(cookie.expires, -1, 'ends with the browser');
      assert.deepEqual(complaints, []);
      await context.close();
    });
  }

  test('the page keeps its own Content-Security-Policy, and the policy is strict', async () => {
    const { context, page, complaints } = await open();
    await page.addInitScript(() => {
      globalThis.violations = [];
      document.addEventListener('securitypolicyviolation', (event) => globalThis.violations.push(event.violatedDirective));
    });
    const response = await page.goto('/login');
    const policy = response.headers()['content-security-policy'];
    assert.match(policy, /default-src 'none'/);
    assert.doesNotMatch(policy, /unsafe/);
    assert.match(policy, /frame-ancestors 'none'/);
    assert.deepEqual(await page.evaluate(() => globalThis.violations), []);
    assert.deepEqual(complaints, []);
    const background = await page.evaluate(() => getComputedStyle(document.body).fontFamily);
    assert.doesNotMatch(background, /Times/i, "the page's own style sheet is in force");
    await context.close();
  });

  test('every field has a label, and a wrong password is said in words', async () => {
    const { context, page } = await open();
    await page.goto(`/login?rd=${encodeURIComponent(kTarget)}`);
    for (const name of ['user', 'password']) {
      const labels = await page.evaluate((field) => document.querySelector(`input[name=${field}]`).labels.length, name);
      assert.equal(labels, 1, name);
    }
    assert.ok((await page.title()).length > 0);
    assert.ok(await page.getAttribute('html', 'lang'));
    await logIn(page, 401, { secret: 'wrong' });
    assert.equal(new URL(page.url()).pathname, '/login');
    assert.ok(await page.locator('[role=alert]').isVisible());
    await logIn(page, '/page/report');
    assert.ok(page.url().endsWith(kTarget), 'the address survives a wrong password');
    await context.close();
  });

  test('logging out asks first, and then the page is closed again', async () => {
    const { context, page } = await open({ javaScriptEnabled: false });
    await page.goto('/page/x');
    await logIn(page, '/page/x');
    await page.goto('/logout');
    await clickThrough(page, 'button[type=submit]', '/logout');
    await page.getByText('The session in this browser has ended.').waitFor();
    assert.equal((await context.cookies()).some(({ name }) => name === 'connect.sid'), false);
    await page.goto('/page/x');
    assert.equal(new URL(page.url()).pathname, '/login');
    await context.close();
  });
});
