// The world of the model check of revocation: two Redis servers, one of them the primary, behind one address; two
// instances of sessiond with caches that ask it; an application that reads and writes sessions as Express would.
//
// Time can be made to pass: every key's life is shortened by as much, so that tombstones, sessions and late copies end
// in the order in which they would have ended. What sessiond compares with its own clock, which nobody moves, stays where
// it is: when all of a user's sessions were ended. As it notes a session anew by that clock, too, what is noted of one
// that lives is brought up to date for it.

import { randomBytes } from 'node:crypto';
import fs from 'node:fs';
import path from 'node:path';

import { checkParams, encodeRequest, FastCgiClient } from '../../support/fastcgi_client.mjs';
import { temporaryFolder } from '../../support/folders.mjs';
import { Redis } from '../../support/redis_server.mjs';
import { Relay } from '../../support/relay.mjs';
import { password, Sessiond } from '../../support/sessiond.mjs';
import { signedCookie } from '../../support/signed_cookie.mjs';
import { freePort } from '../../support/sockets.mjs';
import { pause, waitFor } from '../../support/waiting.mjs';

/** Seconds: how late an application may save, and how long a session lives unused. */
export const kLatestWriter = 60;
export const kLife = 40;
/** Milliseconds. */
export const kMaxStaleness = 500;
/** So long it may take until a session ends that only another instance than that of the logout had met. */
export const kGrace = 10000;
/** A session that was made so shortly after all of its user's were ended may count among them (session/index_writer.h). */
export const kSameMoment = 1000;

/**
 * Milliseconds, of those that really pass: longer than a schedule goes on without a look at one of its sessions, on a busy
 * machine; and longer than it takes as a whole, while an index must not forget them.
 */
const kUnseen = 10000;
const kIndexLives = 30000;

const kPassTime = `
local by, gone = tonumber(ARGV[1]), {}
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local function passIndex(key)
  for _, id in ipairs(redis.call('ZRANGE', key, 0, -1)) do
    if id ~= '' then
      local ends = math.max(redis.call('ZSCORE', key, id), now + redis.call('PTTL', 'sess:' .. id))
      redis.call('ZADD', key, string.format('%.0f', ends - by), id)
    end
  end
  local left = redis.call('PTTL', key)
  if left > tonumber(ARGV[3]) then redis.call('PEXPIRE', key, math.max(left - by, ARGV[3])) end
end
local keys = redis.call('KEYS', '*')
local stays = {}
for i = 4, #ARGV do stays['sess:' .. ARGV[i]] = true end
for _, key in ipairs(keys) do
  if redis.call('TYPE', key).ok == 'zset' then passIndex(key) end
end
for _, key in ipairs(keys) do
  local left = (stays[key] or redis.call('TYPE', key).ok == 'zset') and -1 or redis.call('PTTL', key)
  if left >= 0 and left <= by + ARGV[2] then gone[#gone + 1] = key end
  if left >= 0 and left <= by then
    redis.call('DEL', key)
  elseif left >= 0 then
    redis.call('PEXPIRE', key, left - by)
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
    this.kills = []; // when it had no time to tell anybody what it knew
  }

  async start() {
    await this.sessiond.start();
  }

  async restart(signal) {
    this.starts += 1;
    if (signal === 'SIGKILL') this.kills.push(performance.now());
    for (const connection of this.idle.splice(0)) connection.close();
    await this.sessiond.stop(signal);
    await this.sessiond.start();
  }

  /** Was it not killed between these moments? */
  outlived(since, until) {
    return !this.kills.some((moment) => moment > since && moment < until);
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
    return signedCookie(sid, this.secrets[secret]);
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

  /** All other sessions of that session's user. */
  async endOthers(instance, cookie) {
    const answer = await instance.ask({
      SESSIOND_ENDPOINT: 'sessions',
      SESSIOND_URI: '/sessions?others=1',
      REQUEST_METHOD: 'DELETE',
      QUERY_STRING: 'others=1',
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

  /** If somebody saves it again, nobody need know whose it is. */
  noteGone(session) {
    session.goneAt ??= this.now();
    session.seenBy.clear();
  }

  /** The ids of the sessions that ended by it, or may before anybody looks at them; these ids' do not. */
  async passTime(milliseconds, staying) {
    const gone = await this.command('EVAL', kPassTime, 0, milliseconds, kUnseen, kIndexLives, ...staying);
    this.passed += milliseconds;
    return gone.filter((key) => key.startsWith('sess:')).map((key) => key.slice(5));
  }

  /** Loses nothing that was acknowledged: Redis writes its file before it answers. */
  async restartRedis(signal) {
    await this.#settled(this.primary);
    await this.primary.stop(signal);
    await this.primary.start();
  }

  /** The replica gets everything that was acknowledged, also to sessiond, and takes over at the same address. */
  failOver() {
    return this.exclusively(async () => {
      const next = this.servers.find((server) => server !== this.primary);
      await this.primary.command('CLIENT', 'PAUSE', 5000, 'WRITE');
      await waitFor('the replica has everything', async () => (await this.#offset(next)) >= (await this.#offset(this.primary)));
      const old = this.primary;
      this.relay.switchTo(undefined);
      await next.command('REPLICAOF', 'NO', 'ONE');
      this.primary = next;
      this.relay.target = next.socket;
      await old.command('CLIENT', 'UNPAUSE');
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
