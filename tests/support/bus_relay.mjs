// What the other nodes of a cluster reach one node through, when they talk of the cluster itself: each node connects
// from an address of its own, so that one can be cut off from the others in both directions.

import net from 'node:net';

export class BusRelay {
  /** `isCut(address)`: is whoever connects from there cut off from this node? */
  constructor(target, isCut) {
    this.target = target;
    this.isCut = isCut;
    this.connections = new Set();
    this.server = net.createServer((incoming) => this.#accept(incoming));
  }

  async start() {
    await new Promise((resolve) => this.server.listen(0, '127.0.0.1', resolve));
    return this;
  }

  get port() {
    return this.server.address().port;
  }

  #accept(incoming) {
    if (this.isCut(incoming.remoteAddress)) return void incoming.destroy();
    const outgoing = net.connect(this.target, '127.0.0.1');
    const connection = { from: incoming.remoteAddress, ends: [incoming, outgoing] };
    this.connections.add(connection);
    for (const [end, other] of [[incoming, outgoing], [outgoing, incoming]]) {
      end.on('data', (data) => other.write(data));
      end.on('error', () => {});
      end.on('close', () => {
        other.destroy();
        this.connections.delete(connection);
      });
    }
  }

  /** Ends the connections of those who are cut off by now. */
  cut() {
    for (const { from, ends } of this.connections) {
      if (this.isCut(from)) for (const end of ends) end.destroy();
    }
  }

  stop() {
    this.server.close();
    for (const { ends } of this.connections) for (const end of ends) end.destroy();
  }
}
