// The lines of conf/guide/redis.md, each with the servers that it is for: whoever copies them has a login.

import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { describe, test } from 'node:test';
import { parse } from 'yaml';

import { Authority } from '../support/certificates.mjs';
import { ClusterGroup } from '../support/cluster.mjs';
import { repository } from '../support/places.mjs';
import { Redis } from '../support/redis_server.mjs';
import { SentinelGroup } from '../support/sentinels.mjs';
import { freePort } from '../support/sockets.mjs';
import { startStack } from '../support/stack.mjs';
import { documentedRules } from './support/documented_rules.mjs';

const guide = fs.readFileSync(path.join(repository, 'conf/guide/redis.md'), 'utf8');
const blocks = [...guide.matchAll(/^```yaml\n([^]*?)^```$/gm)].map(([, text]) => text);

/** What the lines name → what a test has instead. Every name must be there. */
function adapted(text, names) {
  for (const [name, own] of Object.entries(names)) {
    assert.ok(text.includes(name), `the lines name ${name}`);
    text = text.replaceAll(name, own);
  }
  return parse(text).redis;
}

/** A server for TLS, with a user who may do what is documented. */
function encrypted(folder, port, ...more) {
  const authority = new Authority(folder, 'redis-ca');
  const { certificate, key } = authority.issue('redis', 'DNS:localhost');
  authority.issue('redis-client', 'DNS:sessiond.example.org');
  fs.writeFileSync(path.join(folder, 'redis-password'), 'redis-secret\n', { mode: 0o600 });
  const tls = ['--tls-port', port, '--tls-cert-file', certificate, '--tls-key-file', key, '--tls-ca-cert-file', authority.file, ...more];
  return new Redis(folder, { args: [...tls, '--user', 'sessiond', 'on', '>redis-secret', ...documentedRules()] });
}

/** name: the block that it stands in → {redis(folder), names(folder, store)} */
const topologies = {
  'unix://': {
    redis: (folder) => new Redis(folder),
    names: (folder, redis) => ({ '/run/redis/redis-server.sock': redis.socket }),
  },
  'rediss://redis.example': {
    redis(folder) {
      return encrypted(folder, this.port);
    },
    names(folder) {
      return { 'redis.example:6379': `localhost:${this.port}`, '/etc/sessiond/': `${folder}/` };
    },
  },
  // But for its authority, which no public one is.
  'rediss://primary.service.example': {
    redis(folder) {
      return encrypted(folder, this.port, '--tls-auth-clients', 'no');
    },
    names(folder) {
      return { 'primary.service.example:6379': `localhost:${this.port}`, '/etc/sessiond/': `${folder}/` };
    },
    more: ({ folder }) => ({ tls: { ca_file: path.join(folder, 'redis-ca.pem') } }),
  },
  'sentinel:': {
    redis: (folder) => new SentinelGroup(folder),
    names: (folder, group) =>
      Object.fromEntries(group.sentinels.map(({ port }, i) => [`s${i + 1}.example:26379`, `127.0.0.1:${port}`])),
    more: (group) => ({ password_file: group.passwordFile }),
  },
  'cluster:': {
    redis: (folder) => new ClusterGroup(folder),
    names: (folder, group) =>
      Object.fromEntries(group.servers.slice(0, 3).map(({ port }, i) => [`r${i + 1}.example:6379`, `127.0.0.1:${port}`])),
  },
};

describe('the lines of the guide to Redis', () => {
  test('are all tried here', () => {
    for (const block of blocks) assert.ok(Object.keys(topologies).some((name) => block.includes(name)), block);
  });

  for (const [name, topology] of Object.entries(topologies)) {
    test(`${name} somebody logs in, is let in, and logs out`, async () => {
      topology.port = await freePort();
      const block = blocks.find((text) => text.includes(name));
      let store;
      const stack = await startStack({
        redis: (folder) => (store = topology.redis(folder)),
        config: (settings) => {
          const folder = path.dirname(settings.listen.socket);
          settings.redis = { ...adapted(block, topology.names(folder, store)), ...topology.more?.(store) };
        },
      });
      try {
        const client = stack.client();
        assert.equal((await stack.logIn(client)).status, 303);
        assert.equal((await client.get('/page/x')).status, 200);
        const { status } = await client.request('POST', '/logout', { headers: { Accept: 'application/json', 'Sec-Fetch-Site': 'same-origin' } });
        assert.equal(status, 204);
        assert.equal((await client.get('/api/x')).status, 401);
      } finally {
        await stack.stop();
      }
    });
  }
});
