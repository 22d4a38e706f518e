// The clock of all servers, which jumps for all of them at once.

import fs from 'node:fs';
import path from 'node:path';

import { ShiftedClock } from './shifted_clock.mjs';

export function clockOfServers(folder) {
  const own = path.join(folder, 'clock-of-servers'); // sessiond's is in the folder itself
  fs.mkdirSync(own);
  return new ShiftedClock(own);
}
