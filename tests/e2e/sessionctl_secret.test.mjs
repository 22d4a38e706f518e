// sessionctl secret: the secret changes while everybody stays logged in, and it is seen when the old one can go.

import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import net from 'node:net';
import path from 'node:path';
import { after, before, describe, test } from 'node:test';

import { binary, repository } from '../support/places.mjs';
import { start } from '../support/processes.mjs';
import { startStack } from '../support/stack.mjs';
import { waitFor } from '../support/waiting.mjs';
import { askSessiond, newest, startExpressStack } from './support/express_site.mjs';
import { sessionctl } from './support/sessionctl.mjs';

describe('sessionctl secret', () => {
  let stack;
  let ctl;
  const at = (name) => path.join(stack.folder, name);
  const secretAt = (name) => {
    if (!fs.existsSync(at(name))) fs.writeFileSync(at(name), `${name}, of which nobody knows\n`.padEnd(60, 'x'), { mode: 0o600 });
    return at(name);
  };
  before(async () => {
    stack = await startStack();
    ctl = sessionctl(stack.sessiond.file);
  });
  after(() => stack?.stop());

  const check = (cookie) => stack.client().get('/api/', { headers: { cookie } });

  test('a new secret is random, for its owner alone, and takes nothing away', async () => {
    await ctl('secret new', [at('one')]);
    await ctl('secret new', [at('two')]);
    const [one, two] = ['one', 'two'].map((name) => fs.readFileSync(at(name), 'utf8'));
    assert.match(one, /^[\w-]{43}\n$/);
    assert.notEqual(one, two);
    assert.equal(fs.statSync(at('one')).mode & 0o777, 0o600);
    const again = await ctl('secret new', [at('one')]);
    assert.equal(again.status, 73);
    assert.match(again.error, /one: File exists/);
    assert.equal(fs.readFileSync(at('one'), 'utf8'), one);
    assert.deepEqual(fs.readdirSync(stack.folder).filter((name) => name.endsWith('.new')), []);
  });

  test('after a rotation both verify, the new one signs, and what the old one signed is signed anew and counted', async () => {
    const cookie = await stack.session('rotated', { id: 'ada' });
    assert.equal((await check(cookie)).status, 200);
    const rotated = await ctl('secret rotate', [at('rotated')]);
    assert.deepEqual([rotated.file, rotated.in_force], [at('rotated'), true]);
    const secret = fs.readFileSync(at('rotated'), 'utf8').trim();
    assert.equal((await check(stack.sessiond.cookie('rotated', secret))).status, 200);
    const seenBefore = (await ctl('secret status')).secrets;
    assert.deepEqual(seenBefore.map(({ file, signs }) => [file, signs]), [[at('rotated'), true], [at('secret-1'), false]]);
    assert.equal(seenBefore[1].seen, 0);
    const answer = await check(cookie);
    assert.equal(answer.status, 200);
    const signed = stack.sessiond.cookie('rotated', secret);
    assert.ok([answer.headers['set-cookie']].flat().some((line) => line?.startsWith(`${signed};`)), 'signed anew');
    await waitFor('it is counted', async () => (await ctl('secret status')).secrets[1].seen === 1);
    const client = stack.client();
    await stack.logIn(client);
    assert.equal((await client.get('/api/')).status, 200);
    assert.equal((await ctl('secret status')).secrets[1].seen, 1, 'a login is signed with the new one');
    assert.equal((await ctl('secret status')).unused_cookies_end_after_seconds, 3600);
    const { stdout } = await ctl.text(['secret', 'status']);
    assert.match(stdout, /secret-1 +1 +verifies; 1 cookies of it .* it can go once this stays the same for 60 min .*; device cookies of it, which are good for 365 d, go with it: a browser that has not logged in since it was replaced is a stranger to login\.throttle then/);
  });

  test('of a list that the daemon does not run with no count is said, nor that a secret can go', async () => {
    const before = fs.readFileSync(stack.sessiond.file, 'utf8');
    fs.writeFileSync(stack.sessiond.file, before.replace(`"${at('rotated')}"`, `"${at('one')}", "${at('rotated')}"`));
    const files = [at('one'), at('rotated'), at('secret-1')];
    const other = await ctl('secret status');
    assert.equal(other.in_force, false);
    assert.deepEqual(other.secrets, files.map((file) => ({ file, signs: file === at('rotated'), seen: null })));
    const { stdout } = await ctl.text(['secret', 'status']);
    const rows = stdout.trimEnd().split('\n').map((line) => line.split(/ {2,}/));
    const why = 'the daemon runs with another list than this file has: sessionctl reload';
    assert.deepEqual(rows, [
      [files[0], '-', `does nothing yet; ${why}`],
      [files[1], '-', `signs, and verifies; ${why}`],
      [files[2], '-', `verifies; ${why}`],
    ]);
    assert.equal((await ctl('reload')).status, 0);
    const same = await ctl('secret status');
    assert.equal(same.in_force, true);
    assert.deepEqual(same.secrets, files.map((file, place) => ({ file, signs: place === 0, seen: 0 })));
    const daemon = await ctl('status');
    assert.deepEqual([0, 1, 2].map((place) => daemon[`secret_${place}_file`]), files);
    fs.writeFileSync(stack.sessiond.file, before);
    assert.equal((await ctl('reload')).status, 0);
  });

  test('a secret that the daemon does not take leaves all as it was', async () => {
    const before = fs.readFileSync(stack.sessiond.file, 'utf8');
    fs.writeFileSync(at('short'), 'x', { mode: 0o600 });
    const refused = await ctl.text(['secret', 'rotate', at('short')]);
    assert.equal(refused.status, 78);
    assert.match(refused.stderr, /secret_files/);
    assert.equal(fs.readFileSync(stack.sessiond.file, 'utf8'), before);
    assert.equal((await check(await stack.session('still', { id: 'ada' }))).status, 200);
  });

  test('a list that is not in brackets is left alone, and the line to write is said', async () => {
    const file = at('block.yaml');
    fs.writeFileSync(file, `session:\n  secret_files:\n    - ${at('one')}\n`);
    const block = sessionctl(file);
    const refused = await block('secret rotate', [at('three')]);
    assert.equal(refused.status, 65);
    assert.deepEqual(refused.problems, [`  secret_files: ["${at('three')}", "${at('one')}"]`]);
    const { stderr } = await block.text(['secret', 'rotate', at('three')]);
    assert.ok(stderr.endsWith(`:\n  secret_files: ["${at('three')}", "${at('one')}"]\n`), stderr);
    assert.equal(fs.readFileSync(file, 'utf8'), `session:\n  secret_files:\n    - ${at('one')}\n`);
    const comments = `# secret_files: [old]\nsession:\n  secret_files: [${at('one')}]  # ours\n`;
    fs.writeFileSync(file, `${comments}sessiond: {control_socket: ${at('nobody.sock')}}\n`);
    assert.equal((await block('secret rotate', [at('three')])).in_force, false);
    assert.equal(fs.readFileSync(file, 'utf8').split('\n')[2], `  secret_files: ["${at('three')}", ${at('one')}]  # ours`);
  });

  test('of a file in braces as well, whose text with the list in it would be none', async () => {
    secretAt('session_secret');
    const file = at('braces.yaml');
    const text = `{session: {idle_timeout: 5m}, sessiond: {control_socket: ${at('nobody.sock')}}}\n`;
    fs.writeFileSync(file, text);
    const refused = await sessionctl(file)('secret rotate', [at('one')]);
    assert.equal(refused.status, 65);
    assert.match(refused.problems[0], /^ {2}secret_files: \["\S+one", "credential:session_secret"\]$/);
    assert.equal(fs.readFileSync(file, 'utf8'), text);
  });

  test('one that was killed is run again, and so is one that was done: the secret signs, and none is made', async () => {
    const file = at('again.yaml');
    const write = (list) => fs.writeFileSync(file, `session: {secret_files: [${list}]}\nsessiond: {control_socket: ${at('nobody.sock')}}\n`);
    write(at('one'));
    fs.writeFileSync(`${file}.tried`, 'left behind');
    assert.equal((await sessionctl(file)('secret rotate', [at('two')])).status, 0);
    const once = fs.readFileSync(file, 'utf8');
    const secret = fs.readFileSync(at('two'), 'utf8');
    assert.equal((await sessionctl(file)('secret rotate', [at('two')])).status, 0);
    const { status, stderr } = await sessionctl(file).text(['secret', 'rotate', at('two')]);
    assert.equal(status, 0);
    assert.match(stderr, /^sessionctl: \S+two comes first in session\.secret_files already: no secret was made$/m);
    assert.deepEqual([fs.readFileSync(file, 'utf8'), fs.readFileSync(at('two'), 'utf8')], [once, secret]);
  });

  test('an older one is not put first by itself, and a list that is full takes no more', async () => {
    const file = at('older.yaml');
    const write = (list) => fs.writeFileSync(file, `session: {secret_files: [${list}]}\nsessiond: {control_socket: ${at('nobody.sock')}}\n`);
    for (const name of ['one', 'two', 'session_secret']) secretAt(name);
    write(`${at('two')}, ${at('one')}, "credential:session_secret"`);
    const older = await sessionctl(file)('secret rotate', [at('one')]);
    assert.equal(older.status, 65);
    assert.match(older.error, /one is in session\.secret_files already, behind the one that signs, and nothing was changed\./);
    assert.deepEqual(older.problems, [`  secret_files: ["${at('one')}", "${at('two')}", "credential:session_secret"]`]);
    write(Array.from({ length: 16 }, (_, place) => secretAt(`of-${place}`)));
    const full = await sessionctl(file)('secret rotate', [at('one-too-many')]);
    assert.equal(full.status, 65);
    assert.match(full.error, /^session\.secret_files names 16 files, and more may not be/);
    assert.equal(fs.existsSync(at('one-too-many')), false);
  });

  test('through a link the file is changed that it leads to, and the link stays', async () => {
    const [file, link] = ['linked.yaml', 'link.yaml'].map(at);
    fs.writeFileSync(file, `session:\n  secret_files: [${at('one')}]\nsessiond: {control_socket: ${at('nobody.sock')}}\n`);
    fs.chmodSync(file, 0o640);
    fs.symlinkSync('linked.yaml', link);
    assert.equal((await sessionctl(link)('secret rotate', [at('three')])).status, 0);
    assert.ok(fs.lstatSync(link).isSymbolicLink());
    assert.equal(fs.readFileSync(file, 'utf8').split('\n')[1], `  secret_files: ["${at('three')}", ${at('one')}]`);
    assert.equal(fs.statSync(file).mode & 0o777, 0o640);
    assert.deepEqual(fs.readdirSync(stack.folder).filter((name) => /\.(new|tried)$/.test(name)), []);
  });

  test('where no list is written, it is: below session:, or with it, in the package\'s own file too', async () => {
    const folder = at('installed');
    fs.mkdirSync(folder);
    fs.writeFileSync(path.join(folder, 'session_secret'), 'x'.repeat(48), { mode: 0o600 });
    const file = path.join(folder, 'sessiond.yaml');
    const shipped = fs.readFileSync(path.join(repository, 'debian/sessiond.yaml'), 'utf8');
    const list = `secret_files: ["${at('one')}", "credential:session_secret"]\n`;
    const end = `sessiond: {control_socket: ${at('nobody.sock')}}\n`;
    for (const [before, expected] of [
      [shipped + end, `${shipped}${end}\nsession:\n  ${list}`],
      [`session:\n\n    # so long\n    idle_timeout: 5m\n${end}`, `session:\n    ${list}\n    # so long\n    idle_timeout: 5m\n${end}`],
      [`${end}session:  # ours\n  idle_timeout: 5m`, `${end}session:  # ours\n  ${list}  idle_timeout: 5m\n`],
    ]) {
      fs.writeFileSync(file, before);
      const rotated = await sessionctl(file)('secret rotate', [at('one')]);
      assert.equal(rotated.in_force, false, JSON.stringify(rotated));
      assert.equal(fs.readFileSync(file, 'utf8'), expected);
    }
    fs.writeFileSync(file, `session: {idle_timeout: 5m}\n${end}`);
    assert.equal((await sessionctl(file)('secret rotate', [at('one')])).status, 65);
  });

  test('a new secret is for the same readers as the one that signs, but never for everybody', async () => {
    const mode = (name) => (fs.statSync(at(name)).mode & 0o777).toString(8);
    fs.writeFileSync(at('first'), 'x'.repeat(48));
    fs.chmodSync(at('first'), 0o644);
    fs.chownSync(at('first'), 33, 33);
    const file = at('readers.yaml');
    fs.writeFileSync(file, `session: {secret_files: [${at('first')}]}\n`);
    await sessionctl(file)('secret new', [at('like-first')]);
    const { uid, gid } = fs.statSync(at('like-first'));
    assert.deepEqual([uid, gid, mode('like-first')], [33, 33, '640']);
  });

  test('a daemon that could not be asked is not said to be down, and one with another configuration has not taken it', async () => {
    const file = at('asked.yaml');
    const write = (socket) => fs.writeFileSync(file, `session: {secret_files: [${at('one')}]}\nsessiond: {control_socket: "${socket}"}\n`);
    write('');
    assert.equal((await sessionctl(file)('secret rotate', [at('two')])).in_force, false);
    write('');
    const { status, stdout, stderr } = await sessionctl(file).text(['secret', 'rotate', at('two')]);
    assert.deepEqual([status, stdout], [0, '']);
    assert.match(stderr, /two signs from the daemon's next start or reload on, .* now it could not be asked: sessiond\.control_socket is empty/);
    write(stack.sessiond.config.sessiond.control_socket);
    const before = fs.readFileSync(file, 'utf8');
    const other = await sessionctl(file)('secret rotate', [at('two')]);
    assert.equal(other.status, 69);
    assert.match(other.error, /^the daemon did not take the new configuration, so \S+asked\.yaml is as it was$/);
    assert.match(other.problems[0], /^this daemon runs with \S+sessiond\.yaml, not with /);
    assert.equal(fs.readFileSync(file, 'utf8'), before);
  });

  test('a daemon that does not answer may have taken it: nothing is undone, and it is said how to know', async (t) => {
    const mute = net.createServer((asking) => asking.on('error', () => {}).once('data', () => asking.end()));
    await new Promise((resolve) => mute.listen(at('mute.sock'), resolve));
    t.after(() => mute.close());
    const file = at('unanswered.yaml');
    fs.writeFileSync(file, `session: {secret_files: [${at('one')}]}\nsessiond: {control_socket: ${at('mute.sock')}}\n`);
    const { status, error, problems } = await sessionctl(file)('secret rotate', [at('two')]);
    assert.equal(status, 76, error);
    assert.match(error, /two and does not answer, so it is not known whether it does; \S+unanswered\.yaml names that secret first, and stays so/);
    assert.match(error, /`sessionctl secret status` says what is in force, `sessionctl reload` asks again$/);
    assert.deepEqual(problems, [`${at('mute.sock')}: the daemon does not answer`]);
    assert.match(fs.readFileSync(file, 'utf8'), /secret_files: \["\S+two", /);
  });

  test('of two rotations at once the second does nothing, and says why', async (t) => {
    let reached;
    const asked = new Promise((resolve) => (reached = resolve));
    const slow = net.createServer((asking) => reached(asking.on('error', () => {}).resume()));
    await new Promise((resolve) => slow.listen(at('slow.sock'), resolve));
    t.after(() => slow.close());
    const file = at('at-once.yaml');
    fs.writeFileSync(file, `session: {secret_files: [${at('one')}]}\nsessiond: {control_socket: ${at('slow.sock')}}\n`);
    const first = sessionctl(file)('secret rotate', [at('of-the-first')]);
    const asking = await asked;
    const second = await sessionctl(file)('secret rotate', [at('of-the-second')]);
    assert.equal(second.status, 75);
    assert.match(second.error, /^somebody else is changing \S+at-once\.yaml; nothing was done, run this again$/);
    assert.equal(fs.existsSync(at('of-the-second')), false);
    asking.destroy();
    assert.equal((await first).status, 76);
    assert.match(fs.readFileSync(file, 'utf8'), /secret_files: \["\S+of-the-first", \S+one\]/);
  });

  test('with the daemon down it rotates for the next start, and status says what it cannot know', async () => {
    const cookie = await stack.session('down', { id: 'ada' });
    await stack.sessiond.stop();
    assert.equal((await ctl('secret rotate', [at('down')])).in_force, false);
    const { in_force: isInForce, since, secrets } = await ctl('secret status');
    assert.deepEqual([isInForce, since], [null, null]);
    assert.deepEqual(secrets.map(({ seen }) => seen), [null, null, null]);
    await stack.sessiond.start();
    assert.equal((await check(cookie)).status, 200);
    assert.equal((await check(stack.sessiond.cookie('down', fs.readFileSync(at('down'), 'utf8').trim()))).status, 200);
  });
});

describe('a rotation as it is installed: the daemon has a user of its own, and systemd a copy of the secret for it', () => {
  let stack;
  const at = (name) => path.join(stack.folder, name);
  before(async () => {
    stack = await startStack();
    await stack.sessiond.stop();
    fs.chmodSync(stack.folder, 0o755);
    fs.chmodSync(stack.redis.socket, 0o777);
    fs.mkdirSync(at('credentials'));
    fs.copyFileSync(at('secret-1'), at('credentials/secret-1'));
    for (const name of ['credentials', 'credentials/secret-1', 'htpasswd', '.']) fs.chownSync(at(name), 33, 33);
    stack.sessiond.config.session.secret_files = ['credential:secret-1'];
    stack.sessiond.writeConfig();
    const user = ['--reuid', 'www-data', '--regid', 'www-data', '--clear-groups'];
    stack.sessiond.process = start('setpriv', [...user, binary, '-c', stack.sessiond.file], { log: stack.sessiond.log, env: { CREDENTIALS_DIRECTORY: at('credentials') } });
    await stack.sessiond.waitUntilListening();
  });
  after(() => stack?.stop());

  test('the daemon can read what is made, and says of what it cannot read what to do', async () => {
    const ctl = sessionctl(stack.sessiond.file);
    const { stderr } = await ctl.text(['reload']);
    assert.match(stderr, /^session\.secret_files: credentials are not read again by a reload; if one was changed: systemctl restart sessiond$/m);
    const rotated = await ctl('secret rotate', [at('next')]);
    assert.equal(rotated.in_force, true, JSON.stringify(rotated));
    const { uid, gid, mode } = fs.statSync(at('next'));
    assert.deepEqual([uid, gid, (mode & 0o777).toString(8)], [0, 33, '640']);
    fs.writeFileSync(at('hidden'), 'x'.repeat(48), { mode: 0o600 });
    const refused = await ctl('secret rotate', [at('hidden')]);
    assert.equal(refused.status, 78);
    const mend = `chgrp www-data ${at('hidden')} && chmod 640 ${at('hidden')}`;
    assert.ok(refused.problems.some((line) => line.endsWith(`if it is the daemon that may not: ${mend}`)), JSON.stringify(refused));
    execFileSync('sh', ['-c', mend]);
    assert.equal((await ctl('secret rotate', [at('hidden')])).in_force, true);
  });
});

describe('a rotation with an Express application', () => {
  let stack;
  let ctl;
  const at = (name) => path.join(stack.folder, name);
  before(async () => {
    stack = await startExpressStack();
    ctl = sessionctl(stack.sessiond.file);
  });
  after(() => stack?.stop());

  test('nobody is logged out at any step, and the old secret can go', async () => {
    const [old] = stack.sessiond.secrets;
    stack.express.mount('before', { variant: newest });
    const client = stack.client();
    const { id } = (await client.get('/express/before/login?user=%7B%22id%22%3A7%7D')).json();
    assert.equal((await askSessiond(client)).reason, 'valid');

    await ctl('secret new', [at('next')]);
    const next = fs.readFileSync(at('next'), 'utf8').trim();
    // The application verifies by both before anybody signs with the new one.
    stack.express.mount('both', { variant: newest, options: { secret: [old, next] } });
    assert.equal((await client.get('/express/both/user')).json().loggedIn, true);
    assert.equal((await ctl('secret rotate', [at('next')])).in_force, true);
    assert.equal((await askSessiond(client)).reason, 'valid');
    await waitFor('the cookie is signed anew', async () => {
      await client.get('/api/');
      return client.cookieHeader() === stack.sessiond.cookie(id, next);
    });
    assert.equal((await client.get('/express/both/user')).json().loggedIn, true);
    const [first, second] = (await ctl('secret status')).secrets;
    assert.deepEqual([first.signs, second.signs], [true, false]);
    assert.ok(second.seen >= 1, 'it was still needed');

    stack.sessiond.config.session.secret_files = [at('next')];
    stack.sessiond.writeConfig();
    assert.equal((await ctl('reload')).status, 0);
    stack.express.mount('after', { variant: newest, options: { secret: [next] } });
    assert.equal((await askSessiond(client)).reason, 'valid');
    assert.equal((await client.get('/express/after/user')).json().loggedIn, true);
    const stranger = await ctl('explain', ['--cookie', '-'], stack.sessiond.cookie('whatever', old));
    assert.equal(stranger.headers[0], 'X-Session-Status: forged');
  });
});
