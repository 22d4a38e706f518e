// The results for people: the same tables as text for a terminal and as Markdown for conf/guide/performance.md, and what a
// core carries for conf/guide/redis.md.

import { asMarkdownRows, capacityTable } from './capacity.mjs';
import { checkNames } from './main_use.mjs';
import { peerNames } from './throughput.mjs';
import { topologyNames } from './topologies.mjs';
import { isReached, judged } from './summary.mjs';
import { median } from './support/statistics.mjs';

/** {title, head: [cells], rows: [[cells]]}; the first column is text, the others are numbers. */
function tablesOf(results) {
  const tables = [
    goalTable(results),
    ...throughputTables(results),
    topologiesTable(results),
    capacityTable(costsOf(results)),
    costTable(results),
    ...growthTables(results),
    revocationTable(results),
    mainUseTable(results),
    writesTable(results),
    guessingTable(results),
    namesTable(results),
  ];
  return tables.filter((table) => table.rows.length > 0);
}

const significant = (value) => {
  if (value >= 100 || value === 0) return value.toFixed(0);
  return value.toFixed(value >= 10 ? 1 : value >= 1 ? 2 : value >= 0.1 ? 3 : 4);
};
const thousands = (value) => Math.round(value).toLocaleString('en-GB');
const milliseconds = (microseconds) => (microseconds / 1000).toFixed(2);
const mebibytes = (bytes) => (bytes / 1024 / 1024).toFixed(1);

function goalTable({ goals }) {
  const rows = Object.values(goals).map(({ row, value, unit, comparison, limit, holds }) => {
    // As many digits as show whether it does.
    const written = [significant(value), value.toFixed(3), value.toFixed(4)].find((text) => isReached(Number(text), comparison, limit) === holds);
    const of = unit ? ` ${unit}` : '';
    return [row, `${written ?? value}${of}`, `${comparison} ${limit}${of}`, holds ? 'yes' : 'NO'];
  });
  return { title: 'Goals', head: ['figure', 'measured', 'goal', 'holds'], rows };
}

const throughputHead = [
  'behind nginx',
  'requests/s',
  'p50 ms',
  'p99 ms',
  'backend µs',
  'nginx µs',
  'Redis µs',
  'Redis commands',
  'memory MiB',
];

function throughputRow(row) {
  return [
    peerNames[row.peer],
    thousands(row.requestsPerSecond),
    milliseconds(row.p50),
    milliseconds(row.p99),
    row.peer === 'nginx' ? '' : significant(row.backend),
    significant(row.nginx),
    significant(row.redis),
    row.redisCommands.toFixed(3),
    row.peer === 'nginx' ? '' : mebibytes(row.memory),
  ];
}

function throughputTables({ summary = [] }) {
  const tables = new Map();
  for (const row of summary) {
    const workers = `${row.workers} nginx worker${row.workers === 1 ? '' : 's'}`;
    const title = `${row.connections} connection${row.connections === 1 ? '' : 's'}, ${workers}`;
    if (!tables.has(title)) tables.set(title, { title, head: throughputHead, rows: [], ...row });
    tables.get(title).rows.push(throughputRow(row));
  }
  return [...tables.values()];
}

function topologiesTable({ topologies }) {
  const rows = (topologies?.rows ?? []).map(({ topology, caches, requestsPerSecond, sessiond, redis, ratio }) => [
    `${topologyNames[topology]}, ${caches ? 'with' : 'without'} cache`,
    thousands(requestsPerSecond),
    significant(sessiond),
    ratio.toFixed(3),
    significant(redis),
    caches && topology in topologies.canaries ? `${(100 * topologies.canaries[topology]).toFixed(3)} %` : '',
  ]);
  const head = ['behind sessiond', 'requests/s', 'sessiond µs', 'against one server', 'Redis µs', 'canaries, for each node'];
  return { title: 'By the kind of Redis', head, rows };
}

function costsOf({ topologies }) {
  const costs = {};
  for (const { topology, caches, sessiond, redis } of topologies?.rows ?? []) {
    const cost = { sessiond: significant(sessiond), redis: significant(redis) };
    costs[topologyNames[topology]] = { ...costs[topologyNames[topology]], [caches ? 'cached' : 'uncached']: cost };
  }
  return costs;
}

function costTable({ instructions = {}, systemCalls = {} }) {
  const parts = ['libfcgi', 'allocation', 'sessiond', 'libraries'];
  const rows = Object.keys({ ...systemCalls, ...instructions }).map((peer) => [
    peerNames[peer],
    instructions[peer] ? thousands(instructions[peer].perCheck) : '',
    ...parts.map((part) => (instructions[peer] ? thousands(instructions[peer].parts[part] ?? 0) : '')),
    systemCalls[peer] ? systemCalls[peer].alone.perCheck.toFixed(2) : '',
    systemCalls[peer] ? systemCalls[peer].loaded.perCheck.toFixed(2) : '',
  ]);
  const head = ['a check takes', 'user instructions', ...parts, 'system calls, alone', 'with 64 connections'];
  return { title: 'What a check is made of', head, rows };
}

