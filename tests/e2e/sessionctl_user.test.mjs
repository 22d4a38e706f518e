// sessionctl user: who may log in is decided from outside, and the login follows at once, whether or not the daemon ran
// meanwhile.

import assert from 'node:assert/strict';
import fs from 'node:fs';
import net from 'node:net';
import path from 'node:path';
import { after, before, describe, test } from 'node:test';

import { password } from '../support/sessiond.mjs';
import { startStack } from '../support/stack.mjs';
import { waitFor } from '../support/waiting.mjs';
import { sessionctl } from './support/sessionctl.mjs';

/** Of "usual", cheap. */
const usual = '$2b$04$y2/FkCtRRuIxyanUHAJCk.T0a7tySCeEHgUylcVohvT29tcH.cE1e';

describe('sessionctl user', () => {
  let stack;
  let ctl;
  before(async () => {
    stack = await startStack({
      config: (config) => Object.assign(config.login, { authenticators: ['htpasswd', 'redis'], redis_usual_hash: usual }),
    });
    ctl = sessionctl(stack.sessiond.file);
  });
  after(() => stack?.stop());

  const htpasswd = () => path.join(stack.folder, 'htpasswd');
  const stored = (name) => stack.redis.command('HGETALL', `sessiond:user:${name}`);
  const isIn = async (client) => (await client.get('/api/')).status === 200;
  async function tryToLogIn(user, secret) {
    const client = stack.client();
    await stack.logIn(client, { user, secret });
    return client;
  }
  /** Until the user's index has it as well, which is a moment later. */
  async function logIn(user, secret) {
    const client = await tryToLogIn(user, secret);
    await waitFor('it is in the index', async () => (await ctl('user show', [user])).sessions > 0);
    return client;
  }
  const mayLogIn = async (user, secret) => isIn(await tryToLogIn(user, secret));

  /**
   * For a configuration of its own whose Redis is cut off once `isLast(sent)` of all that was sent over a connection:
   * what was sent last arrives, and no answer comes back, or (`isGone`) it does not, and nobody can connect any more.
   */
  async function cutOff(t, isLast, { isGone = false } = {}) {
    const socket = path.join(stack.folder, 'cut-off.sock');
    const connections = new Set();
    const server = net.createServer((client) => {
      const redis = net.connect(stack.redis.socket);
      let sent = '';
      let isCut = false;
      connections.add(client.on('error', () => {}).on('close', () => redis.destroy()));
      redis.on('error', () => {}).on('close', () => client.destroy());
      client.on('data', (bytes) => {
        sent += bytes.toString('latin1');
        isCut ||= isLast(sent);
        if (!isCut || !isGone) return redis.write(bytes);
        server.close();
        for (const one of connections) one.destroy();
      });
      redis.on('data', (bytes) => isCut || client.write(bytes));
    });
    await new Promise((resolve) => server.listen(socket, resolve));
    t.after(() => server.close());
    const file = path.join(stack.folder, 'cut-off.yaml');
    const { config } = stack.sessiond;
    fs.writeFileSync(file, JSON.stringify({ ...config, redis: { ...config.redis, url: `unix://${socket}` } }));
    return sessionctl(file);
  }

  test('who is added can log in, with name, id and roles, and with that password only', async () => {
    const secret = 'pässwörd with spaces ';
    const args = ['ada', '--id', '42', '--name', 'Ada', '--email', 'ada@example.org', '--role', 'admin', '--role', 'staff'];
    assert.equal((await ctl('user add', [...args, '--stdin'], `${secret}\n`)).name, 'ada');
    const client = await logIn('ada', secret);
    assert.equal((await client.get('/api/admin/')).status, 200);
    assert.equal(await mayLogIn('ada', 'other'), false);
    const { user } = await ctl('user show', ['ada']);
    assert.deepEqual(user.user, { id: '42', name: 'Ada', email: 'ada@example.org', roles: ['admin', 'staff'] });
    assert.equal(user.hash, '$2b$04$');
    assert.ok(!JSON.stringify(await ctl('user list')).includes((await stored('ada'))[1]), 'no hash is shown');
  });

  test('nobody is added twice, and no name that the login would not take', async () => {
    const before = await stored('ada');
    const twice = await ctl('user add', ['ada', '--stdin'], 'x\n');
    assert.equal(twice.status, 73);
    assert.deepEqual(await stored('ada'), before);
    for (const name of ['a\nb', 'x'.repeat(257), ' ']) {
      assert.equal((await ctl('user add', [name, '--stdin'], 'x\n')).status, 65, JSON.stringify(name));
    }
    for (const member of [['--id', ' 7'], ['--name', 'Eve '], ['--role', 'staff ']]) {
      const refused = await ctl('user add', ['eve', ...member, '--stdin'], 'x\n');
      assert.equal(refused.status, 65);
      assert.match(refused.error, new RegExp(`^${member[0]} must be .* without white space around it`));
    }
    // One that the login reads in another form is stored in that.
    assert.equal((await ctl('user add', [' cafe\u0301 ', '--stdin'], 'x\n')).name, 'caf\u00e9');
    assert.equal(await mayLogIn('cafe\u0301', 'x'), true);
  });

  test('a password that no login would take is refused, and says why', async () => {
    for (const [input, words] of [['', /empty/], ['\n', /empty/], ['x'.repeat(600), /at most 511/], ['a\nb\n', /one line/], ['x'.repeat(73), /first 72 bytes/]]) {
      const refused = await ctl('user add', ['nobody', '--stdin'], input);
      assert.equal(refused.status, 65);
      assert.match(refused.error, words);
    }
    const no_terminal = await ctl('user add', ['nobody']);
    assert.match(no_terminal.error, /terminal|no password/);
    assert.deepEqual(await stored('nobody'), []);
  });

  test('another password ends the sessions, and the old one is of no use', async () => {
    await ctl('user add', ['ben', '--stdin'], 'old\n');
    const client = await logIn('ben', 'old');
    assert.ok(await isIn(client));
    assert.equal((await ctl('user passwd', ['ben', '--stdin'], 'new\n')).ended, 1);
    await waitFor('the session is refused', async () => !(await isIn(client)));
    assert.equal(await mayLogIn('ben', 'old'), false);
    assert.equal(await mayLogIn('ben', 'new'), true);
  });

  test('who is disabled is out and stays out until enabled again', async () => {
    await ctl('user add', ['cleo', '--stdin'], 'x\n');
    const client = await logIn('cleo', 'x');
    assert.ok(await isIn(client));
    assert.equal((await ctl('user disable', ['cleo'])).ended, 1);
    await waitFor('the session is refused', async () => !(await isIn(client)));
    assert.equal(await mayLogIn('cleo', 'x'), false);
    assert.equal((await ctl('user show', ['cleo'])).user.state, 'disabled');
    await ctl('user enable', ['cleo']);
    assert.equal((await ctl('user show', ['cleo'])).user.state, 'active');
    assert.equal(await mayLogIn('cleo', 'x'), true);
  });

  test('nobody is removed unasked; who is removed is out', async () => {
    await ctl('user add', ['dan', '--stdin'], 'x\n');
    const client = await logIn('dan', 'x');
    assert.equal((await ctl('user del', ['dan'])).status, 64);
    assert.ok(await isIn(client));
    assert.equal((await ctl('user del', ['dan', '--yes'])).ended, 1);
    await waitFor('the session is refused', async () => !(await isIn(client)));
    assert.equal(await mayLogIn('dan', 'x'), false);
    assert.equal((await ctl('user del', ['dan', '--yes'])).status, 67);
  });

  test('a removal of which no answer came says how to end the sessions, should it have been carried out', async (t) => {
    await ctl('user add', ['lea', '--id', '77', '--stdin'], 'x\n');
    const lost = await cutOff(t, (sent) => /\r\nDEL\r\n/.test(sent));
    const removed = await lost('user del', ['lea', '--yes']);
    assert.equal(removed.status, 75, removed.error);
    const advice = 'if there is no user lea when it is run again, the user was removed all the same, and the sessions go on; to end them: sessionctl session revoke --user 77';
    assert.deepEqual(removed.problems, [advice]);
    assert.equal((await ctl('user del', ['lea', '--yes'])).status, 67, 'it was');
  });

  test('those of the password file are listed, and changed elsewhere', async () => {
    const { users } = await ctl('user list');
    const alice = users.find(({ name }) => name === 'alice');
    assert.equal(alice.from, 'htpasswd');
    for (const command of ['passwd', 'disable', 'enable', 'del']) {
      const refused = await ctl(`user ${command}`, ['alice'], 'x\n');
      assert.equal(refused.status, 67);
      assert.match(refused.error, /htpasswd -B .*htpasswd alice/);
    }
  });

  test('what is changed in Redis and not what the login goes by is said', async () => {
    const before = fs.readFileSync(htpasswd(), 'utf8');
    const [, hash] = before.split(':');
    const added = await ctl('user add', ['kim', '--stdin'], 'x\n');
    assert.equal(added.in_force, true);
    const client = await logIn('kim', 'x');
    fs.writeFileSync(htpasswd(), `${before}kim:${hash}\n`);
    const shown = (await ctl('user list')).users.filter(({ name }) => name === 'kim');
    assert.deepEqual(shown.map(({ from, decides }) => [from, decides]), [['redis', false], ['htpasswd', true]]);
    assert.equal(await mayLogIn('kim', 'x'), false, 'the file comes first');
    assert.equal(await mayLogIn('kim', password), true);
    for (const [command, more] of [['disable', []], ['del', ['--yes']]]) {
      const done = await ctl(`user ${command}`, ['kim', ...more]);
      assert.equal(done.status, 78, command);
      assert.match(done.error, /in Redis, but the line of that name in .*htpasswd lets the user in; .*htpasswd -D .*htpasswd kim$/);
      assert.equal(await mayLogIn('kim', password), true, 'as was said');
    }
    await waitFor('the session of the entry in Redis has ended', async () => !(await isIn(client)));
    const again = await ctl('user add', ['kim', '--stdin'], 'y\n');
    assert.deepEqual([again.in_force, again.status], [false, 0]);
    assert.match(again.stderr, /the login goes by the line of kim in /);
    fs.writeFileSync(htpasswd(), `${before}kim:!${hash}\n`);
    assert.equal((await ctl('user disable', ['kim'])).status, 0, 'a locked line lets nobody in');
    assert.equal(await mayLogIn('kim', password), false);
    fs.writeFileSync(htpasswd(), before);
    assert.equal(await mayLogIn('kim', 'y'), false);
    await ctl('user enable', ['kim']);
    assert.equal(await mayLogIn('kim', 'y'), true);
  });

  test('an import is all or nothing, and can be repeated', async () => {
    const file = path.join(stack.folder, 'import');
    const write = (lines) => fs.writeFileSync(file, lines.join('\n'));
    write([`eva:${usual}:id=7;roles=admin,staff`, 'fay:plain', `gil:${usual}:rules=x`, `eva:${usual}`]);
    const bad = await ctl('user import', [file]);
    assert.equal(bad.status, 65);
    assert.deepEqual(bad.problems.map((line) => line.match(/import:(\d+): /)[1]), ['2', '3', '4']);
    assert.deepEqual(await stored('eva'), []);
    write([`eva:${usual}:id=7;roles=admin,staff`, `fay:!${usual}`, `ada:${usual}`]);
    const taken = await ctl('user import', [file]);
    assert.equal(taken.status, 73);
    assert.match(taken.problems[0], /"ada"/);
    assert.deepEqual(await stored('eva'), []);
    const many = Array.from({ length: 200 }, (_, i) => `user${i}:${usual}`);
    write([`eva:${usual}:id=7;roles=admin,staff`, `fay:!${usual}`, ...many]);
    assert.equal((await ctl('user import', [file])).added, 202);
    const again = await ctl('user import', [file]);
    assert.deepEqual([again.added, again.unchanged], [0, 202]);
    assert.deepEqual((await ctl('user show', ['eva'])).user.user.roles, ['admin', 'staff']);
    assert.equal((await ctl('user show', ['fay'])).user.state, 'disabled');
    assert.equal((await ctl('user import', [path.join(stack.folder, 'nowhere')])).status, 66);
  });

  test('an import that Redis fails halfway has an audit line for whoever was added, and so has the rest of it', async (t) => {
    const inOneGo = 64;
    const second = (sent) => (sent.match(/\r\nadd\r\n/g) ?? []).length > inOneGo;
    const audited = ({ stderr }) => (stderr.match(/ audit user .*import/g) ?? []).length;
    const file = path.join(stack.folder, 'halfway');
    const cases = {
      gone: { cut: { isGone: true }, added: inOneGo, says: /: 64 of 200 users were added, and it is not known whether more were; run it again/ },
      unanswered: { cut: {}, added: 2 * inOneGo, says: /: 128 of 200 users were added; run it again/ },
    };
    for (const [name, { cut, added, says }] of Object.entries(cases)) {
      fs.writeFileSync(file, Array.from({ length: 200 }, (_, i) => `${name}${i}:${usual}\n`).join(''));
      const failed = await (await cutOff(t, second, cut))('user import', [file]);
      assert.equal(failed.status, 75, failed.error);
      assert.match(failed.error, says);
      assert.equal(audited(failed), added, name);
      const again = await ctl('user import', [file]);
      assert.deepEqual([again.added, again.unchanged, audited(again)], [200 - added, added, 200 - added]);
    }
  });

  test('a damaged entry is shown as such, and mended by another password', async () => {
    await stack.redis.command('HSET', 'sessiond:user:hal', 'password', 'plain', 'id', '9');
    const { user } = await ctl('user show', ['hal']);
    assert.equal(user.state, 'damaged');
    assert.match(user.problem, /hash form is not known/);
    await ctl('user passwd', ['hal', '--stdin'], 'x\n');
    assert.equal(await mayLogIn('hal', 'x'), true);
  });

  test('with the daemon down it does the same', async () => {
    await stack.sessiond.stop();
    await ctl('user add', ['ida', '--stdin'], 'x\n');
    await ctl('user disable', ['ada']);
    await stack.sessiond.start();
    assert.equal(await mayLogIn('ida', 'x'), true);
    assert.equal(await mayLogIn('ada', 'pässwörd with spaces '), false);
  });
});
