// What a check costs by what kind of Redis stands behind sessiond, with cache and without, in turn, again and again; and
// what the canaries cost when nobody is checked.

import path from 'node:path';

import { pause } from '../support/waiting.mjs';
import { Sessiond } from './peers/sessiond.mjs';
import { say } from './support/log.mjs';
import { Nginx, statusOf } from './support/nginx.mjs';
import { Cluster, OneServer, Sentinel } from './support/redis_topologies.mjs';
import { stored, writeCookies } from './support/sessions.mjs';
import { median } from './support/statistics.mjs';
import { processorTime } from './support/usage.mjs';
import { checkAllTwice, load } from './support/wrk.mjs';

export const topologyNames = {
  plain: 'one server, TCP',
  tls: 'one server, TLS',
  sentinel: 'one server behind a sentinel',
  cluster: 'a cluster of three',
};

const sessionCount = 10000;
const connections = 64;

/** One sessiond with nginx before it, on sessions of its own. */
class Instance {
  constructor(topology, caches, servers) {
    this.topology = topology;
    this.caches = caches;
    this.servers = servers;
    this.name = `${topology}-${caches ? 'cached' : 'uncached'}`;
    // Touches: as in throughput.mjs.
    const session = { cache: { enabled: caches }, touch_interval: '10m', key_prefix: `${this.name}:` };
    this.daemon = new Sessiond(this.name, this.name, { session });
    this.runs = [];
  }

  async start(redis, settings) {
    await redis.load(stored(this.daemon.sessions, sessionCount));
    await this.daemon.start({ settings });
    this.nginx = await new Nginx(this.name, this.daemon.site, 1).start();
    const cookies = writeCookies(this.daemon.sessions, sessionCount, path.join(this.daemon.folder, 'cookies'));
    this.parts = { port: this.nginx.port, host: 'site.example', cookies, connections };
    await this.#assertThatItChecks();
    await load({ ...this.parts, seconds: 1 });
    if (this.caches) await checkAllTwice(this.parts);
    return this;
  }

  async #assertThatItChecks() {
    const asked = (number) => statusOf(this.nginx.port, { host: 'site.example', cookie: this.daemon.sessions.cookie(number) });
    const statuses = [await asked(0), await asked(sessionCount)];
    if (statuses.join() !== '200,401') throw new Error(`${this.name}: 200,401 were expected, but the answers are ${statuses}`);
  }

  /** Microseconds so far. */
  get used() {
    return { sessiond: processorTime(this.daemon.process.pid), redis: usedBy(this.servers) };
  }

  async run(seconds) {
    const before = this.used;
    const figures = await load({ ...this.parts, seconds });
    const now = this.used;
    this.runs.push({
      requestsPerSecond: figures.requests / figures.seconds,
      sessiond: (now.sessiond - before.sessiond) / figures.requests,
      redis: (now.redis - before.redis) / figures.requests,
    });
  }

  async stop() {
    await this.nginx.stop();
    await this.daemon.stop();
  }
}

const usedBy = (servers) => servers.reduce((sum, { process }) => sum + processorTime(process.pid), 0);

/**
 * What the canaries of quiet instances take of a core for each node, at both ends: {topology: share}. They fall silent ten
 * seconds after the last check.
 */
async function measureCanaries(instances, idle, seconds) {
  const written = () => Promise.all(instances.map(({ servers }) => Promise.all(servers.map(async (server) => (await server.commandCounts()).set ?? 0))));
  for (const { parts } of instances) await load({ ...parts, seconds: 1 });
  const sets = await written();
  const before = instances.map(({ used }) => used);
  await pause(seconds * 1000);
  const after = instances.map(({ used }) => used);
  const shares = {};
  for (const [i, counts] of (await written()).entries()) {
    const { topology, servers } = instances[i];
    if (counts.some((count, node) => count - sets[i][node] < 2 * seconds)) throw new Error(`${topology}: there are no canaries`);
    const microseconds = after[i].sessiond - before[i].sessiond + after[i].redis - before[i].redis;
    shares[topology] = Math.max(0, microseconds / seconds / 1e6 - idle[i]) / servers.length;
  }
  return shares;
}

/** What these servers take of a core when nobody asks them anything. */
async function idleOf(topologies, seconds) {
  const before = topologies.map(({ servers }) => usedBy(servers));
  await pause(seconds * 1000);
  return topologies.map(({ servers }, i) => (usedBy(servers) - before[i]) / seconds / 1e6);
}

const medians = (runs) =>
  Object.fromEntries(Object.keys(runs[0]).map((figure) => [figure, median(runs.map((run) => run[figure]))]));

/**
 * {rows: [{topology, caches, ...medians, ratio}], canaries}; `ratio` is sessiond's processor time against that with one
 * server over TCP, of the same round. `plan` is {rounds, seconds, quietSeconds}.
 */
export async function measureTopologies({ rounds, seconds, quietSeconds }) {
  const one = await new OneServer().start();
  const cluster = await new Cluster().start();
  const idle = await idleOf([one, cluster], quietSeconds);
  const instance = (topology, caches, redis, settings) => new Instance(topology, caches, redis.servers).start(redis, settings);
  const instances = [
    await instance('plain', true, one, one.settings),
    await instance('cluster', true, cluster, cluster.settings),
  ];
  const canaries = await measureCanaries(instances, idle, quietSeconds);
  for (const [topology, share] of Object.entries(canaries)) {
    say(`${topologyNames[topology]}: canaries take ${(100 * share).toFixed(3)} % of a core for each node`);
  }

  const sentinel = await new Sentinel().start(one.port);
  instances.push(
    await instance('tls', true, one, one.secured),
    await instance('sentinel', true, one, sentinel.settings),
    await instance('plain', false, one, one.settings),
    await instance('tls', false, one, one.secured),
    await instance('sentinel', false, one, sentinel.settings),
    await instance('cluster', false, cluster, cluster.settings),
  );
  for (let round = 0; round < rounds; round++) for (const each of instances) await each.run(seconds);
  const rows = instances.map(({ topology, caches, runs }) => {
    const base = instances.find((other) => other.topology === 'plain' && other.caches === caches);
    const ratio = median(runs.map((run, round) => run.sessiond / base.runs[round].sessiond));
    return { topology, caches, ...medians(runs), ratio };
  });
  for (const { topology, caches, sessiond, ratio } of rows) {
    say(`${topologyNames[topology]}, ${caches ? 'with' : 'without'} cache: ${sessiond.toFixed(2)} µs, ratio ${ratio.toFixed(3)}`);
  }
  for (const part of [...instances, sentinel, cluster, one]) await part.stop();
  return { rows, canaries };
}
