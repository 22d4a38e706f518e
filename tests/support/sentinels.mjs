// Three redis-servers, one of them the primary, and three sentinels that watch them, as a stack's Redis.

import fs from 'node:fs';
import path from 'node:path';

import { OuterPorts } from './outer_ports.mjs';
import { start, stop } from './processes.mjs';
import { asEverybody, Redis } from './redis_server.mjs';
import { freePort } from './sockets.mjs';
import { waitFor } from './waiting.mjs';

const kMaster = 'main';

/**
 * Users of the replicas and of the sentinels: switched off, those are cut off from a server, which serves whoever else has
 * a password.
 */
const kOther = 'other-server';
const kWatcher = 'sentinel';
const kPassword = 'secret-of-servers';
const kUsers = [kOther, kWatcher].flatMap((user) => ['--user', user, 'on', `>${kPassword}`, '~*', '&*', '+@all']);

class Sentinel extends Redis {
  /** `primary`: the port at which that one is reached. `lines`: more of its file. */
  constructor(folder, { port, primary, downAfter, lines = [] }) {
    super(folder, { port });
    this.file = path.join(folder, 'sentinel.conf');
    fs.writeFileSync(
      this.file,
      `port ${port}\nbind 127.0.0.1\nunixsocket ${this.socket}\ndir ${folder}\n` +
        `sentinel monitor ${kMaster} 127.0.0.1 ${primary} 2\n` +
        `sentinel auth-user ${kMaster} ${kWatcher}\nsentinel auth-pass ${kMaster} ${kPassword}\n` +
        `sentinel down-after-milliseconds ${kMaster} ${downAfter}\nsentinel failover-timeout ${kMaster} 2000\n` +
        lines.map((line) => `${line}\n`).join(''),
    );
  }

  async start() {
    this.process = start('redis-server', [this.file, '--sentinel'], { log: path.join(this.folder, 'sentinel.log') });
    await waitFor('a sentinel answers', async () => (await this.command('PING')) === 'PONG');
    return this;
  }

  /** Port of the primary, and what else the sentinel knows. */
  async master() {
    const fields = await this.command('SENTINEL', 'MASTER', kMaster);
    const value = (name) => fields[fields.indexOf(name) + 1];
    const [, port] = await this.command('SENTINEL', 'GET-MASTER-ADDR-BY-NAME', kMaster);
    return {
      port: Number(port),
      epoch: Number(value('config-epoch')),
      replicas: Number(value('num-slaves')),
      others: Number(value('num-other-sentinels')),
    };
  }
}

export class SentinelGroup {
  /**
   * `downAfter`: milliseconds without an answer after which a sentinel takes a server for down. `minReplicas`: a primary
   * with less of them takes no writes. `rights`: of whoever names no user (asEverybody). `separable`: harm can be done to
   * what others send to the servers (relays). `environment`: of the servers.
   */
  constructor(folder, { downAfter = 500, minReplicas = 0, rights = [], separable = false, environment } = {}) {
    this.folder = folder;
    this.downAfter = downAfter;
    this.minReplicas = minReplicas;
    this.rights = rights;
    this.separable = separable;
    this.environment = environment;
    this.outer = new OuterPorts();
    this.servers = [];
    this.sentinels = [];
  }

