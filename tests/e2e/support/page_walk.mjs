// Ways through pages in a browser. Every step says where it has to lead, and whatever ends elsewhere fails at once and
// says where: a test that waits for an address that never comes tells nothing of the page that came instead.

import assert from 'node:assert/strict';

import { password } from '../../support/sessiond.mjs';

/**
 * Fails unless the page that is open is the one that is wanted: its path (then it is a 200), or the status of its answer.
 */
async function expectAt(page, wanted, answer) {
  const here = typeof wanted === 'string' ? new URL(page.url()).pathname : wanted;
  const status = typeof wanted === 'string' ? 200 : wanted;
  // Where no answer came, only an address can be told.
  if (here === wanted && (answer ? answer.status() === status : typeof wanted === 'string')) return;
  assert.fail(`not ${wanted}, but ${await described(page, answer)}`);
}

async function described(page, answer) {
  const text = (await page.innerText('body')).replace(/\s+/g, ' ').slice(0, 600);
  return `${answer ? `a ${answer.status()} ` : ''}at ${page.url()}: "${await page.title()}": ${text}`;
}

/** Goes on from the page that is open by `act`, and waits until the next one is there. */
export async function through(page, wanted, act) {
  const [answer] = await Promise.all([page.waitForNavigation(), act()]).catch(async ({ message }) =>
    assert.fail(`${message}; ${await described(page)}`),
  );
  await expectAt(page, wanted, answer);
  return answer;
}

/** Clicks on what leads to another page: a locator, or the first that a selector finds. */
export async function clickThrough(page, what, wanted) {
  const target = typeof what === 'string' ? page.locator(what).first() : what;
  // The pages are there whole when they are loaded.
  if ((await target.count()) === 0) assert.fail(`no ${target}, but ${await described(page)}`);
  return through(page, wanted, () => target.click());
}

/** Fills in the login form that is open and sends it. */
export async function logIn(page, wanted, { user = 'alice', secret = password } = {}) {
  if ((await page.locator('input[name=password]').count()) === 0) assert.fail(`no login form, but ${await described(page)}`);
  await page.fill('input[name=user]', user);
  await page.fill('input[name=password]', secret);
  return clickThrough(page, 'button[type=submit]', wanted);
}
