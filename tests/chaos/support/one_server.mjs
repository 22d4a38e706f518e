// One server behind a relay, and a second one that follows it, with TLS or without. With TLS it has a name, and another
// relay waits at the address that the name can be made to lead to.

import fs from 'node:fs';
import path from 'node:path';
import tls from 'node:tls';

import { Authority } from '../../support/certificates.mjs';
import { RedisClient } from '../../support/redis_client.mjs';
import { asEverybody, Redis } from '../../support/redis_server.mjs';
import { Relay } from '../../support/relay.mjs';
import { freePort } from '../../support/sockets.mjs';
import { waitFor } from '../../support/waiting.mjs';
import { PrivateHosts } from './private_hosts.mjs';
import { ProbeLine } from './probe.mjs';
import { ShiftedClock } from './shifted_clock.mjs';

const kName = 'redis.test';

/** One server behind a relay, and a second one that follows it. */
export class OneServer {
  staleness = 0;
  faults = [
    'nothing', 'killed, back after 0.5 s', 'restarted at once', 'frozen for 1 s', 'frozen for 20 s', 'restarted empty',
    'restarted with older data', 'loading', 'full', 'paused for 1 s', 'paused for 0.3 s', 'subscription cut',
    'connections cut', 'network: 100 ms late', 'network: bytes are lost', 'network: resets', 'network: refuses',
    'failed over by hand', "sessiond's clock jumps by an hour", "Redis's clock jumps by an hour",
    'the address leads to another server', 'FLUSHALL', 'FLUSHDB', 'SWAPDB',
  ];

  constructor({ tls, rights }) {
    this.tls = tls;
    this.rights = rights;
    this.line = new ProbeLine(() => this.#connect());
    this.name = tls ? 'one server, TLS' : 'one server';
  }

  async choosePorts() {
    this.ports = { first: await freePort(), second: await freePort(), relay: await freePort() };
    this.tlsPorts = this.tls ? { first: await freePort(), second: await freePort() } : undefined;
    return this;
  }

  redis(folder) {
    this.folder = folder;
    const clock = path.join(folder, 'clock-of-servers');
    fs.mkdirSync(clock);
    this.clockOfServers = new ShiftedClock(clock);
    if (this.tls) {
      this.#name(new PrivateHosts(folder));
      this.certificate = new Authority(folder).issue('redis', `DNS:${this.host}`);
      this.certificateOfAuthority = fs.readFileSync(path.join(folder, 'ca.pem'));
    }
    return new Redis(folder, { ...this.#options('first'), prepare: (redis) => this.#prepare(redis) });
  }

  #name(hosts) {
    hosts.lead(kName, '127.0.0.1');
    this.host = 'localhost';
    if (!hosts.isPossible) return void console.log('chaos: no namespaces here, so no name leads elsewhere');
    this.hosts = hosts;
    this.host = kName;
    this.faults = [...this.faults, 'the name leads elsewhere, the old server lives on'];
  }

  #options(which) {
    const args = [...asEverybody(this.rights), '--enable-debug-command', 'yes', '--repl-diskless-sync-delay', '0'];
    if (this.tls) {
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
    const at = this.tls ? this.ports.relay : path.join(this.folder, 'relay.sock');
    this.relay = await new Relay(at, this.addressOf(redis)).start();
    if (this.hosts) this.elsewhere = await new Relay(at, undefined, '127.0.0.2').start();
    await this.follow();
  }

  addressOf(server) {
    if (!this.tls) return server.socket;
    return server.port === this.ports.first ? this.tlsPorts.first : this.tlsPorts.second;
  }

  configure(config) {
    config.redis.url = this.tls ? `rediss://${this.host}:${this.ports.relay}` : `unix://${path.join(this.folder, 'relay.sock')}`;
    if (this.tls) config.redis.tls = { ca_file: path.join(this.folder, 'ca.pem') };
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
    if (!this.tls) return RedisClient.connect(this.relay.socket, { patience: 1000 });
    const options = { port: this.ports.relay, host: this.relay.host, servername: this.host, ca: this.certificateOfAuthority };
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
