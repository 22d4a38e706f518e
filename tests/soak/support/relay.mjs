// The address at which clients reach "the" Redis, whichever server that is: a unix socket whose bytes go to the server
// of the day. switchTo() cuts every connection, as a failover behind one address does.

import fs from 'node:fs';
import net from 'node:net';

export class Relay {
  constructor(socket, target) {
    this.socket = socket;
    this.target = target;
    this.pairs = new Set();
    this.server = net.createServer((client) => this.#connect(client));
  }

  get url() {
    return `unix://${this.socket}`;
  }

  start() {
    fs.rmSync(this.socket, { force: true });
    return new Promise((resolve, reject) => {
      this.server.once('error', reject);
      this.server.listen(this.socket, () => resolve(this));
    });
  }

  switchTo(target) {
    this.target = target;
    for (const end of this.pairs) end();
  }

  stop() {
    this.switchTo(undefined);
    return new Promise((resolve) => this.server.close(resolve));
  }

  #connect(client) {
    if (this.target === undefined) return client.destroy();
    const server = net.connect(this.target);
    const end = () => {
      this.pairs.delete(end);
      client.destroy();
      server.destroy();
    };
    this.pairs.add(end);
    for (const side of [client, server]) side.on('error', end).on('close', end);
    client.pipe(server);
    server.pipe(client);
  }
}
