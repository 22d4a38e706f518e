// The login form in a real browser when something is in its way: a second tab, another site, cookies that are not
// kept, a page that is old.

import assert from 'node:assert/strict';
import http from 'node:http';
import { after, before, describe, test } from 'node:test';

import { launchBrowser, logIn, openPage } from './support/browser.mjs';
import { startStack } from './support/stack.mjs';

const kTarget = '/page/report?q=a%26b&next=%2Fx%3Fy%3D1';

/** Another site (to a browser, localhost is not 127.0.0.1): a link to the stack's, and a form that posts a login. */
function startOtherSite(stack) {
  const own = `http://127.0.0.1:${stack.nginx.port}`;
  const html = `<!DOCTYPE html><title>Other</title><a href="${own}/page/x">go</a>
    <form method="post" action="${own}/login"><input name="user"><input name="password"><button type="submit">send</button></form>`;
  const server = http.createServer((request, response) => {
    response.writeHead(200, { 'Content-Type': 'text/html' });
    response.end(html);
  });
  return new Promise((resolve) => {
    server.listen(0, '127.0.0.1', () =>
      resolve({ address: `http://localhost:${server.address().port}/`, stop: () => server.close() }),
    );
  });
}

describe('the login form in a browser', () => {
  let stack;
  let browser;
  let other;
  before(async () => {
    stack = await startStack();
    browser = await launchBrowser();
    other = await startOtherSite(stack);
  });
  after(async () => {
    other?.stop();
    await browser?.close();
    await stack?.stop();
  });
  const open = (options) => openPage(browser, stack, options);

  test('still works in one tab after a link on another site has opened a second one', async () => {
    const { context, page } = await open();
    await page.goto(`/login?rd=${encodeURIComponent(kTarget)}`);
    const second = await context.newPage();
    await second.goto(other.address);
    await second.click('a');
    await second.waitForURL((url) => url.pathname === '/login');
    await logIn(page);
    await page.waitForURL((url) => url.pathname === '/page/report');
    await logIn(second);
    await second.waitForURL((url) => url.pathname === '/page/x');
    await context.close();
  });

  test("is refused when it is another site's form, which brings no cookie of ours", async () => {
    const { context, page } = await open();
    await page.goto('/login');
    assert.ok((await context.cookies()).some(({ name }) => name === 'sessiond_csrf'));
    const sent = context.waitForEvent('request', (request) => request.method() === 'POST');
    await page.goto(other.address);
    await logIn(page);
    assert.doesNotMatch((await (await sent).allHeaders()).cookie ?? '', /sessiond_csrf/);
    await page.getByText('This login was started by another site.').waitFor();
    assert.equal((await context.cookies()).some(({ name }) => name === 'connect.sid'), false);
    await context.close();
  });

  test('says so when the browser keeps no cookies', async () => {
    const { context, page } = await open({ javaScriptEnabled: false });
    await page.goto(`/login?rd=${encodeURIComponent(kTarget)}`);
    await context.clearCookies();
    await logIn(page);
    await page.getByText('Your browser did not send back our cookie.').waitFor();
    await logIn(page);
    await page.waitForURL((url) => url.pathname === '/page/report');
    await context.close();
  });

  test('says so when the page is not this browser\'s, and keeps name and address', async () => {
    const { context, page } = await open();
    await page.goto(`/login?rd=${encodeURIComponent(kTarget)}`);
    const [cookie] = await context.cookies();
    await context.addCookies([{ ...cookie, value: 'A'.repeat(32) }]);
    await logIn(page);
    await page.getByText('This page was open for a long time.').waitFor();
    assert.equal(await page.inputValue('input[name=user]'), 'alice');
    await logIn(page);
    await page.waitForURL((url) => url.pathname === '/page/report');
    await context.close();
  });

  test('keeps the target in its address after an error, also when it is loaded anew', async () => {
    const { context, page } = await open();
    await page.goto(`/login?rd=${encodeURIComponent(kTarget)}`);
    await logIn(page, 'alice', 'wrong');
    await page.locator('[role=alert]').waitFor();
    assert.equal(new URL(page.url()).searchParams.get('rd'), kTarget);
    await page.goto(page.url());
    assert.equal(await page.locator('.error').isVisible(), false);
    await logIn(page);
    await page.waitForURL((url) => url.pathname === '/page/report');
    await context.close();
  });

  test('reads from right to left where the language does', async () => {
    const { context, page } = await open();
    await page.goto('/login');
    await logIn(page, 'עדה', 'wrong');
    await page.evaluate(() => (document.documentElement.dir = 'rtl'));
    const edges = await page.$eval('.error', (error) => {
      const { borderLeftWidth, borderRightWidth } = getComputedStyle(error);
      return [borderLeftWidth, borderRightWidth];
    });
    assert.deepEqual(edges, ['0px', '4px']);
    const name = page.locator('input[name=user]');
    assert.equal(await name.inputValue(), 'עדה');
    assert.equal(await name.evaluate((input) => getComputedStyle(input).direction), 'rtl');
    await context.close();
  });

  test('knows its main button by its class, not by its place', async () => {
    const { context, page } = await open();
    await page.goto('/login');
    const color = () => page.$eval('button[type=submit]', (button) => getComputedStyle(button).backgroundColor);
    const before = await color();
    await page.$eval('button[type=submit]', (button) => button.before(document.createElement('button')));
    assert.equal(await color(), before);
    await page.goto('/login');
    await logIn(page);
    await page.goto('/logout');
    const [main, quiet] = await page.$$eval('button', (buttons) => buttons.map((b) => getComputedStyle(b).backgroundColor));
    assert.equal(main, before);
    assert.notEqual(quiet, main);
    await context.close();
  });
});
