// A user's sessions: two browsers see each other's and end them, without JavaScript; programs do the same; sessions that
// Express made are listed and ended as well.

import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';

import { launchBrowser, openPage } from './support/browser.mjs';
import { askSessiond, newest, startExpressStack } from './support/express_site.mjs';
import { clickThrough, logIn } from './support/page_walk.mjs';
import { password } from './support/sessiond.mjs';
import { startStack } from './support/stack.mjs';

const kFirefox = 'Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0';
const kSafari =
  'Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.5 Safari/604.1';

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

  async function loggedInBrowser(userAgent, user = 'alice') {
    const opened = await openPage(browser, stack, { userAgent, javaScriptEnabled: false });
    await opened.page.goto('/login?rd=%2Fsessions');
    await logIn(opened.page, '/sessions', { user });
    return opened;
  }
  const row = (page, program) => page.getByRole('listitem').filter({ hasText: program });
  const sidOf = async (context) => {
    const cookies = await context.cookies();
    return decodeURIComponent(cookies.find(({ name }) => name === 'connect.sid').value).slice(2, -44);
  };
  async function endAll(client) {
    await client.postForm('/logout?all=1', {});
  }
  const list = async (client) => (await client.get('/sessions')).json().sessions;

  test('are seen and ended by two browsers of theirs', async () => {
    const first = await loggedInBrowser(kFirefox);
    const second = await loggedInBrowser(kSafari);
    const ids = [await sidOf(first.context), await sidOf(second.context)];
    for (const [mine, program, other] of [[first.page, 'Firefox on Linux', 'Safari on iPhone'],
      [second.page, 'Safari on iPhone', 'Firefox on Linux']]) {
      await mine.goto('/sessions');
      assert.match(await row(mine, program).innerText(), /This browser/);
      assert.match(await row(mine, other).innerText(), /127\.0\.0\.0\/24/);
      assert.equal(await row(mine, program).getByRole('button').count(), 0);
      const html = await mine.content();
      for (const id of ids) assert.ok(!html.includes(id), 'an id is in the page');
    }
    const end = row(first.page, 'Safari on iPhone').getByRole('button', { name: 'End session Safari on iPhone' });
    await clickThrough(first.page, end, '/sessions');
    await first.page.getByRole('status').getByText('The session has ended.').waitFor();
    assert.equal(await row(first.page, 'Safari on iPhone').count(), 0);
    // And the other way round, once it has logged in again.
    await second.page.goto('/sessions');
    assert.equal(new URL(second.page.url()).pathname, '/login');
    await logIn(second.page, '/sessions');
    await clickThrough(second.page, row(second.page, 'Firefox on Linux').getByRole('button'), '/sessions');
    await second.page.getByRole('status').getByText('The session has ended.').waitFor();
    await first.page.goto('/page/x');
    assert.equal(new URL(first.page.url()).pathname, '/login');
    assert.deepEqual([...first.complaints, ...second.complaints], []);
    await first.context.close();
    await second.context.close();
  });

  test('are linked from the logout', async () => {
    const { context, page } = await loggedInBrowser(kFirefox);
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
    const { context, page } = await loggedInBrowser(kSafari);
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
        const clients = Array.from({ length: 10 }, () => stack.client());
        const body = JSON.stringify({ user: 'alice', password });
        const logIn = (client) =>
          client.request('POST', '/login', { headers: { 'Content-Type': 'application/json' }, body });
        const statuses = (await Promise.all(clients.map(logIn))).map(({ status }) => status).sort();
        assert.deepEqual(statuses, whenFull === 'refuse' ? [200, 200, 200, ...Array(7).fill(409)] : Array(10).fill(200));
        const checks = await Promise.all(clients.map((client) => client.get('/api/x')));
        assert.equal(checks.filter(({ status }) => status === 200).length, 3);
        const kept = clients[checks.findIndex(({ status }) => status === 200)];
        assert.equal((await kept.get('/sessions')).json().sessions.length, 3);
        // A login where one is logged in already takes no room.
        assert.equal((await logIn(kept)).status, 200);
        assert.equal((await kept.get('/sessions')).json().sessions.length, 3);
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
