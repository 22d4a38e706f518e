// sessiond with a primary behind sentinels: logging in, being checked and logging out go on when the primary changes,
// and who has logged out stays so.

import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { after, before, describe, test } from 'node:test';

import { SentinelGroup } from '../support/sentinels.mjs';
import { startStack } from '../support/stack.mjs';
import { pause, waitFor } from '../support/waiting.mjs';
import { failovers } from './support/failovers.mjs';
import { sessionctl } from './support/sessionctl.mjs';
import { typed } from './support/typist.mjs';

describe('a primary behind sentinels', () => {
  let stack;
  before(async () => {
    stack = await startStack({ redis: (folder) => new SentinelGroup(folder) });
  });
  after(() => stack?.stop());

  const checked = async (client) => (await client.get('/page/x')).status;
  /** Logged in, on all servers. */
  async function loggedIn() {
    const client = stack.client();
    assert.equal((await stack.logIn(client)).status, 303);
    assert.equal(await checked(client), 200);
    return client;
  }
  const follow = async () => assert.equal(await (await stack.redis.primary()).command('WAIT', 2, 2500), 2);
  async function served(client, since, what) {
    await waitFor('checks are answered', async () => (await checked(client)) === 200, { timeout: 15000, interval: 5 });
    console.log(`${what}: checks answered again after ${Date.now() - since} ms`);
  }

  test('is ready, says which server it is, and how many sentinels answer', async () => {
    await waitFor('ready', async () => (await stack.client().get('/sessiond/ready')).status === 200);
    const { port } = await stack.redis.primary();
    const { text } = await stack.client().get('/sessiond/metrics');
    assert.match(text, new RegExp(`^sessiond_redis_primary\\{server="127.0.0.1:${port}"\\} 1$`, 'm'));
    await waitFor('all answer', async () => (await stack.metric('sessiond_sentinels_reached')) === 3);
    assert.equal(await stack.metric('sessiond_sentinels_known'), 3);
  });

  test('sessionctl finds the primary too', async () => {
    await loggedIn();
    const ctl = sessionctl(stack.sessiond.file);
    await waitFor('it is listed', async () => (await ctl('session list', ['--user', '7'])).sessions?.length > 0);
    assert.equal((await ctl('user add', ['zoe', '--stdin'], 'x\n')).status, 0);
    assert.ok((await ctl('session revoke', ['--user', '7', '--yes'])).ended > 0);
    const { rules } = await ctl('doctor', ['--nginx', path.join(stack.folder, 'nginx.conf')]);
    for (const rule of ['redis', 'redis-role', 'redis-sentinels', 'walk', 'memory']) {
      const { result, findings } = rules.find(({ rule: name }) => name === rule);
      assert.equal(result, 'good', JSON.stringify(findings));
    }
  });

  test('the doctor says which sentinel is silent', async () => {
    const [, , third] = stack.redis.sentinels;
    const { rules } = await third.whileFrozen(() =>
      sessionctl(stack.sessiond.file)('doctor', ['--nginx', path.join(stack.folder, 'nginx.conf')]));
    const { findings } = rules.find(({ rule }) => rule === 'redis-sentinels');
    assert.equal(findings.length, 1);
    assert.match(findings[0].message, new RegExp(`^the sentinel at 127\\.0\\.0\\.1:${third.port} does not answer`));
    assert.equal(findings[0].remedy, `redis-cli -h 127.0.0.1 -p ${third.port} PING`);
    await waitFor('all answer', async () => (await stack.metric('sessiond_sentinels_reached')) === 3);
  });

  /** [[message, remedy]] of a rule where `change(redis)` has altered that section; `password`: in sentinel-password. */
  async function doctorSays(rule, change, password = 'secret') {
    const config = structuredClone(stack.sessiond.config);
    change(config.redis);
    const [file, secret] = ['other.yaml', 'sentinel-password'].map((name) => path.join(stack.folder, name));
    fs.writeFileSync(secret, password, { mode: 0o600 });
    fs.writeFileSync(file, JSON.stringify(config));
    const { rules } = await sessionctl(file)('doctor', ['--nginx', path.join(stack.folder, 'nginx.conf')]);
    return rules.find(({ rule: name }) => name === rule).findings.map(({ message, remedy }) => [message, remedy]);
  }

  test('the doctor says what is wrong with how the sentinels are asked, and the rights that are missing', async () => {
    const [{ port }] = stack.redis.sentinels;
    const primary = await stack.redis.primary();
    for (const sentinel of stack.redis.sentinels) await sentinel.command('ACL', 'SETUSER', 'limited', 'on', '>secret', 'resetchannels', '-@all', '+@connection');
    const found = (settings, password) => doctorSays('redis-sentinels', ({ sentinel }) => Object.assign(sentinel, settings), password);
    const here = `redis-cli -h 127\\.0\\.0\\.1 -p ${port}`;
    const refuses = `^the sentinel at 127\\.0\\.0\\.1:${port} refuses what it is asked; check redis\\.sentinel\\.user and redis\\.sentinel\\.password_file, and the user's rights there: `;
    const limited = { user: 'limited', password_file: 'sentinel-password' };
    const noSentinel = { nodes: [`127.0.0.1:${primary.port}`], password_file: stack.redis.passwordFile };
    const cases = [
      [[{ master: 'mian' }], `127\\.0\\.0\\.1:${port} does not say who is the primary; check redis\\.sentinel\\.master: ERR No such master`, `^${here} SENTINEL MASTERS  #`],
      [[limited, 'wrong'], `${refuses}WRONGPASS`, `^${here} ACL GETUSER limited  # .*redis\\.sentinel\\.password_file$`],
      [[{ password_file: 'sentinel-password' }], `${refuses}ERR AUTH`, 'below redis: in sentinel, no password_file'],
      [[noSentinel], 'is no sentinel: ERR unknown command', 'below redis: in sentinel, nodes: '],
      [[limited], `${refuses}NOPERM`, `^${here} ACL SETUSER limited '\\+sentinel\\|myid' .* SENTINEL FLUSHCONFIG; }$`],
    ];
    for (const [args, message, remedy] of cases) {
      const said = (await found(...args)).find(([text]) => new RegExp(message).test(text));
      assert.ok(said, `${message} is said`);
      assert.match(said[1], new RegExp(remedy));
    }
    for (const [, remedy] of await found(limited)) assert.equal(typed(remedy).status, 0, remedy);
    assert.deepEqual(await found(limited), []);
  });

  test('the doctor looks at the primary that refuses, or asks a sentinel, and starts no server of this machine', async () => {
    const { port } = await stack.redis.primary();
    const [[refusal, look]] = await doctorSays('redis', (redis) => Object.assign(redis, { user: 'nobody' }));
    assert.match(refusal, /WRONGPASS/);
    assert.match(look, new RegExp(`^redis-cli -h 127\\.0\\.0\\.1 -p ${port} --askpass ACL GETUSER nobody  #`));
    const [[, ask]] = await doctorSays('redis', ({ sentinel }) => Object.assign(sentinel, { master: 'mian' }));
    assert.equal(ask, `redis-cli -h 127.0.0.1 -p ${stack.redis.sentinels[0].port} SENTINEL MASTERS`);
  });

  for (const [what, begin] of Object.entries(failovers)) {
    test(`a failover ${what}: the session goes on, and a logout is final`, async () => {
      const client = await loggedIn();
      const other = await loggedIn();
      await follow();
      const switches = await stack.metric('sessiond_sentinel_switches_total');
      const before = await stack.redis.primary();
      const since = Date.now();
      const mend = await begin(before, stack.redis);
      const primary = await stack.redis.failedOver(before);
      await waitFor('the switch is known', async () => (await stack.metric('sessiond_sentinel_switches_total')) > switches);
      await served(client, since, `failover ${what}`);
      assert.equal(await stack.metric('sessiond_sentinel_switches_total'), switches + 1);
      const cookie = client.cookieHeader();
      const logout = await client.request('POST', '/logout', { headers: { Accept: 'application/json' } });
      assert.equal(logout.status, 204, logout.text);
      await mend();
      // The old primary has never heard of it.
      for (const until = Date.now() + 1500; Date.now() < until; await pause(20)) {
        assert.notEqual((await stack.client().get('/page/x', { headers: { cookie } })).status, 200);
      }
      assert.equal(await checked(other), 200, 'nobody else is logged out');
      await loggedIn();
      assert.equal((await stack.client().get('/sessiond/ready')).status, 200);
      await waitFor('the old primary follows', async () => {
        await before.command('REPLICAOF', '127.0.0.1', primary.port);
        return (await before.command('INFO', 'replication')).includes('master_link_status:up');
      });
    });
  }

  test('without sentinels nobody is believed after a while, and all goes on when they are back', async () => {
    const client = await loggedIn();
    await Promise.all(stack.redis.sentinels.map((sentinel) => sentinel.stop('SIGKILL')));
    assert.equal(await checked(client), 200, 'their silence is borne');
    await waitFor('the check notices', async () => (await checked(client)) === 503, { timeout: 15000 });
    assert.equal((await client.get('/sessiond/ready')).status, 503);
    assert.equal((await stack.logIn(stack.client())).status, 503);
    await Promise.all(stack.redis.sentinels.map((sentinel) => sentinel.start()));
    await served(client, Date.now(), 'sentinels back');
    await waitFor('ready', async () => (await client.get('/sessiond/ready')).status === 200);
    await loggedIn();
  });

  test('a reload changes nothing of it', async () => {
    const client = await loggedIn();
    stack.sessiond.process.kill('SIGHUP');
    await waitFor('reloaded', () => stack.sessiond.logText().includes('the new configuration is in force'));
    assert.equal(await checked(client), 200);
    await waitFor('counted once', async () => (await stack.metric('sessiond_sentinels_known')) === 3);
    assert.equal(await stack.metric('sessiond_redis_primary'), 1);
  });

  test('a reload keeps to the sentinels that were learned while that of the configuration is gone', async () => {
    const { redis, sessiond } = stack;
    const client = await loggedIn();
    const reload = async () => {
      const { status, notes } = await sessionctl(sessiond.file)('reload');
      assert.equal(status, 0, JSON.stringify(notes));
      assert.doesNotMatch(notes.join('\n'), /not reachable/);
    };
    const [named] = redis.sentinels;
    sessiond.config.redis.sentinel.nodes = [`127.0.0.1:${named.port}`];
    sessiond.writeConfig();
    await reload();
    await waitFor('the others are learned', async () => (await stack.metric('sessiond_sentinels_reached')) === 3);
    await named.stop('SIGKILL');
    await reload();
    await served(client, Date.now(), 'reload without the named sentinel');
    await named.start();
  });

  test('where they do not know its name yet, a reload changes nothing, and a start waits', async () => {
    const { redis, sessiond } = stack;
    const client = await loggedIn();
    const { port } = await redis.primary();
    const unknown = 'redis: the sentinels do not know the primary later; check redis\\.sentinel\\.master, or have them watch it';
    sessiond.config.redis.sentinel.master = 'later';
    sessiond.writeConfig();
    assert.equal((await sessionctl(sessiond.file)('reload')).status, 78);
    assert.match(sessiond.logText(), new RegExp(` error reload: ${unknown}`));
    assert.equal(await checked(client), 200);
    await sessiond.stop();
    await sessiond.start();
    assert.match(sessiond.logText(), new RegExp(` warning ${unknown} \\(127\\.0\\.0\\.1:${redis.sentinels[0].port}; each says: ERR No such master`));
    assert.equal((await client.get('/sessiond/ready')).status, 503);
    assert.equal(await checked(client), 503);
    for (const sentinel of redis.sentinels) await sentinel.command('SENTINEL', 'MONITOR', 'later', '127.0.0.1', port, 2);
    await served(client, Date.now(), 'a primary that became known');
  });
});
