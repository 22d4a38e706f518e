// Identity headers behind nginx: a value reaches the application exactly as it stands in the session, or the request
// does not reach it at all.

import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { after, before, describe, test } from 'node:test';

import { startStack } from '../support/stack.mjs';
import { seenAs } from '../support/upstream.mjs';
import { waitFor } from '../support/waiting.mjs';

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

describe('a refusal', () => {
  let stack;
  before(async () => {
    stack = await startStack({
      server: 'access_log reasons.log sessiond;',
      config: (config) => (config.log = { ...config.log, refusals: true }),
    });
  });
  after(() => stack?.stop());

  test('is explained in the access log and in the log', async () => {
    const cookie = await stack.session('explained', { id: '7', roles: ['staff'] });
    const client = stack.client();
    assert.equal((await client.get('/page/fine', { headers: { Cookie: cookie } })).status, 200);
    assert.equal((await client.get('/admin/no', { headers: { Cookie: cookie } })).status, 403);
    assert.equal((await client.get('/api/nobody')).status, 401);
    const file = path.join(stack.folder, 'reasons.log');
    const lines = await waitFor('the access log is written', () => {
      const text = fs.readFileSync(file, 'utf8');
      return text.includes('/api/nobody') && text;
    });
    assert.match(lines, /"GET \/page\/fine [^\n]* check="valid" request="[0-9a-f]{32}"\n/);
    assert.match(lines, /"GET \/admin\/no [^\n]* 403 [^\n]* check="forbidden" request="[0-9a-f]{32}"\n/);
    assert.match(lines, /"GET \/api\/nobody [^\n]* 401 [^\n]* check="missing" request="[0-9a-f]{32}"\n/);
    const log = await waitFor('the log is written', () => {
      const text = stack.sessiond.logText();
      return text.includes('status=missing') && text;
    });
    assert.match(log, /auth: refused status=forbidden policy=admin location_policy=admin session=\S{8,}/);
    assert.match(log, /auth: refused status=missing policy=default location_policy=\S+ session=""/);
    assert.ok(!log.includes('explained'), 'the session is named by its hash only');
  });
});
