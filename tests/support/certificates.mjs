// Certificates for a test, made by openssl in its folder.

import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';

const openssl = (...args) => execFileSync('openssl', args, { stdio: ['ignore', 'ignore', 'pipe'] });
const newKey = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-noenc'];

/** An authority of a test: `file` is its certificate. */
export class Authority {
  constructor(folder, name = 'ca', days = 2) {
    this.folder = folder;
    this.file = path.join(folder, `${name}.pem`);
    this.key = path.join(folder, `${name}.key`);
    openssl('req', '-x509', ...newKey, '-days', String(days), '-subj', `/CN=${name}`, '-keyout', this.key, '-out', this.file);
  }

  /** Writes `<name>.pem` and `<name>.key`; `names` as OpenSSL has them: DNS:redis.example.org,IP:127.0.0.1 */
  issue(name, names, days = 1) {
    const [certificate, key] = ['pem', 'key'].map((ending) => path.join(this.folder, `${name}.${ending}`));
    const request = path.join(this.folder, `${name}.csr`);
    const extensions = path.join(this.folder, `${name}.ext`);
    fs.writeFileSync(extensions, `subjectAltName=${names}\n`);
    openssl('req', ...newKey, '-subj', `/CN=${name}`, '-keyout', key, '-out', request);
    openssl('x509', '-req', '-in', request, '-CA', this.file, '-CAkey', this.key, '-days', String(days), '-extfile', extensions, '-out', certificate);
    fs.chmodSync(key, 0o600);
    return { certificate, key };
  }
}
