// What the doctor says is to be typed, is typed, against a real Redis: then the fault is gone, also after Redis has been
// started again, and whoever sessiond is to Redis.

import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { describe, test } from 'node:test';

import { Authority } from '../support/certificates.mjs';
import { Redis } from '../support/redis_server.mjs';
import { freePort } from '../support/sockets.mjs';
import { waitFor } from '../support/waiting.mjs';
import { Patient } from './support/doctor.mjs';
import { tool } from './support/sessionctl.mjs';

const everything = ['~*', '&*', '+@all'];
const administrators = 'secret-of-administrators';

async function restartRedis({ stack, ctl }) {
  await stack.redis.stop();
  await stack.redis.start();
  await waitFor('the daemon hears of changes', async () => {
    await stack.client().get('/page/', { headers: { cookie: await stack.session('asking', { id: 1 }) } });
    return (await ctl('status')).memory === 'believed';
  }, { timeout: 30000 });
}

/** Each plants a fault, and is mended by what the doctor says of the rule. */
const settings = {
  'redis-eviction': [['maxmemory', '500mb', 'maxmemory-policy', 'allkeys-lru']],
  'redis-persistence': [['save', '', 'appendonly', 'no'], ['save', '60 1', 'appendonly', 'no']],
};

const kinds = {
  'with a file that keeps its settings': { redis: { keepsSettings: true } },
  'whose default user has a password, which sessiond has from a file': {
    redis: { keepsSettings: true, password: administrators },
    config: (config) => {
      const file = path.join(path.dirname(config.listen.socket), "redis's password");
      fs.writeFileSync(file, administrators, { mode: 0o600 });
      config.redis.password_file = file;
    },
  },
  'where sessiond is a user of its own, and the default user has a password': {
    redis: {
      keepsSettings: true,
      password: administrators,
      prepare: async (redis) => {
        await redis.command('ACL', 'SETUSER', 'site', 'on', '>secret-of-site', ...everything);
        await redis.command('CONFIG', 'REWRITE');
      },
    },
    config: (config) => {
      const file = path.join(path.dirname(config.listen.socket), 'password');
      fs.writeFileSync(file, 'secret-of-site', { mode: 0o600 });
      Object.assign(config.redis, { user: 'site', password_file: file });
    },
    typed: administrators,
  },
};

for (const [kind, { typed, ...options }] of Object.entries(kinds)) {
  describe(`of a Redis ${kind}, the doctor's remedies mend`, () => {
    const patient = new Patient();
    test('what it throws away and what it forgets', async (t) => {
      t.after(() => patient.stop());
      await patient.start(options);
      for (const [rule, all] of Object.entries(settings)) {
        for (const setting of all) {
          await patient.redis('CONFIG', 'SET', ...setting);
          await patient.redis('CONFIG', 'REWRITE');
          await patient.types(await patient.finds(rule, / -> /), typed);
          if (rule === 'redis-persistence') await waitFor('the file is written', async () => /aof_rewrite_in_progress:0/.test(await patient.redis('INFO', 'persistence')));
          assert.deepEqual(await patient.examine(), {});
          await restartRedis(patient);
          assert.deepEqual(await patient.examine(), {}, 'and after a restart');
        }
      }
      await patient.redis('SETRANGE', 'filler', 60_000_000, 'x');
      const [, used] = (await patient.redis('INFO', 'memory')).match(/used_memory:(\d+)/);
      await patient.redis('CONFIG', 'SET', 'maxmemory', Math.round(Number(used) * 1.05));
      await patient.types(await patient.finds('redis-eviction', /full to 9\d %/), typed);
      assert.deepEqual(await patient.examine(), {});
      await restartRedis(patient);
      assert.deepEqual(await patient.examine(), {}, 'and after a restart');
    });
  });
}

