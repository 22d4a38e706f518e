// The benchmark: measures, judges, reports. Everything is under build/bench/; results.json there holds every figure.
//
//   node tests/bench/main.mjs [--quick] [STAGE...]

import fs from 'node:fs';
import path from 'node:path';

import { measureGrowth } from './growth.mjs';
import { measureGuessing } from './guessing.mjs';
import { measureInstructions } from './instructions.mjs';
import { describeMachine } from './machine.mjs';
import { measureMainUse } from './main_use.mjs';
import { measureNames } from './names.mjs';
import { markdownReport, textReport } from './report.mjs';
import { measureRevocation } from './revocation.mjs';
import { measureSteadyState } from './steady.mjs';
import { judge, summarise } from './summary.mjs';
import { benchFolder } from './support/folders.mjs';
import { say } from './support/log.mjs';
import { measureSystemCalls } from './system_calls.mjs';
import { measureThroughput } from './throughput.mjs';
import { measureTopologies } from './topologies.mjs';
import { measureWrites } from './writes.mjs';

const full = {
  throughput: { workers: [1, 2], connections: [1, 64, 256], rounds: 9, otherRounds: 1, seconds: 3, warmUpSeconds: 1 },
  topologies: { rounds: 9, seconds: 2, quietSeconds: 5 },
  steady: { touchInterval: 60 },
  mainUse: { sessions: 1000, rounds: 9, seconds: 3 },
  writes: { rates: [0, 1000, 10000], seconds: 5 },
  revocation: { trials: 2000 },
  guessing: { connections: 300, seconds: 20 },
  names: { tries: 200 },
  growth: { sessions: [10000, 100000, 1000000], connections: [1, 100, 1000], rounds: 3, seconds: 4, checks: 20000 },
  systemCalls: { peers: ['kept', 'lanes', 'cached', 'uncached'], seconds: 2 },
  instructions: { peers: ['kept', 'lanes', 'cached', 'uncached'], few: 1000, many: 5000 },
};

const quick = {
  throughput: { workers: [1], connections: [64], rounds: 2, otherRounds: 0, seconds: 2, warmUpSeconds: 1 },
  topologies: { rounds: 3, seconds: 1, quietSeconds: 3 },
  steady: { touchInterval: 6 },
  mainUse: { sessions: 1000, rounds: 2, seconds: 2 },
  writes: { rates: [0, 10000], seconds: 2 },
  revocation: { trials: 200 },
  guessing: { connections: 300, seconds: 5 },
  names: { tries: 40 },
  growth: { sessions: [10000, 1000000], connections: [1, 1000], rounds: 2, seconds: 2, checks: 5000 },
  systemCalls: { peers: ['kept', 'cached'], seconds: 1 },
  instructions: { peers: ['kept', 'cached'], few: 500, many: 2500 },
};

const stages = {
  throughput: measureThroughput,
  topologies: measureTopologies,
  steady: measureSteadyState,
  mainUse: measureMainUse,
  writes: measureWrites,
  revocation: measureRevocation,
  guessing: measureGuessing,
  names: measureNames,
  growth: measureGrowth,
  systemCalls: measureSystemCalls,
  instructions: measureInstructions,
};

async function main() {
  const args = process.argv.slice(2);
  const isQuick = args.includes('--quick');
  const wanted = args.filter((arg) => arg !== '--quick');
  const unknown = wanted.filter((name) => !stages[name]);
  if (unknown.length > 0) throw new Error(`no stage ${unknown}; there are: ${Object.keys(stages).join(' ')}`);

  const results = {
    date: new Date().toISOString().slice(0, 10),
    command: isQuick ? 'make bench QUICK=1' : 'make bench',
    machine: await describeMachine(),
    plan: isQuick ? quick : full,
  };
  for (const [name, measure] of Object.entries(stages)) {
    if (wanted.length > 0 && !wanted.includes(name)) continue;
    say(name);
    results[name] = await measure(results.plan[name]);
  }
  if (results.throughput) results.summary = summarise(results.throughput);
  results.goals = judge(results);

  const { goals, ...raw } = results;
  fs.writeFileSync(path.join(benchFolder, 'results.json'), `${JSON.stringify({ ...goals, ...raw }, null, 2)}\n`);
  fs.writeFileSync(path.join(benchFolder, 'report.md'), markdownReport(results));
  process.stdout.write(`\n${textReport(results)}`);
  const missed = Object.values(goals).filter((goal) => !goal.holds).length;
  process.stdout.write(`\n${Object.keys(goals).length - missed} goals reached, ${missed} missed\n`);
}

try {
  await main();
} catch (error) {
  process.stderr.write(`bench: ${error.stack}\n`);
  process.exit(1);
}
process.exit(0);
