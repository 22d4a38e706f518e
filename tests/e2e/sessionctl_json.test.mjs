// Every command of the tree says with --json what conf/sessionctl.schema.json has of it: a command without a schema, or
// that is not in the table below, fails.

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { after, before, describe, test } from 'node:test';

import { binary } from '../support/places.mjs';
import { startStack } from '../support/stack.mjs';
import { leafCommands, schema, sessionctl, tool } from './support/sessionctl.mjs';

describe('sessionctl --json', () => {
  let stack;
  let ctl;
  let handle;
  const at = (name) => path.join(stack.folder, name);
  before(async () => {
    stack = await startStack({ config: (config) => (config.login.authenticators = ['htpasswd', 'redis']) });
    ctl = sessionctl(stack.sessiond.file);
    fs.writeFileSync(at('users'), '');
    await stack.logIn(stack.client());
    [{ handle }] = (await ctl('session list')).sessions;
  });
  after(() => stack?.stop());

  /** Arguments and input of each, in this order. */
  const commands = {
    check: () => [],
    reload: () => [],
    status: () => [],
    doctor: () => [['--nginx', at('nginx.conf')]],
    'nginx lint': () => [[at('nginx.conf')]],
    'nginx print': () => [['--to', at('printed')]],
    'session list': () => [],
    'session show': () => [[handle]],
    'session revoke': () => [[handle, '--yes']],
    'user add': () => [['mia', '--stdin'], 'x\n'],
    'user passwd': () => [['mia', '--stdin'], 'y\n'],
    'user disable': () => [['mia']],
    'user enable': () => [['mia']],
    'user show': () => [['mia']],
    'user list': () => [],
    'user del': () => [['mia', '--yes']],
    'user import': () => [[at('users')]],
    explain: () => [['--cookie', '-'], 'a=b'],
    'throttle list': () => [],
    'throttle clear': () => [['--all', '--yes']],
    'secret new': () => [[at('new-secret')]],
    'secret rotate': () => [[at('new-secret')]],
    'secret status': () => [],
  };

  test('the table below has every command, and so has the schema', async () => {
    const leaves = await leafCommands();
    assert.deepEqual([...leaves].sort(), Object.keys(commands).sort());
    for (const command of leaves) assert.ok(schema.$defs[command], command);
  });

  for (const [command, what] of Object.entries(commands)) {
    test(command, async () => {
      const [args, input] = what();
      const { status, error, stderr } = await ctl(command, args, input);
      assert.ok([0, 1].includes(status), error ?? stderr);
      assert.equal(error, undefined);
    });
  }

  test('what is said and lost is no success, on a full disk and where nobody has opened the output', () => {
    const { file } = stack.sessiond;
    for (const program of [
      ...['check --json', 'status', 'user list', 'secret status', 'session list --json', 'nginx print', '--manual', '--help'].map((words) => `${tool} -c ${file} ${words}`),
      ...['-T', '-t', '--version'].map((words) => `${binary} -c ${file} ${words}`),
      `${binary} --schema`,
    ]) {
      for (const output of ['/dev/full', '&-']) {
        const { status, stderr } = spawnSync('bash', ['-c', `${program} >${output}`], { encoding: 'utf8', timeout: 60000 });
        assert.deepEqual([status, /^session(d|ctl): standard output cannot be written to/m.test(stderr)], [74, true], `${program} >${output}: ${stderr}`);
      }
    }
  });

  test('and what cannot be done is a failure, of every command that needs a configuration', async () => {
    const broken = at('broken.yaml');
    fs.writeFileSync(broken, 'sesion: {}\n');
    for (const command of ['check', 'session list', 'user list', 'explain', 'throttle list', 'secret status', 'nginx print']) {
      const said = await sessionctl(broken)(command, command === 'explain' ? ['--cookie', '-'] : [], '');
      assert.equal(said.status, 78, command);
      assert.equal(said.ok, false);
    }
  });
});
