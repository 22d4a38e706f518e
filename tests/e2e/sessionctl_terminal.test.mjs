// sessionctl before somebody: it asks, and shows more than to a script: headings, and how far it has come.

import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';

import { startStack } from '../support/stack.mjs';
import { sessionctl, tool } from './support/sessionctl.mjs';
import { typed } from './support/typist.mjs';

describe('sessionctl on a terminal', () => {
  let stack;
  let ctl;
  before(async () => {
    stack = await startStack({ config: (config) => (config.login.authenticators = ['htpasswd', 'redis']) });
    ctl = sessionctl(stack.sessiond.file);
    await stack.session('shown', { id: 'ada' });
  });
  after(() => stack?.stop());

  const on = (command, answers) => typed(`${tool} -c ${stack.sessiond.file} ${command}`, answers);
  const sessions = async () => (await ctl('session list')).sessions.length;

  test('it has headings, and says how far it has come; to a script it says neither', async () => {
    const shown = on('session list');
    assert.equal(shown.status, 0);
    assert.match(shown.stdout, /\x1b\[1mHANDLE .*\x1b\[0m/);
    assert.match(shown.stdout, /\r\x1b\[K.*\d+ of about \d+/);
    const piped = await ctl.text(['session', 'list']);
    assert.equal(piped.status, 0);
    assert.doesNotMatch(piped.stdout + piped.stderr, /\x1b|HANDLE|about/);
    assert.match(piped.stdout, / ada /);
  });

  test('what cannot be undone is asked about, and is not done without a yes', async () => {
    for (const no of ['n', '', 'yak', 'yes, but']) {
      const refused = on('session revoke --all', { '[y/N]': no });
      assert.equal(refused.status, 64, refused.stdout);
      assert.match(refused.stdout, /Log everybody out\? .*\[y\/N\]/);
      assert.equal(await sessions(), 1, no);
    }
    assert.equal((await ctl.text(['session', 'revoke', '--all'])).status, 64, 'a script has to say --yes');
    assert.equal(await sessions(), 1);
    const done = on('session revoke --all', { '[y/N]': 'Yes' });
    assert.equal(done.status, 0, done.stdout);
    assert.match(done.stdout, /everybody is logged out/);
    assert.equal(await sessions(), 0);
  });

  test('a name that would move the cursor is asked about harmlessly', async () => {
    // U+0085 begins a line, and goes from the end of a name; U+009B begins a sequence as ESC [ does, and is in none.
    const answers = { 'New password of': 'secret of mia', 'Once more:': 'secret of mia' };
    const added = on(`user add $'mia\\xc2\\x85'`, answers);
    assert.equal(added.status, 0, added.stdout);
    assert.match(added.stdout, /New password of mia.*85: /);
    assert.doesNotMatch(added.stdout, /\u0085/);
    const refused = on(`user add $'zo\\xc2\\x9b31me'`, {});
    assert.equal(refused.status, 65, refused.stdout);
    assert.doesNotMatch(refused.stdout, /\u009b/);
  });

  test('whoever presses a key to end or to stop at the question is not waited for, and sees again what is typed', async () => {
    for (const [key, status] of [['\x03', 130], ['\x1c', 131], ['\x1a', 65]]) {
      const command = `trap : INT QUIT TSTP; ${tool} -c ${stack.sessiond.file} user add kay; echo "ended with $?"; stty -a`;
      const { stdout } = typed(command, { 'New password of kay:': key });
      assert.match(stdout, new RegExp(`ended with ${status}\\r\\n`));
      assert.match(stdout, / echo /);
    }
    assert.equal((await ctl('user show', ['kay'])).status, 67);
  });

  test('a password is asked for twice, and not shown', async () => {
    const answers = { 'New password of zoe:': 'secret of zoe', 'Once more:': 'secret of zoe' };
    const added = on('user add zoe', answers);
    assert.equal(added.status, 0, added.stdout);
    assert.doesNotMatch(added.stdout, /secret of zoe/);
    const client = stack.client();
    await stack.logIn(client, { user: 'zoe', secret: 'secret of zoe' });
    assert.equal((await client.get('/api/')).status, 200);
    const other = on('user passwd zoe', { ...answers, 'Once more:': 'secret of eve' });
    assert.notEqual(other.status, 0, other.stdout);
  });
});
