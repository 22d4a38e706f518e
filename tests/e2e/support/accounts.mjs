// What is promised of a user's sessions and of tries at passwords, as it is walked on every kind of Redis.

import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';

import { password } from '../../support/sessiond.mjs';
import { pause, waitFor } from '../../support/waiting.mjs';
import { openPage } from './browser.mjs';
import { clickThrough, logIn } from './page_walk.mjs';

export const kFirefox = 'Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0';
export const kSafari =
  'Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.5 Safari/604.1';

/** Lines of the server block: a test's own addresses, as nginx would see them. */
export const fromTestAddress = 'set_real_ip_from 127.0.0.1; real_ip_header X-Test-Address;';

/** One try as a program makes it. */
export function tryPassword(client, address, { user = 'alice', secret = 'wrong' } = {}) {
  const headers = { 'Content-Type': 'application/json', 'X-Test-Address': address };
  return client.request('POST', '/login', { headers, body: JSON.stringify({ user, password: secret }) });
}

/** A browser without JavaScript that sees its user's sessions. */
export async function loggedInBrowser(browser, stack, userAgent, user = 'alice') {
  const opened = await openPage(browser, stack, { userAgent, javaScriptEnabled: false });
  await opened.page.goto('/login?rd=%2Fsessions');
  await logIn(opened.page, '/sessions', { user });
  return opened;
}

export async function sidOf(context) {
  const cookies = await context.cookies();
  return decodeURIComponent(cookies.find(({ name }) => name === 'connect.sid').value).slice(2, -44);
}

/** Two browsers see each other's session and end it. */
export async function browsersEndEachOther(browser, stack) {
  const row = (page, program) => page.getByRole('listitem').filter({ hasText: program });
  const first = await loggedInBrowser(browser, stack, kFirefox);
  const second = await loggedInBrowser(browser, stack, kSafari);
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
}

/** Ten logins at once where three sessions are allowed. REQUIRES: none of the user's stands, and the tries are enough. */
export async function tenLogInAtOnce(stack, whenFull) {
  const clients = Array.from({ length: 10 }, () => stack.client());
  const logInAs = (client) => tryPassword(client, '', { secret: password });
  const statuses = (await Promise.all(clients.map(logInAs))).map(({ status }) => status).sort();
  assert.deepEqual(statuses, whenFull === 'refuse' ? [200, 200, 200, ...Array(7).fill(409)] : Array(10).fill(200));
  const checks = await Promise.all(clients.map((client) => client.get('/api/x')));
  assert.equal(checks.filter(({ status }) => status === 200).length, 3);
  const kept = clients[checks.findIndex(({ status }) => status === 200)];
  assert.equal((await kept.get('/sessions')).json().sessions.length, 3);
  // A login where one is logged in already takes no room.
  assert.equal((await logInAs(kept)).status, 200);
  assert.equal((await kept.get('/sessions')).json().sessions.length, 3);
}

/**
 * Whoever tries a name from everywhere is refused, however it is spelt, and whether there is such a user or not; and its
 * owner is not.
 */
export async function strangersAreRefusedAndTheOwnerIsNot(stack) {
  const phone = stack.client();
  assert.equal((await tryPassword(phone, '192.0.2.10', { secret: password })).status, 200);
  assert.ok(phone.cookies.has('sd_device'));
  for (const user of ['alice', 'nobody-here']) {
    const statuses = [];
    const spellings = [` ${user} `, user.toUpperCase(), user];
    for (let i = 0; i < 6; i++) {
      const answer = await tryPassword(stack.client(), `203.0.113.${i}`, { user: spellings[i % spellings.length] });
      statuses.push(answer.status);
      if (answer.status === 429) assert.ok(Number(answer.headers['retry-after']) > 0);
    }
    assert.deepEqual(statuses, [401, 401, 401, 401, 401, 429], user);
  }
  assert.equal((await tryPassword(stack.client(), '203.0.113.99', { secret: password })).status, 429);
  assert.equal((await tryPassword(phone, '203.0.113.99', { secret: password })).status, 200, 'the device');
  assert.equal((await tryPassword(stack.client(), '192.0.2.77', { secret: password })).status, 200, 'the place');
}

export async function twoHundredTriesComputeFiveHashes(stack) {
  const before = await stack.metric('sessiond_logins_total');
  const answers = await Promise.all(
    Array.from({ length: 200 }, (_, i) => tryPassword(stack.client(), `10.1.${i}.1`, { user: 'boss' })),
  );
  const count = (status) => answers.filter((answer) => answer.status === status).length;
  assert.ok(count(401) > 0 && count(401) <= 5, `${count(401)} hashes`); // the others found no try, or no place
  assert.equal(count(401) + count(429) + count(503), 200);
  // Whoever found no place has taken no try.
  const left = [];
  while (left.at(-1) !== 429 && left.length <= 5) {
    left.push((await tryPassword(stack.client(), '10.2.0.1', { user: 'boss' })).status);
  }
  assert.deepEqual(left, [...Array(5 - count(401)).fill(401), 429]);
  assert.ok((await stack.metric('sessiond_logins_total')) > before);
}

/** Without their line in the password file they lose what they made by logging in here, and nobody else does. */
export async function whoIsRemovedLosesTheSession(stack) {
  const file = path.join(stack.sessiond.folder, 'htpasswd');
  const original = fs.readFileSync(file, 'utf8');
  const [alice, boss] = [stack.client(), stack.client()];
  await stack.logIn(alice);
  await stack.logIn(boss, { user: 'boss' });
  const checked = async (client) => (await client.get('/api/x')).status;
  for (const client of [alice, boss]) assert.equal(await checked(client), 200);
  fs.writeFileSync(file, original.replace(/^alice:.*\n/m, ''));
  try {
    await waitFor('the session is refused', async () => (await checked(alice)) === 401, { timeout: 10000 });
    assert.equal(await checked(boss), 200);
  } finally {
    fs.writeFileSync(file, original);
  }
}

/** What applications made is ended with all others although the index names none of it any more. */
export async function whatALostIndexNamedEndsWithAllOthers(stack) {
  const index = 'sessiond:sessions:{7}';
  const ids = Array.from({ length: 4 }, (_, i) => `made-by-an-application-${i}`);
  const cookies = [];
  for (const id of ids) cookies.push(await stack.session(id, { id: 7 }));
  const others = await stack.session('of-somebody-else', { id: 8 });
  const checked = async (cookie) => (await stack.client().get('/api/x', { headers: { Cookie: cookie } })).status;
  for (const cookie of [...cookies, others]) assert.equal(await checked(cookie), 200);
  for (const id of ids) await waitFor('it is noted', async () => (await stack.redis.command('ZSCORE', index, id)) !== null);
  const alice = stack.client();
  await stack.logIn(alice);
  await pause(5000); // sessiond has asked whose sessions have ended since
  await stack.redis.command('DEL', index);
  assert.equal((await alice.postForm('/logout?all=1', {})).status, 303);
  for (const [i, cookie] of cookies.entries()) {
    await waitFor('it has ended', async () => (await stack.redis.command('EXISTS', `sess:${ids[i]}`)) === 0, { timeout: 10000 });
    assert.equal(await checked(cookie), 401);
  }
  assert.equal(await checked(others), 200);
}
