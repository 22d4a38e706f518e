// An /etc/hosts of its own for one program, whose names can be made to lead elsewhere while it runs: in a mount namespace.

import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';

/** Whoever is not root needs a namespace of users besides. */
const kNamespace = process.getuid() === 0 ? ['--mount'] : ['--user', '--map-current-user', '--keep-caps', '--mount'];
const kMount = 'mount --bind "$0" /etc/hosts';

export class PrivateHosts {
  constructor(folder) {
    this.file = path.join(folder, 'hosts');
  }

  /** The name leads to this address of 127.0.0.*: one line of always the same length, which no reader sees half written. */
  lead(name, address) {
    fs.writeFileSync(this.file, `${address} ${name}\n`, { flag: fs.existsSync(this.file) ? 'r+' : 'w' });
  }

  /** The words of a command that runs a program with it. */
  within(words) {
    return ['unshare', ...kNamespace, 'sh', '-c', `${kMount} && exec "$@"`, this.file, ...words];
  }

  /** Does this machine let us? */
  get isPossible() {
    const [command, ...args] = this.within(['true']);
    return spawnSync(command, args).status === 0;
  }
}
