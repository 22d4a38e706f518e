// How long a session that has been revoked is still let in, while the daemon and the machine are busy.
//
// A prober checks one session again and again over its own FastCGI connection. The clock starts before the revoking
// command is sent and stops when the first refusal has arrived, so everything between counts: Redis, its word to the
// daemon, and the prober itself. Two figures beside it tell what it cannot fall below: how long the prober's accepted
// checks took, and when the revoking command itself was answered, whose word leaves Redis together with the other.

import path from 'node:path';

import { checkParams, encodeRequest, FastCgiClient } from '../support/fastcgi_client.mjs';
import { RedisClient } from '../support/redis_client.mjs';
import { pause } from '../support/waiting.mjs';
import { Sessiond } from './peers/sessiond.mjs';
import { freshFolder } from './support/folders.mjs';
import { say } from './support/log.mjs';
import { Nginx } from './support/nginx.mjs';
import { RedisServer } from './support/redis.mjs';
import { express, stored, writeCookies } from './support/sessions.mjs';
import { median, quantile } from './support/statistics.mjs';
import { startLoad } from './support/wrk.mjs';

const loadSessions = 10000;
const connections = 64;
const warmUpChecks = 5;
const patience = 5000; // milliseconds
const longest = 300; // seconds, of the load; it is ended before

/** One session's life: made, checked until it is certainly cached, revoked, refused. Milliseconds. */
async function trial({ number, prober, redis, revoke }) {
  const request = encodeRequest(checkParams(express.cookie(number)));
  await redis.command('SET', express.key(number), express.value(number), 'EX', 3600);
  for (let i = 0; i < warmUpChecks; i++) {
    const status = await prober.status(request);
    if (status !== 204) throw new Error(`revocation: a live session was answered with ${status}`);
  }
  const accepted = [];
  const begin = performance.now();
  const answered = revoke(number).then(() => performance.now() - begin);
  for (;;) {
    const sent = performance.now();
    const status = await prober.status(request);
    const now = performance.now();
    if (status === 401) {
      return { delay: now - begin, answered: await answered, accepted };
    }
    if (status !== 204 || now - begin > patience) throw new Error(`revocation: ${status} after ${now - begin} ms`);
    accepted.push(now - sent);
  }
}

async function trials(count, first, parts) {
  const delays = [];
  const answers = [];
  const accepted = [];
  for (let i = 0; i < count; i++) {
    const result = await trial({ number: first + i, ...parts });
    delays.push(result.delay);
    answers.push(result.answered);
    accepted.push(...result.accepted);
    await pause(Math.random() * 10); // not in step with anything
  }
  return {
    trials: count,
    median: median(delays),
    p99: quantile(delays, 0.99),
    max: Math.max(...delays),
    answeredMedian: median(answers),
    answeredP99: quantile(answers, 0.99),
    stillAccepted: accepted.length,
    probeMedian: accepted.length > 0 ? median(accepted) : 0,
    probeP99: accepted.length > 0 ? quantile(accepted, 0.99) : 0,
  };
}

function logoutRequest(number) {
  return encodeRequest({
    ...checkParams(express.cookie(number)),
    SESSIOND_ENDPOINT: 'logout',
    SESSIOND_URI: '/logout',
    REQUEST_METHOD: 'POST',
    HTTP_ORIGIN: 'http://site.example',
    HTTP_SEC_FETCH_SITE: 'same-origin',
  });
}

/** {by_del, by_logout}: milliseconds; `plan` is {trials}. */
export async function measureRevocation(plan) {
  const redis = await new RedisServer(freshFolder('redis')).start();
  await redis.load(stored(express, loadSessions));
  const daemon = new Sessiond('cached', 'sessiond', { session: { cache: { enabled: true } } });
  const other = new Sessiond('other', 'another sessiond', { session: { cache: { enabled: true } } });
  await daemon.start(redis);
  await other.start(redis);
  const nginx = await new Nginx('cached', daemon.site, 1).start();
  const cookies = writeCookies(express, loadSessions, path.join(redis.folder, 'cookies'));

  const deleting = await RedisClient.connect(redis.socket);
  const revocations = {
    by_del: (logout, number) => deleting.command('DEL', express.key(number)),
    by_logout: async (logout, number) => {
      const status = await logout.status(logoutRequest(number));
      if (status !== 204) throw new Error(`revocation: the logout was answered with ${status}`);
    },
  };

  const results = {};
  let first = loadSessions;
  for (const [name, how] of Object.entries(revocations)) {
    const busy = startLoad({ port: nginx.port, host: 'site.example', cookies, connections, seconds: longest });
    await pause(1000);
    // Only now: sessiond closes a connection whose first request does not come soon.
    const prober = await FastCgiClient.connect(daemon.socket);
    const logout = await FastCgiClient.connect(other.socket);
    const revoke = (number) => how(logout, number);
    results[name] = await trials(plan.trials, first, { prober, redis: redis.client, revoke });
    for (const client of [prober, logout]) client.close();
    results[name].requestsPerSecond = await endLoad(busy);
    first += plan.trials;
    const { median: middle, p99, max } = results[name];
    say(`revocation ${name}: median ${middle.toFixed(2)} ms, p99 ${p99.toFixed(2)} ms, max ${max.toFixed(2)} ms`);
  }
  deleting.close();
  await nginx.stop();
  await daemon.stop();
  await other.stop();
  await redis.stop();
  return results;
}

async function endLoad(busy) {
  busy.end();
  const figures = await busy.figures;
  return figures.requests / figures.seconds;
}
