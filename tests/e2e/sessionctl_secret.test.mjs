// sessionctl secret: the secret changes while everybody stays logged in, and it is seen when the old one can go.

import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { after, before, describe, test } from 'node:test';

import { waitFor } from '../support/waiting.mjs';
import { askSessiond, newest, startExpressStack } from './support/express_site.mjs';
import { sessionctl } from './support/sessionctl.mjs';
import { startStack } from './support/stack.mjs';

describe('sessionctl secret', () => {
  let stack;
  let ctl;
  const at = (name) => path.join(stack.folder, name);
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
    assert.ok(refused.error.endsWith(`\n  secret_files: [${at('three')}, ${at('one')}]`), refused.error);
    assert.equal(fs.readFileSync(file, 'utf8'), `session:\n  secret_files:\n    - ${at('one')}\n`);
    const comments = `# secret_files: [old]\nsession:\n  secret_files: [${at('one')}]  # ours\n`;
    fs.writeFileSync(file, `${comments}sessiond: {control_socket: ${at('nobody.sock')}}\n`);
    assert.equal((await block('secret rotate', [at('three')])).in_force, false);
    assert.equal(fs.readFileSync(file, 'utf8').split('\n')[2], `  secret_files: ["${at('three')}", ${at('one')}]  # ours`);
  });

  test('with the daemon down it rotates for the next start, and status says what it cannot know', async () => {
    const cookie = await stack.session('down', { id: 'ada' });
    await stack.sessiond.stop();
    assert.equal((await ctl('secret rotate', [at('down')])).in_force, false);
    const { since, secrets } = await ctl('secret status');
    assert.equal(since, null);
    assert.deepEqual(secrets.map(({ seen }) => seen), [null, null, null]);
    await stack.sessiond.start();
    assert.equal((await check(cookie)).status, 200);
    assert.equal((await check(stack.sessiond.cookie('down', fs.readFileSync(at('down'), 'utf8').trim()))).status, 200);
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