function growthTables({ growth }) {
  if (!growth) return [];
  const bySessions = growth.bySessions.map(({ sessions, bytesPerSession, runs }) => [
    thousands(sessions),
    `${(100 * median(runs.map((run) => run.hitShare))).toFixed(0)} %`,
    median(runs.map((run) => run.processor)).toFixed(2),
    thousands(bytesPerSession),
  ]);
  const counts = [...new Set(growth.byConnections.map(({ connections }) => connections))];
  const byConnections = counts.map((count) => {
    const runs = growth.byConnections.filter(({ connections }) => connections === count);
    const processor = median(runs.map((run) => run.processor));
    return [thousands(count), processor.toFixed(2), mebibytes(median(runs.map((run) => run.memory.pss)))];
  });
  return [
    {
      title: 'Live sessions',
      head: ['sessions', 'answered from memory', 'backend µs', 'bytes per cached session'],
      rows: bySessions,
    },
    {
      title: 'Open connections, one check at a time',
      head: ['connections', 'backend µs', 'memory MiB'],
      rows: byConnections,
    },
  ];
}

function revocationTable({ revocation = {} }) {
  const names = { by_del: 'DEL in Redis', by_logout: 'logout at another instance' };
  const rows = Object.entries(revocation).map(([name, figures]) => [
    names[name],
    figures.median.toFixed(2),
    figures.p99.toFixed(2),
    figures.max.toFixed(2),
    figures.answeredMedian.toFixed(2),
    figures.answeredP99.toFixed(2),
    figures.probeMedian.toFixed(2),
    figures.probeP99.toFixed(2),
  ]);
  const head = [
    'until the first refusal, under load',
    'median ms',
    'p99 ms',
    'max ms',
    'until it is answered itself: median ms',
    'p99 ms',
    'a probe: median ms',
    'p99 ms',
  ];
  return { title: 'Revocation', head, rows };
}

function mainUseTable({ mainUse = [] }) {
  const rows = mainUse.map(({ touch, check, requestsPerSecond, p50, p99, processor, redisCommands, hits }) => [
    `${checkNames[check]}, ${touch ? "connect-redis's defaults" : '`disableTouch: true`'}`,
    thousands(requestsPerSecond),
    milliseconds(p50),
    milliseconds(p99),
    ...['sessiond', 'express', 'nginx', 'redis'].map((name) => (name in processor ? significant(processor[name]) : '')),
    redisCommands.toFixed(2),
    check === 'cached' ? `${(100 * hits).toFixed(1)} %` : '',
  ]);
  const head = ['Express behind the check', 'requests/s', 'p50 ms', 'p99 ms', 'sessiond µs', 'Express µs', 'nginx µs'];
  head.push('Redis µs', 'Redis commands', 'from memory');
  return { title: 'With an Express application behind it', head, rows };
}

function writesTable({ writes = [] }) {
  const rows = writes.map(({ rate, written, requestsPerSecond, sessiond, redis }) => [
    thousands(rate),
    thousands(written),
    thousands(requestsPerSecond),
    significant(sessiond),
    significant(redis),
  ]);
  const head = ['sessions written a second by others', 'really', 'checks/s', 'sessiond µs a check', 'Redis µs a check'];
  return { title: 'While others write', head, rows };
}

function guessingTable({ guessing = [] }) {
  const names = { shipped: 'limits as shipped', unlimited: 'no limits' };
  const whose = ({ limits, asks, connections }) => {
    if (connections === 0) return 'nobody';
    return asks === 'checks' ? `${connections} connections, checks without a cookie instead` : `${connections} connections, ${names[limits]}`;
  };
  const rows = guessing.map(({ hashed, throttled, busy, welcome, p50, p99, slowest, ...row }) => [
    whose(row),
    significant(hashed),
    thousands(throttled),
    thousands(busy),
    `${(100 * welcome).toFixed(0)} %`,
    p50.toFixed(2),
    p99.toFixed(2),
    slowest.toFixed(0),
  ]);
  const head = [
    'guessing one password (bcrypt 12)', 'hashes/s', '429/s', '503/s', 'its owner logs in', 'a check: p50 ms', 'p99 ms',
    'slowest of all else, ms',
  ];
  return { title: 'While others guess', head, rows };
}

function namesTable({ names = [] }) {
  const rows = names.map(({ site, known, unknown, ratio }) => [site, known.toFixed(2), unknown.toFixed(2), ratio.toFixed(3)]);
  const head = ['a wrong password, users in', 'a known name, ms', 'an unknown one, ms', 'ratio'];
  return { title: 'Whether time tells names apart', head, rows };
}

function asText({ title, head, rows }) {
  const widths = head.map((cell, column) => Math.max(cell.length, ...rows.map((row) => row[column].length)));
  const pad = (cell, column) => (column === 0 ? cell.padEnd(widths[0]) : cell.padStart(widths[column]));
  const line = (cells) => cells.map(pad).join('  ');
  return [`${title}\n`, ...[head, ...rows].map((cells) => `  ${line(cells).trimEnd()}\n`)].join('');
}

const asMarkdown = (table) => `**${table.title}**\n\n${asMarkdownRows(table)}`;

function machineLine({ machine, date, command }) {
  const { processor, cores, memory, kernel, versions } = machine;
  const programs = Object.entries(versions).map(([name, version]) => `${name} ${version}`);
  const hardware = `${processor}, ${cores} cores, ${Math.round(memory / 1024 ** 3)} GiB, ${kernel}`;
  return `${date}, \`${command}\`: ${hardware}; ${programs.join(', ')}.`;
}

export function textReport(results) {
  return [...tablesOf(results).map(asText), `${machineLine(results)}\n`].join('\n');
}

/** Of the throughput only the table that the goals are judged at. */
export function markdownReport(results) {
  const chosen = tablesOf(results).filter(
    (table) =>
      table.head !== throughputHead || (table.workers === judged.workers && table.connections === judged.connections),
  );
  return [`${machineLine(results)}\n`, ...chosen.map(asMarkdown)].join('\n');
}
