// A shell's command on a terminal, where somebody types.

import { spawnSync } from 'node:child_process';
import path from 'node:path';

import { repository } from '../../support/places.mjs';

/** `answers`: to each line that holds such a prompt. Ends with {status, stdout}. */
export function typed(command, answers = {}) {
  const typist = path.join(repository, 'tests/e2e/support/typist.py');
  return spawnSync('python3', [typist, command, ...Object.entries(answers).flat()], { encoding: 'utf8', timeout: 30000 });
}
