// The address at which clients reach "the" Redis, whichever server that is: a unix socket (a path) or a port of 127.0.0.1
// (a number; 0: any that is free) or of another loopback address, whose bytes go to the server of the day. switchTo() cuts
// every connection, as a failover behind one address does. It can do what networks do as well: hold bytes back, lose them,
// break connections, refuse them. Whoever is spared has no harm of that. As TCP leaves nothing out, a connection that has
// lost bytes one way brings no more that way, though it stands; but of what a server tells by itself, a relay that reads
// what it passes on may leave out some and go on.

import fs from 'node:fs';
import net from 'node:net';

import { pause } from './waiting.mjs';

export class Relay {
  /** `spares(address)`: is whoever connects from there spared? */
  constructor(socket, target, { host = '127.0.0.1', spares = () => false } = {}) {
    this.socket = socket;
    this.host = host;
    this.target = target;
    this.spares = spares;
    this.delay = 0; // milliseconds, each way
    this.swallows = false; // or 'invalidations': only what servers send over connections that have subscribed
    this.refuses = false;
    this.pairs = new Set();
    this.server = net.createServer((client) => this.#connect(client));
  }

  get url() {
    return `unix://${this.socket}`;
  }

  /** REQUIRES: started, and no unix socket. */
  get port() {
    return this.server.address().port;
  }

  start() {
    if (typeof this.socket === 'string') fs.rmSync(this.socket, { force: true });
    return new Promise((resolve, reject) => {
      this.server.once('error', reject);
      if (typeof this.socket === 'string') this.server.listen(this.socket, () => resolve(this));
      else this.server.listen(this.socket, this.host, () => resolve(this));
    });
  }

  switchTo(target) {
    this.target = target;
    this.reset();
  }

  reset() {
    for (const pair of this.pairs) if (!pair.isSpared) pair.end();
  }

  stop() {
    this.target = undefined;
    for (const { end } of this.pairs) end();
    return new Promise((resolve) => this.server.close(resolve));
  }

  #connect(client) {
    const isSpared = this.spares(client.remoteAddress);
    if (this.target === undefined || (this.refuses && !isSpared)) return client.destroy();
    const server = typeof this.target === 'string' ? net.connect(this.target) : net.connect(this.target, '127.0.0.1');
    const end = () => {
      this.pairs.delete(pair);
      client.destroy();
      server.destroy();
    };
    const pair = { client, server, isSpared, hasSubscribed: false, silent: new Set(), end };
    this.pairs.add(pair);
    for (const side of [client, server]) side.on('error', end).on('close', end).setNoDelay?.();
    client.on('data', (bytes) => (pair.hasSubscribed ||= bytes.includes('SUBSCRIBE')));
    this.#forward(pair, client, server);
    this.#forward(pair, server, client);
  }

  #isLost(pair, from) {
    const isTold = pair.hasSubscribed && from === pair.server;
    const isSwallowed = this.swallows === 'invalidations' ? isTold : Boolean(this.swallows);
    if (isSwallowed && !isTold) pair.silent.add(from);
    return isSwallowed || pair.silent.has(from);
  }

  #forward(pair, from, to) {
    let before = Promise.resolve(); // what came before has been passed on
    let held = 0;
    const pass = (bytes) => {
      if (!to.destroyed && !to.write(bytes)) {
        from.pause();
        to.once('drain', () => from.resume());
      }
    };
    from.on('data', (bytes) => {
      if (pair.isSpared) return pass(bytes);
      if (this.#isLost(pair, from)) return;
      if (this.delay === 0 && held === 0) return pass(bytes);
      held += 1;
      const due = pause(this.delay);
      before = before.then(() => due).then(() => {
        held -= 1;
        pass(bytes);
      });
    });
  }
}
