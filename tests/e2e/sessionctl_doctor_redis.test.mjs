// sessionctl doctor finds what is wrong with Redis, and between Redis and the daemon, and nothing else by that.

import assert from 'node:assert/strict';
import fs from 'node:fs';
import net from 'node:net';
import path from 'node:path';
import { after, before, describe, test } from 'node:test';

import { Redis } from '../support/redis_server.mjs';
import { freePort } from '../support/sockets.mjs';
import { waitFor } from '../support/waiting.mjs';
import { Patient } from './support/doctor.mjs';

describe('sessionctl doctor, of Redis', () => {
  const patient = new Patient();
  before(async () => {
    await patient.start();
    await patient.redis('ACL', 'SETUSER', 'limited', 'on', '>limited', '~*', '&*', '+@all', '-zadd');
    await patient.redis('ACL', 'SETUSER', 'deaf', 'on', '>limited', '~*', '&*', '+@all', '-subscribe');
    fs.writeFileSync(patient.at('limited'), 'limited', { mode: 0o600 });
  });
  after(() => patient.stop());

  test('a Redis that throws away', async (t) => {
    t.after(() => patient.redis('CONFIG', 'SET', 'maxmemory', '0', 'maxmemory-policy', 'noeviction'));
    await patient.redis('CONFIG', 'SET', 'maxmemory', '500mb');
    assert.deepEqual(await patient.examine(), {});
    await patient.redis('CONFIG', 'SET', 'maxmemory-policy', 'allkeys-lru');
    await patient.finds('redis-eviction', /^danger: .*allkeys-lru.* -> redis-cli -s .* CONFIG SET maxmemory-policy noeviction/);
  });

  test('a Redis that is nearly full', async (t) => {
    t.after(async () => {
      await patient.redis('CONFIG', 'SET', 'maxmemory', '0');
      await patient.redis('DEL', 'filler');
    });
    await patient.redis('SETRANGE', 'filler', 60_000_000, 'x');
    const [, used] = (await patient.redis('INFO', 'memory')).match(/used_memory:(\d+)/);
    await patient.redis('CONFIG', 'SET', 'maxmemory', Math.round(Number(used) * 1.05));
    await patient.finds('redis-eviction', /full to 9\d %/);
  });

  test('a Redis that forgets at its restart, all or the last minutes', async (t) => {
    t.after(() => patient.redis('CONFIG', 'SET', 'save', '', 'appendonly', 'yes'));
    await patient.redis('CONFIG', 'SET', 'appendonly', 'no');
    await patient.finds('redis-persistence', /^fault: Redis keeps nothing on disk.* CONFIG SET appendonly yes/);
    await patient.redis('CONFIG', 'SET', 'save', '60 1');
    await patient.finds('redis-persistence', /^hint: .*snapshots only \(save 60 1\)/);
  });

  test('another site that takes the same keys for its own', async (t) => {
    const foreign = ['sessiond:revoked:{shop:abc}', 'sessiond:revoked:tagged:{shop}:abc'];
    t.after(() => patient.redis('DEL', ...foreign));
    await patient.redis('SET', 'sessiond:revoked:{sess:abc}', '', 'EX', '100');
    assert.deepEqual(await patient.examine(), {});
    for (const key of foreign) {
      await patient.redis('DEL', ...foreign);
      await patient.redis('SET', key, '', 'EX', '100');
      const found = await patient.finds('redis-sites', /^danger: another site uses the same sessiond\.key_prefix .* -> in \S+, below sessiond: key_prefix: "sess:sessiond:"/);
      assert.ok(found.includes(`(there is ${key})`), found);
    }
  });

  test('a counter of logging everybody out that is none', async (t) => {
    t.after(async () => {
      await patient.redis('DEL', 'sessiond:epoch');
      await patient.restore();
    });
    await patient.redis('SET', 'sessiond:epoch', 'many');
    await patient.finds('redis-counter', /^fault: sessiond:epoch, which .* no login counts, .* -> redis-cli -s \S+ DEL sessiond:epoch && sessionctl -c \S+ session revoke --all$/);
  });

  test('a user of Redis without a right, by its name', async (t) => {
    t.after(() => patient.restore());
    await patient.configure((config) => Object.assign(config.redis, { user: 'limited', password_file: patient.at('limited') }));
    await patient.finds('redis-rights', /: ZADD sessiond:sessions:\*, ZADD sessiond:ended\*, ZADD sessiond:places:\* -> redis-cli .* ACL SETUSER limited \+zadd /);
  });

  test('a user of Redis that may read users, but not change them', async (t) => {
    t.after(() => patient.restore());
    await patient.redis('ACL', 'SETUSER', 'reader', 'on', '>limited', '~*', '&*', '+@all', '-hget', '-hdel');
    await patient.configure((config) => {
      Object.assign(config.redis, { user: 'reader', password_file: patient.at('limited') });
      config.login.authenticators = ['redis', 'htpasswd'];
    });
    await waitFor('the daemon hears of changes', async () => (await patient.ctl('status')).memory === 'believed');
    await patient.finds('redis-rights', /^hint: .*may not change users.*: HGET sessiond:user:\*, HDEL sessiond:user:\* -> redis-cli .* ACL SETUSER reader \+hget \+hdel /);
  });

  test('a user of Redis that may not go through all keys, and whom logging everybody out needs', async (t) => {
    t.after(() => patient.restore());
    await patient.redis('ACL', 'SETUSER', 'unlisting', 'on', '>limited', '~*', '&*', '+@all', '-scan', '-dbsize');
    await patient.configure((config) => Object.assign(config.redis, { user: 'unlisting', password_file: patient.at('limited') }));
    await waitFor('the daemon hears of changes', async () => (await patient.ctl('status')).memory === 'believed');
    await patient.finds('redis-rights', /^hint: .*may not go through all keys, .*: SCAN, DBSIZE -> redis-cli .* ACL SETUSER unlisting \+scan \+dbsize /);
    const { status, error } = await patient.ctl('session revoke', ['--all', '--yes']);
    assert.equal(status, 69);
    assert.match(error, /^Redis did not do what it was asked for: .* \(redis\.user\) may not; .*; some sessions may live on$/);
  });

  test('a user of Redis that may not be asked how Redis is', async (t) => {
    t.after(() => patient.restore());
    await patient.redis('ACL', 'SETUSER', 'unasked', 'on', '>limited', '~*', '&*', '+@all', '-info', '-config');
    await patient.configure((config) => Object.assign(config.redis, { user: 'unasked', password_file: patient.at('limited') }));
    const { rules } = await waitFor('it is content', async () => {
      const said = await patient.ctl('doctor', ['--nginx', patient.nginxWith()]);
      return said.ok && said;
    });
    assert.match(rules.find(({ rule }) => rule === 'redis-eviction').not_told, /ACL SETUSER unasked \+info /);
  });

  test('the wrong password, and no Redis at all', async (t) => {
    t.after(() => patient.restore());
    const withPassword = (config) => Object.assign(config.redis, { user: 'limited', password_file: patient.at('wrong') });
    fs.writeFileSync(patient.at('wrong'), 'wrong', { mode: 0o600 });
    await patient.configure(withPassword, { inForce: false });
    await patient.finds('redis', /WRONGPASS.* -> redis-cli -s .* ACL GETUSER limited /);
    await patient.configure((config) => (config.redis.url = `unix://${patient.at('nowhere.sock')}`), { inForce: false });
    await patient.finds('redis', /not reachable.* -> systemctl start redis-server$/);
    await patient.configure((config) => (config.redis.url = 'redis://nowhere.invalid:6379/0'), { inForce: false });
    await patient.finds('redis', /cannot resolve the host.* -> getent ahosts nowhere\.invalid$/);
  });

  test('a Redis that is too old, by what it says of itself', async (t) => {
    t.after(() => patient.restore());
    const [, version] = (await patient.redis('INFO', 'server')).match(/redis_version:(\S+)/);
    const older = version.replace(/^\d/, '5'); // as long, so that nothing else moves
    const server = net.createServer((client) => {
      const redis = net.connect(patient.stack.redis.socket);
      redis.on('data', (bytes) => client.write(bytes.toString('latin1').replaceAll(version, older), 'latin1'));
      client.on('data', (bytes) => redis.write(bytes));
      for (const [one, other] of [[client, redis], [redis, client]]) one.on('error', () => {}).on('close', () => other.destroy());
    });
    await new Promise((resolve) => server.listen(patient.at('older.sock'), resolve));
    t.after(() => server.close());
    await patient.configure((config) => (config.redis.url = `unix://${patient.at('older.sock')}`), { inForce: false });
    await patient.finds('redis', new RegExp(`older\\.sock has version ${older.replaceAll('.', '\\.')}, but .*6\\.0 or newer.* -> apt install redis-server`));
  });

  test('a clock that is off', async () => {
    await patient.finds('redis-clock', /^fault: Redis's clock is 1[01] s ahead of .* -> timedatectl/, patient.nginxWith(), patient.anotherMachine({ CLOCK_OFF: '-10' }));
  });

  test('replicas in the place of a primary, replicas that nobody waits for, and one node of a cluster', async (t) => {
    const others = {};
    t.after(async () => {
      for (const other of Object.values(others)) await other.stop();
      await patient.restore();
      await waitFor('the replica is gone', async () => /connected_slaves:0/.test(await patient.redis('INFO', 'replication')));
    });
    await patient.redis('CONFIG', 'SET', 'repl-diskless-sync-delay', '0');
    for (const [name, args] of Object.entries({ replica: ['--replicaof', `127.0.0.1 ${patient.stack.redis.port}`], cluster: ['--cluster-enabled', 'yes', '--cluster-port', String(await freePort())] })) {
      fs.mkdirSync(patient.at(name));
      others[name] = await new Redis(patient.at(name), { port: await freePort(), args: args.flatMap((arg) => (arg.startsWith('--') ? [arg] : arg.split(' '))) }).start();
    }
    await waitFor('the replica follows', async () => /master_link_status:up/.test(await others.replica.command('INFO', 'replication')));
    await patient.finds('redis-replicas', /^hint: .*min-replicas-to-write/);
    await patient.configure((config) => (config.logout = { replicas: 2 }));
    await patient.finds('redis-replicas', /^fault: logout\.replicas waits for 2 replicas, and 1 follow/);
    await patient.configure((config) => (config.redis.url = others.replica.url), { inForce: false });
    await patient.finds('redis', /replica.* -> .*INFO replication/);
    await patient.configure((config) => Object.assign(config.redis, { url: `redis://default@127.0.0.1:${others.replica.port}`, allow_replica: true }), { inForce: false });
    await patient.finds('redis-role', new RegExp(`^danger: .*replica \\(redis\\.allow_replica\\): .* below redis: url: redis://default@127\\.0\\.0\\.1:${patient.stack.redis.port}/0; then: sessionctl -c \\S+ reload`));
    await patient.configure((config) => (config.redis.url = others.cluster.url), { inForce: false });
    await patient.finds('redis-role', /one node of a Redis Cluster.* below redis: in the place of url, cluster: \{nodes: \["127\.0\.0\.1:\d+"\]\}; then: /);
    fs.mkdirSync(patient.at('untold'));
    others.untold = await new Redis(patient.at('untold'), { args: ['--replicaof', '127.0.0.1', patient.stack.redis.port, '--rename-command', 'HELLO', ''] }).start();
    await patient.configure((config) => (config.redis.url = others.untold.url), { inForce: false });
    assert.doesNotMatch(JSON.stringify(await patient.examine()), /allow_replica/, 'which nobody has set');
  });

  test('a daemon that does not hear of changes', async (t) => {
    t.after(() => patient.restore());
    await patient.configure((config) => Object.assign(config.redis, { user: 'deaf', password_file: patient.at('limited') }));
    await patient.configure(() => {}, { inForce: false });
    await patient.finds('memory', /does not hear from Redis/);
  });

  test('a unit that lets the daemon speak to this machine only, and a Redis that is another one', async (t) => {
    t.after(() => patient.restore());
    const units = 'IPAddressDeny=0.0.0.0/0 ::/0\nIPAddressAllow=127.0.0.0/8 ::1/128';
    // The daemon has lost its Redis, which the tool reaches at an address that is not this machine's by its looks.
    fs.writeFileSync(patient.at('changed'), 'first', { mode: 0o600 });
    await patient.redis('ACL', 'SETUSER', 'far', 'on', '>first', '~*', '&*', '+@all');
    const far = (config) => Object.assign(config.redis, { url: `redis://0.0.0.0:${patient.stack.redis.port}/0`, user: 'far', password_file: patient.at('changed') });
    await patient.configure(far);
    fs.writeFileSync(patient.at('changed'), 'second', { mode: 0o600 });
    await patient.redis('ACL', 'SETUSER', 'far', 'resetpass', '>second');
    await patient.redis('CLIENT', 'KILL', 'USER', 'far');
    const found = await waitFor('it is refused', async () => {
      const all = await patient.examine(undefined, patient.underSystemd(units));
      return all.ready && all;
    }, { timeout: 30000 });
    assert.match(found.ready, /^fault: .* is on another machine: sessiond\.service may speak to this one only \(IPAddressDeny=\) -> mkdir -p \S+\/sessiond\.service\.d && printf '\[Service\]\\nIPAddressAllow=%s\\n' 0\.0\.0\.0 >\S+\/network\.conf && systemctl daemon-reload && systemctl restart sessiond\.service$/);
    for (const others of [`${units} 0.0.0.0/32`, 'IPAddressDeny=\nIPAddressAllow='])
      assert.match((await patient.examine(undefined, patient.underSystemd(others))).ready, /although Redis answers here/);
    await patient.configure((config) => (far(config), (config.redis.url = patient.original.redis.url)), { inForce: false });
    assert.match((await patient.examine(undefined, patient.underSystemd(units))).ready, /although Redis answers here/);
  });

  test('a daemon that Redis refuses, although it takes what the file says by now', async (t) => {
    t.after(() => patient.restore());
    const file = patient.at('changed');
    fs.writeFileSync(file, 'first', { mode: 0o600 });
    await patient.redis('ACL', 'SETUSER', 'changed', 'on', '>first', '~*', '&*', '+@all');
    await patient.configure((config) => Object.assign(config.redis, { user: 'changed', password_file: file }));
    fs.writeFileSync(file, 'second', { mode: 0o600 });
    await patient.redis('ACL', 'SETUSER', 'changed', 'resetpass', '>second');
    await patient.redis('CLIENT', 'KILL', 'USER', 'changed');
    const found = await waitFor('it is refused', async () => {
      const all = await patient.examine();
      return all.ready && all;
    }, { timeout: 30000 });
    assert.match(found.ready, /^fault: the daemon cannot use Redis, although Redis answers here/);
  });

  test('a daemon that notes no session in its user\'s index', async (t) => {
    t.after(() => patient.restore());
    await patient.configure((config) => Object.assign(config.redis, { user: 'limited', password_file: patient.at('limited') }));
    await patient.configure(() => {}, { inForce: false });
    await patient.finds('walk', /stands in no index of its user/);
  });
});
