// A private redis-server on a unix socket, with its append-only file, and a client that speaks just enough RESP.

import fs from 'node:fs';
import net from 'node:net';
import path from 'node:path';

import { quickFolder, start, stop, waitFor } from './process.mjs';

export class Redis {
  /**
   * `port`: on 127.0.0.1 as well, for what cannot be had over a unix socket (replication). `args`: of redis-server.
   * `password`: without it nobody is served. `prepare(redis)`: once, when it answers first. `keepsSettings`: all that is
   * said to it at its first start stands in a file, where it can write what is changed.
   */
  constructor(folder, { port = 0, args = [], password, prepare, keepsSettings = false } = {}) {
    this.folder = folder;
    this.port = port;
    this.args = [...(password ? ['--requirepass', password] : []), ...args.map(String)];
    this.password = password;
    this.file = keepsSettings && path.join(folder, 'redis.conf');
    this.prepare = prepare;
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
    this.process = start('redis-server', this.file ? [this.file] : args, { log: path.join(this.folder, 'redis.log') });
    await waitFor('redis answers', async () => (await this.command('PING')) === 'PONG');
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

  async #last(commands) {
    const replies = await this.#ask(this.password ? [['AUTH', this.password], ...commands] : commands);
    const error = replies.find((reply) => reply instanceof Error);
    if (error) throw error;
    return replies.at(-1);
  }

  /** The commands' replies, errors among them. */
  #ask(commands) {
    return new Promise((resolve, reject) => {
      const connection = net.connect(this.socket);
      let received = Buffer.alloc(0);
      connection.setTimeout(3000, () => connection.destroy(new Error('redis does not answer')));
      connection.on('error', reject);
      connection.on('close', () => reject(new Error('redis closed the connection')));
      connection.on('data', (data) => {
        received = Buffer.concat([received, data]);
        const replies = [];
        for (let at = 0; replies.length < commands.length; ) {
          const reply = parseReply(received, at);
          if (!reply) return;
          replies.push(reply.value);
          at = reply.end;
        }
        connection.destroy();
        resolve(replies);
      });
      for (const args of commands) {
        const parts = args.map((arg) => `$${Buffer.byteLength(String(arg))}\r\n${arg}\r\n`);
        connection.write(`*${parts.length}\r\n${parts.join('')}`);
      }
    });
  }
}

/** ['--port', '0'] as lines of redis.conf. */
function asFile(args) {
  const words = args.map((arg) => (arg.startsWith('--') ? `\n${arg.slice(2)}` : ` ${arg === '' ? '""' : arg}`));
  return `${words.join('').trim()}\n`;
}

/** One RESP2 reply at `at`: {value, end}, or undefined while it is incomplete. */
function parseReply(buffer, at) {
  const lineEnd = buffer.indexOf('\r\n', at);
  if (lineEnd < 0) return undefined;
  const line = buffer.toString('utf8', at + 1, lineEnd);
  const end = lineEnd + 2;
  switch (String.fromCharCode(buffer[at])) {
    case '+':
      return { value: line, end };
    case '-':
      return { value: new Error(line), end };
    case ':':
      return { value: Number(line), end };
    case '$': {
      const length = Number(line);
      if (length < 0) return { value: null, end };
      if (buffer.length < end + length + 2) return undefined;
      return { value: buffer.toString('utf8', end, end + length), end: end + length + 2 };
    }
    default: {
      const values = [];
      let next = end;
      for (let i = 0; i < Number(line); i++) {
        const reply = parseReply(buffer, next);
        if (!reply) return undefined;
        values.push(reply.value);
        next = reply.end;
      }
      return { value: values, end: next };
    }
  }
}
