// Folders of a test's own, removed at the end; of a test that failed, what its servers logged is kept.

import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';

import { buildFolder } from './places.mjs';
import './processes.mjs'; // whose end comes first

const kMemory = '/dev/shm';
const kEnoughMemory = 512 * 1024 * 1024;

const folders = new Set();

process.on('exit', (code) => {
  for (const folder of folders) {
    if (code !== 0) keepLogs(folder);
    fs.rmSync(folder, { recursive: true, force: true });
  }
});

/** Short enough for unix sockets. */
export function temporaryFolder(place = os.tmpdir()) {
  const folder = fs.mkdtempSync(path.join(place, 'sessiond-e2e-'));
  folders.add(folder);
  return folder;
}

/** For what must not have to wait for a busy disk: in memory, where the machine lends enough of it. */
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
