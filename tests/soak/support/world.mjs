// The world of the model check of revocation: two Redis servers, one of them the primary, behind one address; two
// instances of sessiond with caches that ask it; an application that reads and writes sessions as Express would.
//
// Time can be made to pass: every key's life is shortened by as much, so that tombstones, sessions and late copies end
// in the order in which they would have ended.

import { createHmac, randomBytes } from 'node:crypto';
import fs from 'node:fs';
import path from 'node:path';

import { password, Sessiond } from '../../e2e/support/sessiond.mjs';
import { checkParams, encodeRequest, FastCgiClient } from '../../support/fastcgi_client.mjs';
import { temporaryFolder } from '../../support/folders.mjs';
import { Redis } from '../../support/redis_server.mjs';
import { freePort } from '../../support/sockets.mjs';
import { pause, waitFor } from '../../support/waiting.mjs';
import { Relay } from './relay.mjs';

/** Seconds: how late an application may save, and how long a session lives unused. */
export const kLatestWriter = 60;
export const kLife = 40;
/** Milliseconds. */
export const kMaxStaleness = 500;

const kPassTime = `
local gone = {}
for _, key in ipairs(redis.call('KEYS', '*')) do
  local left = redis.call('PTTL', key)
  if left >= 0 and left <= tonumber(ARGV[1]) then
    redis.call('DEL', key)
    gone[#gone + 1] = key
  elseif left >= 0 then
    redis.call('PEXPIRE', key, left - ARGV[1])
  end
  if redis.call('TYPE', key).ok == 'zset' then
    local entries = redis.call('ZRANGE', key, 0, -1)
    for _, entry in ipairs(entries) do redis.call('ZINCRBY', key, -ARGV[1], entry) end
  end
end
return gone`;

function configure(config, folder, name) {
  config.listen = { socket: path.join(folder, `${name}.sock`), lanes: 3, workers: 4 };
  config.session = {
    secret_files: [path.join(folder, 'secret-1'), path.join(folder, 'secret-2')],
    idle_timeout: `${kLife}s`,
    touch_interval: '1s',
    cache: { enabled: true, max_staleness: `${kMaxStaleness}ms` },
  };
  config.logout = { tombstone_lifetime: `${kLatestWriter}s` };
  config.redis.breaker = { failures: 5, min_backoff: '50ms', max_backoff: '200ms' };
}

/** One sessiond, with connections that are used again. */
class Instance {
  constructor(folder, name, url, secrets) {
    this.name = name;
    fs.mkdirSync(path.join(folder, name));
    this.sessiond = new Sessiond(
      path.join(folder, name), url, (config) => configure(config, path.join(folder, name), name), secrets);
    this.idle = [];
    this.starts = 0; // so many times it was started again
  }

  async start() {
    await this.sessiond.start();
  }

  async restart(signal) {
    this.starts += 1;
    for (const connection of this.idle.splice(0)) connection.close();
    await this.sessiond.stop(signal);
    await this.sessiond.start();
  }

  /** The whole answer's text; undefined when the connection broke. */
  async ask(params, body = '') {
    let connection;
    try {
      connection = this.idle.pop() ?? (await FastCgiClient.connect(this.sessiond.socket));
      const answer = await connection.answer(encodeRequest({ ...checkParams(''), ...params }, body));
      this.idle.push(connection);
      return answer;
    } catch {
      connection?.close();
      return undefined;
    }
  }
}

const statusOf = (answer) => (answer === undefined ? 0 : Number(answer.match(/^Status: (\d+)/)?.[1] ?? 200));

export class World {
  async start() {
    this.folder = temporaryFolder();
    this.servers = [];
    for (const name of ['one', 'two']) {
      fs.mkdirSync(path.join(this.folder, name));
      this.servers.push(new Redis(path.join(this.folder, name), { port: await freePort() }));
    }
    for (const server of this.servers) await server.start();
    this.primary = this.servers[0];
    await this.#follow(this.servers[1], this.primary);
    this.relay = await new Relay(path.join(this.folder, 'redis.sock'), this.primary.socket).start();
    this.secrets = [randomBytes(24).toString('hex'), randomBytes(24).toString('hex')];
    this.instances = ['a', 'b'].map((name) => new Instance(this.folder, name, this.relay.url, this.secrets));
    for (const instance of this.instances) await instance.start();
    this.passed = 0; // milliseconds that were made to pass
    this.writers = 0;
    this.frozen = false;
    return this;
  }

  async stop() {
    for (const instance of this.instances ?? []) {
      for (const connection of instance.idle) connection.close();
      await instance.sessiond.stop();
    }
    await this.relay?.stop();
    for (const server of this.servers ?? []) await server.stop();
  }

  now() {
    return performance.now() + this.passed;
  }

