// A wall clock that a test can set, for one program (shifted_clock.c is preloaded into it).

import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const source = path.join(path.dirname(fileURLToPath(import.meta.url)), 'shifted_clock.c');

export class ShiftedClock {
  constructor(folder) {
    this.library = path.join(folder, 'shifted_clock.so');
    this.file = path.join(folder, 'shift');
    execFileSync(process.env.CC ?? 'cc', ['-shared', '-fPIC', '-O2', '-o', this.library, source]);
    this.set(0);
  }

  /** What the program has to be started with. */
  get environment() {
    return { LD_PRELOAD: this.library, SHIFT_FILE: this.file };
  }

  set(seconds) {
    const bytes = Buffer.alloc(8);
    bytes.writeBigInt64LE(BigInt(seconds));
    fs.writeFileSync(this.file, bytes, { flag: fs.existsSync(this.file) ? 'r+' : 'w' });
  }
}
