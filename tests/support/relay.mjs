// The address at which clients reach "the" Redis, whichever server that is: a unix socket (a path) or a port of 127.0.0.1
// (a number) or of another loopback address, whose bytes go to the server of the day. switchTo() cuts every connection, as a failover behind one
// address does. It can do what networks do as well: hold bytes back, lose them, break connections.

import fs from 'node:fs';
import net from 'node:net';

import { pause } from './waiting.mjs';

export class Relay {
  constructor(socket, target, host = '127.0.0.1') {
    this.socket = socket;
    this.host = host;
    this.target = target;
    this.delay = 0; // milliseconds, each way
    this.swallows = false;
    this.pairs = new Set();
    this.server = net.createServer((client) => this.#connect(client));
  }

  get url() {
    return `unix://${this.socket}`;
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
    for (const end of this.pairs) end();
  }

  stop() {
    this.switchTo(undefined);
    return new Promise((resolve) => this.server.close(resolve));
  }

  #connect(client) {
    if (this.target === undefined) return client.destroy();
    const server = typeof this.target === 'string' ? net.connect(this.target) : net.connect(this.target, '127.0.0.1');
    const end = () => {
      this.pairs.delete(end);
      client.destroy();
      server.destroy();
    };
    this.pairs.add(end);
    for (const side of [client, server]) side.on('error', end).on('close', end).setNoDelay?.();
    this.#forward(client, server);
    this.#forward(server, client);
  }

  #forward(from, to) {
    let before = Promise.resolve(); // what came before has been passed on
    let held = 0;
    const pass = (bytes) => {
      if (!to.destroyed && !to.write(bytes)) {
        from.pause();
        to.once('drain', () => from.resume());
      }
    };
    from.on('data', (bytes) => {
      if (this.swallows) return;
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