  async start() {
    this.passwordFile = path.join(this.folder, 'redis-password');
    fs.writeFileSync(this.passwordFile, kPassword, { mode: 0o600 });
    for (const i of [0, 1, 2]) this.servers.push(await this.#startServer(i));
    for (const i of [0, 1, 2]) this.sentinels.push(await this.#startSentinel(i));
    await this.allFollow();
    for (const sentinel of this.sentinels) {
      await waitFor('all sentinels have met', async () => {
        const { replicas, others } = await sentinel.master();
        return replicas === 2 && others === 2;
      }, { timeout: 20000 });
    }
    return this;
  }

  async #startServer(i) {
    const args = [...kUsers, ...asEverybody(this.rights, kPassword), '--masteruser', kOther, '--masterauth', kPassword, '--repl-diskless-sync-delay', 0];
    args.push('--min-replicas-to-write', this.minReplicas, '--min-replicas-max-lag', 10);
    const port = await freePort();
    const announced = this.separable ? await this.outer.inFrontOf(port) : port;
    if (this.separable) args.push('--bind-source-addr', `127.0.0.${20 + i}`, '--replica-announce-ip', '127.0.0.1', '--replica-announce-port', announced);
    const server = new Redis(this.#subfolder(`server${i}`), { port, args, password: kPassword, environment: this.environment });
    server.announced = announced;
    await server.start();
    if (i > 0) await server.command('REPLICAOF', '127.0.0.1', this.servers[0].announced);
    return server;
  }

  async #startSentinel(i) {
    const lines = this.separable ? [`bind-source-addr 127.0.0.${30 + i}`, 'sentinel announce-ip 127.0.0.1'] : [];
    const [{ announced: primary }] = this.servers;
    const sentinel = new Sentinel(this.#subfolder(`sentinel${i}`), { port: await freePort(), primary, downAfter: this.downAfter, lines });
    return sentinel.start();
  }

  #subfolder(name) {
    const folder = path.join(this.folder, name);
    fs.mkdirSync(folder);
    return folder;
  }

  /** What stands between the servers and whoever asks them. */
  get relays() {
    return this.outer.relays;
  }

  /** What sessiond is told of it. */
  get settings() {
    return { password_file: this.passwordFile, sentinel: { master: kMaster, nodes: this.sentinels.map(({ port }) => `127.0.0.1:${port}`) } };
  }

  /** What the sentinels that answer name, the latest word counting. */
  async primary() {
    const answers = await Promise.allSettled(this.sentinels.map((sentinel) => sentinel.master()));
    const heard = answers.filter(({ status }) => status === 'fulfilled').map(({ value }) => value);
    const { port } = heard.reduce((best, one) => (one.epoch > best.epoch ? one : best));
    return this.servers.find(({ announced }) => announced === port);
  }

  /** By hand; another one takes over later (failedOver). */
  failOver() {
    return this.sentinels[0].command('SENTINEL', 'FAILOVER', kMaster);
  }

  /** Resolves to the primary that takes over from this one. */
  failedOver(before) {
    return waitFor('the sentinels name another primary', async () => {
      const primary = await this.primary();
      return primary && primary !== before && primary;
    }, { timeout: 30000 });
  }

  /** Any of them. */
  async replica() {
    const primary = await this.primary();
    return this.servers.find((server) => server !== primary);
  }

  /** Two replicas have all that the primary has. */
  async allFollow() {
    const offset = (info) => Number(info.match(/(?:master|slave)_repl_offset:(\d+)/)[1]);
    await waitFor('both replicas follow', async () => {
      const primary = await this.primary();
      const before = await primary.command('INFO', 'replication');
      if (!before.includes('role:master')) return false;
      const others = this.servers.filter((server) => server !== primary);
      const infos = await Promise.all(others.map((server) => server.command('INFO', 'replication')));
      const followed = new RegExp(`role:slave[^]*master_port:${primary.announced}\\b[^]*master_link_status:up`);
      return infos.every((info) => followed.test(info) && offset(info) >= offset(before));
    }, { timeout: 40000 });
  }

  /** The server goes on, but has nothing to do with the sentinels, or with its replicas, until allow(). */
  async cutOff(server, { from }) {
    const user = { sentinels: kWatcher, replicas: kOther }[from];
    await server.command('ACL', 'SETUSER', user, 'off');
    await server.command('CLIENT', 'KILL', 'USER', user);
    return () => server.command('ACL', 'SETUSER', user, 'on');
  }

  async command(...args) {
    return (await this.primary()).command(...args);
  }

  async stop() {
    await Promise.all([...this.sentinels, ...this.servers].map(({ process }) => stop(process, 'SIGKILL')));
    await this.outer.stop();
  }
}
