// The audit log, through nginx and with a real Redis: every event there is, each line by the published schema, and the
// request that brought it about found in nginx's own log. What else is in the log keeps a schema, too.

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { after, before, describe, test } from 'node:test';

import { password } from '../support/sessiond.mjs';
import { startStack } from '../support/stack.mjs';
import { waitFor } from '../support/waiting.mjs';
import { run } from './support/sessionctl.mjs';

// Prints what is wrong with each line of standard input.
const validator = `
import json, sys
from jsonschema import Draft202012Validator
schema = json.load(open(f'conf/{sys.argv[1]}.schema.json'))
Draft202012Validator.check_schema(schema)
checks = Draft202012Validator(schema)
for line in sys.stdin:
    for error in checks.iter_errors(json.loads(line)):
        print(line.strip(), error.message)
`;

function faultsOf(lines, schema = 'audit') {
  const input = lines.map((line) => `${JSON.stringify(line)}\n`).join('');
  const result = spawnSync('python3', ['-c', validator, schema], { input, encoding: 'utf8', timeout: 60000 });
  assert.equal(result.status, 0, result.stderr);
  return result.stdout;
}

describe('the audit log', () => {
  let stack;
  before(async () => {
    const config = (settings) => (settings.log = { level: 'debug', format: 'json' });
    stack = await startStack({ config, server: 'access_log requests.log sessiond;' });
  });
  after(() => stack?.stop());

  const logged = () =>
    stack.sessiond
      .logText()
      .split('\n')
      .slice(0, -1) // what follows the last newline is not all there yet
      .map((line) => JSON.parse(line));
  const audited = () => logged().filter((line) => 'audit' in line);

  test('has every event, each as the schema says', async () => {
    const browser = stack.client();
    for (let i = 0; i < 6; i++) assert.ok([401, 429].includes((await stack.logIn(stack.client(), { user: 'nobody', secret: 'wrong' })).status));
    assert.equal((await browser.postForm('/login', { user: 'alice', password }, { headers: { 'Sec-Fetch-Site': 'cross-site' } })).status, 403);
    assert.equal((await stack.logIn(browser)).status, 303);
    assert.equal((await stack.logIn(browser, { page: '/login?switch=1' })).status, 303);
    const sid = decodeURIComponent(browser.cookies.get('connect.sid')).replace(/^s:(.*)\..*$/, '$1');
    const copy = await stack.redis.command('GET', `sess:${sid}`);
    const cookie = browser.cookieHeader();
    assert.equal((await browser.request('POST', '/logout')).status, 204);
    await stack.redis.command('SET', `sess:${sid}`, copy, 'EX', 600);
    assert.equal((await browser.get('/api/', { headers: { Cookie: cookie } })).status, 401);
    const lines = await waitFor('all events are there', () => {
      const found = audited();
      return new Set(found.map((line) => line.audit)).size === 5 && found;
    });
    assert.equal(faultsOf(lines), '');
    assert.deepEqual([...new Set(lines.map((line) => line.audit))].sort(), ['login', 'login_refused', 'logout', 'resurrected', 'revoke']);
    assert.ok(lines.some((line) => line.reason === 'throttled' && line.limit === 'stranger'));
    // A schema that everything keeps would say nothing.
    assert.notEqual(faultsOf([{ ...lines[0], more: 1 }]), '');
    assert.notEqual(faultsOf([{ ...lines[0], user: 'alice' }]), '');
  });

  test('names the request as nginx does', async () => {
    const requests = await waitFor('the access log is written', () => {
      const text = fs.readFileSync(path.join(stack.folder, 'requests.log'), 'utf8');
      return /"GET \/api\/ /.test(text) && text;
    });
    const addresses = { login: /"POST \/login/, login_refused: /"POST \/login/, logout: /"POST \/logout/, revoke: /"POST \/log(in|out)/ };
    for (const line of audited()) {
      if (line.audit === 'resurrected') continue;
      assert.match(line.request_id, /^[0-9a-f]{32}$/);
      const request = requests.split('\n').filter((entry) => entry.endsWith(`request="${line.request_id}"`));
      assert.equal(request.length, 1, JSON.stringify(line));
      assert.match(request[0], addresses[line.audit]);
    }
  });

  test('is a part of the log, of which each line is as its schema says', () => {
    const lines = logged();
    assert.ok(lines.some(({ message }) => message));
    assert.equal(faultsOf(lines, 'log'), '');
    for (const wrong of [{ level: 'loud' }, { message: '', audit: undefined }, { more: [] }]) assert.notEqual(faultsOf([{ ...lines[0], ...wrong }], 'log'), '');
  });

  test('says so often that a session has ended, however often its cookie logs out', async () => {
    const browser = stack.client();
    assert.equal((await stack.logIn(browser)).status, 303);
    const cookie = browser.cookieHeader();
    const endings = () => audited().filter(({ audit }) => ['logout', 'revoke'].includes(audit)).length;
    const before = endings();
    for (let i = 0; i < 200; i++) {
      assert.equal((await stack.client().request('POST', '/logout', { headers: { Cookie: cookie } })).status, 204);
    }
    await stack.logIn(stack.client()); // written behind them
    await waitFor('the log has been written', () => audited().at(-1).audit === 'login');
    // What had ended before was perhaps ended by a try whose answer came too late: some of those are said, too.
    const said = endings() - before;
    assert.ok(said > 2 && said < 200, `${said}`);
  });

  test('has what administrators do as well, which sessionctl writes where the daemon would', async () => {
    const log = path.join(stack.folder, 'sessiond.log');
    const file = path.join(stack.folder, 'logs-to-a-file.yaml');
    fs.writeFileSync(log, '');
    const config = JSON.parse(fs.readFileSync(stack.sessiond.file, 'utf8'));
    fs.writeFileSync(file, JSON.stringify({ ...config, log: { ...config.log, level: 'off', file: log } }));
    for (const [words, input] of [
      [['user', 'add', 'carol', '--stdin'], 'a password\n'],
      [['user', 'passwd', 'carol', '--stdin'], 'another one\n'],
      [['user', 'disable', 'carol']],
      [['user', 'enable', 'carol']],
      [['user', 'del', 'carol', '--yes']],
      [['throttle', 'clear', '--user', 'nobody']],
      [['session', 'revoke', '--all', '--yes']],
    ]) {
      const done = await run(['-c', file, ...words], input);
      assert.equal(done.status, 0, done.stderr);
    }
    const lines = fs.readFileSync(log, 'utf8').split('\n').filter(Boolean).map((line) => JSON.parse(line));
    assert.deepEqual(
      lines.map(({ audit, change, epoch, tombstones }) => [audit, change ?? epoch ?? tombstones]),
      [
        ...['add', 'passwd', 'disable', 'enable', 'del'].map((change) => ['user', change]),
        ['throttle_cleared', undefined],
        ['revoke_logins', 1],
        ['revoke_swept', 'yes'],
      ],
    );
    assert.equal(faultsOf(lines), '');
  });
});
