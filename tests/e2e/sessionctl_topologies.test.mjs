// sessionctl's commands where Redis is not one server at one address: a cluster of six nodes, a primary behind sentinels,
// and TLS. Whatever one server is asked elsewhere is asked of all, or of the right one, here.

import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { after, before, describe, test } from 'node:test';

import { ClusterGroup } from '../support/cluster.mjs';
import { RedisByTls } from '../support/redis_by_port.mjs';
import { startStack } from '../support/stack.mjs';
import { waitFor } from '../support/waiting.mjs';
import { kindsOfGroups } from './support/redis_kinds.mjs';
import { sessionctl } from './support/sessionctl.mjs';

/** Cheap, so that logins are. */
const usual = '$2b$04$y2/FkCtRRuIxyanUHAJCk.T0a7tySCeEHgUylcVohvT29tcH.cE1e';

const kinds = { ...kindsOfGroups, 'Redis over TLS': (folder) => new RedisByTls(folder) };

for (const [kind, redis] of Object.entries(kinds)) {
  describe(`sessionctl with ${kind}`, () => {
    let stack;
    let ctl;
    before(async () => {
      stack = await startStack({
        redis,
        config: (config) => Object.assign(config.login, { authenticators: ['htpasswd', 'redis'], redis_usual_hash: usual }),
      });
      ctl = sessionctl(stack.sessiond.file);
    });
    after(() => stack?.stop());

    const done = (said) => assert.equal(said.status, 0, JSON.stringify(said)) ?? said;
    const statusOf = async (cookie) => (await stack.client().get('/api/', { headers: { cookie } })).status;
    const listed = (user, count) =>
      waitFor(`${count} sessions of ${user} are listed`, async () => {
        const { sessions } = done(await ctl('session list', ['--user', user]));
        return sessions.length === count && sessions;
      }, { timeout: 30000 });
    /** So many, that they are at several nodes of a cluster. */
    async function sessionsOf(user, count) {
      const cookies = [];
      for (let i = 0; i < count; i++) {
        const cookie = await stack.session(`${user}-${i}`, { id: user, name: user });
        await waitFor('it is let in', async () => (await statusOf(cookie)) === 200, { timeout: 20000 });
        cookies.push(cookie);
      }
      return { cookies, all: await listed(user, count) };
    }
    const allRefused = (cookies) => waitFor('all are refused', async () => (await Promise.all(cookies.map(statusOf))).every((status) => status === 401), { timeout: 20000 });

    test('session: what is listed is shown, and ended by handle, by user, and all', async () => {
      const { cookies, all } = await sessionsOf('ada', 6);
      const [{ handle }] = all;
      assert.equal(done(await ctl('session show', [handle])).session.user, 'ada');
      assert.deepEqual([done(await ctl('session revoke', [handle, '--yes'])).ended, (await listed('ada', 5)).length], [1, 5]);
      await waitFor('one is refused', async () => (await Promise.all(cookies.map(statusOf))).filter((status) => status === 401).length === 1);
      const { ended, final } = done(await ctl('session revoke', ['--user', 'ada', '--yes']));
      assert.deepEqual({ ended, final }, { ended: 5, final: true });
      await allRefused(cookies);
      const others = (await sessionsOf('eve', 4)).cookies;
      for (let i = 0; i < 4; i++) await stack.session(`unseen-${i}`, { id: 'bob' });
      assert.equal(done(await ctl('session list', ['--user', 'bob'])).sessions.length, 0, 'no check has seen them');
      assert.equal(done(await ctl('session list', ['--user', 'bob', '--scan'])).sessions.length, 4, 'wherever they are');
      assert.ok(done(await ctl('session revoke', ['--all', '--yes'])).ended >= 8);
      await allRefused(others);
    });

    test('user: one is added, logs in, is changed, disabled and removed', async () => {
      done(await ctl('user add', ['zoe', '--id', 'zoe', '--stdin'], 'first\n'));
      const logsIn = async (secret) => {
        const client = stack.client();
        await stack.logIn(client, { user: 'zoe', secret });
        return (await client.get('/api/')).status === 200 && client;
      };
      const client = await waitFor('zoe is in', () => logsIn('first'), { timeout: 20000 });
      await listed('zoe', 1);
      assert.equal(done(await ctl('user show', ['zoe'])).user.state, 'active');
      done(await ctl('user passwd', ['zoe', '--stdin'], 'second\n'));
      await waitFor('zoe is out', async () => (await client.get('/api/')).status === 401);
      done(await ctl('user disable', ['zoe']));
      assert.equal(await logsIn('second'), false);
      done(await ctl('user enable', ['zoe']));
      await waitFor('zoe is in again', () => logsIn('second'), { timeout: 20000 });
      fs.writeFileSync(path.join(stack.folder, 'users'), `yan:${usual}:id=yan\nxia:${usual}:id=xia\n`);
      assert.equal(done(await ctl('user import', [path.join(stack.folder, 'users')])).added, 2);
      const names = async () => done(await ctl('user list')).users.map(({ name }) => name).filter((name) => /^(xia|yan|zoe)$/.test(name)).sort();
      assert.deepEqual(await names(), ['xia', 'yan', 'zoe']);
      for (const name of ['xia', 'yan', 'zoe']) done(await ctl('user del', [name, '--yes']));
      assert.deepEqual(await names(), []);
    });

    test('throttle, secret, explain and the daemon\'s state', async () => {
      for (let i = 0; i < 3; i++) await stack.logIn(stack.client(), { user: `nobody-${i}`, secret: 'wrong' });
      const counters = async () => done(await ctl('throttle list')).counters.length;
      assert.ok((await counters()) > 0);
      done(await ctl('throttle clear', ['--all', '--yes']));
      assert.equal(await counters(), 0);
      done(await ctl('secret status'));
      const { granted, decided_by: by } = done(await ctl('explain', ['--cookie', '-'], await stack.session('explained', { id: 'ada' })));
      assert.deepEqual([granted, by], [true, 'daemon']);
      await waitFor('it hears of changes', async () => ['believed', 'resting'].includes(done(await ctl('status')).memory));
    });

    test('doctor: everything of Redis is looked at, and the way is walked', async () => {
      const { rules } = await ctl('doctor', ['--nginx', path.join(stack.folder, 'nginx.conf')]);
      for (const name of ['redis', 'redis-role', 'redis-rights', 'redis-eviction', 'redis-persistence', 'redis-clock', 'redis-sentinels', 'ready', 'walk']) {
        const { result, findings } = rules.find(({ rule }) => rule === name);
        assert.equal(result, 'good', `${name}: ${JSON.stringify(findings)}`);
      }
    });
  });
}

describe('sessionctl doctor with a Redis Cluster', () => {
  test('says which node throws away, and what to type there', async (t) => {
    const stack = await startStack({ redis: (folder) => new ClusterGroup(folder) });
    t.after(() => stack.stop());
    const ctl = sessionctl(stack.sessiond.file);
    const [, odd] = await stack.redis.primaries();
    await odd.command('CONFIG', 'SET', 'maxmemory', '500mb', 'maxmemory-policy', 'allkeys-lru');
    const of = async () => (await ctl('doctor', ['--nginx', path.join(stack.folder, 'nginx.conf')])).rules.find(({ rule }) => rule === 'redis-eviction').findings;
    const [{ message, remedy }, ...others] = await of();
    assert.equal(others.length, 0);
    assert.match(message, new RegExp(`^Redis \\(127\\.0\\.0\\.1:${odd.port}\\) throws keys away`));
    assert.match(remedy, new RegExp(`^redis-cli -h 127\\.0\\.0\\.1 -p ${odd.port} CONFIG SET maxmemory-policy noeviction `));
    await odd.command('CONFIG', 'SET', 'maxmemory-policy', 'noeviction');
    assert.deepEqual(await of(), []);
  });
});
