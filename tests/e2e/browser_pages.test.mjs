// The pages in a real browser as people use them: phones, keyboards, no JavaScript, Back, and sessiond down.

import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';

import { password } from '../support/sessiond.mjs';
import { startStack } from '../support/stack.mjs';
import { waitFor } from '../support/waiting.mjs';
import { launchBrowser, openPage } from './support/browser.mjs';
import { browserCookie, pageStates, siteWithPages } from './support/page_states.mjs';
import { kSmall, kWide, makeEqual, overflow, violations } from './support/page_views.mjs';
import { clickThrough, logIn, through } from './support/page_walk.mjs';
import { compare } from './support/pictures.mjs';

describe('the pages', () => {
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

  test('after a wrong password the error is tied to the fields, and the password has the focus', async () => {
    const { context, page } = await openPage(browser, stack, { locale: 'en' });
    await pageStates['login-wrong']({ page, context, stack });
    assert.equal(await page.title(), 'Error: Log in – Example Site');
    const session = await context.newCDPSession(page);
    await session.send('Accessibility.enable');
    const { nodes } = await session.send('Accessibility.getFullAXTree');
    const boxes = nodes.filter(({ role }) => role?.value === 'textbox');
    const property = (node, name) => node.properties.find((one) => one.name === name)?.value.value;
    assert.deepEqual(
      boxes.map((node) => [node.name.value, node.description?.value, String(property(node, 'invalid'))]),
      [
        ['Name', 'Name or password is wrong.', 'true'],
        ['Password', 'Name or password is wrong.', 'true'],
      ],
    );
    assert.equal(await page.evaluate(() => document.activeElement.id), 'password');
    await context.close();
  });

  test('the keyboard goes from the name to the password to the buttons', async () => {
    const { context, page } = await openPage(browser, stack);
    await page.goto('/login');
    const order = [];
    for (let i = 0; i < 5; i++) {
      order.push(await page.evaluate(() => document.activeElement.id || document.activeElement.textContent));
      await page.keyboard.press('Tab');
    }
    assert.deepEqual(order, ['user', 'password', 'show', 'Log in', 'Help with logging in']);
    await context.close();
  });

  test('the script shows the password, keeps the fragment, and is not needed', async () => {
    const { context, page, complaints } = await openPage(browser, stack);
    await page.goto('/page/x?a=1#section-2');
    await page.fill('#password', 'x');
    await page.click('#show');
    assert.equal(await page.getAttribute('#password', 'type'), 'text');
    assert.equal(await page.getAttribute('#show', 'aria-pressed'), 'true');
    await logIn(page, '/page/x');
    assert.equal(new URL(page.url()).hash, '#section-2');
    assert.deepEqual(complaints, []);
    await context.close();
    const plain = await openPage(browser, stack, { javaScriptEnabled: false });
    await plain.page.goto('/login');
    assert.equal(await plain.page.isVisible('#show'), false);
    await plain.context.close();
  });

  test('without JavaScript one can log in, be somebody else, log out everywhere and begin again', async () => {
    const { context, page } = await openPage(browser, stack, { javaScriptEnabled: false });
    await page.goto('/admin/');
    await logIn(page, 403);
    await page.getByText('this page is not for this account').waitFor();
    await clickThrough(page, 'text=Log in as somebody else', '/login');
    await logIn(page, '/admin/', { user: 'boss' });
    await page.goto('/login');
    await clickThrough(page, 'text=Log out', '/logout');
    await clickThrough(page, 'text=Log out everywhere', '/logout');
    await page.getByText('All of your sessions have ended').waitFor();
    await clickThrough(page, 'text=Log in again', '/login');
    assert.equal(await page.getByText('did not keep the cookie').count(), 0);
    await context.close();
  });

  test('by the keyboard alone one can log in, see the sessions, and log out', async () => {
    const { context, page } = await openPage(browser, stack, { javaScriptEnabled: false });
    const press = async (text, wanted, key = 'Enter') => {
      for (let i = 0; i < 100; i++) {
        const here = await page.evaluate(() => document.activeElement.textContent.trim());
        if (here === text) return through(page, wanted, () => page.keyboard.press(key));
        await page.keyboard.press('Tab');
      }
      return assert.fail(`the keyboard does not reach "${text}" on ${page.url()}`);
    };
    // The browser moves the focus there when it first shows the page.
    const focused = (name) => page.locator(`input[name=${name}]:focus`).waitFor();
    await page.goto('/login?rd=%2Flogout');
    await focused('user');
    await page.keyboard.type('alice');
    await page.keyboard.press('Tab');
    await page.keyboard.type('wrong');
    await through(page, 401, () => page.keyboard.press('Enter'));
    await page.getByText('Name or password is wrong.').waitFor();
    await focused('password');
    await page.keyboard.type(password);
    await through(page, '/logout', () => page.keyboard.press('Enter'));
    await press('See your sessions', '/sessions');
    await press('Log out here', '/logout');
    await press('Log out', '/logout', 'Space');
    await page.getByText('The session in this browser has ended.').waitFor();
    await context.close();
  });

  test('names of any length fit', async () => {
    const { context, page } = await openPage(browser, stack, { viewport: { width: 280, height: 400 } });
    const name = 'Wolfeschlegelsteinhausenbergerdorff'.repeat(4);
    const header = await stack.session('long-name', { id: 'x'.repeat(200), name });
    await context.addCookies([browserCookie(stack, header)]);
    for (const address of ['/login', '/logout', '/sessions', '/admin/']) {
      await page.goto(address);
      await page.getByText(name).waitFor();
      assert.equal(await overflow(page), 0, address);
    }
    await context.close();
  });

  test('"Try again" does what could not be done before', async () => {
    for (const [state, done] of [
      ['unavailable', (page) => page.getByText('x-user-id').waitFor()],
      ['logout-unavailable', (page) => page.getByText('The session in this browser has ended.').waitFor()],
    ]) {
      const { context, page } = await openPage(browser, stack, { javaScriptEnabled: false });
      await pageStates[state]({ page, context, stack });
      await waitFor('Redis answers again', async () => (await stack.client().get('/sessiond/ready')).status === 200);
      await clickThrough(page, page.getByText('Try again', { exact: true }), 200);
      await done(page);
      await context.close();
    }
  });

  test('after a logout, Back does not show the private page again', async () => {
    const { context, page } = await openPage(browser, stack);
    await page.goto('/page/private');
    await logIn(page, '/page/private');
    await page.goto('/logout');
    await clickThrough(page, 'button:not(.quiet)', '/logout');
    for (let i = 0; i < 2; i++) await page.goBack();
    assert.doesNotMatch(await page.textContent('body'), /x-user-id/i);
    await context.close();
  });

  test('after a login, Back says that one is logged in', async () => {
    const { context, page } = await openPage(browser, stack);
    await page.goto('/login?rd=%2Fpage%2Fx');
    await logIn(page, '/page/x');
    await page.goBack();
    await page.getByText('You are logged in as').waitFor();
    await context.close();
  });
});

