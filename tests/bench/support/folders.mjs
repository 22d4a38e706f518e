// Where the parts of the benchmark live, and as whom others' servers run.

import fs from 'node:fs';
import path from 'node:path';

import { buildFolder } from '../../support/places.mjs';

export const benchFolder = path.join(buildFolder, 'bench');

/** Debian's www-data, whose number is fixed: some programs refuse to run as root, which the benchmark does. */
export const unprivileged = { uid: 33, gid: 33 };

/** An empty folder for a part of the benchmark. Its name is short: unix sockets will stand in it. */
export function freshFolder(...names) {
  const folder = path.join(benchFolder, ...names);
  fs.rmSync(folder, { recursive: true, force: true });
  fs.mkdirSync(folder, { recursive: true });
  fs.chownSync(folder, unprivileged.uid, unprivileged.gid);
  return folder;
}
