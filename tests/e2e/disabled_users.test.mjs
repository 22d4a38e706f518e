// Who is removed from the password file, locked, or given another password loses the sessions that were made by logging
// in here, although nobody logs in; also of changes while sessiond was stopped. Others keep theirs. What sessiond saw
// change it has ended for good, but for what only a reload saw that was refused; otherwise who is back with the same
// password has the sessions again.

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { after, before, describe, test } from 'node:test';

import { binary } from '../support/places.mjs';
import { startStack } from '../support/stack.mjs';
import { waitFor } from '../support/waiting.mjs';
import { askSessiond, newest, startExpressStack } from './support/express_site.mjs';
import { kindsOfGroups } from './support/redis_kinds.mjs';

const tool = path.join(path.dirname(binary), 'sessionctl');

describe('a user who is removed from the password file', () => {
  let stack;
  let file;
  let original;
  before(async () => {
    stack = await startExpressStack();
    stack.express.mount('application', { variant: newest });
    file = path.join(stack.sessiond.folder, 'htpasswd');
    original = fs.readFileSync(file, 'utf8');
  });
  after(() => stack?.stop());

  const changes = {
    'line is gone': (text) => text.replace(/^alice:.*\n/m, ''),
    'password is locked': (text) => text.replace(/^alice:/m, 'alice:!'),
    'password is another': (text) => text.replace(/^alice:\$6\$rounds=1000\$\w/m, 'alice:$6$rounds=1000$z'),
  };

  async function loggedIn(user) {
    const client = stack.client();
    await stack.logIn(client, { user });
    assert.equal((await askSessiond(client)).reason, 'valid');
    return client;
  }
  const loses = (client) =>
    waitFor('the session is refused', async () => (await askSessiond(client)).reason === 'revoked', { timeout: 10000 });

  for (const [what, change] of Object.entries(changes)) {
    for (const stopped of [false, true]) {
      test(`${what}${stopped ? ' while sessiond is stopped' : ''}: loses the session, and nobody else does`, async () => {
        const [alice, boss] = [await loggedIn('alice'), await loggedIn('boss')];
        const application = stack.client();
        await application.get(`/express/application/login?user=${encodeURIComponent('{"id":7}')}`);
        const ended = () => stack.sessiond.logText().split('reason=password_file').length;
        const endedBefore = ended();
        if (stopped) await stack.sessiond.stop();
        else await waitFor('the file has settled', () => Date.now() - fs.statSync(file).ctimeMs > 5000, { timeout: 20000 });
        const changed = change(original);
        assert.notEqual(changed, original);
        fs.writeFileSync(file, changed);
        if (stopped) await stack.sessiond.start();
        await loses(alice);
        assert.equal((await askSessiond(boss)).who, 'user 1');
        assert.equal((await askSessiond(application)).who, 'user 7', 'what an application made is its own business');
        if (!stopped) await waitFor('the session has ended', () => ended() > endedBefore, { timeout: 20000 });
        fs.writeFileSync(file, original);
        if (stopped) {
          await waitFor('the user is back', async () => (await askSessiond(alice)).who === 'user 7');
        } else {
          await loggedIn('alice');
          assert.equal((await askSessiond(alice)).reason, 'revoked');
          assert.equal((await askSessiond(application)).who, 'user 7', 'and still is');
        }
      });
    }
  }

  test('a line that is added or spoiled elsewhere takes nothing from anybody', async () => {
    const alice = await loggedIn('alice');
    fs.writeFileSync(file, `${original}new:$6$rounds=1000$Xq2vTz8NfJ4wLr1c$x:id=99\nbroken\n`);
    const boss = await loggedIn('boss');
    for (const client of [alice, boss]) assert.equal((await askSessiond(client)).reason, 'valid');
    fs.writeFileSync(file, original);
  });
});

