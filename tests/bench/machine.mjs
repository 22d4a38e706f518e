// What the figures were measured on.

import fs from 'node:fs';
import os from 'node:os';

import { run } from '../support/processes.mjs';

async function packageVersion(name) {
  const status = await run('dpkg-query', ['--show', '--showformat=${Version}', name]);
  return status.trim().replace(/^\d+:/, '');
}

export async function describeMachine() {
  const debian = fs.readFileSync('/etc/debian_version', 'utf8').trim();
  const nginx = (await run('nginx', ['-v'])).match(/nginx\/(\S+)/)[1];
  const redis = (await run('redis-server', ['--version'])).match(/v=(\S+)/)[1];
  return {
    processor: os.cpus()[0].model,
    cores: os.availableParallelism(),
    memory: os.totalmem(),
    kernel: `Linux ${os.release()}`,
    versions: {
      Debian: debian,
      nginx,
      Redis: redis,
      Node: process.versions.node,
      'php-redis': await packageVersion('php-redis'),
      'LemonLDAP::NG': await packageVersion('lemonldap-ng-fastcgi-server'),
      libfcgi: await packageVersion('libfcgi0ldbl'),
    },
  };
}
