// sessionctl throttle: who has to wait for another try is seen and helped from outside.

import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { after, before, describe, test } from 'node:test';

import { password } from '../support/sessiond.mjs';
import { startStack } from '../support/stack.mjs';
import { waitFor } from '../support/waiting.mjs';
import { run, sessionctl } from './support/sessionctl.mjs';

const server = 'set_real_ip_from 127.0.0.1; real_ip_header X-Test-Address;';

describe('sessionctl throttle', () => {
  let stack;
  let ctl;
  before(async () => {
    stack = await startStack({ server });
    ctl = sessionctl(stack.sessiond.file);
  });
  after(() => stack?.stop());

  async function tryPassword(address, { user = 'alice', secret = 'wrong' } = {}) {
    const headers = { 'Content-Type': 'application/json', 'X-Test-Address': address };
    const body = JSON.stringify({ user, password: secret });
    return (await stack.client().request('POST', '/login', { headers, body })).status;
  }
  const rows = (said) => said.counters.map(({ counts, windows }) => [counts, windows[0].tries, windows[0].allowed]);

  test('a user who has to wait is seen, by any spelling of the name, and let in again', async () => {
    assert.equal(await tryPassword('192.0.2.1', { secret: password }), 200); // a known place from now on
    for (let i = 0; i < 6; i++) await tryPassword(`203.0.${i}.1`);
    await tryPassword('192.0.2.9');
    const listed = await ctl('throttle list', ['--user', ' alice ']);
    assert.deepEqual(rows(listed), [['known_place', 1, 10], ['stranger', 5, 100]]);
    const [known, stranger] = listed.counters;
    assert.equal(known.wait_seconds, 0);
    assert.ok(stranger.wait_seconds > 0 && stranger.wait_seconds <= 30);
    assert.deepEqual((await ctl('throttle list', ['--user', 'alice'])).counters.map(({ windows }) => windows[0].tries), [1, 5], 'looking counts nothing');
    assert.equal(await tryPassword('203.0.77.1', { secret: password }), 429);
    assert.equal((await ctl('throttle clear', ['--user', 'alice'])).cleared, 2);
    assert.deepEqual((await ctl('throttle list', ['--user', 'alice'])).counters, []);
    // What the daemon was told a moment ago it believes for two seconds at most.
    await waitFor('a stranger is let in', async () => (await tryPassword('203.0.78.1', { secret: password })) === 200);
    assert.equal((await ctl('throttle clear', ['--user', 'alice'])).cleared, 0);
  });

  test('a network is named by any address of it', async () => {
    for (let i = 0; i < 4; i++) await tryPassword(`198.51.100.${i}`, { user: `nobody${i}` });
    const { counters } = await ctl('throttle list', ['--network', '198.51.100.200']);
    assert.deepEqual(rows({ counters }), [['place', 4, 50]]);
    assert.deepEqual(counters[0].windows.map(({ allowed }) => allowed), [50, 300]);
    assert.equal((await ctl('throttle clear', ['--network', '198.51.100.200'])).cleared, 1);
    assert.equal((await ctl('throttle list', ['--network', '198.51.100.1'])).counters.length, 0);
    assert.equal((await ctl('throttle list', ['--network', 'here'])).status, 65);
  });

  test('all of it is listed without names, and forgotten only when that is said twice', async () => {
    for (let i = 0; i < 3; i++) await tryPassword(`192.0.3.${i}`, { user: 'boss' });
    const { counters } = await ctl('throttle list');
    assert.ok(counters.some(({ counts, windows }) => counts === 'stranger' && windows[0].tries === 3));
    assert.ok(!JSON.stringify(counters).includes('boss'));
    assert.equal((await ctl('throttle clear')).status, 64);
    assert.equal((await ctl('throttle clear', ['--all'])).status, 64);
    assert.equal((await ctl('throttle clear', ['--all', '--user', 'boss', '--yes'])).status, 64);
    for (const named of ['--user', '--network']) {
      const empty = await ctl.text(['throttle', 'clear', '--all', named, '', '--yes']);
      assert.deepEqual([empty.status, empty.stderr.split('\n')[0]], [64, `${named}: must not be empty`]);
    }
    assert.deepEqual((await ctl('throttle list')).counters.length, counters.length);
    assert.equal((await ctl('throttle clear', ['--all', '--yes'])).cleared, counters.length);
    assert.deepEqual((await ctl('throttle list')).counters, []);
  });

  test('what was forgotten before it broke off is in the audit log', async () => {
    assert.equal(await tryPassword('192.0.2.1', { secret: password }), 200);
    for (const address of ['192.0.2.9', '203.2.0.1']) assert.equal(await tryPassword(address), 401);
    const log = path.join(stack.folder, 'halfway.log');
    const file = path.join(stack.folder, 'halfway.yaml');
    const config = JSON.parse(fs.readFileSync(stack.sessiond.file, 'utf8'));
    fs.writeFileSync(file, JSON.stringify({ ...config, log: { ...config.log, format: 'json', file: log } }));
    fs.writeFileSync(log, '');
    // Of the two counters it can delete the first only.
    await stack.redis.command('ACL', 'SETUSER', 'default', '-del', '(+del ~sessiond:try:known:*)');
    const broken = await run(['-c', file, 'throttle', 'clear', '--user', 'alice']);
    await stack.redis.command('ACL', 'SETUSER', 'default', '+@all', 'clearselectors');
    assert.equal(broken.status, 69, broken.stderr);
    const lines = fs.readFileSync(log, 'utf8').split('\n').filter(Boolean).map((line) => JSON.parse(line));
    assert.deepEqual(lines.filter(({ audit }) => audit).map(({ audit, counters }) => [audit, counters]), [['throttle_cleared', 1]]);
    assert.deepEqual(rows(await ctl('throttle list', ['--user', 'alice'])).map(([counts]) => counts), ['stranger']);
    assert.equal((await ctl('throttle clear', ['--user', 'alice'])).cleared, 1);
  });

  test('with the daemon down it does the same', async () => {
    for (let i = 0; i < 6; i++) await tryPassword(`203.1.${i}.1`, { user: 'boss' });
    await stack.sessiond.stop();
    assert.ok((await ctl('throttle list', ['--user', 'boss'])).counters[0].wait_seconds > 0);
    await ctl('throttle clear', ['--user', 'boss']);
    await stack.sessiond.start();
    await waitFor('the login answers', async () => (await tryPassword('203.1.9.1', { user: 'boss', secret: password })) === 200);
  });
});
