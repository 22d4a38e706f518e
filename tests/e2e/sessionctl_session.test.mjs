// sessionctl session: who is logged in is seen and logged out from outside, whether or not the daemon runs.

import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';

import { startStack } from '../support/stack.mjs';
import { waitFor } from '../support/waiting.mjs';
import { sessionctl } from './support/sessionctl.mjs';

describe('sessionctl session', () => {
  let stack;
  let ctl;
  before(async () => {
    stack = await startStack();
    ctl = sessionctl(stack.sessiond.file);
  });
  after(() => stack?.stop());

  const check = async (cookie) => (await stack.client().get('/api/', { headers: { cookie } })).status;
  const handles = (said) => said.sessions.map(({ handle }) => handle);

  test('a login is listed with all that is known of it, and its cookie is not', async () => {
    const client = stack.client();
    await stack.logIn(client);
    const [session] = await waitFor('it is in the index', async () => {
      const { sessions } = await ctl('session list', ['--user', '7']);
      return sessions.length === 1 && sessions;
    });
    assert.equal(session.user, '7');
    assert.equal(session.address, '127.0.0.0/24');
    assert.ok(Date.now() - Date.parse(session.created) < 60000);
    assert.ok(session.ends_in_seconds > 3000 && session.ends_in_seconds <= 3600);
    const { session: shown } = await ctl('session show', [session.handle]);
    assert.equal(shown.handle, session.handle);
    const keys = (await stack.redis.command('KEYS', 'sess:*')).map((key) => key.slice('sess:'.length));
    for (const args of [['session', 'list'], ['session', 'show', session.handle], ['--json', 'session', 'list']]) {
      const { stdout, status } = await ctl.text(args);
      assert.equal(status, 0);
      assert.match(stdout, new RegExp(session.handle));
      for (const key of keys) assert.ok(!stdout.includes(key), 'no session id');
    }
    assert.equal((await ctl('session revoke', ['--user', '7', '--yes'])).ended, 1);
  });

  test('one that is revoked by its handle is refused by the running daemon, and stays so when it is written back', async () => {
    const cookie = await stack.session('by-handle', { id: 'ada', name: 'Ada' });
    const other = await stack.session('other', { id: 'ada', name: 'Ada' });
    assert.equal(await check(cookie), 200);
    assert.equal(await check(other), 200);
    await waitFor('both are listed', async () => (await ctl('session list', ['--user', 'ada'])).sessions.length === 2);
    const value = await stack.redis.command('GET', 'sess:by-handle');
    const before = handles(await ctl('session list', ['--user', 'ada']));
    const revoked = [];
    for (const handle of before) {
      const { ended, final } = await ctl('session revoke', [handle, '--yes']);
      assert.deepEqual({ ended, final }, { ended: 1, final: true });
      revoked.push(handle);
      assert.deepEqual(handles(await ctl('session list', ['--user', 'ada'])), before.filter((each) => !revoked.includes(each)));
    }
    await waitFor('both are refused', async () => (await check(cookie)) === 401 && (await check(other)) === 401);
    await stack.redis.command('SET', 'sess:by-handle', value);
    assert.equal(await check(cookie), 401);
    assert.deepEqual(await stack.redis.command('ZRANGE', 'sessiond:sessions:{ada}', '0', '-1'), []);
  });

  test('what no check has seen is found with --scan only, and all of a user end together', async () => {
    const seen = await stack.session('seen', { id: 'bob' });
    const unseen = await stack.session('unseen', { id: 'bob' });
    const stranger = await stack.session('stranger', { id: 'eve' });
    assert.equal(await check(seen), 200);
    await waitFor('the one is listed', async () => (await ctl('session list', ['--user', 'bob'])).sessions.length === 1);
    assert.equal((await ctl('session list', ['--user', 'bob', '--scan'])).sessions.length, 2);
    assert.deepEqual((await ctl('session list')).sessions.map(({ user }) => user), ['bob', 'bob', 'eve']);
    assert.equal((await ctl('session revoke', ['--user', 'bob', '--scan', '--yes'])).ended, 2);
    await waitFor('both are refused', async () => (await check(seen)) === 401 && (await check(unseen)) === 401);
    assert.equal(await check(stranger), 200);
  });

  test('nobody is asked where nobody can answer, and nothing ends', async () => {
    const cookie = await stack.session('unasked', { id: 'carol' });
    assert.equal(await check(cookie), 200);
    await waitFor('it is listed', async () => (await ctl('session list', ['--user', 'carol'])).sessions.length === 1);
    const refused = await ctl('session revoke', ['--user', 'carol']);
    assert.equal(refused.status, 64);
    assert.match(refused.error, /nothing was ended; --yes ends 1 session of user carol/);
    assert.equal(await check(cookie), 200);
  });

  test('of handles all are good or none ends', async () => {
    const cookie = await stack.session('kept', { id: 'dora' });
    assert.equal(await check(cookie), 200);
    await waitFor('it is listed', async () => (await ctl('session list', ['--user', 'dora'])).sessions.length === 1);
    const [handle] = handles(await ctl('session list', ['--user', 'dora']));
    const wrong = await ctl('session revoke', [handle, 'aaaaaaaaaaaaaaaa', '--yes']);
    assert.equal(wrong.status, 66);
    assert.match(wrong.error, /no session has the handle aaaaaaaaaaaaaaaa: it has ended, or the handle is mistyped/);
    for (const command of ['session show', 'session revoke']) {
      const none = await ctl(command, [cookie]);
      assert.equal(none.status, 65);
      assert.equal(none.error, 'what was given is no handle, which is 16 digits, of 0 to 9 and a to f; `sessionctl session list` shows those there are');
    }
    assert.match((await ctl('session revoke', [cookie, '--all', '--yes'])).error, /write `sessionctl session revoke HANDLE`, or --all without those$/);
    const foreign = await ctl('session revoke', [handle, '--user', 'eve', '--yes']);
    assert.equal(foreign.status, 66);
    assert.equal(await check(cookie), 200);
    assert.equal((await ctl('session revoke')).status, 64);
    assert.equal((await ctl('session revoke', [handle, handle, '--yes'])).ended, 1, 'and one that is named twice is one');
  });

  test('everybody is not logged out where some are named as well, and what was left empty is not everybody', async () => {
    const cookie = await stack.session('among-others', { id: 'gina' });
    assert.equal(await check(cookie), 200);
    await waitFor('it is listed', async () => (await ctl('session list', ['--user', 'gina'])).sessions.length === 1);
    const [handle] = handles(await ctl('session list', ['--user', 'gina']));
    for (const [named, instead] of [
      [['--user', 'ada'], '`sessionctl session revoke --user ada`, or --all without those'],
      [['--user', 'ada', '--scan'], '`sessionctl session revoke --user ada --scan`, or --all without those'],
      [[handle, '--user', 'gina'], `\`sessionctl session revoke ${handle} --user gina\`, or --all without those`],
      [[handle], `\`sessionctl session revoke ${handle}\`, or --all without those`],
      [['--scan'], '--all without those'],
    ]) {
      const refused = await ctl('session revoke', [...named, '--all', '--yes']);
      assert.equal(refused.status, 64, named.join(' '));
      assert.equal(refused.error, `nobody was logged out: --all is everybody, and goes with no handle, --user or --scan; write ${instead}`);
    }
    for (const args of [
      ['session', 'list', '--user', ''],
      ['session', 'show', handle, '--user', ''],
      ['session', 'revoke', handle, '--user', '', '--yes'],
      ['session', 'revoke', '--all', '--user', '', '--yes'],
      ['session', 'revoke', '--all', '--from', '', '--yes'],
    ]) {
      const refused = await ctl.text(args);
      assert.equal(refused.status, 64, args.join(' '));
      assert.match(refused.stderr, /^--(user|from): must not be empty\n/, args.join(' '));
    }
    assert.equal(await check(cookie), 200);
    const nobodys = await ctl('session list', ['--user', 'gina', '--anonymous']);
    assert.deepEqual([nobodys.status, nobodys.error], [64, "--anonymous goes without --user: a session of nobody is no user's"]);
  });

  test('a handle from before a new secret still means the session', async () => {
    const cookie = await stack.session('rotated', { id: 'hugo' });
    assert.equal(await check(cookie), 200);
    const listed = async () => handles(await ctl('session list', ['--user', 'hugo']));
    const [before] = await waitFor('it is listed', async () => {
      const found = await listed();
      return found.length === 1 && found;
    });
    const { sessiond } = stack;
    const secrets = sessiond.config.session.secret_files;
    sessiond.config.session.secret_files = [sessiond.addSecret(), ...secrets];
    sessiond.writeConfig();
    const [now] = await listed();
    assert.notEqual(now, before);
    for (const args of [[before], [now], [before, '--user', 'hugo']])
      assert.equal((await ctl('session show', args)).session.handle, now, args.join(' '));
    assert.equal((await ctl('session revoke', [before, now, '--yes'])).ended, 1, 'two handles of one are one');
    sessiond.config.session.secret_files = secrets;
    sessiond.writeConfig();
    await waitFor('it is refused', async () => (await check(cookie)) === 401);
  });

  test('sessions of nobody are listed when they are asked for; names cannot move the cursor', async () => {
    await stack.session('nobodys', undefined);
    await stack.session('evil', { id: 'x\u001b[2Jy' });
    const users = async (args) => (await ctl('session list', args)).sessions.map(({ user }) => user);
    assert.ok(!(await users([])).includes(null));
    assert.ok((await users(['--anonymous'])).includes(null));
    const { stdout } = await ctl.text(['session', 'list']);
    assert.ok(!stdout.includes('\u001b'));
    assert.match(stdout, /x\\x1b\[2Jy/);
  });

  test('with the daemon down it does the same, and the daemon refuses as soon as it is there', async () => {
    const cookie = await stack.session('while-down', { id: 'fred' });
    assert.equal(await check(cookie), 200);
    await waitFor('it is listed', async () => (await ctl('session list', ['--user', 'fred'])).sessions.length === 1);
    const { sessiond } = stack;
    await sessiond.stop();
    const { control_socket: control } = sessiond.config.sessiond;
    // As where the unit makes the folder, and takes it away.
    sessiond.config.sessiond.control_socket = '/nonexistent/control.sock';
    sessiond.writeConfig();
    assert.equal((await ctl('check')).status, 78);
    assert.equal((await ctl('session list', ['--user', 'fred'])).sessions.length, 1);
    assert.equal((await ctl('session revoke', ['--user', 'fred', '--yes'])).ended, 1);
    sessiond.config.sessiond.control_socket = control;
    sessiond.writeConfig();
    await stack.sessiond.start();
    assert.equal(await check(cookie), 401);
  });

  test('without Redis it says so, and claims nothing', async () => {
    await stack.redis.stop();
    for (const [command, args] of [['session list', []], ['session revoke', ['--user', 'eve', '--yes']]]) {
      const failed = await ctl(command, args);
      assert.equal(failed.status, 69);
      assert.match(failed.error, /redis/i);
    }
    await stack.redis.start();
  });
});
