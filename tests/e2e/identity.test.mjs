// Identity headers behind nginx: a value reaches the application exactly as it stands in the session, or the request
// does not reach it at all.

import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';

import { startStack } from './support/stack.mjs';
import { seenAs } from './support/upstream.mjs';

describe('an identity value', () => {
  let stack;
  let number = 0;
  before(async () => (stack = await startStack()));
  after(() => stack?.stop());

  const get = async (user) => {
    const cookie = await stack.session(`identity-${(number += 1)}`, user);
    return stack.client().get('/api/x', { headers: { Cookie: cookie } });
  };

  for (const [what, user] of [
    ['an id with a space before it', { id: ' root' }],
    ['an id with a space behind it', { id: 'root ' }],
    ['an id with a control character', { id: '\u00011' }],
    ['an id with a line end', { id: '1\r\nX-Evil: 1' }],
    ['an id that is an object', { id: {} }],
    ['an id of 7,000 bytes', { id: 'x'.repeat(7000) }],
    ['a role with a control character', { id: '7', roles: ['\u0001admin'] }],
    ['a role that reads as two', { id: '7', roles: ['user,admin'] }],
    ['roles that are a text with a comma', { id: '7', roles: 'staff,admin' }],
  ]) {
    test(`${what} is refused, never altered`, async () => {
      const response = await get(user);
      assert.equal(response.status, 403);
      assert.deepEqual(response.json(), { error: 'forbidden', reason: 'lost' });
    });
  }

  test('an id that is not there is refused', async () => {
    const response = await get({ name: 'Alice' });
    assert.equal(response.status, 403);
    assert.equal(response.json().reason, 'incomplete');
  });

  test('a name that cannot be sent is left empty, and pushes out neither id nor roles', async () => {
    for (const name of [' Alice', 'x'.repeat(6140)]) {
      const response = await get({ id: '7', name, roles: ['staff', 'editor'] });
      assert.equal(response.status, 200);
      const seen = response.json();
      assert.deepEqual(seenAs(seen, 'X-User-Id'), ['7']);
      assert.deepEqual(seenAs(seen, 'X-User-Roles'), ['staff,editor']);
    }
    assert.deepEqual(seenAs((await get({ id: '7', name: 'Lovelace, Ada' })).json(), 'X-User-Name'), ['Lovelace, Ada']);
  });
});
