// Redis over TLS, as managed services and careful people have it: with an ACL user, and a certificate on both sides.

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { after, before, describe, test } from 'node:test';

import { Authority } from '../support/certificates.mjs';
import { binary } from '../support/places.mjs';
import { Redis } from '../support/redis_server.mjs';
import { freePort } from '../support/sockets.mjs';
import { startStack } from '../support/stack.mjs';
import { waitFor } from '../support/waiting.mjs';
import { documentedRules } from './support/documented_rules.mjs';
import { sessionctl } from './support/sessionctl.mjs';

describe('Redis over TLS', () => {
  let stack;
  let authority;

  /** What Redis shows from now on, to new connections. */
  async function useCertificate({ certificate, key }) {
    await stack.redis.command('CONFIG', 'SET', 'tls-cert-file', certificate, 'tls-key-file', key);
  }

  before(async () => {
    const tlsPort = await freePort();
    stack = await startStack({
      redis: (folder) => {
        authority = new Authority(folder);
        const { certificate, key } = authority.issue('redis', 'DNS:localhost,IP:127.0.0.1');
        authority.issue('sessiond', 'DNS:sessiond.example.org');
        return new Redis(folder, {
          args: ['--tls-port', tlsPort, '--tls-cert-file', certificate, '--tls-key-file', key, '--tls-ca-cert-file', authority.file, '--tls-auth-clients', 'yes'],
          prepare: (redis) => redis.command('ACL', 'SETUSER', 'sessiond', 'on', '>redis-secret', ...documentedRules()),
        });
      },
      config: (config) => {
        const folder = path.dirname(config.listen.socket);
        fs.writeFileSync(path.join(folder, 'redis-password'), 'redis-secret\n', { mode: 0o600 });
        config.redis = {
          url: `rediss://sessiond@localhost:${tlsPort}/0`,
          password_file: 'redis-password',
          tls: { ca_file: 'ca.pem', cert_file: 'sessiond.pem', key_file: 'sessiond.key' },
          connect_timeout: '2s',
          command_timeout: '1s',
        };
      },
    });
  });
  after(() => stack?.stop());

  test('a login, a check, a logout', async () => {
    const client = stack.client();
    const login = await stack.logIn(client);
    assert.equal(login.status, 303, stack.sessiond.logText());
    const page = await client.get('/page/');
    assert.equal(page.status, 200);
    const everybody = await stack.redis.command('CLIENT', 'LIST');
    assert.match(everybody, /laddr=127\.0\.0\.1:\d+ .*user=sessiond/);
    const logout = await client.request('POST', '/logout', { headers: { Accept: 'application/json' } });
    assert.equal(logout.status, 204);
    assert.equal((await client.get('/api/')).status, 401);
    assert.doesNotMatch(stack.sessiond.logText(), /may not|NOPERM|no answer|not usable/);
  });

  test('sessionctl goes the same way, and its doctor sees the certificates end', async () => {
    const ctl = sessionctl(stack.sessiond.file);
    assert.equal((await stack.logIn(stack.client())).status, 303);
    const listed = await waitFor('it is in the index', async () => (await ctl('session list', ['--user', '7'])).sessions.length > 0);
    assert.ok(listed);
    const { headers } = await ctl('explain', ['--cookie', '-'], await stack.session('tls-explained', { id: 1 }));
    assert.equal(headers[0], 'X-Session-Status: valid');
    assert.ok((await ctl('session revoke', ['--user', '7', '--yes'])).ended > 0);
    const { rules } = await ctl('doctor', ['--nginx', path.join(stack.folder, 'nginx.conf')]);
    const of = (name) => rules.find(({ rule }) => rule === name);
    assert.match(of('certificates').findings[0].message, /towards Redis the certificate .*ca\.pem ends on/);
    assert.equal(of('walk').result, 'good');
    assert.match(of('redis-eviction').not_told, /redis-cli -h localhost -p \d+ --tls --cacert \S+ca\.pem .*ACL SETUSER sessiond \+info && /);
    const elsewhere = path.join(stack.folder, 'stranger.yaml');
    const { tls, ...redis } = stack.sessiond.config.redis;
    fs.writeFileSync(elsewhere, JSON.stringify({ ...stack.sessiond.config, redis: { ...redis, tls: { ca_file: tls.ca_file } } }));
    const refused = await sessionctl(elsewhere)('session list', ['--user', '7']);
    assert.equal(refused.status, 69, 'without a certificate of its own');
    assert.match(refused.error, /certificate/);
  });

  test('the doctor says which option mends what keeps TLS from being spoken', async () => {
    const file = path.join(stack.folder, 'other.yaml');
    const remedyFor = async (settings) => {
      fs.writeFileSync(file, JSON.stringify({ ...stack.sessiond.config, redis: { ...stack.sessiond.config.redis, ...settings } }));
      const { rules } = await sessionctl(file)('doctor', ['--nginx', path.join(stack.folder, 'nginx.conf')]);
      return rules.find(({ rule }) => rule === 'redis').findings[0].remedy;
    };
    const { url, tls } = stack.sessiond.config.redis;
    const setting = (line) => new RegExp(`^in ${file}, below redis: ${line}; then: sessionctl -c ${file} reload$`);
    assert.match(await remedyFor({ url: url.replace('rediss:', 'redis:'), tls: undefined }), setting(`url: ${url}`));
    assert.match(await remedyFor({ tls: { ca_file: tls.ca_file } }), setting('in tls, cert_file and key_file: .*'));
    const other = new Authority(stack.folder, 'unrelated');
    assert.match(await remedyFor({ tls: { ...tls, ca_file: other.file } }), setting('in tls, ca_file: .*'));
    assert.match(await remedyFor({ tls: { ...tls, server_name: 'redis.example.org' } }), setting('in tls, server_name: .*'));
  });

  test('the cache hears of what others change', async () => {
    const cookie = await stack.session('tls-a', { id: 1 });
    const client = stack.client();
    await waitFor('the session is kept', async () => {
      const before = await stack.metric('sessiond_cache_hits_total');
      await client.get('/api/', { headers: { cookie } });
      return (await stack.metric('sessiond_cache_hits_total')) > before;
    });
    await stack.redis.command('DEL', 'sess:tls-a');
    await waitFor('it is refused', async () => (await client.get('/api/', { headers: { cookie } })).status === 401);
  });

  test('renewed certificates, of another authority too, take a reload', async () => {
    const cookie = await stack.session('tls-b', { id: 1 });
    const client = stack.client();
    assert.equal((await client.get('/api/', { headers: { cookie } })).status, 200);
    const next = new Authority(stack.folder, 'next');
    await useCertificate(next.issue('renewed', 'DNS:localhost,IP:127.0.0.1'));
    await stack.redis.command('CLIENT', 'KILL', 'TYPE', 'normal');
    await stack.redis.command('CLIENT', 'KILL', 'TYPE', 'pubsub');
    await waitFor('nothing is believed', async () => (await client.get('/api/', { headers: { cookie } })).status === 503);
    await waitFor('the log says why', () =>
      /the server\\x27s certificate is from no authority in redis\.tls\.ca_file, .*ca\.pem/.test(stack.sessiond.logText()));
    fs.copyFileSync(next.file, authority.file);
    stack.sessiond.process.kill('SIGHUP');
    await waitFor('it goes on', async () => (await client.get('/api/', { headers: { cookie } })).status === 200);
  });

  test('a server that stalls in the handshake holds up nobody else', async () => {
    const cookie = await stack.session('tls-c', { id: 1 });
    const client = stack.client();
    await waitFor('it is let in', async () => (await client.get('/api/', { headers: { cookie } })).status === 200);
    await stack.redis.command('CLIENT', 'KILL', 'TYPE', 'normal');
    stack.redis.freeze();
    try {
      const checks = Array.from({ length: 8 }, (_, i) => stack.client().get('/api/', { headers: { cookie: stack.sessiond.cookie(`none-${i}`) } }));
      let answered = false;
      const all = Promise.all(checks).then((answers) => {
        answered = true;
        return answers;
      });
      assert.equal((await stack.client().get('/sessiond/health')).status, 200);
      assert.equal(answered, false, 'the lanes answer while handshakes stall');
      for (const { status } of await all) assert.equal(status, 503);
    } finally {
      stack.redis.thaw();
    }
    await waitFor('it goes on', async () => (await client.get('/api/', { headers: { cookie } })).status === 200);
  });

  test('sessiond -t names what is wrong with the files', () => {
    const file = path.join(stack.folder, 'wrong.yaml');
    const config = structuredClone(stack.sessiond.config);
    const other = new Authority(stack.folder, 'other').issue('stranger', 'DNS:sessiond.example.org');
    config.redis.tls = { ca_file: 'none.pem', cert_file: 'sessiond.pem', key_file: path.basename(other.key) };
    fs.writeFileSync(file, JSON.stringify(config, null, 2));
    const { status, stderr } = spawnSync(binary, ['-t', '-c', file], { encoding: 'utf8', timeout: 30000 });
    assert.equal(status, 78);
    assert.match(stderr, /wrong\.yaml:\d+:\d+: redis\.tls\.ca_file: cannot read .*none\.pem: no such file or directory/);
    assert.match(stderr, /wrong\.yaml:\d+:\d+: redis\.tls\.key_file: is not the key of the certificate in cert_file/);
  });
});
