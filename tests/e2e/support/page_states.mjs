// Every page that sessiond shows to people, in every state: how to get there in a browser.

import { waitFor } from '../../support/waiting.mjs';
import { clickThrough, logIn } from './page_walk.mjs';

const login = (query = '') => `/login${query}`;

/** A configuration (startStack's) with a name and a help page, and `more` of what can be set about pages. */
export const siteWithPages =
  (more = {}) =>
  (settings) => {
    settings.pages = { site_name: 'Example Site', help_url: '/help', ...more };
    // More than the tests need: they get the password wrong on purpose, one after the other.
    settings.login.throttle = { known_place_failures: 1000, stranger_free: 1000 };
  };

/**
 * Two sessions of an administrator as they lie in Redis after some hours: one by the login, and one that an application
 * made, whose id is what this gives.
 */
async function leaveSessions(stack) {
  const hour = 60 * 60 * 1000;
  await stack.redis.command('DEL', 'sessiond:sessions:{1}');
  const put = async (age, more) => {
    const id = `seen-${Math.random()}`;
    const value = { cookie: { originalMaxAge: 24 * hour }, user: { id: '1', name: 'Grace Hopper' }, ...more };
    await stack.redis.command('SET', `sess:${id}`, JSON.stringify(value), 'PX', 24 * hour - age);
    await stack.redis.command('ZADD', 'sessiond:sessions:{1}', Date.now() + 24 * hour - age, id);
    return id;
  };
  const then = Date.now() - 3 * hour;
  const program = 'Samsung Internet/Android';
  await put(3 * hour, { _sd: { created: then, authenticated: then, address: '2001:db8:85a3:8d3::/64', program } });
  return put(9 * hour, {});
}

/** Leads to the list of these sessions and the browser's own. */
async function listSessions({ page, stack }) {
  const application = await leaveSessions(stack);
  await page.goto(login('?rd=%2Fsessions'));
  await logIn(page, '/sessions', { user: 'boss' });
  return application;
}

/** A Cookie header's one cookie, for context.addCookies(). */
export function browserCookie(stack, header) {
  const [name, value] = header.split('=');
  return { name, value, url: `http://127.0.0.1:${stack.nginx.port}` };
}

async function logOut({ page }, button) {
  await page.goto(login());
  await logIn(page, '/');
  await page.goto('/logout');
  await clickThrough(page, button, '/logout');
  await page.getByRole('status').waitFor();
}

