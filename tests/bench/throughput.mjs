// Every peer behind nginx, in turn, again and again: what a check costs in time and in processor time, and whom.

import fs from 'node:fs';
import path from 'node:path';

import { BareResponder } from './peers/bare_responder.mjs';
import { Express } from './peers/express.mjs';
import { LemonLdap } from './peers/lemonldap.mjs';
import { NginxAlone } from './peers/nginx_alone.mjs';
import { PhpFpm } from './peers/php_fpm.mjs';
import { Sessiond } from './peers/sessiond.mjs';
import { judged } from './summary.mjs';
import { freshFolder } from './support/folders.mjs';
import { say } from './support/log.mjs';
import { Nginx, statusOf } from './support/nginx.mjs';
import { RedisServer } from './support/redis.mjs';
import { stored, writeCookies } from './support/sessions.mjs';
import { memory, processorTime } from './support/usage.mjs';
import { checkAllTwice, load, refresh } from './support/wrk.mjs';

export const sessionCount = 10000;

export const peerNames = {
  cached: 'sessiond',
  uncached: 'sessiond without cache',
  kept: 'bare libfcgi, kept connections',
  lanes: "an empty answer in sessiond's lanes",
  textbook: 'bare libfcgi, textbook',
  nginx: 'nginx `return 204`',
  express: 'express-session + connect-redis',
  php: 'PHP-FPM + phpredis',
  lemonldap: 'LemonLDAP::NG',
};

/**
 * Ten times the default: a peer is loaded about a tenth of the time, while the others have their turn. So there are as
 * many touches among its checks as there are under a load that never pauses.
 */
const touch_interval = '10m';

function makePeers() {
  const name = peerNames;
  return [
    new Sessiond('cached', name.cached, { session: { cache: { enabled: true }, touch_interval } }),
    new Sessiond('uncached', name.uncached, {
      session: { cache: { enabled: false }, touch_interval, key_prefix: 'uncached:' },
    }),
    new BareResponder('kept', name.kept, { form: 'kept' }),
    new BareResponder('lanes', name.lanes, { form: 'lanes' }),
    new BareResponder('textbook', name.textbook, { form: 'textbook' }),
    new NginxAlone('nginx', name.nginx),
    new Express('express', name.express),
    new PhpFpm('php', name.php),
    new LemonLdap('lemonldap', name.lemonldap),
  ];
}

/** Lets in who is logged in and, if it guards at all, nobody else: otherwise its figures would mean nothing. */
async function assertThatItChecks(peer, nginx) {
  const host = peer.host ?? 'site.example';
  const cookies = fs.readFileSync(peer.cookies, 'utf8').split('\n');
  const allowed = await statusOf(nginx.port, { host, cookie: cookies[0] });
  const refused = await statusOf(nginx.port, { host, cookie: cookies[0].replace(/=.*/, '=none') });
  const expected = peer.guards ? 401 : 200;
  if (allowed !== 200 || refused !== expected) {
    throw new Error(`${peer.title}: 200 and ${expected} were expected, but the answers are ${allowed} and ${refused}`);
  }
}

class Meter {
  constructor(groups) {
    this.groups = Object.entries(groups).filter(([, process]) => process);
    this.before = this.#read();
  }

  #read() {
    return Object.fromEntries(this.groups.map(([name, process]) => [name, processorTime(process.pid)]));
  }

  /** Microseconds per request since the meter was made, by group. */
  perRequest(requests) {
    const now = this.#read();
    return Object.fromEntries(this.groups.map(([name]) => [name, (now[name] - this.before[name]) / requests]));
  }
}

async function measure({ peer, nginx, redis, connections, seconds }) {
  const counts = await redis.commandCounts();
  const meter = new Meter({ backend: peer.process, nginx: nginx.process, redis: redis.process });
  const figures = await load({
    port: nginx.port,
    host: peer.host ?? 'site.example',
    cookies: peer.cookies,
    connections,
    seconds,
  });
  const processor = meter.perRequest(figures.requests);
  const commands = {};
  for (const [name, count] of Object.entries(await redis.commandCounts())) {
    const delta = count - (counts[name] ?? 0);
    if (delta > 0) commands[name] = delta / figures.requests;
  }
  return {
    requestsPerSecond: figures.requests / figures.seconds,
    requests: figures.requests,
    p50: figures.p50,
    p99: figures.p99,
    processor: { backend: 0, ...processor },
    redisCommands: commands,
    redisCommandsPerCheck: Object.values(commands).reduce((sum, value) => sum + value, 0),
    memory: peer.process ? memory(peer.process.pid) : { pss: 0, anonymous: 0 },
  };
}

/** Runs with one number of nginx workers. */
async function measureBehind(workers, { peers, redis, plan }) {
  const runs = [];
  const behind = new Map();
  for (const peer of peers) {
    const nginx = await new Nginx(peer.name, peer.site, workers).start();
    behind.set(peer, nginx);
    await assertThatItChecks(peer, nginx);
    const parts = { port: nginx.port, host: peer.host ?? 'site.example', cookies: peer.cookies, connections: 64 };
    await load({ ...parts, seconds: plan.warmUpSeconds });
    if (peer.touches) await checkAllTwice(parts);
  }
  for (let round = 1; round <= plan.rounds; round++) {
    for (const connections of plan.connections) {
      const isJudged = workers === judged.workers && connections === judged.connections;
      if (!isJudged && round > plan.otherRounds) continue;
      for (const peer of peers) {
        const nginx = behind.get(peer);
        const parts = { port: nginx.port, host: peer.host ?? 'site.example', cookies: peer.cookies, connections: 64 };
        if (peer.caches) await refresh({ daemon: peer, parts, servers: [redis] });
        const figures = await measure({ peer, nginx, redis, connections, seconds: plan.seconds });
        runs.push({ peer: peer.name, workers, connections, round, ...figures });
        say(
          `round ${round}, nginx workers ${workers}, connections ${connections}, ${peer.title}: ` +
            `${Math.round(figures.requestsPerSecond)}/s, ${figures.processor.backend.toFixed(2)} µs`,
        );
      }
    }
  }
  for (const nginx of behind.values()) await nginx.stop();
  return runs;
}

/**
 * All runs; `plan` is {workers: [1, 2], connections: [1, 64], rounds, otherRounds, seconds, warmUpSeconds}. What is not
 * judged has fewer rounds: it is there to be looked at.
 */
export async function measureThroughput(plan) {
  const folder = freshFolder('redis');
  const redis = await new RedisServer(folder).start();
  const peers = makePeers();
  for (const form of new Set(peers.map((peer) => peer.sessions))) await redis.load(stored(form, sessionCount));
  for (const peer of peers) {
    peer.cookies = writeCookies(peer.sessions, sessionCount, path.join(folder, `${peer.name}.cookies`));
    await peer.start(redis);
  }
  const runs = [];
  for (const workers of plan.workers) runs.push(...(await measureBehind(workers, { peers, redis, plan })));
  for (const peer of peers) await peer.stop();
  await redis.stop();
  return runs;
}
