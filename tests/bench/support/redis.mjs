// A private Redis on a unix socket, without persistence, and a client that keeps its connection.

import net from 'node:net';
import path from 'node:path';

import { start, stop, run, waitFor } from './process.mjs';

export class RedisServer {
  /** `options` of redis-server, beside the usual. */
  constructor(folder, options = []) {
    this.folder = folder;
    this.options = options;
    this.socket = path.join(folder, 'redis.sock');
    this.url = `unix://${this.socket}`;
    this.settings = { url: this.url };
  }

  async start() {
    const options = ['--port', '0', '--bind', '127.0.0.1', '--unixsocket', this.socket, '--unixsocketperm', '777', '--dir', this.folder];
    options.push('--save', '', '--appendonly', 'no', '--maxclients', '4000', ...this.options.map(String));
    this.process = start('redis-server', options, { log: path.join(this.folder, 'redis.log') });
    await waitFor('redis answers', async () => {
      this.client = await RedisClient.connect(this.socket);
      return (await this.client.command('PING')) === 'PONG';
    });
    return this;
  }

  async stop() {
    this.client?.close();
    await stop(this.process, 'SIGKILL');
  }

  /** Stores many: `pairs` yields [key, value]. They live for a day. */
  async load(pairs) {
    let chunk = [];
    let size = 0;
    const flush = async () => {
      const output = await run('redis-cli', ['-s', this.socket, '--pipe'], { input: chunk.join('') });
      if (!/errors: 0,/.test(output)) throw new Error(`redis-cli --pipe: ${output}`);
      chunk = [];
      size = 0;
    };
    for (const [key, value] of pairs) {
      const command = encodeCommand(['SET', key, value, 'EX', '86400']);
      chunk.push(command);
      size += command.length;
      if (size > 64e6) await flush();
    }
    await flush();
  }

  /** Commands processed so far, by name; asking (INFO) does not count. */
  async commandCounts() {
    const text = await this.client.command('INFO', 'commandstats');
    const counts = {};
    for (const [, name, calls] of text.matchAll(/^cmdstat_([^:]+):calls=(\d+)/gm)) counts[name] = Number(calls);
    delete counts.info;
    return counts;
  }

  async commandCount() {
    return Object.values(await this.commandCounts()).reduce((sum, calls) => sum + calls, 0);
  }
}

function encodeCommand(args) {
  return `*${args.length}\r\n${args.map((arg) => `$${Buffer.byteLength(String(arg))}\r\n${arg}\r\n`).join('')}`;
}

/** Commands of one caller, answered in order. RESP2 without nested arrays: what the benchmark asks needs no more. */
export class RedisClient {
  static connect(socket) {
    return new Promise((resolve, reject) => {
      const connection = net.connect(socket, () => resolve(new RedisClient(connection)));
      connection.on('error', reject);
    });
  }

  constructor(connection) {
    this.connection = connection;
    this.received = Buffer.alloc(0);
    this.waiting = [];
    connection.on('data', (data) => this.#take(data));
    connection.on('close', () => {
      for (const { reject } of this.waiting.splice(0)) reject(new Error('redis: connection closed'));
    });
  }

  command(...args) {
    return new Promise((resolve, reject) => {
      this.waiting.push({ resolve, reject });
      this.connection.write(encodeCommand(args));
    });
  }

  close() {
    this.connection.destroy();
  }

  #take(data) {
    this.received = this.received.length === 0 ? data : Buffer.concat([this.received, data]);
    for (let reply; (reply = parseReply(this.received)); ) {
      this.received = this.received.subarray(reply.end);
      const { resolve, reject } = this.waiting.shift();
      if (reply.value instanceof Error) reject(reply.value);
      else resolve(reply.value);
    }
  }
}

function parseReply(buffer) {
  const lineEnd = buffer.indexOf('\r\n');
  if (lineEnd < 0) return undefined;
  const line = buffer.toString('utf8', 1, lineEnd);
  const end = lineEnd + 2;
  switch (String.fromCharCode(buffer[0])) {
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
    default:
      throw new Error(`redis: unexpected reply ${line}`);
  }
}
