// sessiond with a Redis Cluster: logging in, being checked and logging out go on while slots move and primaries change,
// and who has logged out stays so.

import assert from 'node:assert/strict';
import path from 'node:path';
import { spawnSync } from 'node:child_process';
import { after, before, describe, test } from 'node:test';

import { ClusterGroup } from '../support/cluster.mjs';
import { binary } from '../support/places.mjs';
import { startStack } from '../support/stack.mjs';
import { pause, waitFor } from '../support/waiting.mjs';
import { failovers } from './support/failovers.mjs';
import { sessionctl } from './support/sessionctl.mjs';

describe('a Redis Cluster', () => {
  let stack;
  before(async () => {
    stack = await startStack({ redis: (folder) => new ClusterGroup(folder) });
  });
  after(() => stack?.stop());

  const checked = async (client) => (await client.get('/page/x')).status;
  const keyOf = (client) => `sess:${decodeURIComponent(client.cookieHeader()).match(/=s:([^.]+)\./)[1]}`;
  async function loggedIn() {
    const client = stack.client();
    await waitFor('logged in', async () => (await stack.logIn(client)).status === 303, { timeout: 15000 });
    await waitFor('checked', async () => (await checked(client)) === 200, { timeout: 15000 });
    return client;
  }
  const served = (client) => waitFor('checks are answered', async () => (await checked(client)) === 200, { timeout: 30000, interval: 10 });
  async function staysOut(cookie) {
    for (const until = Date.now() + 1500; Date.now() < until; await pause(20)) {
      assert.notEqual((await stack.client().get('/page/x', { headers: { cookie } })).status, 200);
    }
  }
  async function logOut(client) {
    const cookie = client.cookieHeader();
    const logout = await client.request('POST', '/logout', { headers: { Accept: 'application/json' } });
    assert.equal(logout.status, 204, logout.text);
    return cookie;
  }

  test('is ready, and says how many primaries and slots it has', async () => {
    await waitFor('ready', async () => (await stack.client().get('/sessiond/ready')).status === 200);
    assert.equal(await stack.metric('sessiond_cluster_primaries'), 3);
    assert.equal(await stack.metric('sessiond_cluster_slots'), 16384);
  });

  test('many log in, are checked, and log out, wherever their sessions are', async () => {
    const clients = [];
    for (let i = 0; i < 8; i++) clients.push(await loggedIn());
    const owners = new Set(await Promise.all(clients.map(async (client) => (await stack.redis.ownerOf(keyOf(client))).port)));
    assert.ok(owners.size > 1, 'at several nodes');
    for (const client of clients) assert.equal(await checked(client), 200);
    const cookie = await logOut(clients[0]);
    await staysOut(cookie);
    for (const client of clients.slice(1)) assert.equal(await checked(client), 200);
  });

  test('all devices are listed, by the daemon and by sessionctl, and ended together', async () => {
    const client = await loggedIn();
    const other = await loggedIn();
    const listed = await waitFor('both are listed', async () => {
      const { text } = await client.get('/sessions', { headers: { Accept: 'application/json' } });
      const { sessions } = JSON.parse(text);
      return sessions.length >= 2 && sessions;
    });
    assert.ok(listed.length >= 2);
    const tool = path.join(path.dirname(binary), 'sessionctl');
    const run = (...args) => spawnSync(tool, ['--config', stack.sessiond.file, '--json', 'session', ...args], { encoding: 'utf8', timeout: 60000 });
    const list = run('list', '--user', '7');
    assert.equal(list.status, 0, `${list.stdout}${list.stderr}`);
    assert.match(list.stdout, /handle/);
    assert.equal(await checked(other), 200);
    const cookies = [client, other].map((one) => one.cookieHeader());
    assert.equal((await client.postForm('/logout?all=1', {})).status, 303);
    for (const cookie of cookies) await staysOut(cookie);
    assert.equal((await client.get('/page/x')).status, 302);
    const stranger = await loggedIn();
    const left = JSON.parse((await stranger.get('/sessions', { headers: { Accept: 'application/json' } })).text).sessions;
    assert.equal(left.length, 1, 'only the new one');
  });

  test('a slot that moves takes its sessions along, and nobody notices', async () => {
    const client = await loggedIn();
    let stopped = false;
    const answers = [];
    const checking = (async () => {
      while (!stopped) answers.push(await checked(client));
    })();
    for (let i = 0; i < 3; i++) await stack.redis.moveSlotOf(keyOf(client));
    stopped = true;
    await checking;
    assert.ok(answers.length > 3);
    assert.deepEqual(answers.filter((status) => status !== 200), []);
    await staysOut(await logOut(client));
  });

  for (const [what, begin] of Object.entries(failovers)) {
    test(`a failover ${what}: the session goes on, and a logout is final`, async () => {
      const client = await loggedIn();
      const other = await loggedIn();
      const key = keyOf(client);
      const primary = await stack.redis.ownerOf(key);
      await stack.redis.settle();
      await primary.command('WAIT', 1, 2500);
      const mend = await begin(primary, stack.redis);
      await stack.redis.failedOver(primary, key);
      await served(client);
      const cookie = await waitFor('logged out', () => logOut(client).catch(() => undefined), { timeout: 15000 });
      await mend();
      await staysOut(cookie);
      await served(other);
      await stack.redis.settle();
      await waitFor('ready', async () => (await stack.client().get('/sessiond/ready')).status === 200, { timeout: 30000 });
    });
  }

  test('a reload keeps to the nodes that were learned while those of the configuration are gone', async () => {
    const { redis, sessiond } = stack;
    const client = await loggedIn();
    const reload = async () => {
      const { status, notes } = await sessionctl(sessiond.file)('reload');
      assert.deepEqual([status, notes], [0, []]);
    };
    const primaries = await redis.primaries();
    const named = redis.servers.filter((server) => !primaries.includes(server)).slice(0, 2);
    sessiond.config.redis.cluster.nodes = named.map(({ port }) => `127.0.0.1:${port}`);
    sessiond.writeConfig();
    await reload();
    await Promise.all(named.map((server) => server.stop('SIGKILL')));
    await reload();
    await served(client);
    await Promise.all(named.map((server) => server.start()));
    await redis.settle();
  });
});

