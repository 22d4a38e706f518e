// Servers and tools of the benchmark. Each leads a process group of its own, so that workers it forks can be counted
// and stopped with it, whatever becomes of their parent.

import { spawn } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';

export { pause };

export const repository = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '../../..');
export const buildFolder = path.resolve(repository, process.env.BUILD ?? 'build');
export const benchFolder = path.join(buildFolder, 'bench');

/** Debian's www-data, whose number is fixed: some programs refuse to run as root, which the benchmark does. */
export const unprivileged = { uid: 33, gid: 33 };

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

/** Starts a program; `log` is a file, or 'pipe' for run(). `exited` of the result is a promise of its exit status. */
export function start(command, args, { log, env = {}, cwd, uid, gid, stdin = 'ignore' } = {}) {
  const output = log === 'pipe' ? 'pipe' : fs.openSync(log, 'a');
  const child = spawn(command, args, {
    stdio: [stdin, output, output],
    env: { ...process.env, ...env },
    cwd,
    uid,
    gid,
    detached: true,
  });
  if (output !== 'pipe') fs.closeSync(output);
  running.add(child);
  child.alive = true;
  child.exited = new Promise((resolve, reject) => {
    child.on('error', (error) => {
      child.alive = false;
      running.delete(child);
      reject(new Error(`${command}: ${error.message}`));
    });
    child.on('exit', (code, signal) => {
      child.alive = false;
      signalGroup(child, 'SIGKILL');
      running.delete(child);
      resolve(code ?? signal);
    });
  });
  child.exited.catch(() => {});
  return child;
}

/** Ends a program with everything it started, and waits until it has ended. */
export async function stop(child, signal = 'SIGTERM', patience = 8000) {
  if (!child?.alive) return;
  child.kill(signal);
  const timer = setTimeout(() => signalGroup(child, 'SIGKILL'), patience);
  await child.exited;
  clearTimeout(timer);
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
    const status = await child.exited.finally(() => clearTimeout(timer));
    await closed;
    const text = Buffer.concat(chunks).toString('utf8');
    if (status !== 0) throw new Error(`${command} ${args.join(' ')}: ended with ${status}\n${text.slice(-4000)}`);
    return text;
  };
  return { child, output: finish() };
}

/** Runs a program to its end, `input` on its standard input, and returns what it wrote; rejects when it fails. */
export const run = (command, args, options) => launch(command, args, options).output;

/** Asks until the answer is true. An exception counts as "not yet". */
export async function waitFor(what, condition, { timeout = 10000, interval = 20 } = {}) {
  const deadline = Date.now() + timeout;
  for (let problem = ''; ; await pause(interval)) {
    try {
      if (await condition()) return;
      problem = '';
    } catch (error) {
      problem = ` (${error.message})`;
    }
    if (Date.now() > deadline) throw new Error(`${what}: not within ${timeout} ms${problem}`);
  }
}

/** An empty folder for a part of the benchmark. Its name is short: unix sockets will stand in it. */
export function freshFolder(...names) {
  const folder = path.join(benchFolder, ...names);
  fs.rmSync(folder, { recursive: true, force: true });
  fs.mkdirSync(folder, { recursive: true });
  fs.chownSync(folder, unprivileged.uid, unprivileged.gid);
  return folder;
}