  // --- what browsers do ---

  cookie(sid, secret = 0) {
    const signature = createHmac('sha256', this.secrets[secret]).update(sid).digest('base64').replace(/=+$/, '');
    return `connect.sid=${encodeURIComponent(`s:${sid}.${signature}`)}`;
  }

  /** `status`: 204, 401, 503, or 0 when there was no answer. */
  async check(instance, cookie) {
    const answer = await instance.ask({ HTTP_COOKIE: cookie });
    return { status: statusOf(answer), reason: answer?.match(/X-Session-Status: (\w+)/)?.[1] };
  }

  async logOut(instance, cookie, { all = false } = {}) {
    const answer = await instance.ask({
      SESSIOND_ENDPOINT: 'logout',
      SESSIOND_URI: '/logout',
      REQUEST_METHOD: 'POST',
      QUERY_STRING: all ? 'all=1' : '',
      HTTP_COOKIE: cookie,
      HTTP_ACCEPT: 'application/json',
      HTTP_SEC_FETCH_SITE: 'same-origin',
    });
    return statusOf(answer);
  }

  /** The new session's id, or undefined. `cookie`: what the browser had before. */
  async logIn(instance, cookie = '') {
    const body = JSON.stringify({ user: 'alice', password });
    const answer = await instance.ask(
      {
        SESSIOND_ENDPOINT: 'login',
        SESSIOND_URI: '/login',
        REQUEST_METHOD: 'POST',
        CONTENT_TYPE: 'application/json',
        CONTENT_LENGTH: String(Buffer.byteLength(body)),
        HTTP_COOKIE: cookie,
        HTTP_SEC_FETCH_SITE: 'same-origin',
      },
      body,
    );
    if (statusOf(answer) !== 200) return undefined;
    const value = answer.match(/Set-Cookie: connect\.sid=([^;\r]*)/)?.[1];
    return value === undefined ? undefined : decodeURIComponent(value).slice(2).replace(/\.[^.]*$/, '');
  }

  // --- what applications do ---

  command(...args) {
    return this.primary.command(...args);
  }

  /** Runs what writes, but not while something runs exclusively. */
  async write(action) {
    while (this.frozen) await pause(2);
    this.writers += 1;
    try {
      return await action();
    } finally {
      this.writers -= 1;
    }
  }

  save(sid, value, life = kLife) {
    return this.command('SET', `sess:${sid}`, value, 'EX', life);
  }

  // --- what happens to all ---

  /** Runs something while nobody writes: who wants to, waits. */
  async exclusively(action) {
    while (this.frozen) await pause(2);
    this.frozen = true;
    try {
      await waitFor('nobody writes', () => this.writers === 0, { interval: 1, timeout: 30000 });
      return await action();
    } finally {
      this.frozen = false;
    }
  }

  /** The ids of the sessions that ended by it. */
  async passTime(milliseconds) {
    const gone = await this.command('EVAL', kPassTime, 0, milliseconds);
    this.passed += milliseconds;
    return gone.filter((key) => key.startsWith('sess:')).map((key) => key.slice(5));
  }

  /** Loses nothing that was acknowledged: Redis writes its file before it answers. */
  async restartRedis(signal) {
    await this.#settled(this.primary);
    await this.primary.stop(signal);
    await this.primary.start();
  }

  /** The replica gets everything that was acknowledged, and takes over at the same address. */
  failOver() {
    return this.exclusively(async () => {
      const next = this.servers.find((server) => server !== this.primary);
      await waitFor('the replica has everything', async () => (await this.#offset(next)) >= (await this.#offset(this.primary)));
      const old = this.primary;
      this.relay.switchTo(undefined);
      await next.command('REPLICAOF', 'NO', 'ONE');
      this.primary = next;
      this.relay.target = next.socket;
      await this.#follow(old, next);
    });
  }

  async #offset(server) {
    const info = await server.command('INFO', 'replication');
    const field = info.includes('role:slave') ? 'slave_repl_offset' : 'master_repl_offset';
    if (field === 'slave_repl_offset' && !info.includes('master_link_status:up')) return -1;
    return Number(info.match(new RegExp(`${field}:(\\d+)`))[1]);
  }

  async #follow(replica, primary) {
    await replica.command('REPLICAOF', '127.0.0.1', primary.port);
    await waitFor('the replica follows', async () => (await this.#offset(replica)) >= 0);
    await this.#settled(replica);
  }

  /** After it was given a whole new set of data, its file is not worth anything for a while. */
  #settled(server) {
    return waitFor('the file holds everything', async () =>
      /aof_enabled:1[^]*aof_rewrite_in_progress:0[^]*aof_rewrite_scheduled:0/.test(await server.command('INFO', 'persistence')));
  }
}
