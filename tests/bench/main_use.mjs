// The main use: nginx checks with sessiond, then Express on connect-redis answers, both on the same sessions.
//
// connect-redis extends a session with every request (EXPIRE) unless disableTouch is set, and each EXPIRE ends what
// sessiond keeps in memory. So what the check costs, and how often it is answered from memory, is measured with both,
// with and without the cache, against Express alone; after so long that sessiond has seen what it is worth to be told of
// changes (src/redis/cache_worth.h).

import http from 'node:http';
import path from 'node:path';

import { MainUseExpress } from './peers/main_use_express.mjs';
import { Sessiond } from './peers/sessiond.mjs';
import { freshFolder } from './support/folders.mjs';
import { say } from './support/log.mjs';
import { Nginx } from './support/nginx.mjs';
import { RedisServer } from './support/redis.mjs';
import { express, stored, writeCookies } from './support/sessions.mjs';
import { median } from './support/statistics.mjs';
import { processorTime } from './support/usage.mjs';
import { load } from './support/wrk.mjs';

const connections = 64;
const warmUpSeconds = 7;

export const checkNames = { none: 'Express alone', cached: 'checked by sessiond', uncached: 'checked without cache' };

/** What nginx serves: the application, behind the check or not. */
function siteOf(application, checker) {
  return (folder) => {
    const checked = checker?.site(folder);
    return {
      upstreams: `${checked?.upstreams ?? ''}
    upstream application { server unix:${application.socket}; keepalive 128; keepalive_requests 1000000; }`,
      server: `
        ${checked ? 'include sessiond/endpoints.conf; include sessiond/status.conf;' : ''}
        location = /gif {
            ${checked ? 'include sessiond/protect-api.conf;' : ''}
            proxy_http_version 1.1;
            proxy_set_header Connection "";
            proxy_set_header Host $http_host;
            proxy_pass http://application;
        }`,
    };
  };
}

/** {hits, checks} so far, from sessiond's metrics. */
function countsOf(port) {
  return new Promise((resolve, reject) => {
    http
      .get({ host: '127.0.0.1', port, path: '/sessiond/metrics', headers: { host: 'site.example' } }, (response) => {
        let text = '';
        response.on('data', (data) => (text += data));
        response.on('end', () => {
          const sum = (name) =>
            [...text.matchAll(new RegExp(`^${name}(?:\\{[^}]*\\})? (\\S+)$`, 'gm'))].reduce((all, m) => all + Number(m[1]), 0);
          resolve({ hits: sum('sessiond_cache_hits_total'), checks: sum('sessiond_checks_total') });
        });
      })
      .on('error', reject);
  });
}

async function runOnce({ nginx, redis, application, checker, cookies, seconds }) {
  const processes = { nginx: nginx.process, redis: redis.process, express: application.process };
  if (checker) processes.sessiond = checker.process;
  const times = () => Object.entries(processes).map(([name, process]) => [name, processorTime(process.pid)]);
  const counts = checker ? await countsOf(nginx.port) : { hits: 0, checks: 0 };
  const commands = await redis.commandCount();
  const before = Object.fromEntries(times());
  const figures = await load({ port: nginx.port, host: 'site.example', cookies, connections, seconds });
  const processor = Object.fromEntries(times().map(([name, time]) => [name, (time - before[name]) / figures.requests]));
  const redisCommands = ((await redis.commandCount()) - commands) / figures.requests;
  const now = checker ? await countsOf(nginx.port) : counts;
  const hits = (now.hits - counts.hits) / Math.max(1, now.checks - counts.checks);
  return { requestsPerSecond: figures.requests / figures.seconds, p50: figures.p50, p99: figures.p99, processor, redisCommands, hits };
}

function medians(runs) {
  const of = (figure) => median(runs.map(figure));
  const processor = Object.fromEntries(Object.keys(runs[0].processor).map((name) => [name, of((run) => run.processor[name])]));
  const { requestsPerSecond, p50, p99, redisCommands, hits } = Object.fromEntries(
    Object.keys(runs[0]).map((name) => [name, name === 'processor' ? processor : of((run) => run[name])]),
  );
  return { requestsPerSecond, p50, p99, processor, redisCommands, hits };
}

/**
 * [{touch, check, ...medians}], and with a cache `ratio`, sessiond's processor time against that without in the same
 * round. `plan` is {sessions, rounds, seconds}.
 */
export async function measureMainUse({ sessions, rounds, seconds }) {
  const redis = await new RedisServer(freshFolder('redis')).start();
  await redis.load(stored(express, sessions));
  const cookies = writeCookies(express, sessions, path.join(redis.folder, 'cookies'));
  const rows = [];
  for (const touch of [true, false]) {
    const checkers = {
      none: undefined,
      cached: new Sessiond('cached', checkNames.cached, { session: { cache: { enabled: true } } }),
      uncached: new Sessiond('uncached', checkNames.uncached, { session: { cache: { enabled: false } } }),
    };
    const application = new MainUseExpress({ touch });
    await application.start(redis);
    const variants = [];
    for (const [check, checker] of Object.entries(checkers)) {
      await checker?.start(redis);
      const nginx = await new Nginx(`use-${check}`, siteOf(application, checker), 1).start();
      const parts = { nginx, redis, application, checker, cookies };
      await runOnce({ ...parts, seconds: warmUpSeconds });
      variants.push({ check, parts, runs: [] });
    }
    for (let round = 0; round < rounds; round++) {
      for (const { parts, runs } of variants) runs.push(await runOnce({ ...parts, seconds }));
    }
    const [cached, uncached] = ['cached', 'uncached'].map((check) => variants.find((one) => one.check === check).runs);
    const ratio = median(cached.map((run, round) => run.processor.sessiond / uncached[round].processor.sessiond));
    for (const { check, parts, runs } of variants) {
      rows.push({ touch, check, ...medians(runs), ...(check === 'cached' && { ratio }) });
      const { processor, hits } = rows.at(-1);
      say(`${touch ? 'EXPIRE with every request' : 'disableTouch'}, ${checkNames[check]}: ${(processor.sessiond ?? 0).toFixed(2)} µs, hits ${hits.toFixed(3)}`);
      await parts.nginx.stop();
    }
    for (const checker of Object.values(checkers)) await checker?.stop();
    await application.stop();
  }
  await redis.stop();
  return rows;
}
