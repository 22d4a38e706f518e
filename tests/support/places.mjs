// Where things are: the repository, what was built of it, the daemon.

import path from 'node:path';
import { fileURLToPath } from 'node:url';

export const repository = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '../..');
export const buildFolder = path.resolve(repository, process.env.BUILD ?? 'build');
/** sessiond. */
export const binary = process.env.SESSIOND ?? path.join(buildFolder, 'plain', 'sessiond');
