// Load: wrk with the sessions' cookies. A run in which one single request was refused or broke is no result.

import fs from 'node:fs';
import path from 'node:path';

import { repository } from '../../support/places.mjs';
import { launch } from '../../support/processes.mjs';
import { pause, waitFor } from '../../support/waiting.mjs';
import { metricOf } from './metrics.mjs';

const script = path.join(repository, 'tests/bench/wrk/check.lua');
const longestPass = 300; // seconds

function parse(output) {
  const figures = JSON.parse(output.trimEnd().split('\n').at(-1));
  if (figures.refused + figures.broken > 0 || figures.requests === 0) {
    throw new Error(`of ${figures.requests} requests ${figures.refused} were refused and ${figures.broken} broke`);
  }
  return { ...figures, seconds: figures.microseconds / 1e6 };
}

/**
 * Starts a run that lasts `seconds` at most; `end()` ends it earlier. `figures`: see load().
 *
 * wrk lets a thread begin before the next one has read its script's file; with a million lines the first one is alone
 * for seconds. So there are two threads only where the files are small.
 */
export function startLoad({ port, host, cookies, connections, seconds, order = 'random', threads = 2 }) {
  if (connections < 16 || order !== 'random') threads = 1;
  const options = ['-t', threads, '-c', connections, '-d', `${seconds}s`, '--timeout', '10s', '-s', script];
  const args = [...options, `http://127.0.0.1:${port}/gif`, '--', cookies, host, order];
  const { child, output } = launch('wrk', args, { timeout: (seconds + 60) * 1000 });
  const figures = output.then(parse);
  figures.catch(() => {}); // whoever awaits them hears of it
  return { figures, end: () => child.kill('SIGINT') };
}

/**
 * Checks every session once and again: the first check of a session is followed by a touch, which changes its key and
 * so ends its cache entry; after the second it stays.
 */
export async function checkAllTwice(parts) {
  for (let pass = 0; pass < 2; pass++) {
    await checkAll(parts);
    await pause(1000); // touches are written a little later
  }
}

async function checkAll(parts) {
  const done = `${parts.cookies}.done`;
  fs.rmSync(done, { force: true });
  const busy = startLoad({ ...parts, seconds: longestPass, order: 'each' });
  const seen = waitFor('every session is checked', () => fs.existsSync(done), { timeout: longestPass * 1000 });
  await Promise.race([seen, busy.figures]);
  busy.end();
  await busy.figures;
}

/**
 * Has every session read anew that is too old to be believed, which happens once a minute, and waits until nothing is
 * written any more. So an instance that has waited for its turn for long finds as much in memory as under a load that
 * never pauses.
 *
 * A memory that is being filled is told of every touch and found nothing in yet; for that sessiond may let its subscription
 * be for a while (src/redis/cache_worth.h), which is waited for first.
 */
export async function refresh({ daemon, parts, servers }) {
  const isTold = async () => (await metricOf(daemon, 'sessiond_cache_subscribed')) === 1;
  await waitFor(`${daemon.name} is told of changes`, isTold, { timeout: 300000, interval: 200 });
  await checkAll(parts);
  const written = async () => {
    const counts = await Promise.all(servers.map((server) => server.commandCounts()));
    return counts.reduce((sum, { eval: scripts = 0 }) => sum + scripts, 0);
  };
  for (let before = -1, now = await written(); now !== before; now = await written()) {
    before = now;
    await pause(200);
  }
}

/** {requests, seconds, p50, p99, max} (latencies in microseconds) of a run of `seconds` over `connections`. */
export const load = (options) => startLoad(options).figures;
