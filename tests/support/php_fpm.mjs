// A private PHP-FPM on a unix socket.

import fs from 'node:fs';
import path from 'node:path';

import { start, stop } from './processes.mjs';
import { waitUntilListening } from './sockets.mjs';

/** The newest of Debian's (/usr/sbin/php-fpm8.2, say). */
function program() {
  const names = fs.readdirSync('/usr/sbin').filter((name) => /^php-fpm[\d.]+$/.test(name));
  if (names.length === 0) throw new Error('php-fpm is not installed');
  return `/usr/sbin/${names.sort().at(-1)}`;
}

export class PhpFpm {
  /** `children`: so many processes; `lines` of the pool beside the usual; `args`, `options`: of start(). */
  constructor(folder, { children = 1, lines = '', args = [], options = {} } = {}) {
    this.folder = folder;
    this.children = children;
    this.lines = lines;
    this.args = args;
    this.options = options;
    this.socket = path.join(folder, 'php.sock');
    this.log = path.join(folder, 'php-fpm.log');
    this.errors = path.join(folder, 'php-fpm-errors.log'); // of PHP-FPM's own user
  }

  async start() {
    const file = path.join(this.folder, 'php-fpm.conf');
    const pool = `[www]\nlisten = ${this.socket}\npm = static\npm.max_children = ${this.children}\n${this.lines}`;
    fs.writeFileSync(file, `[global]\nerror_log = ${this.errors}\ndaemonize = no\n${pool}`);
    this.process = start(program(), ['--nodaemonize', '--fpm-config', file, ...this.args], { ...this.options, log: this.log });
    await waitUntilListening('PHP-FPM', this.socket, this.process, () => this.#logText());
    return this;
  }

  #logText() {
    return [this.log, this.errors].map((file) => (fs.existsSync(file) ? fs.readFileSync(file, 'utf8') : '')).join('');
  }

  stop() {
    return stop(this.process, 'SIGTERM');
  }
}
