// A cookie that the check renews reaches the browser, whatever the application answers.

import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';

import { startStack } from '../support/stack.mjs';

describe('a cookie signed with an older secret', () => {
  let stack;
  before(async () => {
    stack = await startStack({ startSessiond: false });
    const { sessiond } = stack;
    const newer = sessiond.addSecret();
    sessiond.config.session.secret_files = [newer, ...sessiond.config.session.secret_files];
    sessiond.writeConfig();
    await sessiond.start();
  });
  after(() => stack?.stop());

  for (const [what, target] of [
    ['page', '/page/'],
    ['404 of the application', '/page/?status=404'],
    ['500 of the application', '/page/?status=500'],
    ['redirect of the application', '/page/?status=302'],
    ['204 of the application', '/api/?status=204'],
    ['404 of nginx', '/files/none.txt'],
    ['FastCGI application', '/fastcgi/'],
    ['500 of a FastCGI application', '/fastcgi/?status=500'],
  ]) {
    test(`is signed anew with the first one: ${what}`, async () => {
      const old = await stack.session('resigned', { id: 7 });
      const response = await stack.client().get(target, { headers: { Cookie: old } });
      const expected = stack.sessiond.cookie('resigned', stack.sessiond.secrets[1]);
      assert.equal(response.setCookies.length, 1);
      assert.equal(response.setCookies[0].split(';')[0], expected);
      assert.match(response.setCookies[0], /; Path=\/; HttpOnly/);
      const next = await stack.client().get(target, { headers: { Cookie: expected } });
      assert.deepEqual(next.setCookies, []);
    });
  }

  test("stands beside the application's own cookie", async () => {
    const old = await stack.session('resigned', { id: 7 });
    const response = await stack.client().get('/page/?cookie=theme%3Ddark', { headers: { Cookie: old } });
    assert.equal(response.setCookies.length, 2);
    assert.ok(response.setCookies.includes('theme=dark'));
  });
});

describe('a rolling cookie', () => {
  let stack;
  before(async () => {
    stack = await startStack({
      config: (config) => {
        Object.assign(config.cookie, { rolling: true, max_age: '2h', same_site: 'lax' });
        config.session.touch_interval = '0s';
      },
    });
  });
  after(() => stack?.stop());

  for (const target of ['/page/', '/page/?status=404', '/page/?status=500', '/api/?status=500']) {
    test(`reaches the browser: ${target}`, async () => {
      const client = stack.client();
      const answer = await stack.logIn(client);
      assert.equal(answer.status, 303);
      const value = client.cookies.get('connect.sid');
      const response = await client.get(target);
      assert.equal(response.setCookies.length, 1);
      const [pair, ...attributes] = response.setCookies[0].split('; ');
      assert.equal(pair, `connect.sid=${value}`);
      const expires = attributes.find((attribute) => attribute.startsWith('Expires='));
      const left = Date.parse(expires.slice('Expires='.length)) - Date.now();
      assert.ok(left > 7190e3 && left <= 7201e3, `two hours, not ${left} ms`);
      assert.deepEqual(
        attributes.filter((attribute) => attribute !== expires),
        ['Max-Age=7200', 'Path=/', 'HttpOnly', 'SameSite=Lax'],
      );
    });
  }

  test('is not renewed by a location whose requests do not count', async () => {
    const client = stack.client();
    await stack.logIn(client);
    assert.deepEqual((await client.get('/polling/')).setCookies, []);
  });
});
