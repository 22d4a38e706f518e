// What one core carries, by what a check costs with each kind of Redis. From the figures as conf/guide/performance.md shows
// them, so that tests/lint/capacity can say whether conf/guide/redis.md has its table from the same run.

/** Of a site's live sessions so many are checked in one second. */
const checkedEachSecond = 1 / 100;
const sites = { 'a million sessions': 1e6, 'a hundred million': 1e8 };

const perCore = (microseconds) => (microseconds ? Number((1e6 / Number(microseconds)).toPrecision(3)).toLocaleString('en-GB') : '');
const cores = (value) => (value < 10 ? value.toPrecision(2) : value.toFixed(0));

/** `costs`: {name of the kind: {cached, uncached}}, each {sessiond, redis}, the microseconds of a check, or not measured. */
export function capacityTable(costs) {
  const coresOf = (uncached, sessions) => {
    const parts = uncached ? [uncached.sessiond, uncached.redis] : [];
    return parts.map((microseconds) => cores((sessions * checkedEachSecond * Number(microseconds)) / 1e6)).join(' + ');
  };
  const rows = Object.entries(costs).map(([name, { cached, uncached }]) => [
    name,
    perCore(cached?.sessiond),
    perCore(uncached?.sessiond),
    perCore(uncached?.redis),
    ...Object.values(sites).map((sessions) => coresOf(uncached, sessions)),
  ]);
  const head = ['checks a second of one core', 'sessiond, with cache', 'sessiond, without cache', 'Redis, without cache'];
  head.push(...Object.keys(sites).map((name) => `cores for ${name}`));
  return { title: 'What a core carries', head, rows };
}

export function asMarkdownRows({ head, rows }) {
  const line = (cells) => `| ${cells.join(' | ')} |\n`;
  return [line(head), line(head.map((_, column) => (column === 0 ? '---' : '---:'))), ...rows.map(line)].join('');
}
