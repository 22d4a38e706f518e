// The completions are those of the command tree, and the manual knows each command and option of it.

import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { describe, test } from 'node:test';

import '../support/patience.mjs';
import { repository } from '../support/places.mjs';
import { commandTree, leafCommands, run } from './support/sessionctl.mjs';

describe('sessionctl', () => {
  for (const shell of ['bash', 'zsh', 'fish']) {
    test(`conf/completion/sessionctl.${shell} is what \`sessionctl --completion ${shell}\` writes`, async () => {
      const { status, stdout, stderr } = await run(['--completion', shell]);
      assert.equal(status, 0, stderr);
      assert.equal(fs.readFileSync(path.join(repository, `conf/completion/sessionctl.${shell}`), 'utf8'), stdout);
    });
  }

  test('the manual has every command, with its options', async () => {
    const { stdout } = await run(['--manual']);
    const manual = stdout.replaceAll(/\\f[A-Z]|\\(?=-)/g, '');
    const all = await commandTree();
    assert.ok(all.length > 20);
    const leaves = await leafCommands();
    for (const [command, options] of all) {
      if (!leaves.includes(command)) continue;
      assert.ok(manual.includes(command), command);
      for (const option of options.filter((each) => each !== '--help')) assert.ok(manual.includes(option), `${command} ${option}`);
    }
  });

  test('what is no command yet is told what can stand behind it', async () => {
    const none = await run([]);
    assert.equal(none.status, 64);
    assert.match(none.stderr, /^One of these is missing: check, reload, doctor, status, session, user, .*nginx\nRun with --help/);
    assert.match((await run(['secret'])).stderr, /^One of these is missing: new, rotate, status\nRun/);
    assert.match((await run(['secret', 'new'])).stderr, /^file is required\n/);
  });

  test('what is wrong usage is said as JSON, too, and nowhere else', async () => {
    for (const [args, error] of [
      [['--json', 'secret', 'new'], /^file is required$/],
      [['secret', '--json'], /^One of these is missing: new, rotate, status$/],
      [['check', '--json', '--nonsense'], /--nonsense/],
      [['--json', 'session', 'list', '--user', ''], /^--user: must not be empty$/],
    ]) {
      const { status, stdout, stderr } = await run(args);
      assert.deepEqual([status, stderr], [64, ''], stdout);
      const said = JSON.parse(stdout);
      assert.deepEqual(Object.keys(said), ['ok', 'error']);
      assert.match(said.error, error);
    }
  });

  test('every command has a help text that names all its options', async () => {
    for (const [command, options] of await commandTree()) {
      const { status, stdout } = await run([...command.split(' ').filter(Boolean), '--help']);
      assert.equal(status, 0, command);
      for (const option of options) assert.ok(stdout.includes(option), `${command} ${option}`);
    }
  });
});