describe('a user who is missing in a password file that no reload has brought into force', () => {
  let stack;
  before(async () => {
    stack = await startStack();
  });
  after(() => stack?.stop());

  const logsIn = async (user) => {
    const client = stack.client();
    await stack.logIn(client, { user });
    return client;
  };
  const checked = async (client) => (await client.get('/api/')).status;
  const settled = (file) =>
    waitFor('the file has settled', () => Date.now() - fs.statSync(file).ctimeMs > 2000, { timeout: 20000 });

  test('keeps the session, and its end is seen in the file that is in force', async () => {
    const { sessiond } = stack;
    const [alice, boss] = [await logsIn('alice'), await logsIn('boss')];
    const file = sessiond.config.login.htpasswd_file;
    const without = (user) => fs.readFileSync(file, 'utf8').replace(new RegExp(`^${user}:.*\n`, 'm'), '');
    sessiond.config.login.htpasswd_file = path.join(sessiond.folder, 'another');
    sessiond.config.redis.user = 'nobody';
    sessiond.config.redis.password_file = sessiond.config.session.secret_files[0];
    sessiond.writeConfig();
    for (const text of [fs.readFileSync(file, 'utf8'), without('alice')]) {
      fs.writeFileSync(sessiond.config.login.htpasswd_file, text, { mode: 0o600 });
      await settled(sessiond.config.login.htpasswd_file);
      const { status, stderr } = spawnSync(tool, ['reload', '-c', sessiond.file], { encoding: 'utf8', timeout: 30000 });
      assert.deepEqual([status, /redis\.user/.test(stderr)], [78, true], stderr);
    }
    await settled(file);
    fs.writeFileSync(file, without('boss'));
    await waitFor('a session has ended', () => sessiond.logText().includes('reason=password_file'), { timeout: 20000 });
    assert.deepEqual([await checked(alice), await checked(boss)], [200, 401]);
  });
});

for (const [kind, redis] of Object.entries({ Redis: undefined, ...kindsOfGroups })) {
  describe(`a user in ${kind} who may not log in any more`, () => {
    let stack;
    let hash;
    const key = 'sessiond:user:rita';
    before(async () => {
      stack = await startExpressStack({ redis, config: (config) => (config.login = { authenticators: ['redis'] }) });
      stack.express.mount('application', { variant: newest });
      const file = fs.readFileSync(path.join(stack.sessiond.folder, 'htpasswd'), 'utf8');
      hash = /^alice:([^:]*):/m.exec(file)[1];
      await ready();
    });
    after(() => stack?.stop());

    const ready = () =>
      waitFor('ready', async () => (await stack.client().get('/sessiond/ready')).status === 200, { timeout: 30000 });

    const changes = {
      'is disabled': ['HSET', key, 'disabled', 'true'],
      'has another password': ['HSET', key, 'password', '$6$rounds=1000$other$hash'],
      'has a locked password': ['HSET', key, 'password', '!'],
      'is removed': ['DEL', key],
    };

    for (const [what, change] of Object.entries(changes)) {
      for (const stopped of [false, true]) {
        test(`${what}${stopped ? ' while sessiond is stopped' : ''}: loses the session, and nobody else does`, async () => {
          for (const [user, id] of [[key, '7'], ['sessiond:user:sven', '8']]) {
            await stack.redis.command('DEL', user);
            await stack.redis.command('HSET', user, 'password', hash, 'id', id);
          }
          const [rita, sven, application] = [stack.client(), stack.client(), stack.client()];
          await stack.logIn(rita, { user: 'rita' });
          await stack.logIn(sven, { user: 'sven' });
          await application.get(`/express/application/login?user=${encodeURIComponent('{"id":7}')}`);
          for (const client of [rita, sven, application]) assert.equal((await askSessiond(client)).reason, 'valid');
          if (stopped) await stack.sessiond.stop();
          await stack.redis.command(...change);
          if (stopped) await stack.sessiond.start().then(ready);
          await waitFor('refused', async () => (await askSessiond(rita)).reason === 'revoked', { timeout: 10000 });
          assert.equal((await askSessiond(sven)).who, 'user 8');
          assert.equal((await askSessiond(application)).who, 'user 7', 'what an application made is its own business');
          await stack.redis.command('DEL', key);
          await stack.redis.command('HSET', key, 'password', hash, 'id', '7');
          await waitFor('the user is back', async () => (await askSessiond(rita)).who === 'user 7');
        });
      }
    }
  });
}
