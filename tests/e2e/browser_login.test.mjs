// The login form in a real browser when something is in its way: a second tab, another site, cookies that are not
// kept, a page that is old.

import assert from 'node:assert/strict';
import http from 'node:http';
import { after, before, describe, test } from 'node:test';

import { freeze } from '../support/processes.mjs';
import { password } from '../support/sessiond.mjs';
import { startStack } from '../support/stack.mjs';
import { launchBrowser, openPage } from './support/browser.mjs';
import { clickThrough, logIn, through } from './support/page_walk.mjs';

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
    await clickThrough(second, 'a', '/login');
    await logIn(page, '/page/report');
    await logIn(second, '/page/x');
    await context.close();
  });

  test("is refused when it is another site's form, which brings no cookie of ours", async () => {
    const { context, page } = await open();
    await page.goto('/login');
    assert.ok((await context.cookies()).some(({ name }) => name === 'sessiond_csrf'));
    const sent = context.waitForEvent('request', (request) => request.method() === 'POST');
    await page.goto(other.address);
    await logIn(page, 403);
    assert.doesNotMatch((await (await sent).allHeaders()).cookie ?? '', /sessiond_csrf/);
    await page.getByText('This login was started by another site.').waitFor();
    assert.equal((await context.cookies()).some(({ name }) => name === 'connect.sid'), false);
    await context.close();
  });

  test('says so when the browser keeps no cookies', async () => {
    const { context, page } = await open({ javaScriptEnabled: false });
    await page.goto(`/login?rd=${encodeURIComponent(kTarget)}`);
    await context.clearCookies();
    await logIn(page, 403);
    await page.getByText('Your browser did not send back our cookie.').waitFor();
    await logIn(page, '/page/report');
    await context.close();
  });

  test('does not say so after a login and a logout that went well', async () => {
    const { context, page } = await open();
    await page.goto('/login?rd=%2Flogout');
    await logIn(page, '/logout');
    assert.ok((await context.cookies()).some(({ name }) => name.endsWith('sessiond_in')));
    await clickThrough(page, 'button:not(.quiet)', '/logout');
    await page.getByRole('status').waitFor();
    assert.equal((await context.cookies()).some(({ name }) => name.endsWith('sessiond_in')), false);
    await page.goto('/login');
    assert.equal(await page.locator('.error, .info').count(), 0);
    await logIn(page, '/');
    await context.close();
  });

  test('takes a page that was open for six days and more, and after seven says so and keeps the name', async () => {
    const minute = 60000;
    const day = 24 * 60 * minute;
    const { context, page } = await open();
    const grownOld = async (age, wanted) => {
      await page.goto(`/login?rd=${encodeURIComponent(kTarget)}`);
      const nonce = (await context.cookies()).find(({ name }) => name === 'sessiond_csrf');
      assert.equal(nonce.expires, -1, 'no time at which the browser forgets it');
      const token = stack.sessiond.formToken(nonce.value, Date.now() - age);
      await page.$eval('input[name=csrf]', (input, value) => (input.value = value), token);
      await logIn(page, wanted);
    };
    await grownOld(7 * day + minute, 403);
    await page.getByText('This page was open for a long time.').waitFor();
    assert.equal(await page.inputValue('input[name=user]'), 'alice');
    await grownOld(7 * day - 60 * minute, '/page/report');
    await context.close();
  });

  test('leads back to the page of a form that was sent when the session had ended', async () => {
    const { context, page } = await open();
    await page.goto('/page/form?x=1');
    await logIn(page, '/page/form');
    await context.clearCookies({ name: 'connect.sid' });
    await page.evaluate(() => {
      document.body.innerHTML = '<form method="post" action="/page/save"><button>Save</button></form>';
    });
    await clickThrough(page, 'button', '/login');
    await page.getByText('what you sent has not been saved').waitFor();
    const asked = [];
    page.on('request', (request) => asked.push(`${request.method()} ${new URL(request.url()).pathname}`));
    await logIn(page, '/page/form');
    assert.equal(new URL(page.url()).search, '?x=1');
    assert.equal(asked.includes('GET /page/save'), false, asked.join());
    await context.close();
  });

  test('leaves a session that a link on another site leads to', async () => {
    const { context, page } = await open();
    await page.goto('/login?rd=%2Fpage%2Freport');
    await logIn(page, '/page/report');
    await page.goto(other.address);
    await clickThrough(page, 'a', '/page/x');
    assert.match(await page.textContent('body'), /"x-user-id","7"/i);
    await context.close();
  });

  test('is sent once, however often one clicks', async () => {
    const { context, page } = await open();
    await page.goto('/login?rd=%2Fpage%2Fx');
    const sent = [];
    page.on('request', (request) => request.method() === 'POST' && sent.push(request.url()));
    await page.fill('input[name=user]', 'alice');
    await page.fill('input[name=password]', password);
    const button = await page.locator('button[type=submit]').boundingBox();
    await freeze(stack.sessiond.process); // no answer before the second click
    await through(page, '/page/x', async () => {
      await Promise.all([
        page.waitForRequest((request) => request.method() === 'POST'),
        page.click('button[type=submit]', { noWaitAfter: true }),
      ]);
      await page.mouse.click(button.x + 10, button.y + 10, { clickCount: 2 });
      stack.sessiond.process.kill('SIGCONT');
    });
    assert.equal(sent.length, 1);
    await context.close();
  });

  test('is as high as what a phone shows of it, whether its address bar is there or not', async () => {
    const { context, page } = await open();
    await page.goto('/login');
    // The last value that a browser understands counts; the one before is for those that are older.
    const height = await page.evaluate(
      () => [...document.styleSheets[0].cssRules].find((rule) => rule.selectorText === 'body').style.minHeight,
    );
    assert.equal(height, '100svh');
    assert.match(await page.content(), /min-height: 100vh; min-height: 100svh;/);
    await context.close();
  });

  test('says so when the page is not this browser\'s, and keeps name and address', async () => {
    const { context, page } = await open();
    await page.goto(`/login?rd=${encodeURIComponent(kTarget)}`);
    const [cookie] = await context.cookies();
    await context.addCookies([{ ...cookie, value: 'A'.repeat(32) }]);
    await logIn(page, 403);
    await page.getByText('This page was open for a long time.').waitFor();
    assert.equal(await page.inputValue('input[name=user]'), 'alice');
    await logIn(page, '/page/report');
    await context.close();
  });

  test('keeps the target in its address after an error, also when it is loaded anew', async () => {
    const { context, page } = await open();
    await page.goto(`/login?rd=${encodeURIComponent(kTarget)}`);
    await logIn(page, 401, { secret: 'wrong' });
    await page.locator('[role=alert]').waitFor();
    assert.equal(new URL(page.url()).searchParams.get('rd'), kTarget);
    await page.goto(page.url());
    assert.equal(await page.locator('.error').isVisible(), false);
    await logIn(page, '/page/report');
    await context.close();
  });

  test('reads from right to left where the language does', async () => {
    const { context, page } = await open();
    await page.goto('/login');
    await logIn(page, 401, { user: 'עדה', secret: 'wrong' });
    const name = page.locator('input[name=user]');
    assert.equal(await name.inputValue(), 'עדה');
    const direction = await name.evaluate((input) => getComputedStyle(input).direction);
    assert.equal(direction, 'rtl', 'by its own letters, in a page from left to right');
    await page.evaluate(() => (document.documentElement.dir = 'rtl'));
    const edges = await page.$eval('.error', (error) => {
      const { borderLeftWidth, borderRightWidth } = getComputedStyle(error);
      return [borderLeftWidth, borderRightWidth];
    });
    assert.deepEqual(edges, ['0px', '4px']);
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
    await logIn(page, '/');
    await page.goto('/logout');
    const [main, quiet] = await page.$$eval('button', (buttons) => buttons.map((b) => getComputedStyle(b).backgroundColor));
    assert.equal(main, before);
    assert.notEqual(quiet, main);
    await context.close();
  });
});

