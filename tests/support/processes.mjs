// Child processes: started with their output in a file or read, and stopped in any case, however this process ends. Each
// leads a process group of its own, so that workers it forks can be counted and stopped with it, whatever becomes of
// their parent.

import { spawn } from 'node:child_process';
import fs from 'node:fs';

import { waitFor } from './waiting.mjs';

const running = new Set();

process.on('exit', () => {
  for (const child of running) signalGroup(child, 'SIGKILL');
});
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => process.exit(1));

function signalGroup(child, signal) {
  try {
    process.kill(-child.pid, signal);
  } catch (error) {
    if (error.code !== 'ESRCH') throw error;
  }
}

/**
 * Starts a program, its output appended to the file `log`, or 'pipe'd. The result has `pid`, `exited` (a promise of {code,
 * signal}; code 127: it cannot be started) and `alive`.
 */
export function start(command, args, { log, env = {}, cwd, uid, gid, stdin = 'ignore' } = {}) {
  const output = log === undefined ? 'ignore' : log === 'pipe' ? 'pipe' : fs.openSync(log, 'a');
  const child = spawn(command, args, {
    stdio: [stdin, output, output],
    env: { ...process.env, ...env },
    cwd,
    uid,
    gid,
    detached: true,
  });
  if (typeof output === 'number') fs.closeSync(output);
  running.add(child);
  child.alive = true;
  child.exited = new Promise((resolve) => {
    const ended = (result) => {
      child.alive = false;
      running.delete(child);
      resolve(result);
    };
    child.on('exit', (code, signal) => {
      signalGroup(child, 'SIGKILL');
      ended({ code, signal });
    });
    child.on('error', (error) => {
      if (typeof output === 'number') fs.appendFileSync(log, `${error}\n`);
      ended({ code: 127, signal: null });
    });
  });
  return child;
}

/** Ends a program and waits until it has ended: `signal` first, SIGKILL when that does not help in time. */
export async function stop(child, signal = 'SIGTERM', patience = 8000) {
  if (!child?.alive) return child?.exited;
  child.kill('SIGCONT');
  child.kill(signal);
  const timer = setTimeout(() => signalGroup(child, 'SIGKILL'), patience);
  const result = await child.exited;
  clearTimeout(timer);
  return result;
}

/** Stops a program where it stands, all its threads, until SIGCONT. */
export async function freeze(child) {
  const threads = `/proc/${child.pid}/task`;
  const stands = (thread) => /\) T /.test(fs.readFileSync(`${threads}/${thread}/stat`, 'utf8'));
  child.kill('SIGSTOP');
  await waitFor('it stands still', () => fs.readdirSync(threads).every(stands));
}

/** Starts a program whose `output` is a promise of what it wrote, rejected when it fails. */
export function launch(command, args, { input, timeout = 120000, ...options } = {}) {
  const child = start(command, args, { ...options, log: 'pipe', stdin: input === undefined ? 'ignore' : 'pipe' });
  const chunks = [];
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (data) => chunks.push(data));
  const closed = new Promise((resolve) => child.on('close', resolve));
  const timer = setTimeout(() => signalGroup(child, 'SIGKILL'), timeout);
  if (input !== undefined) child.stdin.end(input);
  const finish = async () => {
    const { code, signal } = await child.exited;
    clearTimeout(timer);
    await closed;
    const text = Buffer.concat(chunks).toString('utf8');
    if (code !== 0) throw new Error(`${command} ${args.join(' ')}: ended with ${code ?? signal}\n${text.slice(-4000)}`);
    return text;
  };
  return { child, output: finish() };
}

/** Runs a program to its end, `input` on its standard input, and returns what it wrote; rejects when it fails. */
export const run = (command, args, options) => launch(command, args, options).output;
