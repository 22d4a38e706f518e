// A private PHP-FPM on a unix socket, with one script: what.php says which user PHP was told of.

import fs from 'node:fs';
import net from 'node:net';
import path from 'node:path';

import { Hopeless, start, stop, waitFor } from './process.mjs';

const kScript = `<?php
header('Content-Type: application/json');
$seen = [];
foreach ($_SERVER as $name => $value) {
  if (strncmp($name, 'HTTP_X_USER', 11) === 0) $seen[] = [substr($name, 5), $value];
}
echo json_encode(['headers' => $seen, 'uri' => $_SERVER['REQUEST_URI']]);
`;

/** The newest of Debian's (/usr/sbin/php-fpm8.2, say). */
function binary() {
  const names = fs.readdirSync('/usr/sbin').filter((name) => /^php-fpm[\d.]+$/.test(name));
  if (names.length === 0) throw new Error('php-fpm is not installed');
  return `/usr/sbin/${names.sort().at(-1)}`;
}

export class PhpFpm {
  /** Scripts are found under <folder>/www. */
  constructor(folder) {
    this.folder = folder;
    this.socket = path.join(folder, 'php.sock');
  }

  async start() {
    const log = path.join(this.folder, 'php-fpm.log');
    const config = path.join(this.folder, 'php-fpm.conf');
    fs.mkdirSync(path.join(this.folder, 'www'), { recursive: true });
    fs.writeFileSync(path.join(this.folder, 'www', 'what.php'), kScript);
    const user = process.getuid() === 0 ? 'user = root\ngroup = root\n' : '';
    fs.writeFileSync(
      config,
      `[global]\nerror_log = ${log}\ndaemonize = no\n[www]\n${user}listen = ${this.socket}\npm = static\npm.max_children = 1\n`,
    );
    this.process = start(binary(), ['-F', '-n', '-y', config, ...(user ? ['-R'] : [])], { log });
    await waitFor('PHP-FPM listens', () => {
      if (!this.process.alive) throw new Hopeless(`PHP-FPM has ended: ${fs.readFileSync(log, 'utf8')}`);
      return new Promise((resolve) => {
        const connection = net.connect(this.socket, () => {
          connection.destroy();
          resolve(true);
        });
        connection.on('error', () => resolve(false));
      });
    });
    return this;
  }

  stop() {
    return stop(this.process, 'SIGTERM');
  }
}
