// The benchmark's Redis: without persistence, with a client that keeps its connection, and counted.

import { run } from '../../support/processes.mjs';
import { encodeCommand, RedisClient } from '../../support/redis_client.mjs';
import { Redis } from '../../support/redis_server.mjs';

const forgetful = ['--save', '', '--appendonly', 'no', '--unixsocketperm', '777', '--maxclients', '4000'];

export class RedisServer extends Redis {
  /** `args` of redis-server, beside the usual. */
  constructor(folder, { port, args = [] } = {}) {
    super(folder, { port, args: [...forgetful, ...args] });
    this.settings = { url: this.url };
  }

  async start() {
    await super.start();
    this.client = await RedisClient.connect(this.socket);
    return this;
  }

  async stop() {
    this.client?.close();
    await super.stop('SIGKILL');
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
