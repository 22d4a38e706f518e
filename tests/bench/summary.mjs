// From runs to figures: medians over the rounds, and what was asked of them.

import { median } from './support/statistics.mjs';

/** What the goals are judged at. */
export const judged = { workers: 1, connections: 64 };

/** One row for each peer, number of workers and of connections: medians over the rounds. */
export function summarise(runs) {
  const groups = new Map();
  for (const run of runs) {
    const key = `${run.workers} ${run.connections} ${run.peer}`;
    groups.set(key, [...(groups.get(key) ?? []), run]);
  }
  return [...groups.values()].map((group) => {
    const of = (figure) => median(group.map(figure));
    const { peer, workers, connections } = group[0];
    return {
      peer,
      workers,
      connections,
      rounds: group.length,
      requestsPerSecond: of((run) => run.requestsPerSecond),
      p50: of((run) => run.p50),
      p99: of((run) => run.p99),
      backend: of((run) => run.processor.backend),
      nginx: of((run) => run.processor.nginx),
      redis: of((run) => run.processor.redis),
      redisCommands: of((run) => run.redisCommandsPerCheck),
      memory: of((run) => run.memory.pss),
    };
  });
}

function populationOf(results, sessions) {
  const population = results.growth?.bySessions.find((one) => one.sessions === sessions);
  if (!population) throw new NotMeasured();
  return population;
}

function part(results, name) {
  if (!results[name]) throw new NotMeasured();
  return results[name];
}

class NotMeasured extends Error {}

/** Round by round, since between them the machine is faster or slower. */
const ratio = (figure, peer, other) => (results) => {
  const judgedRuns = part(results, 'throughput').filter(
    (run) => run.workers === judged.workers && run.connections === judged.connections,
  );
  const of = (name, round) => figure(judgedRuns.find((run) => run.peer === name && run.round === round));
  const rounds = [...new Set(judgedRuns.map((run) => run.round))];
  return median(rounds.map((round) => of(peer, round) / of(other, round)));
};
const backend = (run) => run.processor.backend;
const requestsPerSecond = (run) => run.requestsPerSecond;
const p99 = (run) => run.p99;

const instructionRatio = (results) => {
  const { cached, kept } = part(results, 'instructions');
  return cached.perCheck / kept.perCheck;
};

/** Of what a revocation may take: 2 ms, or three times what a bare probe took at the same time, whichever is larger. */
const revocationP99 = (results) => {
  const { by_del, by_logout } = part(results, 'revocation');
  return Math.max(...[by_del, by_logout].map(({ p99, probeP99 }) => p99 / Math.max(2, 3 * probeP99)));
};

const guessingRatio = (results) => {
  const [nobody, shipped] = part(results, 'guessing');
  return shipped.p99 / nobody.p99;
};

/** What passwords add to what as many other requests cost. */
const passwordsRatio = (results) => {
  const [, shipped, , checks] = part(results, 'guessing');
  return shipped.p99 / checks.p99;
};

/** Logout, the list of sessions, an application, readiness and metrics. */
const slowestOther = (results) => Math.max(...part(results, 'guessing').map(({ slowest }) => slowest));

const namesRatio = (results) =>
  Math.max(...part(results, 'names').map(({ ratio }) => Math.max(ratio, 1 / ratio)));

const mainUseRatio = (results) => Math.max(...part(results, 'mainUse').map(({ ratio }) => ratio ?? 0));

/** The worst of some kinds of Redis, with cache or without, against one server over TCP. */
const topologyRatio = (topologies, caches) => (results) => {
  const rows = part(results, 'topologies').rows.filter((row) => topologies.includes(row.topology) && row.caches === caches);
  return Math.max(...rows.map(({ ratio }) => ratio));
};

const canaryPercent = (results) => 100 * Math.max(...Object.values(part(results, 'topologies').canaries));

