// What a check costs while other programs write: each write is an invalidation that Redis sends and sessiond reads,
// whether it knows the session or not.

import path from 'node:path';

import { RedisClient } from '../support/redis_client.mjs';
import { pause } from '../support/waiting.mjs';
import { Sessiond } from './peers/sessiond.mjs';
import { freshFolder } from './support/folders.mjs';
import { say } from './support/log.mjs';
import { Nginx } from './support/nginx.mjs';
import { RedisServer } from './support/redis.mjs';
import { express, stored, writeCookies } from './support/sessions.mjs';
import { processorTime } from './support/usage.mjs';
import { checkAllTwice, load } from './support/wrk.mjs';

const sessions = 10000;

/** Writes `rate` sessions a second that nobody checks, until told to stop; a promise of how many they were. */
function startWriting(client, rate) {
  const state = { stopped: false };
  const written = (async () => {
    const began = performance.now();
    let count = 0;
    while (!state.stopped) {
      const due = Math.floor(((performance.now() - began) * rate) / 1000) - count;
      const batch = [];
      for (let i = 0; i < due; i++, count++) {
        batch.push(client.command('SET', `sess:written-${count % 100000}`, '{"cookie":{}}', 'EX', '600'));
      }
      await Promise.all(batch);
      await pause(1);
    }
    return { count, seconds: (performance.now() - began) / 1000 };
  })();
  return {
    stop: () => {
      state.stopped = true;
      return written;
    },
  };
}

/** [{rate, written, requestsPerSecond, sessiond, redis}], processor time in µs a check. `plan` is {rates, seconds}. */
export async function measureWrites({ rates, seconds }) {
  const redis = await new RedisServer(freshFolder('redis')).start();
  await redis.load(stored(express, sessions));
  const cookies = writeCookies(express, sessions, path.join(redis.folder, 'cookies'));
  const daemon = new Sessiond('cached', 'sessiond', { session: { cache: { enabled: true } } });
  await daemon.start(redis);
  const nginx = await new Nginx('writes', daemon.site, 1).start();
  const parts = { port: nginx.port, host: 'site.example', cookies, connections: 64 };
  await checkAllTwice(parts);
  const writer = await RedisClient.connect(redis.socket);
  const rows = [];
  for (const rate of rates) {
    const writing = startWriting(writer, rate);
    const times = () => [processorTime(daemon.process.pid), processorTime(redis.process.pid)];
    const before = times();
    const figures = await load({ ...parts, seconds });
    const [sessiond, server] = times().map((time, i) => (time - before[i]) / figures.requests);
    const { count, seconds: lasted } = await writing.stop();
    rows.push({ rate, written: count / lasted, requestsPerSecond: figures.requests / figures.seconds, sessiond, redis: server });
    say(`${Math.round(count / lasted)} sessions written a second: ${sessiond.toFixed(2)} µs a check`);
  }
  writer.close();
  await nginx.stop();
  await daemon.stop();
  await redis.stop();
  return rows;
}
