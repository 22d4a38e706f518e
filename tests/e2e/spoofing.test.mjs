// Identity headers that a client sends itself never reach an application, in no spelling that an application could
// take for ours.

import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';

import { startStack } from '../support/stack.mjs';
import { seenAs } from '../support/upstream.mjs';

const spoofed = [
  ['X-User-Id', 'spoofed'],
  ['x-user-id', 'spoofed'],
  ['X_User_Id', 'spoofed'],
  ['X-User_Id', 'spoofed'],
  ['X_User-Id', 'spoofed'],
  ['x_user_id', 'spoofed'],
  ['X-User-Roles', 'spoofed'],
  ['X_User_Roles', 'spoofed'],
  ['X-User_Roles', 'spoofed'],
  ['X_User-Roles', 'spoofed'],
  ['X-User-Email', 'spoofed'],
  ['X_User_Email', 'spoofed'],
  ['X-User-Name', 'spoofed'],
  ['X_User_Name', 'spoofed'],
  ['X-Other', 'not ours'],
];

for (const underscores of ['off', 'on']) {
  describe(`with underscores_in_headers ${underscores}`, () => {
    let stack;
    before(async () => (stack = await startStack({ server: `underscores_in_headers ${underscores};` })));
    after(() => stack?.stop());

    const cookieOf = (user) => stack.session(`spoofing-${underscores}-${user.id}`, user);

    test('proxy_pass: sessiond has the only word', async () => {
      const cookie = await cookieOf({ id: 7, name: 'Alice', email: 'a@b', roles: ['staff'] });
      const response = await stack.client().get('/page/', { headers: [['Cookie', cookie], ...spoofed] });
      const seen = response.json();
      assert.deepEqual(seenAs(seen, 'X-User-Id'), ['7']);
      assert.deepEqual(seenAs(seen, 'X-User-Name'), ['Alice']);
      assert.deepEqual(seenAs(seen, 'X-User-Email'), ['a@b']);
      assert.deepEqual(seenAs(seen, 'X-User-Roles'), ['staff']);
      assert.deepEqual(seenAs(seen, 'X-Other'), ['not ours']);
    });

    test('proxy_pass: a value that the session lacks stays away', async () => {
      const cookie = await cookieOf({ id: 8 });
      const response = await stack.client().get('/page/', { headers: [['Cookie', cookie], ...spoofed] });
      assert.deepEqual(seenAs(response.json(), 'X-User-Id'), ['8']);
      for (const name of ['X-User-Name', 'X-User-Email', 'X-User-Roles']) {
        assert.deepEqual(seenAs(response.json(), name), [], name);
      }
    });

    test('a public location removes them all', async () => {
      const response = await stack.client().get('/', { headers: spoofed });
      assert.equal(response.status, 200);
      assert.deepEqual(response.json().headers.filter(([, value]) => value === 'spoofed'), []);
    });

    test('fastcgi_pass: sessiond has the only word', async () => {
      const cookie = await cookieOf({ id: 9, name: 'Grace', roles: ['staff', 'editor'] });
      const response = await stack.client().get('/fastcgi/', { headers: [['Cookie', cookie], ...spoofed] });
      assert.equal(response.status, 200);
      const parameters = response.json().filter(([name]) => name.startsWith('HTTP_X'));
      assert.deepEqual(Object.fromEntries(parameters), {
        HTTP_X_USER_ID: '9',
        HTTP_X_USER_NAME: 'Grace',
        HTTP_X_USER_EMAIL: '',
        HTTP_X_USER_ROLES: 'staff,editor',
        HTTP_X_OTHER: 'not ours',
      });
      assert.equal(parameters.length, 5, 'each parameter once');
    });
  });
}

describe('a client', () => {
  let stack;
  before(async () => (stack = await startStack()));
  after(() => stack?.stop());

  test("cannot name sessiond's own parameters", async () => {
    const staff = await stack.session('parameters', { id: 7, roles: ['staff'] });
    const headers = [
      ['Cookie', staff],
      ['SESSIOND_POLICY', 'optional'],
      ['SESSIOND-POLICY', 'optional'],
      ['SESSIOND-ENDPOINT', 'health'],
    ];
    assert.equal((await stack.client().get('/admin/', { headers })).status, 403);
    assert.equal((await stack.client().get('/admin/?SESSIOND_POLICY=optional', { headers })).status, 403);
  });
});
