// What a check costs and a session takes when there are many of them, and when many connections are open.

import path from 'node:path';

import { checkParams, encodeRequest, FastCgiClient } from '../support/fastcgi_client.mjs';
import { Sessiond } from './peers/sessiond.mjs';
import { freshFolder } from './support/folders.mjs';
import { say } from './support/log.mjs';
import { metricOf } from './support/metrics.mjs';
import { Nginx } from './support/nginx.mjs';
import { RedisServer } from './support/redis.mjs';
import { express, stored, writeCookies } from './support/sessions.mjs';
import { memory, processorTime } from './support/usage.mjs';
import { checkAllTwice, load, refresh } from './support/wrk.mjs';

const connections = 64;

/**
 * The cache is never full here, and no touch falls due: what a look-up costs is asked, not evictions or writes. (How
 * many commands touches are is counted in steady.mjs.)
 */
const roomy = { cache: { enabled: true, max_entries: 2000000, max_bytes: '4096m' }, touch_interval: '1h' };

/** A daemon with so many live sessions, behind nginx, with a Redis of its own. */
class Population {
  constructor(count) {
    this.count = count;
    this.runs = [];
  }

  async start() {
    const name = `grown-${this.count}`;
    this.redis = await new RedisServer(freshFolder(`${name}-redis`)).start();
    await this.redis.load(stored(express, this.count));
    this.cookies = writeCookies(express, this.count, path.join(this.redis.folder, 'cookies'));
    this.daemon = new Sessiond(name, 'sessiond', { session: roomy });
    await this.daemon.start(this.redis);
    this.nginx = await new Nginx(name, this.daemon.site, 1).start();
    this.servers = [this.redis];
    this.parts = { port: this.nginx.port, host: 'site.example', cookies: this.cookies, connections, threads: 1 };
  }

  /** Has every session cached, and finds out what they take. */
  async fill() {
    // Threads, buffers and connections have their memory before the sessions are counted.
    const few = writeCookies(express, 100, path.join(this.redis.folder, 'few'));
    await load({ ...this.parts, cookies: few, seconds: 1 });
    const before = memory(this.daemon.process.pid);
    await checkAllTwice(this.parts);
    this.bytes = memory(this.daemon.process.pid).anonymous - before.anonymous;
    say(`${this.count} sessions: ${(this.bytes / 1024 / 1024).toFixed(1)} MiB`);
  }

  async measure(seconds) {
    const [before, hitsBefore] = [processorTime(this.daemon.process.pid), await metricOf(this.daemon, 'sessiond_cache_hits_total')];
    const figures = await load({ ...this.parts, seconds });
    const processor = (processorTime(this.daemon.process.pid) - before) / figures.requests;
    this.runs.push({
      processor,
      requestsPerSecond: figures.requests / figures.seconds,
      p50: figures.p50,
      p99: figures.p99,
      hitShare: ((await metricOf(this.daemon, 'sessiond_cache_hits_total')) - hitsBefore) / figures.requests,
    });
    say(`${this.count} sessions: ${processor.toFixed(2)} µs`);
  }

  async stop() {
    await this.nginx.stop();
    await this.daemon.stop();
    await this.redis.stop();
  }
}

async function measureSessions({ sessions, rounds, seconds }) {
  const populations = sessions.map((count) => new Population(count));
  for (const population of populations) {
    await population.start();
    await population.fill();
  }
  for (const population of [...populations].reverse()) await refresh(population);
  for (let round = 0; round < rounds; round++) {
    for (const population of populations) await population.measure(seconds);
  }
  for (const population of populations) await population.stop();
  // All were in memory when that was measured. Later some have been there for longer than they are believed without
  // being asked for again.
  return populations.map(({ count, bytes, runs }) => ({ sessions: count, bytes, bytesPerSession: bytes / count, runs }));
}

/** One number of open FastCGI connections: checks go over all of them in turn, one at a time. */
async function withConnections(daemon, count, checks) {
  const requests = Array.from({ length: 100 }, (_, number) => encodeRequest(checkParams(express.cookie(number))));
  const clients = [];
  for (let i = 0; i < count; i++) clients.push(await FastCgiClient.connect(daemon.socket));
  const pass = async (times) => {
    for (let i = 0; i < times; i++) {
      const status = await clients[i % count].status(requests[i % requests.length]);
      if (status !== 204) throw new Error(`growth: a check was answered with ${status}`);
    }
  };
  await pass(2 * count + 200);
  const before = processorTime(daemon.process.pid);
  await pass(checks);
  const processor = (processorTime(daemon.process.pid) - before) / checks;
  const used = memory(daemon.process.pid);
  for (const client of clients) client.close();
  say(`${count} open connections: ${processor.toFixed(2)} µs`);
  return { connections: count, processor, memory: used };
}

async function measureConnections({ connections: counts, rounds, checks }) {
  const redis = await new RedisServer(freshFolder('redis')).start();
  await redis.load(stored(express, 100));
  const daemon = new Sessiond('cached', 'sessiond', { session: { cache: { enabled: true } } });
  await daemon.start(redis);
  const runs = [];
  for (let round = 0; round < rounds; round++) {
    for (const count of counts) runs.push(await withConnections(daemon, count, checks));
  }
  await daemon.stop();
  await redis.stop();
  return runs;
}

/** `plan` is {sessions: [10000, 1000000], connections: [1, 100], rounds, seconds, checks}. */
export async function measureGrowth(plan) {
  const bySessions = await measureSessions(plan);
  return { bySessions, byConnections: await measureConnections(plan) };
}
