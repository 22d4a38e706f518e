// One server behind a relay, and a second one that follows it: over a unix socket, TCP or TLS. Over a network it has a name,
// and another relay waits at the address that the name can be made to lead to.

import fs from 'node:fs';
import path from 'node:path';
import tls from 'node:tls';

import { Authority } from '../../support/certificates.mjs';
import { RedisClient } from '../../support/redis_client.mjs';
import { asEverybody, Redis } from '../../support/redis_server.mjs';
import { Relay } from '../../support/relay.mjs';
import { freePort } from '../../support/sockets.mjs';
import { waitFor } from '../../support/waiting.mjs';
import { clockOfServers } from './clock_of_servers.mjs';
import { PrivateHosts } from './private_hosts.mjs';
import { ProbeLine } from './probe.mjs';
import { without } from './without.mjs';

const kName = 'redis.test';
const kElsewhere = 'the name leads elsewhere, the old server lives on';
const kNames = { unix: 'one server, unix socket', tcp: 'one server, TCP', tls: 'one server, TLS' };

export class OneServer {
  staleness = 0;
  without = {
    ...without('nobody makes another one the primary', 'primary killed', 'primary frozen until another serves, woken',
      'primary frozen for 20 s', 'logged out, and the primary lost with it'),
    ...without('it needs no replica', 'primary cut off from its replicas', 'one replica gone'),
    ...without('no sentinels', 'primary cut off from the sentinels', 'one sentinel gone', 'all sentinels frozen for 1.5 s'),
    ...without('no cluster', 'primary cut off from the other nodes', 'slots are moved'),
  };

  /** `by`: how it is reached, "unix", "tcp" or "tls". */
  constructor(by, rights) {
    this.by = by;
    this.rights = rights;
    this.line = new ProbeLine(() => this.#connect());
    this.name = kNames[by];
    Object.assign(this.without, {
      unix: { ...without('a path is no name', kElsewhere), ...without('as over TCP, and long', 'frozen for 20 s') },
      tcp: {},
      tls: without('a relay cannot see which connection is told of them', 'network: invalidations are lost'),
    }[by]);
  }

  async choosePorts() {
    this.ports = { first: await freePort(), second: await freePort(), relay: await freePort() };
    this.tlsPorts = this.by === 'tls' ? { first: await freePort(), second: await freePort() } : undefined;
    return this;
  }

  redis(folder) {
    this.folder = folder;
    this.clockOfServers = clockOfServers(folder);
    if (this.by !== 'unix') this.#name(new PrivateHosts(folder));
    if (this.by === 'tls') {
      this.certificate = new Authority(folder).issue('redis', `DNS:${this.host}`);
      this.certificateOfAuthority = fs.readFileSync(path.join(folder, 'ca.pem'));
    }
    return new Redis(folder, { ...this.#options('first'), prepare: (redis) => this.#prepare(redis) });
  }

  #name(hosts) {
    hosts.lead(kName, '127.0.0.1');
    this.host = 'localhost';
    if (!hosts.isPossible) return void Object.assign(this.without, without('no namespaces here', kElsewhere));
    this.hosts = hosts;
    this.host = kName;
  }

  #options(which) {
    const args = [...asEverybody(this.rights), '--enable-debug-command', 'yes', '--repl-diskless-sync-delay', '0'];
    if (this.by === 'tls') {
      const { certificate, key } = this.certificate;
      args.push('--tls-port', this.tlsPorts[which], '--tls-cert-file', certificate, '--tls-key-file', key);
      args.push('--tls-ca-cert-file', path.join(this.folder, 'ca.pem'), '--tls-auth-clients', 'no');
    }
    return { port: this.ports[which], args, environment: this.clockOfServers.environment };
  }

  async #prepare(redis) {
    const folder = path.join(this.folder, 'second');
    fs.mkdirSync(folder);
    this.primary = redis;
    this.other = await new Redis(folder, this.#options('second')).start();
    const at = this.by === 'unix' ? path.join(this.folder, 'relay.sock') : this.ports.relay;
    this.relay = await new Relay(at, this.addressOf(redis)).start();
    if (this.hosts) this.elsewhere = await new Relay(at, undefined, { host: '127.0.0.2' }).start();
    await this.follow();
  }

  addressOf(server) {
    if (this.by === 'unix') return server.socket;
    if (this.by === 'tcp') return server.port;
    return server.port === this.ports.first ? this.tlsPorts.first : this.tlsPorts.second;
  }

  configure(config) {
    const scheme = this.by === 'tls' ? 'rediss' : 'redis';
    config.redis.url = this.by === 'unix' ? this.relay.url : `${scheme}://${this.host}:${this.ports.relay}`;
    if (this.by === 'tls') config.redis.tls = { ca_file: path.join(this.folder, 'ca.pem') };
  }

  get relays() {
    return [this.relay];
  }

  command(...args) {
    return this.primary.command(...args);
  }

  /** Nobody is there who would make another one the primary. */
  withoutFailover(action) {
    return action();
  }

  /** Those of these sessions that are lost with the primary's data. */
  async lostWithPrimary(sids) {
    return sids;
  }

  async primaries() {
    return [this.primary];
  }

  /** Whoever goes sessiond's way to the server has an answer. */
  serves() {
    return this.line.command('EXISTS', 'sess:live-0');
  }

  #connect() {
    const place = this.by === 'unix' ? { path: this.relay.socket } : { port: this.ports.relay, host: this.relay.host };
    if (this.by !== 'tls') return RedisClient.connect(place, { patience: 1000 });
    const options = { ...place, servername: this.host, ca: this.certificateOfAuthority };
    return new Promise((resolve, reject) => {
      const connection = tls.connect(options, () => resolve(new RedisClient(connection)));
      connection.setTimeout(1000, () => connection.destroy(new Error('redis does not answer')));
      connection.on('error', reject).on('close', () => reject(new Error('redis closed the connection')));
    });
  }

