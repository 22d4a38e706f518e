// Whoever is refused, for whatever reason there is, finds a page in the language of the browser that says what happened
// and leads on. Which reasons there are is asked of sessiond itself: its figures name every one, and count it.

import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { after, before, describe, test } from 'node:test';

import { repository } from '../support/places.mjs';
import { startStack } from '../support/stack.mjs';
import { waitFor } from '../support/waiting.mjs';
import { launchBrowser, openPage } from './support/browser.mjs';
import { browserCookie, fullStates, pageStates } from './support/page_states.mjs';
import { logIn } from './support/page_walk.mjs';

const kLanguages = ['de', 'fr', 'es', 'pt-BR', 'pl', 'he'];
/** To a browser, a site with many parents, each of which may leave cookies. */
const kSite = 'a.b.c.d.e.site.example';

/** key → text without its places, as its pieces. */
function textsOf(language) {
  const yaml = fs.readFileSync(path.join(repository, `src/endpoints/pages/messages/${language}.yaml`), 'utf8');
  const pairs = [...yaml.matchAll(/^(\w+): "(.*)"$/gm)];
  return new Map(pairs.map(([, key, text]) => [key, text.split(/\{\w+\}/).filter((piece) => piece.trim() !== '')]));
}
const english = textsOf('en');

const kEnded = ['login_title', 'logged_out_here', 'log_in'];
/** What a session of that kind shows to somebody who asks for a page; `says` are keys of the pages' texts. */
const checks = {
  missing: { cookie: () => undefined },
  malformed: { cookie: () => 'connect.sid=garbage' },
  forged: { cookie: (stack) => stack.sessiond.cookie('forgery', 'not the secret') },
  unknown: { cookie: (stack) => stack.sessiond.cookie('never-stored'), says: kEnded },
  expired: { cookie: (stack) => stack.session('ended', { id: 71 }, { cookie: { originalMaxAge: 0 } }), says: kEnded },
  anonymous: { cookie: (stack) => stack.session('nobody', undefined) },
  corrupt: {
    cookie: async (stack) => {
      await stack.redis.command('SET', 'sess:damaged', 'nonsense');
      return stack.sessiond.cookie('damaged');
    },
    says: kEnded,
  },
  revoked: {
    cookie: async (stack) => {
      const client = stack.client();
      await stack.logIn(client, { user: 'slow' });
      const old = `connect.sid=${client.cookies.get('connect.sid')}`;
      await client.postForm('/logout', {});
      return old;
    },
    says: kEnded,
  },
  too_many: { arrive: flood, says: ['login_title', 'too_many_cookies'] },
  too_large: { arrive: swamp, says: ['login_title', 'too_many_cookies'] },
  stale: {
    cookie: (stack) => stack.session('old', { id: 72 }, { extra: { _sd: { created: 1, authenticated: 1 } } }),
    target: '/recent/',
    says: ['login_title', 'stale'],
  },
  forbidden: {
    cookie: (stack) => stack.session('reader', { id: 73, name: 'Ada' }),
    target: '/admin/',
    status: 403,
    says: ['forbidden_title', 'forbidden', 'start_page', 'switch_user'],
  },
  lost: {
    cookie: (stack) => stack.session('unsendable', { id: 'a\nb', name: 'Ada' }),
    status: 403,
    says: ['forbidden_title', 'forbidden_incomplete', 'switch_user'],
  },
  incomplete: {
    cookie: (stack) => stack.session('without-id', { name: 'Ada' }),
    status: 403,
    says: ['forbidden_title', 'forbidden_incomplete', 'switch_user'],
  },
  unavailable: { arrive: pageStates.unavailable, says: ['unavailable_title', 'check_unavailable', 'wait', 'try_again'] },
  misconfigured: {
    cookie: (stack) => stack.session('anybody', { id: 74 }),
    target: '/unknown/',
    status: 500,
    says: ['failed_title', 'failed', 'start_page'],
  },
};

/** Sends the login form after something was done to it; the status that this has to have. */
async function send(page, status, change, ...more) {
  await page.goto('/login?rd=%2Fpage%2Fx');
  await page.evaluate(change, ...more);
  await logIn(page, status, { user: 'slow', secret: 'x' });
}
const wrong = async ({ page }, user, status = 401) => {
  await page.goto('/login');
  await logIn(page, status, { user, secret: 'wrong' });
};
/** With a token that old. */
async function sendOld({ page, context, stack }, age) {
  await page.goto('/login');
  const nonce = (await context.cookies()).find(({ name }) => name === 'sessiond_csrf').value;
  const token = stack.sessiond.formToken(nonce, Date.now() - age);
  await send(page, 403, (value) => (document.querySelector('[name=csrf]').value = value), token);
}