/** name → what leads there. `page` is of a fresh profile; `stack` is whole again afterwards. */
export const pageStates = {
  login: ({ page }) => page.goto(login('?rd=%2Fpage%2Fx')),
  'login-wrong': async ({ page }) => {
    await page.goto(login());
    await logIn(page, 401, { user: 'carol', secret: 'wrong' });
  },
  'login-expired': async ({ page, context }) => {
    await page.goto(login());
    const [cookie] = await context.cookies();
    await context.addCookies([{ ...cookie, value: 'A'.repeat(32) }]);
    await logIn(page, 403);
  },
  'login-no-cookie': async ({ page, context }) => {
    await page.goto(login());
    await context.clearCookies();
    await logIn(page, 403);
  },
  'login-not-kept': async ({ page, context }) => {
    await page.goto(login());
    await logIn(page, '/');
    await context.clearCookies({ name: 'connect.sid' });
    await page.goto(login());
  },
  'login-lost': ({ page }) => page.goto(login('?rd=%2Fsave&lost=1')),
  'login-confirm': async ({ page }) => {
    await page.goto(login());
    await logIn(page, '/');
    await page.goto(login('?why=stale'));
  },
  'login-too-long': async ({ page }) => {
    await page.goto(login());
    await logIn(page, 400, { secret: 'x'.repeat(600) });
  },
  'too-many': async ({ page }) => {
    const user = `guessed-${Math.random()}`;
    for (let tries = 0; tries <= 5; tries++) {
      await page.goto(login('?rd=%2Fpage%2Fx'));
      await logIn(page, tries < 5 ? 401 : 429, { user, secret: 'wrong' });
    }
  },
  'too-large': async ({ page }) => {
    await page.goto(login());
    await logIn(page, 413, { secret: 'x'.repeat(20000) });
  },
  'login-busy': async ({ page, stack }) => {
    await page.goto(login());
    await stack.redis.whileFrozen(() => logIn(page, 503));
  },
  'login-cross': async ({ page, stack }) => {
    const action = `http://127.0.0.1:${stack.nginx.port}/login`;
    await page.setContent(`<form method="post" action="${action}"><input name="user"><input name="password">
      <button type="submit">send</button></form>`);
    await logIn(page, 403);
  },
  'logged-in': async ({ page }) => {
    await page.goto(login());
    await logIn(page, '/');
    await page.goto(login('?rd=%2Fpage%2Fx'));
  },
  'logged-in-after-wrong': async ({ page }) => {
    await page.goto(login('?rd=%2Fpage%2Fx'));
    for (let tries = 0; tries < 3; tries++) await logIn(page, 401, { secret: 'wrong' });
    await logIn(page, '/login');
  },
  logout: async ({ page }) => {
    await page.goto(login());
    await logIn(page, '/');
    await page.goto('/logout');
  },
  'logged-out': (place) => logOut(place, 'button[value="0"]'),
  'logged-out-everywhere': (place) => logOut(place, 'button[value="1"]'),
  'logout-unavailable': async ({ page, stack }) => {
    await page.goto(login());
    await logIn(page, '/');
    await page.goto('/logout');
    await stack.redis.whileFrozen(() => clickThrough(page, 'button:not(.quiet)', 503));
  },
  sessions: listSessions,
  'sessions-one': async ({ page, stack }) => {
    await listSessions({ page, stack });
    await clickThrough(page, 'button[value=others]', '/sessions');
    await page.getByRole('status').waitFor();
  },
  'sessions-ended': async ({ page, stack }) => {
    await listSessions({ page, stack });
    await clickThrough(page, 'li:last-child button', '/sessions');
    await page.getByRole('status').waitFor();
  },
  'sessions-expired': async ({ page, context, stack }) => {
    await listSessions({ page, stack });
    const nonce = (await context.cookies()).find(({ name }) => name === 'sessiond_csrf');
    await context.addCookies([{ ...nonce, value: 'A'.repeat(32) }]);
    await clickThrough(page, 'li:last-child button', 403);
  },
  'sessions-gone': async ({ page, stack }) => {
    const application = await listSessions({ page, stack });
    await stack.redis.command('DEL', `sess:${application}`);
    await clickThrough(page, 'li:last-child button', 404);
  },
  'sessions-unavailable': async ({ page, stack }) => {
    await listSessions({ page, stack });
    await stack.redis.whileFrozen(() => page.goto('/sessions'));
  },
  'start-here': async ({ page }) => {
    await page.goto('/login');
    await logIn(page, '/');
    await page.goto('/logout');
    await page.evaluate(() => (document.querySelector('form').enctype = 'text/plain'));
    await clickThrough(page, 'button.quiet', 415);
  },
  forbidden: async ({ page }) => {
    await page.goto('/login?rd=%2Fadmin%2F');
    await logIn(page, 403);
  },
  'forbidden-incomplete': async ({ page, context, stack }) => {
    await context.addCookies([browserCookie(stack, await stack.session('incomplete', { name: 'Ada' }))]);
    await page.goto('/page/x');
  },
  failed: async ({ page }) => {
    await page.goto('/login?rd=%2Funknown%2F');
    await logIn(page, 500);
  },
  unavailable: async ({ page, stack }) => {
    await page.goto('/login');
    await logIn(page, '/');
    await stack.redis.whileFrozen(() => waitFor('nobody can tell', async () => (await page.goto('/page/x')).status() === 503));
  },
};

/** What somebody sees who may have two sessions (session.per_user), has them, and logs in with the right password. */
export const fullStates = {
  'login-full': async ({ page, stack }) => {
    await leaveSessions(stack);
    await page.goto(login('?rd=%2Fpage%2Fx'));
    await logIn(page, 409, { user: 'boss' });
  },
};

/** The pages that show a link to help, where the site has none (pages.help_url). */
export const statesWithoutHelp = Object.fromEntries(
  ['login', 'too-many', 'forbidden'].map((name) => [`${name}-without-help`, pageStates[name]]),
);
