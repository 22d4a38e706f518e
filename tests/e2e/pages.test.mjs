// Protected pages: who gets in, who is sent to the login, and that they come back to where they wanted to go.

import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';

import { formAction, hiddenFields } from '../support/client.mjs';
import { password } from '../support/sessiond.mjs';
import { startStack } from '../support/stack.mjs';
import { seenAs } from '../support/upstream.mjs';

const alice = { id: 7, name: 'Alice', email: 'alice@example.org', roles: ['staff', 'editor'] };

describe('a protected page', () => {
  let stack;
  before(async () => (stack = await startStack()));
  after(() => stack?.stop());

  test('reaches the application with the identity headers of the session', async () => {
    const cookie = await stack.session('page-allowed', alice);
    const response = await stack.client().get('/page/x?y=1', { headers: { Cookie: cookie } });
    assert.equal(response.status, 200);
    const seen = response.json();
    assert.equal(seen.url, '/page/x?y=1');
    assert.deepEqual(seenAs(seen, 'X-User-Id'), ['7']);
    assert.deepEqual(seenAs(seen, 'X-User-Name'), ['Alice']);
    assert.deepEqual(seenAs(seen, 'X-User-Email'), ['alice@example.org']);
    assert.deepEqual(seenAs(seen, 'X-User-Roles'), ['staff,editor']);
    assert.deepEqual(response.setCookies, []);
  });

  test('is refused without a session, before the application sees anything', async () => {
    const before = stack.upstream.requests;
    const response = await stack.client().get('/page/x');
    assert.equal(response.status, 302);
    assert.equal(stack.upstream.requests, before);
    assert.equal(response.headers['cache-control'], 'no-store');
    assert.deepEqual(response.setCookies, []);
  });

  test('is refused with a forged, a malformed and an unknown session', async () => {
    await stack.session('forgery', alice);
    for (const cookie of [
      stack.sessiond.cookie('forgery', 'not the secret'),
      'connect.sid=s%3Aforgery.',
      'connect.sid=garbage',
      stack.sessiond.cookie('never-stored'),
    ]) {
      const response = await stack.client().get('/page/x', { headers: { Cookie: cookie } });
      assert.equal(response.status, 302, cookie);
    }
  });

  test('is refused for a session of nobody', async () => {
    const cookie = await stack.session('anonymous', undefined, { extra: { cart: [1, 2] } });
    assert.equal((await stack.client().get('/page/x', { headers: { Cookie: cookie } })).status, 302);
  });

  for (const address of [
    '/page/x',
    '/page/x?a=1&b=2',
    '/page/report?q=a%26b%3Dc&next=%2Fpage%2Fz%3Fk%3Dv&empty=&plus=1+2',
    '/page/%C3%A4%20b/c%2Fd?%25=%2520&x=%23hash',
    "/page/x?quote='single'&json=%7B%22a%22%3A1%7D&semi=a;b",
  ]) {
    test(`leads to the login and back to ${address}`, async () => {
      const client = stack.client();
      const refused = await client.get(address);
      assert.equal(refused.status, 302);
      assert.equal(refused.headers.location, `/login?rd=${encodeURIComponent(address)}`);
      const answer = await stack.logIn(client, { page: refused.headers.location });
      assert.equal(answer.status, 303, answer.text);
      assert.equal(answer.headers.location, address);
      const page = await client.get(answer.headers.location);
      assert.equal(page.status, 200);
      assert.equal(page.json().url, address);
      assert.deepEqual(seenAs(page.json(), 'X-User-Id'), ['7']);
      assert.deepEqual(seenAs(page.json(), 'X-User-Name'), ['Alice Liddell']);
      assert.deepEqual(seenAs(page.json(), 'X-User-Roles'), ['staff,editor']);
    });
  }

  test('is 403 when the policy says no, and open to whom it says yes', async () => {
    const staff = await stack.session('policy-staff', alice);
    const admin = await stack.session('policy-admin', { id: 1, roles: ['admin'] });
    assert.equal((await stack.client().get('/admin/', { headers: { Cookie: staff } })).status, 403);
    assert.equal((await stack.client().get('/admin/', { headers: { Cookie: admin } })).status, 200);
    assert.equal((await stack.client().get('/admin/')).status, 302);
  });

  test('is our mistake under a policy that no configuration has, and open to nobody', async () => {
    const admin = await stack.session('policy-unknown', { id: 1, roles: ['admin'] });
    const before = stack.upstream.requests;
    const response = await stack.client().get('/unknown/', { headers: { Cookie: admin } });
    assert.equal(response.status, 500);
    assert.equal(stack.upstream.requests, before);
    assert.match(response.text, /This is our mistake, not yours\./);
    const [, id] = response.text.match(/Z ([0-9a-f]{12})<\/code>/);
    assert.match(stack.sessiond.logText(), new RegExp(`by a mistake in the configuration.*${id}`));
    assert.match(stack.sessiond.logText(), /nobody-wrote-it/);
  });

  test('says what is lost when a form comes with a session that has ended, and leads back to the form', async () => {
    const client = stack.client();
    const refused = await client.postForm('/page/save?draft=1', { text: 'x' });
    assert.equal(refused.status, 302);
    assert.equal(refused.headers.location, '/login?rd=%2Fpage%2Fsave%3Fdraft%3D1&lost=1');
    const headers = { Referer: `http://127.0.0.1:${stack.nginx.port}/page/form?x=1` };
    const { text } = await client.get(refused.headers.location, { headers });
    assert.match(text, /What you sent has not been saved/);
    const answer = await client.postForm(formAction(text), { ...hiddenFields(text), user: 'alice', password });
    assert.equal(answer.headers.location, '/page/form?x=1');
  });

  test('says that a recent login is wanted where the policy wants one', async () => {
    const old = { _sd: { created: 1, authenticated: 1, address: '', login: 'alice' } };
    const cookie = await stack.session('policy-recent', alice, { extra: old });
    const refused = await stack.client().get('/recent/', { headers: { Cookie: cookie } });
    assert.equal(refused.headers.location, '/login?rd=%2Frecent%2F&why=stale');
    const { text } = await stack.client().get(refused.headers.location, { headers: { Cookie: cookie } });
    assert.match(text, /needs a recent login/);
    assert.match(text, /name="user" value="alice"/);
  });

  test('with an optional policy is open to all, and says who it is when somebody is', async () => {
    const known = await stack.session('policy-optional', alice);
    const withSession = await stack.client().get('/optional/', { headers: { Cookie: known } });
    assert.equal(withSession.status, 200);
    assert.deepEqual(seenAs(withSession.json(), 'X-User-Id'), ['7']);
    const without = await stack.client().get('/optional/', { headers: { 'X-User-Id': '1' } });
    assert.equal(without.status, 200);
    assert.deepEqual(seenAs(without.json(), 'X-User-Id'), []);
  });

  test('answers HEAD as it answers GET, without a body', async () => {
    const cookie = await stack.session('head', alice);
    const allowed = await stack.client().request('HEAD', '/page/x', { headers: { Cookie: cookie } });
    assert.equal(allowed.status, 200);
    assert.equal(allowed.text, '');
    const refused = await stack.client().request('HEAD', '/page/x?a=1&b=2');
    assert.equal(refused.status, 302);
    assert.equal(refused.headers.location, '/login?rd=%2Fpage%2Fx%3Fa%3D1%26b%3D2');
  });

  test('guards files that nginx serves itself', async () => {
    const cookie = await stack.session('files', alice);
    assert.equal((await stack.client().get('/files/none.txt')).status, 302);
    assert.equal((await stack.client().get('/files/none.txt', { headers: { Cookie: cookie } })).status, 404);
  });

  test("passes the application's own 401, 403, 500 and 503 through untouched", async () => {
    const cookie = await stack.session('own-errors', alice);
    for (const status of [401, 403, 500, 503]) {
      const response = await stack.client().get(`/page/x?status=${status}`, { headers: { Cookie: cookie } });
      assert.equal(response.status, status);
      assert.equal(response.json().url, `/page/x?status=${status}`);
      assert.equal(response.headers['retry-after'], undefined);
    }
  });

  test('never shows the address of the check to the outside', async () => {
    const cookie = await stack.session('internal', alice);
    assert.equal((await stack.client().get('/sessiond/auth', { headers: { Cookie: cookie } })).status, 404);
  });

  test('is not reached by a wrong password', async () => {
    const client = stack.client();
    const answer = await stack.logIn(client, { page: '/login?rd=%2Fpage%2Fx', secret: 'wrong' });
    assert.equal(answer.status, 401);
    assert.equal((await client.get('/page/x')).status, 302);
  });
});
