// Faults against a whole house (nginx with the shipped snippets, sessiond, Redis) while sessions in known states are
// checked all the time: who was let in although they must not be, who was refused although their session lives, and how long
// nobody could tell.
//
//   node tests/chaos/main.mjs [--short] [--seed N] [--topology NAME] [--no-cache] [--untracked] [--credulous] [--instances N]
//     [FAULT...]
//
// At the end there is the table of conf/guide/redis.md. The last line sums up; exit status 1 when an answer was wrong, came
// later than promised (support/judgement.mjs), or nothing was shown.

import { startStack } from '../support/stack.mjs';
import { pause, waitFor } from '../support/waiting.mjs';
import { faults } from './faults.mjs';
import { Instances } from './support/instances.mjs';
import { timesOf, tooLong } from './support/judgement.mjs';
import { Population } from './support/population.mjs';
import { Probe } from './support/probe.mjs';
import { ShiftedClock } from './support/shifted_clock.mjs';
import { forReaders, kLegend, leftOut, line, titles } from './support/table.mjs';
import { topologies } from './support/topologies.mjs';

const kMaxStaleness = 1000;
/** What sessiond is told instead when it is to be caught believing too much. */
const kCredulous = 20000;

function options(args) {
  const chosen = {
    short: false, seed: Math.floor(Math.random() * 2 ** 32), topologies: Object.keys(topologies), faults: [],
    cache: true, credulous: false, rights: [], instances: 1,
  };
  for (let i = 0; i < args.length; i++) {
    if (args[i] === '--short') chosen.short = true;
    else if (args[i] === '--seed') chosen.seed = Number(args[++i]);
    else if (args[i] === '--topology') chosen.topologies = [args[++i]];
    else if (args[i] === '--no-cache') chosen.cache = false;
    else if (args[i] === '--credulous') chosen.credulous = true;
    else if (args[i] === '--untracked') chosen.rights = ['-client|tracking'];
    else if (args[i] === '--instances') chosen.instances = Number(args[++i]);
    else chosen.faults.push(args[i]);
  }
  if (!(chosen.instances >= 1)) throw new Error('--instances: a number from 1 on');
  const unknown = [...chosen.faults.filter((name) => !faults[name]), ...chosen.topologies.filter((name) => !topologies[name])];
  if (unknown.length > 0) throw new Error(`unknown: ${unknown.join(', ')}; there are ${[...Object.keys(topologies), ...Object.keys(faults)].join(', ')}`);
  return chosen;
}

function faultsFor(name, topology, chosen) {
  return Object.keys(faults).filter((fault) => {
    if (fault in topology.without) return false;
    if (chosen.faults.length > 0) return chosen.faults.includes(fault);
    return !chosen.short || faults[fault].short?.includes(name);
  });
}

/** nginx with all instances behind it. */
async function houseOf(topology, instances, chosen) {
  const configure = (config) => {
    config.session.cache = { enabled: chosen.cache, max_staleness: `${chosen.credulous ? kCredulous : kMaxStaleness}ms` };
    config.redis.breaker = { failures: 5, min_backoff: '50ms', max_backoff: '500ms' };
    topology.configure(config);
  };
  const stack = await startStack({
    ...instances.stackOptions,
    environment(folder) {
      topology.clock = new ShiftedClock(folder);
      return topology.clock.environment;
    },
    redis: (folder) => topology.redis(folder),
    within: (words) => topology.hosts?.within(words) ?? words,
    patience: {}, // its own
    config: configure,
  });
  await instances.start(stack, (config) => {
    config.redis = { ...(stack.redis.settings ?? config.redis) };
    configure(config);
  });
  return stack;
}

/** Everybody who lives is let in, and everybody else refused. */
async function calm(population) {
  await waitFor('all is as it was', () => population.isWell(), { timeout: 60000, interval: 50 });
}

