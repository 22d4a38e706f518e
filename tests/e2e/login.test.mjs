// The login through nginx: forms and JSON, what is refused before any password is looked at, and the cookie it sets.

import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';

import { hiddenFields } from './support/client.mjs';
import { password } from './support/sessiond.mjs';
import { startStack } from './support/stack.mjs';

const json = { 'Content-Type': 'application/json' };

describe('login', () => {
  let stack;
  before(async () => (stack = await startStack()));
  after(() => stack?.stop());

  test('takes JSON from a program and answers JSON', async () => {
    const client = stack.client();
    const body = JSON.stringify({ user: 'alice', password });
    const answer = await client.request('POST', '/login', { headers: json, body });
    assert.equal(answer.status, 200, answer.text);
    assert.match(answer.headers['content-type'], /^application\/json/);
    assert.equal((await client.get('/page/')).status, 200);
  });

  test('refuses a wrong password and an unknown user with the same words', async () => {
    const answers = [];
    for (const user of ['alice', 'nobody-here']) {
      const body = JSON.stringify({ user, password: 'wrong' });
      answers.push(await stack.client().request('POST', '/login', { headers: json, body }));
    }
    assert.deepEqual(
      answers.map(({ status }) => status),
      [401, 401],
    );
    assert.equal(answers[0].text, answers[1].text);
    assert.deepEqual(answers[0].setCookies, []);
  });

  test("refuses another site's form", async () => {
    const client = stack.client();
    const page = await client.get('/login');
    const fields = { ...hiddenFields(page.text), user: 'alice', password };
    const headers = { Origin: 'https://evil.example', 'Sec-Fetch-Site': 'cross-site' };
    assert.equal((await client.postForm('/login', fields, { headers })).status, 403);
    assert.equal((await client.get('/page/')).status, 302);
  });

  test('refuses a form without its token', async () => {
    const client = stack.client();
    await client.get('/login');
    assert.equal((await client.postForm('/login', { user: 'alice', password })).status, 403);
  });

  test('refuses other content types and large bodies', async () => {
    const client = stack.client();
    const headers = { 'Content-Type': 'text/plain' };
    assert.equal((await client.request('POST', '/login', { headers, body: 'x' })).status, 415);
    const large = JSON.stringify({ user: 'alice', password: 'x'.repeat(9000) });
    assert.equal((await client.request('POST', '/login', { headers: json, body: large })).status, 413);
    const huge = 'x'.repeat(100000);
    assert.equal((await client.request('POST', '/login', { headers: json, body: huge })).status, 413);
  });

  for (const hostile of ['https://evil.example/', '//evil.example/', '/\\evil.example', '/%0d%0aX: y', 'javascript:alert(1)']) {
    test(`does not lead to ${hostile}`, async () => {
      const answer = await stack.logIn(stack.client(), { page: `/login?rd=${encodeURIComponent(hostile)}` });
      assert.equal(answer.status, 303);
      assert.equal(answer.headers.location, '/');
    });
  }

  test('over plain HTTP sets a cookie that is not Secure', async () => {
    const answer = await stack.logIn(stack.client());
    const cookie = answer.setCookies.find((line) => line.startsWith('connect.sid='));
    assert.deepEqual(cookie.split('; ').slice(1), ['Path=/', 'HttpOnly', 'SameSite=Lax']);
  });
});

describe('login behind something that ends TLS', () => {
  let stack;
  before(async () => (stack = await startStack({ server: 'set $sessiond_scheme https;' })));
  after(() => stack?.stop());

  test('sets a Secure cookie', async () => {
    const client = stack.client();
    const body = JSON.stringify({ user: 'alice', password });
    const answer = await client.request('POST', '/login', { headers: json, body });
    const cookie = answer.setCookies.find((line) => line.startsWith('connect.sid='));
    assert.deepEqual(cookie.split('; ').slice(1), ['Path=/', 'HttpOnly', 'Secure', 'SameSite=Lax']);
    assert.equal((await client.get('/page/')).status, 200);
  });

  test('does not take the scheme from the client', async () => {
    const headers = { ...json, 'X-Forwarded-Proto': 'http', 'SESSIOND-SCHEME': 'http' };
    const body = JSON.stringify({ user: 'alice', password });
    const answer = await stack.client().request('POST', '/login', { headers, body });
    assert.match(answer.setCookies.join(), /; Secure/);
  });
});