describe('a Redis Cluster, and a single lane', () => {
  let stack;
  before(async () => {
    stack = await startStack({
      redis: (folder) => new ClusterGroup(folder, { nodeTimeout: 15000 }), // nobody takes over
      config(config) {
        config.listen.lanes = 1;
        config.redis.command_timeout = '4s';
      },
    });
  });
  after(() => stack?.stop());

  let number = 0;
  /** A new session, at a primary that is as wanted: its cookie and that primary. */
  async function sessionAt(isWanted) {
    for (;;) {
      const sid = `lane-${number++}`;
      const primary = await stack.redis.ownerOf(`sess:${sid}`);
      if (isWanted(primary)) return { cookie: await stack.session(sid, { id: 7 }), primary };
    }
  }
  const check = async ({ cookie }) => (await stack.client().get('/api/', { headers: { cookie } })).status;

  test('a check whose node does not answer keeps no other waiting', async () => {
    const concernsAll = await stack.redis.ownerOf('sessiond:epoch');
    const slow = await sessionAt((primary) => primary !== concernsAll);
    const known = [slow.primary, concernsAll];
    for (const one of known) {
      const session = await sessionAt((primary) => primary === one);
      await waitFor('its node is asked', async () => (await check(session)) === 200, { timeout: 30000 });
    }
    const others = [];
    for (let i = 0; i < 3; i++) others.push(await sessionAt((primary) => primary === concernsAll));
    const order = [];
    let asked;
    slow.primary.freeze();
    try {
      const before = await stack.metric('sessiond_cache_misses_total');
      asked = check(slow).then((status) => order.push(`slow ${status}`));
      await waitFor('it is asked for', async () => (await stack.metric('sessiond_cache_misses_total')) > before);
      for (const one of others) order.push(await check(one));
    } finally {
      slow.primary.thaw();
    }
    await asked;
    assert.deepEqual(order, [200, 200, 200, 'slow 200']);
  });
});
