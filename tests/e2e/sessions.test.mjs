// A user's sessions: two browsers see each other's and end them, without JavaScript; programs do the same; sessions that
// Express made are listed and ended as well.

import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';

import { startStack } from '../support/stack.mjs';
import { browsersEndEachOther, kFirefox, kSafari, loggedInBrowser, sidOf, tenLogInAtOnce } from './support/accounts.mjs';
import { launchBrowser, openPage } from './support/browser.mjs';
import { askSessiond, newest, startExpressStack } from './support/express_site.mjs';
import { clickThrough, logIn } from './support/page_walk.mjs';

describe('the sessions of a user', () => {
  let stack;
  let browser;
  before(async () => {
    stack = await startExpressStack();
    stack.express.mount('application', { variant: newest });
    browser = await launchBrowser();
  });
  after(async () => {
    await browser?.close();
    await stack?.stop();
  });

  async function endAll(client) {
    await client.postForm('/logout?all=1', {});
  }
  const list = async (client) => (await client.get('/sessions')).json().sessions;

  test('are seen and ended by two browsers of theirs', () => browsersEndEachOther(browser, stack));

  test('are linked from the logout', async () => {
    const { context, page } = await loggedInBrowser(browser, stack, kFirefox);
    await page.goto('/logout');
    await clickThrough(page, page.getByRole('link', { name: 'See your sessions' }), '/sessions');
    await context.close();
  });

  test('are listed and ended whoever made them', async () => {
    const client = stack.client();
    await stack.logIn(client);
    await endAll(client);
    await stack.logIn(client);
    const application = stack.client();
    await application.get(`/express/application/login?user=${encodeURIComponent('{"id":7}')}`);
    assert.equal((await askSessiond(application)).who, 'user 7');
    const [mine, other] = await list(client);
    assert.equal(mine.this_device, true);
    assert.equal(mine.address, '127.0.0.0/24');
    assert.ok(Date.now() - mine.created < 60_000);
    assert.deepEqual([other.this_device, other.program, other.address, other.created], [false, null, null, null]);
    assert.ok(Date.now() - other.last_used < 60_000);
    assert.equal((await client.request('DELETE', `/sessions/${other.handle}`)).status, 204);
    assert.equal((await askSessiond(application)).reason, 'revoked');
    assert.equal((await list(client)).length, 1);
    assert.equal((await client.request('DELETE', `/sessions/${other.handle}`)).status, 404);
  });

  test('are ended all at once but for this one', async () => {
    const clients = [stack.client(), stack.client(), stack.client()];
    for (const client of clients) await stack.logIn(client);
    assert.equal((await clients[0].request('DELETE', '/sessions?others=1')).status, 204);
    assert.equal((await askSessiond(clients[0])).who, 'user 7');
    for (const client of clients.slice(1)) assert.equal((await askSessiond(client)).reason, 'revoked');
    assert.equal((await list(clients[0])).length, 1);
  });

  test("are nobody else's business", async () => {
    const alice = stack.client();
    const boss = stack.client();
    await stack.logIn(alice);
    await stack.logIn(boss, { user: 'boss' });
    const [{ handle }] = await list(alice);
    assert.equal((await boss.request('DELETE', `/sessions/${handle}`)).status, 404);
    assert.ok((await list(boss)).every((session) => session.handle !== handle));
    assert.equal((await askSessiond(alice)).who, 'user 7');
    assert.equal((await stack.client().get('/sessions')).status, 401);
  });

  test('end by a recent login only, which leads back to the list', async () => {
    const { context, page } = await loggedInBrowser(browser, stack, kSafari);
    const other = stack.client();
    await stack.logIn(other);
    const key = `sess:${await sidOf(context)}`;
    const session = JSON.parse(await stack.redis.command('GET', key));
    session._sd.authenticated -= 601_000;
    await stack.redis.command('SET', key, JSON.stringify(session), 'KEEPTTL');
    await page.goto('/sessions');
    await clickThrough(page, page.getByRole('button', { name: 'End session' }).first(), '/login');
    await page.getByText('You logged in a while ago.').waitFor();
    assert.equal((await askSessiond(other)).who, 'user 7');
    await logIn(page, '/sessions');
    await clickThrough(page, page.getByRole('button', { name: 'End session' }).first(), '/sessions');
    await page.getByRole('status').getByText('The session has ended.').waitFor();
    await context.close();
  });
});

describe('a limit on the sessions of a user', () => {
  for (const whenFull of ['end_oldest', 'refuse']) {
    test(`is kept by ten logins at once (${whenFull})`, async () => {
      const stack = await startStack({
        config: (config) => {
          config.session.per_user = { max: 3, when_full: whenFull };
          config.listen.password_workers = 10;
          config.login.throttle = { known_place_failures: 1000, stranger_free: 1000 };
        },
      });
      try {
        await tenLogInAtOnce(stack, whenFull);
      } finally {
        await stack.stop();
      }
    });
  }

  test('that is reached offers to end a session, after the right password', async () => {
    const stack = await startStack({
      config: (config) => (config.session.per_user = { max: 1, when_full: 'refuse' }),
    });
    const browser = await launchBrowser();
    try {
      const other = stack.client();
      await stack.logIn(other);
      const { context, page } = await openPage(browser, stack, { userAgent: kFirefox, javaScriptEnabled: false });
      await page.goto('/login?rd=%2Fpage%2Fx');
      await logIn(page, 409);
      await page.getByText('You are logged in in as many places as are allowed.').waitFor();
      await clickThrough(page, page.getByRole('button', { name: 'End session' }), '/login');
      await page.getByText('The session has ended.').waitFor();
      assert.equal((await other.get('/api/x')).status, 401);
      await logIn(page, '/page/x');
      await context.close();
    } finally {
      await browser.close();
      await stack.stop();
    }
  });
});