describe('of other Redis servers, what the doctor says is to be typed works', () => {
  test('a right that its user lacks', async (t) => {
    const limited = new Patient();
    t.after(() => limited.stop());
    for (const where of ['redis.conf', 'an ACL file']) {
      const inFile = where === 'an ACL file';
      await limited.start({
        redis: {
          keepsSettings: true,
          prepare: async (server) => {
            if (inFile) {
              // Which cannot be said later.
              const acl = path.join(server.folder, 'users.acl');
              fs.writeFileSync(acl, 'user default on nopass ~* &* +@all\n');
              await server.stop();
              fs.appendFileSync(server.file, `aclfile ${acl}\n`);
              await server.start();
            }
            await server.command('ACL', 'SETUSER', 'limited', 'on', '>secret', ...everything, '-zadd', '-info');
            await server.command('ACL', 'SETUSER', 'limited', 'resetkeys', '~sess:*');
            await server.command(...(inFile ? ['ACL', 'SAVE'] : ['CONFIG', 'REWRITE']));
          },
        },
        config: (config) => {
          const file = path.join(path.dirname(config.listen.socket), 'password');
          fs.writeFileSync(file, 'secret', { mode: 0o600 });
          Object.assign(config.redis, { user: 'limited', password_file: file });
        },
      });
      // Which keys it may not use is not seen before it may use the command.
      const seen = [];
      for (let found; (found = (await limited.examine())['redis-rights']); await limited.types(found)) {
        seen.push(found);
        assert.ok(seen.length < 4, found);
      }
      assert.match(seen[0], / ACL SETUSER limited .*\+zadd/);
      assert.match(seen.join(), /'~sessiond:sessions:\*'/);
      const { rules } = await limited.ctl('doctor', ['--nginx', limited.nginxWith()]);
      await limited.types(rules.find(({ rule }) => rule === 'redis-eviction').not_told.replace(/.*look: /, ' -> '));
      const untold = async () => (await limited.ctl('doctor', ['--nginx', limited.nginxWith()])).rules.filter(({ rule, result }) => rule.startsWith('redis') && result === 'not told');
      assert.deepEqual([await limited.examine(), await untold()], [{}, []], where);
      await restartRedis(limited);
      assert.deepEqual([await limited.examine(), await untold()], [{}, []], `after a restart, from ${where}`);
      await limited.stop();
    }
  });

  test('over TLS, with a certificate of its own', async (t) => {
    const patient = new Patient();
    t.after(() => patient.stop());
    const tlsPort = await freePort();
    let authority;
    const redis = {
      keepsSettings: true,
      prepare: async (server) => {
        authority = new Authority(server.folder);
        const { certificate, key } = authority.issue('redis', 'DNS:localhost,IP:127.0.0.1');
        authority.issue('sessiond', 'DNS:sessiond.example.org');
        await server.command('CONFIG', 'SET', 'tls-cert-file', certificate, 'tls-key-file', key, 'tls-ca-cert-file', authority.file, 'tls-port', tlsPort);
        await server.command('CONFIG', 'SET', 'maxmemory', '500mb', 'maxmemory-policy', 'allkeys-lru');
        await server.command('CONFIG', 'REWRITE');
      },
    };
    const config = (settings) => {
      const tls = { ca_file: 'ca.pem', cert_file: 'sessiond.pem', key_file: 'sessiond.key' };
      settings.redis = { url: `rediss://localhost:${tlsPort}/0`, tls, connect_timeout: '2s', command_timeout: '1s' };
    };
    await patient.start({ redis, config });
    const found = await patient.examine();
    await patient.types(found['redis-eviction']);
    assert.equal((await patient.examine())['redis-eviction'], undefined);

    // Its authorities: a bundle's old ones harm nobody, the last one does.
    const of = async () => (await patient.examine()).certificates ?? '';
    assert.match(await of(), /^fault: towards Redis the certificate .*ca\.pem ends on .*sessiond\.pem ends on/s);
    authority.issue('sessiond', 'DNS:sessiond.example.org', 400);
    const lasting = new Authority(patient.stack.folder, 'lasting', 400);
    fs.writeFileSync(patient.at('ca.pem'), fs.readFileSync(authority.file, 'utf8') + fs.readFileSync(lasting.file, 'utf8'));
    assert.match(await of(), /^hint: one of the authorities in .*ca\.pem ends on/);
  });

  test('a replica in the primary\'s place, and a primary without those that it waits for', async (t) => {
    const patient = new Patient();
    t.after(() => patient.stop());
    await patient.start({ redis: { keepsSettings: true } });
    fs.mkdirSync(patient.at('replica'));
    const replica = await new Redis(patient.at('replica'), { args: ['--replicaof', '127.0.0.1', patient.stack.redis.port] }).start();
    t.after(() => replica.stop());
    await waitFor('the replica follows', async () => /master_link_status:up/.test(await replica.command('INFO', 'replication')));
    await patient.types(await patient.finds('redis-replicas', /^hint: .*min-replicas-to-write/));
    assert.deepEqual(await patient.examine(), {});
    await patient.configure((config) => (config.logout = { replicas: 2 }));
    assert.match(await patient.types(await patient.finds('redis-replicas', /^fault: logout\.replicas waits for 2/)), /connected_slaves:1/);
    await patient.configure((config) => (config.redis.url = replica.url), { inForce: false });
    assert.match(await patient.types(await patient.finds('redis', /replica/)), new RegExp(`master_port:${patient.stack.redis.port}`));

    await patient.configure((config) => Object.assign(config.redis, { user: 'nobody', password_file: patient.at('wrong') }), { inForce: false });
    fs.writeFileSync(patient.at('wrong'), 'wrong', { mode: 0o600 });
    await patient.redis('ACL', 'SETUSER', 'nobody', 'off', '>right');
    assert.match(await patient.types(await patient.finds('redis', /WRONGPASS/)), /"off"/);
    await patient.redis('ACL', 'DELUSER', 'nobody');
  });

  test('a counter that is none, in another database than the first', async (t) => {
    const patient = new Patient();
    t.after(() => patient.stop());
    await patient.start({ config: (config) => (config.redis.url += '?db=3') });
    await patient.types(` -> redis-cli -s ${patient.stack.redis.socket} -n 3 SET sessiond:epoch many`);
    const found = await patient.finds('redis-counter', / -> redis-cli -s \S+ -n 3 DEL sessiond:epoch && sessionctl /);
    await patient.types(found.replace(/ && .*/, ''));
    assert.equal((await patient.examine())['redis-counter'], undefined);
  });

  test('snippets beside nginx\'s own files, and never into a folder of which it takes every file', async (t) => {
    const patient = new Patient();
    t.after(() => patient.stop());
    await patient.start();
    const otherSocket = (text) => text.replaceAll(patient.stack.sessiond.socket, '/run/other.sock');
    const planted = patient.nginxWith('sessiond/upstream.conf', otherSocket);
    const said = await patient.finds('nginx-upstream', /nginx print --to \S+\/planted\/sessiond && nginx -t -c \S+\/planted\/nginx\.conf && nginx -s reload -c \S+\/planted\/nginx\.conf$/, planted);
    const path_ = `PATH=${path.join(patient.stack.folder, 'bin')}:$PATH; `;
    fs.mkdirSync(patient.at('bin'));
    fs.symlinkSync(tool, patient.at('bin/sessionctl'));
    fs.writeFileSync(patient.at('bin/nginx'), `#!/bin/sh\ncase "$*" in *reload*) exit 0 ;; esac\nexec /usr/sbin/nginx -p ${patient.stack.folder} -e stderr "$@" 2>/dev/null\n`, { mode: 0o755 });
    await patient.types(` -> ${path_}${said.slice(said.lastIndexOf(' -> ') + 4)}`);
    const upstream = fs.readFileSync(patient.at('planted/sessiond/upstream.conf'), 'utf8');
    assert.ok(upstream.includes(`unix:${patient.stack.sessiond.socket}`));

    const inConfD = patient.nginxWith(
      'nginx.conf',
      (text) => text.replace('include sessiond/upstream.conf;', 'include conf.d/*.conf;'),
      (folder) => {
        fs.mkdirSync(path.join(folder, 'conf.d'));
        fs.writeFileSync(path.join(folder, 'conf.d/upstream.conf'), otherSocket(fs.readFileSync(path.join(folder, 'sessiond/upstream.conf'), 'utf8')));
      },
    );
    await patient.finds('nginx-upstream', /conf\.d\/upstream\.conf.* -> in \S+conf\.d\/upstream\.conf, in the place of its upstream: include sessiond\/upstream\.conf; then sessionctl -c \S+ nginx print --to \S+\/planted\/sessiond && /, inConfD);
  });
});