const logins = {
  unsupported_type: { arrive: ({ page }) => send(page, 415, () => (document.forms[0].enctype = 'text/plain')) },
  too_large: { arrive: ({ page }) => wrong({ page }, 'x'.repeat(9000), 413) },
  malformed: { arrive: ({ page }) => send(page, 400, () => document.querySelector('[name=user]').setAttribute('form', 'x')) },
  cross_site: { arrive: pageStates['login-cross'] },
  no_cookie: { arrive: pageStates['login-no-cookie'] },
  bad_token: { arrive: pageStates['login-expired'], says: ['expired'] },
  expired: { arrive: (all) => sendOld(all, 8 * 24 * 60 * 60 * 1000) },
  clock: { arrive: (all) => sendOld(all, -10 * 60 * 1000), says: ['expired'] },
  too_long: { arrive: pageStates['login-too-long'] },
  throttled: { arrive: pageStates['too-many'], says: ['too_many_title', 'too_many', 'back_to_login'] },
  unknown_user: { arrive: (all) => wrong(all, 'carol'), says: ['wrong_credentials'] },
  wrong_password: { arrive: (all) => wrong(all, 'alice'), says: ['wrong_credentials'] },
  locked: { arrive: (all) => wrong(all, 'locked'), says: ['wrong_credentials'] },
  damaged_entry: { arrive: (all) => wrong(all, 'damaged'), says: ['wrong_credentials'] },
  too_many_sessions: { arrive: fullStates['login-full'], says: ['sessions_title', 'too_many_sessions', 'end_session'] },
  unavailable: { arrive: pageStates['login-busy'], says: ['busy'] },
};

/** More cookies of the session's name than are looked at, left by the site's parents. */
async function flood({ context, stack, go }) {
  const cookies = [];
  for (let domain = kSite; domain !== 'example'; domain = domain.slice(domain.indexOf('.') + 1)) {
    for (const place of ['/', '/page', '/login']) {
      cookies.push({ name: 'connect.sid', value: 'garbage', domain: `.${domain}`, path: place });
    }
  }
  await context.addCookies(cookies);
  await go(`http://${kSite}:${stack.nginx.port}/page/x`);
}

/** More bytes of cookies than are looked at. */
async function swamp({ context, stack, go }) {
  const url = `http://127.0.0.1:${stack.nginx.port}`;
  await context.addCookies([1, 2, 3, 4, 5].map((i) => ({ name: `filler${i}`, value: 'x'.repeat(4000), url })));
  await go('/page/x');
}

