// System calls of a check, counted by strace in the daemon's process, alone and under load.

import fs from 'node:fs';
import path from 'node:path';

import { start } from '../support/processes.mjs';
import { pause } from '../support/waiting.mjs';
import { BareResponder } from './peers/bare_responder.mjs';
import { Sessiond } from './peers/sessiond.mjs';
import { freshFolder } from './support/folders.mjs';
import { say } from './support/log.mjs';
import { Nginx } from './support/nginx.mjs';
import { RedisServer } from './support/redis.mjs';
import { express, stored, writeCookies } from './support/sessions.mjs';
import { load } from './support/wrk.mjs';

const sessions = 100;

/** Rows of strace -c: `% time  seconds  usecs/call  calls  [errors]  syscall`. */
function readCounts(file) {
  const counts = {};
  for (const line of fs.readFileSync(file, 'utf8').split('\n')) {
    const [, calls, name] = line.match(/^ *[\d.]+ +[\d.]+ +\d+ +(\d+) +(?:\d+ +)?(\w+)$/) ?? [];
    if (name && name !== 'total') counts[name] = Number(calls);
  }
  return counts;
}

async function countOf({ peer, nginx, cookies, connections, seconds }) {
  const parts = { port: nginx.port, host: 'site.example', cookies, connections };
  await load({ ...parts, seconds: 1 }); // every connection is open, and every session cached
  const folder = freshFolder('strace');
  const output = path.join(folder, 'counts');
  const options = ['-f', '-c', '-o', output, '-p', peer.process.pid];
  const strace = start('strace', options, { log: path.join(folder, 'log') });
  await pause(1000); // it has attached to every thread
  const figures = await load({ ...parts, seconds });
  strace.kill('SIGINT');
  await strace.exited;
  const counts = Object.entries(readCounts(output)).map(([name, calls]) => [name, calls / figures.requests]);
  const often = counts.filter(([, perCheck]) => perCheck >= 0.005).sort((a, b) => b[1] - a[1]);
  return { perCheck: often.reduce((sum, [, perCheck]) => sum + perCheck, 0), calls: Object.fromEntries(often) };
}

/** By peer: {alone, loaded}, each {perCheck, calls: {name: per check}}; `plan` is {peers, seconds}. */
export async function measureSystemCalls(plan) {
  const redis = await new RedisServer(freshFolder('redis')).start();
  await redis.load(stored(express, sessions));
  const cookies = writeCookies(express, sessions, path.join(redis.folder, 'cookies'));
  const peers = [
    new BareResponder('kept', 'bare libfcgi, kept connections', { form: 'kept' }),
    new BareResponder('lanes', "an empty answer in sessiond's lanes", { form: 'lanes' }),
    new Sessiond('cached', 'sessiond', { session: { cache: { enabled: true } } }),
    new Sessiond('uncached', 'sessiond without cache', { session: { cache: { enabled: false } } }),
  ];
  const results = {};
  for (const peer of peers.filter(({ name }) => plan.peers.includes(name))) {
    await peer.start(redis);
    const nginx = await new Nginx('system-calls', peer.site, 1).start();
    const parts = { peer, nginx, cookies, seconds: plan.seconds };
    results[peer.name] = {
      alone: await countOf({ ...parts, connections: 1 }),
      loaded: await countOf({ ...parts, connections: 64 }),
    };
    await nginx.stop();
    await peer.stop();
    const { alone, loaded } = results[peer.name];
    say(`${peer.title}: ${alone.perCheck.toFixed(2)} system calls a check, ${loaded.perCheck.toFixed(2)} under load`);
  }
  await redis.stop();
  return results;
}