async function run(name, topology, population, probe) {
  const fault = faults[name];
  await population.prepare();
  population.clear();
  probe.clear();
  const began = performance.now();
  const back = await fault.harm({ topology, population });
  const ended = performance.now();
  await pause(kMaxStaleness + 500); // so long is what was true before let pass
  await calm(population);
  const { counted } = population;
  const times = timesOf({ began, ended, back, lasts: fault.lasts }, probe);
  const kept = [...population.outages];
  const fresh = [...population.outagesOfNew];
  const most = (outages, cell) => Math.max(0, ...outages.map(([, ofInstance]) => cell(ofInstance[0], ofInstance.at(-1)))) / 1000;
  const withoutAnswer = (outages) => ({
    for: most(outages, (first, last) => last.to - first.from),
    after: most(outages, (_, last) => last.to - times.restored),
  });
  return {
    fault: name,
    topology: topology.name,
    allows: counted.wrongAllows,
    refusals: counted.wrongRefusals,
    late: [...kept, ...fresh].flatMap(([instance, ofInstance]) =>
      ofInstance.flatMap((outage) => tooLong(outage, times)).map((what) => `${instance ?? 'nginx'}: ${what}`)),
    checks: counted.allowed + counted.refused + counted.unavailable + counted.unavailableNew,
    allowed: counted.allowed,
    refused: counted.refused,
    unavailable: counted.unavailable,
    unavailableNew: counted.unavailableNew,
    other: counted.other,
    away: times.own / 1000,
    kept: withoutAnswer(kept),
    fresh: withoutAnswer(fresh),
    slowest: counted.slowest,
  };
}

async function runTopology(name, chosen) {
  const topology = await topologies[name](chosen.rights);
  const rows = [];
  if (faultsFor(name, topology, chosen).length === 0) return rows;
  const instances = new Instances(chosen.instances);
  const stack = await houseOf(topology, instances, chosen);
  const remembers = chosen.cache && chosen.rights.length === 0;
  const maxStaleness = remembers ? kMaxStaleness : topology.staleness;
  const population = new Population(stack, instances, topology, { maxStaleness, seed: chosen.seed });
  const probe = new Probe(() => topology.serves());
  try {
    await population.start();
    await calm(population);
    await probe.start();
    console.log(`\n${topology.name}\n${leftOut(topology.without)}\n${titles()}`);
    for (const fault of faultsFor(name, topology, chosen)) {
      const row = await run(fault, topology, population, probe);
      rows.push(row);
      console.log(line(row));
      for (const wrong of [...row.allows, ...row.refusals].slice(0, 5)) console.log(`    WRONG ${wrong}`);
      for (const late of row.late) console.log(`    TOO LATE ${late}`);
    }
  } finally {
    await probe.stop();
    await population.stop();
    await instances.stop();
    await stack.stop();
    await topology.stop();
  }
  return rows;
}

async function main() {
  const chosen = options(process.argv.slice(2));
  console.log(`chaos: seed ${chosen.seed}\n${kLegend}`);
  const rows = [];
  for (const name of chosen.topologies) rows.push(...(await runTopology(name, chosen)));
  const sum = (cell) => rows.reduce((total, row) => total + cell(row), 0);
  const wrong = sum((row) => row.allows.length + row.refusals.length + row.late.length + row.other);
  if (rows.length > 0) console.log(`\n${forReaders(rows, Object.keys(faults))}\n`);
  console.log(`chaos: ${rows.length} faults, ${sum((row) => row.checks)} checks, ${wrong} wrong; seed ${chosen.seed}`);
  const vacuous = rows.length === 0 || rows.some((row) => row.allowed === 0 || row.refused === 0);
  if (vacuous) console.log('chaos: nothing was shown: a fault without a check that was let in or without one that was refused');
  process.exit(wrong > 0 || vacuous ? 1 : 0); // connections that nobody uses any more would keep it for a while
}

await main();
