// Relays in front of the servers of a group, at ports that those announce instead of their own: whoever is not of the group
// goes through them, and only that can be harmed. Those of the group are told by their addresses, which are not 127.0.0.1.

import { Relay } from './relay.mjs';

const isOfGroup = (address) => address !== '127.0.0.1';

export class OuterPorts {
  constructor() {
    this.relays = [];
  }

  /** Resolves to the port to announce instead of this one. */
  async inFrontOf(port) {
    const relay = await new Relay(0, port, { spares: isOfGroup }).start();
    this.relays.push(relay);
    return relay.port;
  }

  async stop() {
    for (const relay of this.relays) await relay.stop();
  }
}
