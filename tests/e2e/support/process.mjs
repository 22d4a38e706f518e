// Child processes of a test: started with their output in a file, waited for by polling, stopped by pid in any case.

import { spawn, spawnSync } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

export const repository = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '../../..');
export const buildFolder = path.resolve(repository, process.env.BUILD ?? 'build');

const running = new Set();
const folders = new Set();

/** What must not outlive this test process, however it ends. */
process.on('exit', (code) => {
  for (const child of running) child.kill('SIGKILL');
  for (const folder of folders) {
    if (code !== 0) keepLogs(folder);
    fs.rmSync(folder, { recursive: true, force: true });
  }
});
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => process.exit(1));

/** No test file takes longer, unless it says so: what hangs ends here, with its logs kept. */
const kPatience = Number(process.env.PATIENCE_MS ?? 400000);
setTimeout(() => {
  console.error(`${process.argv[1]}: not done after ${kPatience} ms`);
  process.exit(1);
}, kPatience).unref();

/** A folder of the test's own, short enough for unix sockets, removed at the end. */
export function temporaryFolder(place = os.tmpdir()) {
  const folder = fs.mkdtempSync(path.join(place, 'sessiond-e2e-'));
  folders.add(folder);
  return folder;
}

const kMemory = '/dev/shm';
const kEnoughMemory = 512 * 1024 * 1024;

/** Such a folder for what must not have to wait for a busy disk: in memory, where the machine lends enough of it. */
export function quickFolder() {
  if (!fs.existsSync(kMemory)) return temporaryFolder();
  const { bavail, bsize } = fs.statfsSync(kMemory);
  return temporaryFolder(bavail * bsize > kEnoughMemory ? kMemory : undefined);
}

function keepLogs(folder) {
  const test = path.basename(process.argv[1] ?? 'test', '.test.mjs');
  const target = path.join(buildFolder, 'test-logs', 'e2e', `${test}-${path.basename(folder)}`);
  fs.mkdirSync(target, { recursive: true });
  for (const name of fs.readdirSync(folder, { recursive: true })) {
    if (/\.(log|conf|yaml)$/.test(name)) fs.copyFileSync(path.join(folder, name), path.join(target, name.replaceAll('/', '-')));
  }
}

/**
 * Starts a program, its output appended to `log`. The result has `pid`, `exited` (a promise of {code, signal}) and
 * `alive`.
 */
export function start(command, args, { log, env = {}, cwd } = {}) {
  const output = log ? fs.openSync(log, 'a') : 'ignore';
  const child = spawn(command, args, { stdio: ['ignore', output, output], env: { ...process.env, ...env }, cwd });
  if (log) fs.closeSync(output);
  running.add(child);
  child.alive = true;
  child.exited = new Promise((resolve) => {
    const ended = (result) => {
      child.alive = false;
      running.delete(child);
      resolve(result);
    };
    child.on('exit', (code, signal) => ended({ code, signal }));
    child.on('error', (error) => {
      if (log) fs.appendFileSync(log, `${error}\n`);
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
  const timer = setTimeout(() => child.kill('SIGKILL'), patience);
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

export const pause = (milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds));

/** Thrown by a condition that can no longer come true. */
export class Hopeless extends Error {}

/** Polls until `condition` gives something true and returns it; its exceptions count as "not yet", but for Hopeless. */
export async function waitFor(what, condition, { timeout = 10000, interval = 20 } = {}) {
  const deadline = Date.now() + timeout;
  let last;
  for (;;) {
    try {
      const value = await condition();
      if (value) return value;
      last = undefined;
    } catch (error) {
      if (error instanceof Hopeless) throw error;
      last = error;
    }
    if (Date.now() > deadline) throw new Error(`${what}: not within ${timeout} ms${last ? ` (${last.message})` : ''}`);
    await pause(interval);
  }
}

/** A shell's command on a terminal; `answers`: to each line that holds such a prompt. Ends with {status, stdout}. */
export function typed(command, answers = {}) {
  const typist = path.join(repository, 'tests/e2e/support/typist.py');
  return spawnSync('python3', [typist, command, ...Object.entries(answers).flat()], { encoding: 'utf8', timeout: 30000 });
}
