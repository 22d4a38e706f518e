// What was seen, as lines while it goes on, and as a table for those who read of it.

export const kLegend = `\
away s        the servers themselves, to whoever asks them
503           to all sessions that are checked again and again: those that live are in sessiond's memory
for s         from the first 503 to one of those that live to the last; after s: to the last once Redis could answer again
503 new       to living sessions that nobody asked for before; new for s, new after s: the same of these`;

const seconds = (value) => value.toFixed(2);

const columns = [
  ['fault', 52, (row) => row.fault],
  ['checks', 8, (row) => row.checks],
  ['wrong allows', 14, (row) => row.allows.length],
  ['wrong refusals', 16, (row) => row.refusals.length],
  ['too late', 10, (row) => row.late.length],
  ['away s', 8, (row) => seconds(row.away)],
  ['503', 7, (row) => row.unavailable],
  ['for s', 7, (row) => seconds(row.kept.for)],
  ['after s', 9, (row) => seconds(row.kept.after)],
  ['503 new', 9, (row) => row.unavailableNew],
  ['new for s', 11, (row) => seconds(row.fresh.for)],
  ['new after s', 13, (row) => seconds(row.fresh.after)],
  ['slowest ms', 12, (row) => row.slowest.toFixed(0)],
  ['other', 7, (row) => row.other],
];

const inColumns = (cell) =>
  columns.map((column, i) => (i === 0 ? String(cell(column)).padEnd(column[1]) : String(cell(column)).padStart(column[1]))).join('');

export const titles = () => inColumns(([title]) => title);
export const line = (row) => inColumns(([, , cell]) => cell(row));

/** "0", or seconds, and in brackets after Redis could answer again. */
function figure({ for: lasted, after }) {
  const rounded = (value) => Number(value.toFixed(1));
  return rounded(lasted) === 0 ? '0' : `${rounded(lasted)} (${rounded(after)})`;
}

/** What is not done here, and why. */
export const leftOut = (without) =>
  [...new Set(Object.values(without))]
    .map((why) => `left out      ${Object.keys(without).filter((fault) => without[fault] === why).join('; ')}: ${why}`)
    .join('\n');

/**
 * Markdown: a row for each fault that does something, in this order, a column for each topology; "sessions in memory / asked
 * for the first time".
 */
export function forReaders(rows, order) {
  const topologies = [...new Set(rows.map(({ topology }) => topology))];
  const cell = (fault, topology) => {
    const row = rows.find((one) => one.fault === fault && one.topology === topology);
    return row ? `${figure(row.kept)} / ${figure(row.fresh)}` : '';
  };
  const done = order.filter((fault) => fault !== 'nothing' && rows.some((row) => row.fault === fault));
  const lines = done.map((fault) => [fault, ...topologies.map((topology) => cell(fault, topology))]);
  return [['', ...topologies], ['---', ...topologies.map(() => '---:')], ...lines].map((cells) => `| ${cells.join(' | ')} |`).join('\n');
}