/** Of the large populations, because in small ones memory that was there before hides the sessions'. */
const largestPerSession = (results) => {
  const { bySessions } = part(results, 'growth');
  const large = bySessions.filter(({ sessions }) => sessions >= 100000);
  if (large.length === 0) throw new NotMeasured();
  return Math.max(...large.map((one) => one.bytesPerSession));
};

const growthRatio = (results) => {
  const processor = (count) => median(populationOf(results, count).runs.map((run) => run.processor));
  return processor(1000000) / processor(10000);
};

const goals = [
  ['user instructions per check, cached, against the bare libfcgi responder', '<=', 1.5, instructionRatio],
  [
    'CPU per check, cached, against the bare libfcgi responder with kept connections',
    '<=',
    1.05,
    ratio(backend, 'cached', 'kept'),
  ],
  ['requests/s through nginx, cached, against the same', '>=', 0.95, ratio(requestsPerSecond, 'cached', 'kept')],
  [
    'requests/s through nginx against the textbook libfcgi responder that does no work at all',
    '>=',
    1.6,
    ratio(requestsPerSecond, 'cached', 'textbook'),
  ],
  [
    'CPU per check without cache, against the bare responder with kept connections',
    '<=',
    1.5,
    ratio(backend, 'uncached', 'kept'),
  ],
  ['CPU per check against express-session', '<=', 1 / 25, ratio(backend, 'cached', 'express')],
  ['CPU per check against PHP-FPM', '<=', 1 / 10, ratio(backend, 'cached', 'php')],
  ['CPU per check against LemonLDAP::NG', '<=', 1 / 80, ratio(backend, 'cached', 'lemonldap')],
  [
    'Redis commands per check, cached, steady state',
    '<=',
    0.02,
    (results) => part(results, 'steady').redisCommandsPerCheck,
  ],
  [
    'CPU per check, cached, over TLS, behind a sentinel and on a cluster, against one server over TCP',
    '<=',
    1.05,
    topologyRatio(['tls', 'sentinel', 'cluster'], true),
  ],
  ['CPU per check without cache, over TLS, against the same', '<=', 2, topologyRatio(['tls'], false)],
  ['CPU per check without cache, on a cluster, against the same', '<=', 1.2, topologyRatio(['cluster'], false)],
  ['canaries, at both ends, of a core for each instance and node', '<=', 0.5, canaryPercent, '%'],
  ['revocation under load, p99, against 2 ms or three probes', '<=', 1, revocationP99],
  ['p99 latency of checks while 300 connections guess a password, against nobody guessing', '<=', 1.5, guessingRatio],
  ['the same, against as many other requests of the same connections', '<=', 1.5, passwordsRatio],
  ['the slowest of all other answers meanwhile', '<=', 1000, slowestOther, 'ms'],
  ['time for a wrong password, known names against unknown, the worst of all kinds', '<=', 1.05, namesRatio],
  ['CPU per check with cache, an Express application behind it, against without', '<=', 1, mainUseRatio],
  ['p99 latency at 64 connections against the bare responder', '<=', 1.2, ratio(p99, 'cached', 'kept')],
  ['memory per cached session of 500 bytes', '<=', 1024, largestPerSession, 'bytes'],
  ['CPU per check at 1 million sessions against 10 thousand', '<=', 1.3, growthRatio],
];

export const isReached = (value, comparison, limit) => (comparison === '<=' ? value <= limit : value >= limit);

const keyOf = (row) => row.toLowerCase().replace(/[^a-z0-9]+/g, '_');

/**
 * {row_in_words: {row, value, unit, comparison, limit, holds}}; what was not measured is left out. A goal holds or not by the
 * figure itself, not by its rounded form.
 */
export function judge(results) {
  const verdicts = {};
  for (const [row, comparison, limit, figure, unit] of goals) {
    try {
      const value = figure(results);
      const holds = isReached(value, comparison, limit);
      verdicts[keyOf(row)] = { row, value, unit, comparison, limit, holds };
    } catch (error) {
      if (!(error instanceof NotMeasured)) throw error;
    }
  }
  return verdicts;
}
