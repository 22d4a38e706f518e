// The kinds of Redis that are compared: one server over TCP, the same over TLS and behind a sentinel, and a cluster of
// three. Each has `servers`, the `settings` that sessiond is told, load() and stop().

import fs from 'node:fs';
import path from 'node:path';

import clusterKeySlot from 'cluster-key-slot';

import { Authority } from '../../support/certificates.mjs';
import { ClusterGroup, primaryOf } from '../../support/cluster.mjs';
import { start, stop } from '../../support/processes.mjs';
import { freePort } from '../../support/sockets.mjs';
import { freshFolder } from './folders.mjs';
import { RedisServer } from './redis.mjs';

/** The server of the first three kinds; `settings` are those over TCP, `secured` those over TLS. */
export class OneServer {
  async start() {
    const folder = freshFolder('redis-one');
    const [port, tlsPort] = [await freePort(), await freePort()];
    const authority = new Authority(folder);
    const { certificate, key } = authority.issue('redis', 'DNS:localhost');
    const args = ['--tls-port', tlsPort, '--tls-auth-clients', 'no'];
    args.push('--tls-cert-file', certificate, '--tls-key-file', key, '--tls-ca-cert-file', authority.file);
    const server = new RedisServer(folder, { port, args });
    this.port = port;
    this.servers = [await server.start()];
    this.settings = { url: `redis://127.0.0.1:${port}/0` };
    this.secured = { url: `rediss://localhost:${tlsPort}/0`, tls: { ca_file: authority.file } };
    return this;
  }

  load(pairs) {
    return this.servers[0].load(pairs);
  }

  stop() {
    return this.servers[0].stop();
  }
}

/** One sentinel, which watches the server on that port. */
export class Sentinel {
  async start(watched) {
    const folder = freshFolder('sentinel');
    const port = await freePort();
    const file = path.join(folder, 'sentinel.conf');
    fs.writeFileSync(file, `port ${port}\nbind 127.0.0.1\ndir ${folder}\nsentinel monitor main 127.0.0.1 ${watched} 1\n`);
    this.process = start('redis-server', [file, '--sentinel'], { log: path.join(folder, 'log') });
    this.settings = { sentinel: { master: 'main', nodes: [`127.0.0.1:${port}`] } };
    return this;
  }

  stop() {
    return stop(this.process);
  }
}

export class Cluster {
  async start() {
    // So long that a busy machine is not taken for a node that is down.
    this.group = new ClusterGroup(freshFolder('redis-cluster'), { nodes: 3, nodeTimeout: 15000, Server: RedisServer });
    await this.group.start();
    ({ servers: this.servers, settings: this.settings } = this.group);
    return this;
  }

  async load(pairs) {
    const parts = this.servers.map(() => []);
    for (const pair of pairs) parts[primaryOf(clusterKeySlot(pair[0]))].push(pair);
    for (const [i, server] of this.servers.entries()) await server.load(parts[i]);
  }

  stop() {
    return this.group.stop();
  }
}