  /** The second server takes everything from the first one. */
  async follow() {
    await this.other.command('REPLICAOF', '127.0.0.1', this.primary.port);
    await waitFor('the second server follows', async () => (await this.#offset(this.other)) >= (await this.#offset(this.primary)));
  }

  /** Both change their parts; nothing that was acknowledged is lost. */
  async failOver() {
    await this.#handOver(() => this.relay.switchTo(undefined));
    this.relay.target = this.addressOf(this.primary);
    await this.other.command('CLIENT', 'UNPAUSE');
    await this.follow();
  }

  /** The name leads to the other server, which has everything. Who is connected to the one before is left there. */
  async leadElsewhere() {
    await this.#handOver(() => {});
    [this.relay, this.elsewhere] = [this.elsewhere, this.relay];
    this.relay.target = this.addressOf(this.primary);
    this.hosts.lead(kName, this.relay.host);
    this.line.close();
    await this.other.command('CLIENT', 'UNPAUSE');
  }

  /** Nobody writes until the one before is told to UNPAUSE. */
  async #handOver(begin) {
    const [old, next] = [this.primary, this.other];
    await old.command('CLIENT', 'PAUSE', 5000, 'WRITE');
    await waitFor('the second server has everything', async () => (await this.#offset(next)) >= (await this.#offset(old)));
    begin();
    await next.command('REPLICAOF', 'NO', 'ONE');
    this.primary = next;
    this.other = old;
  }

  /** The address leads to a server that knows nothing. */
  async moveToEmpty() {
    await this.other.command('REPLICAOF', 'NO', 'ONE');
    await this.other.command('FLUSHALL');
    [this.primary, this.other] = [this.other, this.primary];
    this.relay.switchTo(this.addressOf(this.primary));
    await this.follow();
  }

  async #offset(server) {
    const info = await server.command('INFO', 'replication');
    if (!info.includes('role:slave')) return Number(info.match(/master_repl_offset:(\d+)/)[1]);
    return info.includes('master_link_status:up') ? Number(info.match(/slave_repl_offset:(\d+)/)[1]) : -1;
  }

  async stop() {
    this.line.close();
    await this.relay?.stop();
    await this.elsewhere?.stop();
    await this.other?.stop();
  }
}