describe('whoever is refused', () => {
  let stack;
  let browser;
  before(async () => {
    stack = await startStack({
      server: 'large_client_header_buffers 4 64k;',
      config: (settings) => (settings.session.per_user = { max: 2, when_full: 'refuse' }),
    });
    fs.appendFileSync(path.join(stack.folder, 'htpasswd'), 'locked:!:id=81\ndamaged:nonsense:id=82\n');
    browser = await launchBrowser([`--host-resolver-rules=MAP ${kSite} 127.0.0.1`]);
  });
  after(async () => {
    await browser?.close();
    await stack?.stop();
  });

  async function outcomes(metric) {
    const { text } = await stack.client().get('/sessiond/metrics');
    const lines = text.matchAll(new RegExp(`^${metric}\\{outcome="(\\w+)"\\} (\\d+)$`, 'gm'));
    return Object.fromEntries([...lines].map(([, outcome, count]) => [outcome, Number(count)]));
  }

  /** The page says all this in its language, nothing in English, and leads on. */
  async function expectPage(page, language, says) {
    assert.equal(await page.getAttribute('html', 'lang'), language);
    const text = `${await page.title()} ${await page.textContent('main')}`;
    const texts = textsOf(language);
    for (const key of says) for (const piece of texts.get(key)) assert.ok(text.includes(piece), `${key}: ${piece}\n${text}`);
    for (const piece of [...english.values()].flat().filter((one) => one.length > 8)) {
      assert.equal(text.includes(piece), false, `in English: ${piece}`);
    }
    assert.ok((await page.locator('main button:visible, main a:visible').count()) > 0, 'a dead end');
  }

  /** Every page has the same headers, and says in words how long Retry-After is. */
  async function expectHeaders(response, language, text) {
    const headers = response.headers();
    const expected = {
      'content-type': 'text/html; charset=utf-8',
      'cache-control': 'no-store',
      'x-content-type-options': 'nosniff',
      'x-frame-options': 'DENY',
      'referrer-policy': 'same-origin',
      'content-language': language,
      vary: 'Accept-Language',
    };
    for (const [name, value] of Object.entries(expected)) assert.equal(headers[name], value, name);
    assert.match(headers['content-security-policy'], /^default-src 'none'; .*frame-ancestors 'none'$/);
    const wait = headers['retry-after'];
    assert.equal(wait !== undefined, [429, 503].includes(response.status()), `Retry-After with ${response.status()}`);
    if (response.status() === 503) assert.ok(text.includes(`${wait} s`) || text.includes(`${wait} שנ׳`), text);
    if (response.status() === 429) assert.ok(60 * text.match(/(\d+) (?:min|דק׳)/)[1] >= Number(wait), text);
  }

  /** Brings it about in a fresh profile; absent when it was something else, which a busy machine makes of it. */
  async function provoke(language, { arrive, cookie, target = '/page/x' }, happened) {
    const { context, page } = await openPage(browser, stack, { extraHTTPHeaders: { 'Accept-Language': language } });
    let shown;
    page.on('response', (response) => (shown = response.request().isNavigationRequest() ? response : shown));
    const go = (address) => page.goto(address);
    const header = await cookie?.(stack);
    if (header) await context.addCookies([browserCookie(stack, header)]);
    await (arrive ? arrive({ page, context, stack, go }) : go(target));
    if (await happened()) return { page, shown, close: () => context.close() };
    await context.close();
    return undefined;
  }

  async function refused(metric, outcome, index, how) {
    const language = kLanguages[index % kLanguages.length];
    const before = (await outcomes(metric))[outcome];
    const happened = async () => (await outcomes(metric))[outcome] > before;
    let found;
    await waitFor(outcome, async () => (found = await provoke(language, how, happened)), { timeout: 30000 });
    if (how.status) assert.equal(found.shown.status(), how.status);
    await expectPage(found.page, language, how.says);
    await expectHeaders(found.shown, language, await found.page.textContent('main'));
    await found.close();
    await waitFor('sessiond can decide', async () => (await stack.client().get('/sessiond/ready')).status === 200);
  }

  Object.entries(checks).forEach(([outcome, how], index) =>
    test(`by a check: ${outcome}`, () =>
      refused('sessiond_checks_total', outcome, index, { says: ['login_title', 'user', 'log_in'], ...how })),
  );

  Object.entries(logins).forEach(([outcome, how], index) =>
    test(`by the login: ${outcome}`, () => refused('sessiond_logins_total', outcome, index, { says: [outcome], ...how })),
  );

  test('there are no other reasons', async () => {
    const named = (table, good) => [...Object.keys(table), good].sort();
    assert.deepEqual(Object.keys(await outcomes('sessiond_checks_total')).sort(), named(checks, 'valid'));
    assert.deepEqual(Object.keys(await outcomes('sessiond_logins_total')).sort(), named(logins, 'success'));
  });

  test('also where the login itself is lost among too many cookies, as often as it is tried', async () => {
    const { context, page } = await openPage(browser, stack, { extraHTTPHeaders: { 'Accept-Language': 'de' } });
    await flood({ page, context, stack, go: (address) => page.goto(address) });
    await logIn(page, '/login');
    await expectPage(page, 'de', ['login_title', 'too_many_cookies']);
    await context.close();
  });

  const form = { 'Content-Type': 'application/x-www-form-urlencoded' };
  const cross = { Origin: 'https://evil.example', 'Sec-Fetch-Site': 'cross-site' };
  for (const [name, method, target, { headers = form, body, says, status }] of [
    ['a logout by another site', 'POST', '/logout', { headers: { ...form, ...cross }, says: 'logout_cross_site', status: 403 }],
    ['a logout that cannot be read', 'POST', '/logout', { body: 'all=1&all=1', says: 'unreadable', status: 400 }],
    ['a logout of another type', 'POST', '/logout', { headers: { 'Content-Type': 'text/plain' }, body: 'x', says: 'unreadable', status: 415 }],
    ['a logout that is too large', 'POST', '/logout', { body: 'x'.repeat(9000), says: 'unreadable', status: 413 }],
    ['a logout that nginx does not take', 'POST', '/logout', { body: 'x'.repeat(20000), says: 'unreadable', status: 413 }],
    ['another method of the logout', 'PUT', '/logout', { says: 'wrong_method', status: 405 }],
    ['another method of the login', 'PUT', '/login', { says: 'wrong_method', status: 405 }],
    ['sessions ended by another site', 'POST', '/sessions', { headers: { ...form, ...cross }, says: 'sessions_cross_site', status: 403 }],
    ['sessions that cannot be read', 'POST', '/sessions', { body: 'x=1', says: 'unreadable', status: 400 }],
    ['sessions of another type', 'POST', '/sessions', { headers: { 'Content-Type': 'text/plain' }, body: 'x', says: 'unreadable', status: 415 }],
    ['sessions that are too large', 'POST', '/sessions', { body: 'x'.repeat(9000), says: 'unreadable', status: 413 }],
    ['sessions that nginx does not take', 'POST', '/sessions', { body: 'x'.repeat(20000), says: 'unreadable', status: 413 }],
    ['another method of the sessions', 'PUT', '/sessions', { says: 'wrong_method', status: 405 }],
  ]) {
    test(name, async () => {
      for (const language of kLanguages) {
        const ask = { Accept: 'text/html', 'Accept-Language': language, ...headers };
        const { status: answered, text, headers: sent } = await stack.client().request(method, target, { headers: ask, body });
        assert.equal(answered, status);
        assert.equal(sent['content-language'], language);
        for (const piece of textsOf(language).get(says)) assert.ok(text.includes(piece), `${language}: ${piece}`);
        assert.match(text, /<a class="button" href="\/(login|logout|sessions)">/);
      }
    });
  }
});
