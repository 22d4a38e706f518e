// Redis commands of a cached check under a load that goes on: over one touch interval, in which every session is
// touched once (and, because a touch changes its key, usually loaded once more).

import path from 'node:path';

import { Sessiond } from './peers/sessiond.mjs';
import { freshFolder } from './support/folders.mjs';
import { say } from './support/log.mjs';
import { Nginx } from './support/nginx.mjs';
import { RedisServer } from './support/redis.mjs';
import { express, stored, writeCookies } from './support/sessions.mjs';
import { checkAllTwice, load } from './support/wrk.mjs';

const sessions = 10000;
const defaultInterval = 60; // seconds, of session.touch_interval

/**
 * {redisCommandsPerCheck, commands}. `plan` is {touchInterval} in seconds; with one that is shorter than the default
 * the run is shorter too, and its commands are spread over the checks that the default interval would have seen.
 */
export async function measureSteadyState({ touchInterval }) {
  const redis = await new RedisServer(freshFolder('redis')).start();
  await redis.load(stored(express, sessions));
  const cookies = writeCookies(express, sessions, path.join(redis.folder, 'cookies'));
  const session = { cache: { enabled: true }, touch_interval: `${touchInterval}s` };
  const daemon = new Sessiond('cached', 'sessiond', { session });
  await daemon.start(redis);
  const nginx = await new Nginx('steady', daemon.site, 1).start();
  const parts = { port: nginx.port, host: 'site.example', cookies, connections: 64 };
  await checkAllTwice(parts);

  const before = await redis.commandCounts();
  const figures = await load({ ...parts, seconds: touchInterval });
  const perCheck = touchInterval / defaultInterval / figures.requests;
  const commands = {};
  for (const [name, count] of Object.entries(await redis.commandCounts())) {
    const delta = count - (before[name] ?? 0);
    if (delta > 0) commands[name] = delta * perCheck;
  }
  await nginx.stop();
  await daemon.stop();
  await redis.stop();
  const redisCommandsPerCheck = Object.values(commands).reduce((sum, value) => sum + value, 0);
  say(`steady state: ${redisCommandsPerCheck.toFixed(4)} Redis commands a check`);
  return { touchInterval, requests: figures.requests, redisCommandsPerCheck, commands };
}