describe('while sessiond is down', () => {
  let stack;
  let browser;
  before(async () => {
    stack = await startStack();
    browser = await launchBrowser();
    await stack.sessiond.stop();
  });
  after(async () => {
    await browser?.close();
    await stack?.stop();
  });

  test('a page that it wrote before says so, in the language of the reader, as wide as the phone', async () => {
    for (const target of ['/page/x', '/login', '/logout']) {
      const { context, page, complaints } = await openPage(browser, stack, {
        viewport: kSmall,
        isMobile: true,
        locale: 'de-CH',
      });
      const response = await page.goto(target);
      assert.equal(response.status(), 503, target);
      assert.equal(response.headers()['retry-after'], '5');
      assert.equal(response.headers()['cache-control'], 'no-store');
      assert.equal(await page.evaluate(() => innerWidth), 360);
      assert.equal(await page.getAttribute('html', 'lang'), 'de');
      await page.getByText('Sie sind nicht abgemeldet worden. Bitte warten Sie 5 s').waitFor();
      assert.deepEqual(complaints.filter((text) => !/Failed to load resource|favicon/.test(text)), []);
      await context.close();
    }
  });

  test('and looks like all the others', async () => {
    const helper = await browser.newPage();
    const problems = [];
    for (const [view, viewport, colorScheme] of [
      ['360-light', kSmall, 'light'],
      ['1280-dark', kWide, 'dark'],
    ]) {
      const { context, page } = await openPage(browser, stack, { bypassCSP: true, viewport, colorScheme, locale: 'en' });
      await page.goto('/page/x');
      await makeEqual(page);
      problems.push(...(await violations(page)));
      problems.push(await compare(helper, `away-${view}`, await page.screenshot()));
      await context.close();
    }
    await helper.close();
    assert.deepEqual(problems.filter(Boolean), []);
  });

  test('and in the first language where the reader asks for one that it is not in', async () => {
    for (const wanted of ['ja, de', 'EN-gb', '*', '../x', '']) {
      const { status, text } = await stack.client().get('/page/x', { headers: { 'Accept-Language': wanted } });
      assert.equal(status, 503);
      assert.match(text, /<html lang="en"/, wanted);
    }
    const { text } = await stack.client().get('/page/x', { headers: { 'Accept-Language': 'pt' } });
    assert.match(text, /<html lang="pt-BR"/);
  });

  test('and so does it for a form, whatever was sent', async () => {
    const client = stack.client();
    for (const target of ['/page/x', '/login']) {
      const answer = await client.postForm(target, { text: 'x'.repeat(10000) });
      assert.equal(answer.status, 503, target);
      assert.match(answer.text, /You have not been logged out\./);
    }
  });
});
