// What the processes of a group (a server with all its workers) have used, read from /proc.

import fs from 'node:fs';

function members(group) {
  const pids = [];
  for (const name of fs.readdirSync('/proc')) {
    if (!/^\d+$/.test(name)) continue;
    const stat = readIfThere(`/proc/${name}/stat`);
    // 1234 (name, may hold spaces) state parent group …
    if (Number(stat?.slice(stat.lastIndexOf(')') + 2).split(' ')[2]) === group) pids.push(name);
  }
  return pids;
}

function readIfThere(file) {
  try {
    return fs.readFileSync(file, 'utf8');
  } catch (error) {
    if (error.code === 'ENOENT' || error.code === 'ESRCH') return undefined;
    throw error;
  }
}

/**
 * Processor time of a group in microseconds, user and system. From schedstat: the same clock as utime and stime of
 * stat, without their rounding to 10 ms. Threads that have ended are not in it; none of what is measured ends threads.
 */
export function processorTime(group) {
  let nanoseconds = 0;
  for (const pid of members(group)) {
    for (const task of fs.readdirSync(`/proc/${pid}/task`)) {
      nanoseconds += Number(readIfThere(`/proc/${pid}/task/${task}/schedstat`)?.split(' ')[0] ?? 0);
    }
  }
  return nanoseconds / 1000;
}

/** Memory of a group in bytes: its share of what is resident (PSS), and what of it is its own data (anonymous). */
export function memory(group) {
  const sum = { pss: 0, anonymous: 0 };
  for (const pid of members(group)) {
    const text = readIfThere(`/proc/${pid}/smaps_rollup`) ?? '';
    const kilobytes = (name) => Number(text.match(new RegExp(`^${name}: +(\\d+) kB`, 'm'))?.[1] ?? 0);
    sum.pss += 1024 * kilobytes('Pss');
    sum.anonymous += 1024 * kilobytes('Pss_Anon');
  }
  return sum;
}
