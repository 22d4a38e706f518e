// A private redis-server that sessiond reaches at a port of this machine: in the clear, or with a certificate of ours only.

import { Authority } from './certificates.mjs';
import { Redis } from './redis_server.mjs';
import { freePort } from './sockets.mjs';

/** Busy machines take their time with handshakes. */
const kPatience = { connect_timeout: '2s', command_timeout: '1s' };

export class RedisByTcp extends Redis {
  async start() {
    this.port ||= await freePort();
    this.settings = { url: `redis://127.0.0.1:${this.port}/0`, ...kPatience };
    return super.start();
  }
}

/** Its authority and certificates are in its folder. */
export class RedisByTls extends Redis {
  async start() {
    if (!this.settings) await this.#prepare();
    return super.start();
  }

  async #prepare() {
    const authority = new Authority(this.folder);
    const { certificate, key } = authority.issue('redis', 'DNS:localhost');
    authority.issue('sessiond', 'DNS:sessiond.example.org');
    const tlsPort = await freePort();
    this.args.push('--tls-port', String(tlsPort), '--tls-cert-file', certificate, '--tls-key-file', key, '--tls-ca-cert-file', authority.file);
    const tls = { ca_file: 'ca.pem', cert_file: 'sessiond.pem', key_file: 'sessiond.key' };
    this.settings = { url: `rediss://localhost:${tlsPort}/0`, tls, ...kPatience };
  }
}
