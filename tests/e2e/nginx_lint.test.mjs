// What the linter's tests read is nginx: it starts with each of those files.

import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { before, describe, test } from 'node:test';

import { temporaryFolder } from '../support/folders.mjs';
import { installSnippets } from '../support/nginx.mjs';
import '../support/patience.mjs';
import { repository } from '../support/places.mjs';
import { start } from '../support/processes.mjs';

const fixtures = path.join(repository, 'tests/data/nginx-lint');

describe('nginx accepts', () => {
  const folder = temporaryFolder();
  before(() => {
    installSnippets(folder, path.join(folder, 'sessiond.sock'));
    for (const kind of ['uwsgi', 'scgi']) fs.copyFileSync(`/etc/nginx/${kind}_params`, path.join(folder, `${kind}_params`));
    const key = ['-newkey', 'rsa:2048', '-nodes', '-keyout', path.join(folder, 'key.pem'), '-subj', '/CN=test'];
    execFileSync('openssl', ['req', '-x509', ...key, '-out', path.join(folder, 'cert.pem'), '-days', '1'], { stdio: 'ignore' });
  });

  for (const kind of ['rules', 'sites', 'wirings']) {
    test(`every file in ${kind}`, async () => {
      const names = fs.readdirSync(path.join(fixtures, kind));
      assert.ok(names.length >= 10);
      for (const name of names) {
        // Sockets of its own for what it listens on, so that no other test is in its way.
        let sockets = 0;
        const addresses = new Map();
        const socketOf = (address) => {
          if (!addresses.has(address)) addresses.set(address, `unix:${folder}/${sockets++}.sock`);
          return addresses.get(address);
        };
        const text = fs
          .readFileSync(path.join(fixtures, kind, name), 'utf8')
          .replaceAll('/tmp/pages', `${folder}/pages`)
          .replaceAll('/srv/cache', `${folder}/pages`)
          .replaceAll(/listen ([\w.:]+)/g, (_, address) => `listen ${socketOf(address)}`);
        const paths = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map((part) => `${part}_temp_path temp-${part};`);
        const file = path.join(folder, 'nginx.conf');
        fs.writeFileSync(file, `pid nginx.pid;\n${text.replace('http {', `http {\n${paths.join('\n')}`)}`);
        const log = path.join(folder, 'check.log');
        fs.rmSync(log, { force: true });
        const { code } = await start('nginx', ['-t', '-e', 'stderr', '-p', folder, '-c', file], { log }).exited;
        assert.equal(code, 0, `${kind}/${name}: ${fs.readFileSync(log, 'utf8')}`);
      }
    });
  }
});
