// What guessing passwords costs everybody else, and how many of them are looked at: hundreds of connections try one
// user's, each from a network of its own, while somebody is checked who is logged in. And what the same connections cost
// when they ask as often for something that needs no password, which is what no limit on tries can do better than.

import { fork } from 'node:child_process';
import { once } from 'node:events';

import { checkParams, encodeRequest, FastCgiClient, loginRequest } from '../support/fastcgi_client.mjs';
import { pause } from '../support/waiting.mjs';
import { Sessiond } from './peers/sessiond.mjs';
import { freshFolder } from './support/folders.mjs';
import { say } from './support/log.mjs';
import { RedisServer } from './support/redis.mjs';
import { express, stored } from './support/sessions.mjs';
import { quantile } from './support/statistics.mjs';

/** bcrypt of cost 12: a quarter of a second or so. */
const hash = '$2b$12$Wq7fXo2rT5kZ1cVbNm8QeOFDZOVqF9/8CMzTrwfPdTD8qkQtt0bXG';
const unlimited = 1000000;
const probers = 16;
const checksPerSecond = 2000;

/** login.throttle as if there were no limits. */
export const unlimitedTries = {
  stranger_free: unlimited,
  stranger_failures: unlimited,
  place_failures: unlimited,
  place_daily_failures: unlimited,
};

const throttles = { shipped: {}, unlimited: unlimitedTries };

/** `asks`: 'passwords' or 'checks'. stop() gives how often each status came. */
async function startFlood(socket, connections, asks) {
  const flood = fork(new URL('guessing_flood.mjs', import.meta.url), [socket, String(connections), asks]);
  const ended = once(flood, 'exit');
  await once(flood, 'message');
  return async () => {
    flood.send('stop');
    const [statuses] = await once(flood, 'message');
    await ended;
    return statuses;
  };
}

/** How long checks of one session take, in milliseconds, at a fixed rate over a few connections. */
async function probe(socket, seconds) {
  const request = encodeRequest(checkParams(express.cookie(0)));
  const took = [];
  const began = performance.now();
  async function checkNowAndThen(number) {
    const client = await FastCgiClient.connect(socket);
    for (let i = 0; ; i++) {
      const due = (1000 * (i * probers + number)) / checksPerSecond;
      if (due > 1000 * seconds) break;
      const early = began + due - performance.now();
      if (early > 0) await pause(early);
      const sent = performance.now();
      const status = await client.status(request);
      if (status !== 204) throw new Error(`guessing: a check was answered with ${status}`);
      took.push(performance.now() - sent);
    }
    client.close();
  }
  await Promise.all(Array.from({ length: probers }, (_, number) => checkNowAndThen(number)));
  return took;
}

/** Logs in again and again as the user, from a device that has before; stop() gives the share that was not refused. */
async function startOwner(socket) {
  const client = await FastCgiClient.connect(socket);
  const logIn = (cookie) => client.answer(loginRequest('192.0.2.1', 'ada', 'correct horse', cookie));
  const device = (await logIn('')).match(/__Host-sd_device=[^;]+/)[0];
  let [tried, welcome, stopped] = [0, 0, false];
  const ended = (async () => {
    while (!stopped) {
      tried++;
      if ((await logIn(device)).startsWith('Status: 200')) welcome++;
      await pause(100);
    }
    client.close();
  })();
  return async () => {
    stopped = true;
    await ended;
    return welcome / tried;
  };
}

/** What else people, applications and monitoring ask for: [SESSIOND_ENDPOINT, params, the answer's status]. */
const others = [
  ['logout', { REQUEST_METHOD: 'POST', CONTENT_TYPE: 'application/json' }, 204],
  ['sessions', { HTTP_ACCEPT: 'application/json' }, 200],
  ['session', {}, 200],
  ['ready', {}, 200],
  ['metrics', {}, 200],
];

/** Asks for all of that now and then, each over a connection of its own; stop() gives the slowest answer, in milliseconds. */
async function startOthers(socket) {
  let [slowest, stopped, number] = [0, false, 1];
  const loops = others.map(async ([endpoint, params, expected]) => {
    const client = await FastCgiClient.connect(socket);
    while (!stopped) {
      const cookie = express.cookie(endpoint === 'logout' ? number++ : 0);
      const sent = performance.now();
      const status = await client.status(
        encodeRequest({ ...checkParams(cookie), SESSIOND_ENDPOINT: endpoint, CONTENT_LENGTH: '0', ...params }),
      );
      if (status !== expected) throw new Error(`guessing: ${endpoint} was answered with ${status}`);
      slowest = Math.max(slowest, performance.now() - sent);
      await pause(100);
    }
    client.close();
  });
  return async () => {
    stopped = true;
    await Promise.all(loops);
    return slowest;
  };
}

/**
 * [{limits, asks, connections, hashed, throttled, busy, welcome, p50, p99, slowest}], a second and milliseconds.
 * `plan`: {connections, seconds}.
 */
export async function measureGuessing({ connections, seconds }) {
  const rows = [];
  for (const [limits, asks, guessers] of [
    ['shipped', 'passwords', 0],
    ['shipped', 'passwords', connections],
    ['unlimited', 'passwords', connections],
    ['shipped', 'checks', connections],
  ]) {
    const redis = await new RedisServer(freshFolder('redis')).start();
    await redis.load(stored(express, 1000));
    await redis.client.command('HSET', 'sessiond:user:ada', 'password', hash, 'id', '42');
    const daemon = new Sessiond('guessed', 'sessiond', {
      session: {},
      login: { throttle: throttles[limits] },
      api: { enabled: true, allow_without_token: true },
    });
    await daemon.start(redis);
    const owner = await startOwner(daemon.socket);
    const stop = await startFlood(daemon.socket, guessers, asks);
    const stopOthers = await startOthers(daemon.socket);
    const began = performance.now();
    const took = await probe(daemon.socket, seconds);
    const slowest = await stopOthers();
    const welcome = await owner();
    const statuses = await stop();
    const lasted = (performance.now() - began) / 1000;
    const perSecond = (status) => (statuses[status] ?? 0) / lasted;
    rows.push({
      limits,
      asks,
      connections: guessers,
      hashed: asks === 'passwords' ? perSecond(401) : 0,
      throttled: perSecond(429),
      busy: perSecond(503),
      welcome,
      p50: quantile(took, 0.5),
      p99: quantile(took, 0.99),
      slowest,
    });
    const { hashed, p99 } = rows.at(-1);
    say(`${guessers} ask for ${asks}, limits ${limits}: ${hashed.toFixed(1)} hashes a second, a check's p99 ${p99.toFixed(2)} ms`);
    await daemon.stop();
    await redis.stop();
  }
  return rows;
}
