// A private redis-server on a unix socket, with its append-only file.

import fs from 'node:fs';
import path from 'node:path';

import { quickFolder } from './folders.mjs';
import { start, stop } from './processes.mjs';
import { RedisClient } from './redis_client.mjs';
import { Hopeless, waitFor } from './waiting.mjs';

/** As arguments: what whoever names no user may besides, or may not (`rights`: words of an ACL). */
export function asEverybody(rights, password) {
  if (rights.length === 0) return [];
  return ['--user', 'default', 'on', password ? `>${password}` : 'nopass', '~*', '&*', '+@all', ...rights];
}

export class Redis {
  /**
   * `port`: on 127.0.0.1 as well, for what cannot be had over a unix socket (replication). `args`: of redis-server.
   * `password`: without it nobody is served. `prepare(redis)`: once, when it answers first. `keepsSettings`: all that is
   * said to it at its first start stands in a file, where it can write what is changed. `environment`: beside the usual.
   */
  constructor(folder, { port = 0, args = [], password, prepare, keepsSettings = false, environment } = {}) {
    this.folder = folder;
    this.port = port;
    this.args = [...(password ? ['--requirepass', password] : []), ...args.map(String)];
    this.password = password;
    this.file = keepsSettings && path.join(folder, 'redis.conf');
    this.prepare = prepare;
    this.environment = environment;
    this.socket = path.join(folder, 'redis.sock');
  }

  async start() {
    fs.rmSync(this.socket, { force: true });
    // A write to a busy disk can take longer than sessiond waits for an answer. Without fsync, which there makes Redis hold
    // writes back that a SIGKILL then loses.
    this.data ??= quickFolder();
    const usual = ['--port', String(this.port), '--bind', '127.0.0.1', '--unixsocket', this.socket, '--dir', this.data, '--appendonly', 'yes', '--appendfsync', 'no', '--save', ''];
    const args = [...usual, ...this.args];
    if (this.file && !fs.existsSync(this.file)) fs.writeFileSync(this.file, asFile(args));
    this.process = start('redis-server', this.file ? [this.file] : args, { log: path.join(this.folder, 'redis.log'), env: this.environment });
    await waitFor('redis answers', async () => {
      if (!this.process.alive) throw new Hopeless(`redis has ended: ${fs.readFileSync(path.join(this.folder, 'redis.log'), 'utf8').slice(-2000)}`);
      return (await this.command('PING')) === 'PONG';
    });
    const { prepare } = this;
    this.prepare = undefined;
    await prepare?.(this);
    return this;
  }

  stop(signal = 'SIGTERM') {
    return stop(this.process, signal);
  }

  freeze() {
    this.process.kill('SIGSTOP');
  }

  thaw() {
    this.process.kill('SIGCONT');
  }

  /** What happens while it answers nobody. */
  async whileFrozen(action) {
    this.freeze();
    try {
      return await action();
    } finally {
      this.thaw();
    }
  }

  get url() {
    return `unix://${this.socket}`;
  }

  /** One command on a connection of its own; rejects on an error reply. */
  command(...args) {
    return this.#last([args]);
  }

  /** The same of a slot that is on its way to this server. */
  asking(...args) {
    return this.#last([['ASKING'], args]);
  }

  /** A connection for several commands, as whoever names no user. */
  async connect() {
    const client = await RedisClient.connect(this.socket, { patience: 3000 });
    // What goes wrong with it shows in the answer to what is asked next.
    if (this.password) client.command('AUTH', this.password).catch(() => {});
    return client;
  }

  async #last(commands) {
    const client = await this.connect();
    try {
      return (await Promise.all(commands.map((args) => client.command(...args)))).at(-1);
    } finally {
      client.close();
    }
  }
}

/** ['--port', '0'] as lines of redis.conf. */
function asFile(args) {
  const words = args.map((arg) => (arg.startsWith('--') ? `\n${arg.slice(2)}` : ` ${arg === '' ? '""' : arg}`));
  return `${words.join('').trim()}\n`;
}