/**
 * The stack's site as a browser sees it whose clock is ahead: every moment that an answer names lies that much further
 * back, seen from there. `change` may take something from the cookies as well.
 */
function startFromAhead(stack, ahead, change = (cookie) => cookie) {
  const earlier = (cookie) => cookie.replace(/Expires=([^;]*)/i, (_, when) => `Expires=${new Date(Date.parse(when) - ahead).toUTCString()}`);
  const server = http.createServer((request, response) => {
    const { method, url: path, headers } = request;
    const asked = http.request({ host: '127.0.0.1', port: stack.nginx.port, method, path, headers }, (answer) => {
      const cookies = (answer.headers['set-cookie'] ?? []).map(earlier).map(change);
      response.writeHead(answer.statusCode, { ...answer.headers, 'set-cookie': cookies });
      answer.pipe(response);
    });
    request.pipe(asked);
  });
  return new Promise((resolve) => {
    server.listen(0, '127.0.0.1', () => resolve({ nginx: { port: server.address().port }, stop: () => server.close() }));
  });
}

describe('the login in a browser whose clock is ahead', () => {
  const day = 24 * 60 * 60 * 1000;
  let stack;
  let browser;
  before(async () => {
    stack = await startStack({ config: (settings) => (settings.cookie.max_age = '1d') });
    browser = await launchBrowser();
  });
  after(async () => {
    await browser?.close();
    await stack?.stop();
  });

  async function whereALoginLeads(change) {
    const site = await startFromAhead(stack, 2 * day, change);
    const { context, page } = await openPage(browser, site);
    await page.goto(`/login?rd=${encodeURIComponent(kTarget)}`);
    await logIn(page, 200);
    const { pathname } = new URL(page.url());
    await context.close();
    site.stop();
    return pathname;
  }

  test('lasts as long as it should: the cookie says for how long, not only until when', async () => {
    assert.equal(await whereALoginLeads(), '/page/report');
  });

  test('would be lost at once with the moment alone', async () => {
    assert.equal(await whereALoginLeads((cookie) => cookie.replace(/ Max-Age=\d+;/, '')), '/login');
  });
});

describe('the login at a site whose cookies do not fit', () => {
  /** A browser for which site.example, which is no address of the machine itself, is the stack. */
  async function atSite(cookie, wanted, look) {
    const stack = await startStack({ config: (settings) => Object.assign(settings.cookie, cookie) });
    const browser = await launchBrowser(['--host-resolver-rules=MAP site.example 127.0.0.1']);
    try {
      const baseURL = `http://site.example:${stack.nginx.port}`;
      const { page } = await openPage(browser, stack, { baseURL, javaScriptEnabled: false });
      await page.goto('/page/x');
      await logIn(page, wanted);
      await look(page);
    } finally {
      await browser.close();
      await stack.stop();
    }
    assert.match(stack.sessiond.logText(), /cookie\.domain fit this site.*cookie\.secure not .*site\.example/);
  }

  test('says that the session cookie was not kept: another domain', () =>
    atSite({ domain: 'example.org' }, '/login', async (page) => {
      await page.getByText('You were logged in, but your browser did not keep the cookie.').waitFor();
    }));

  test('says that no cookie came back: Secure ones over plain http', () =>
    atSite({ secure: 'always' }, 403, async (page) => {
      await page.getByText('Your browser did not send back our cookie.').waitFor();
    }));
});
