// A Redis Cluster of three primaries, with a replica each or without, as a stack's Redis.

import fs from 'node:fs';
import path from 'node:path';

import { BusRelay } from './bus_relay.mjs';
import { OuterPorts } from './outer_ports.mjs';
import { asEverybody, Redis } from './redis_server.mjs';
import { freePort } from './sockets.mjs';
import { pause, waitFor } from './waiting.mjs';

const kSlots = 16384;
const kPrimaries = 3;
/** Whoever replicates from a server of nodes that can be cut off. */
const kReplica = 'other-server';
const kPassword = 'secret-of-servers';
const kPatience = { timeout: 60000, interval: 20 };

const firstSlot = (primary) => Math.ceil((primary * kSlots) / kPrimaries);

/** Which of the primaries, as they are at the beginning, has this slot. */
export const primaryOf = (slot) => Math.floor((slot * kPrimaries) / kSlots);

export class ClusterGroup {
  /**
   * `nodes`: three primaries, and replicas of them. `nodeTimeout`: a primary that was not heard for so long is failed over,
   * in milliseconds. `separable`: nodes can be cut off from each other, and harm be done to what others send them (relays).
   * `rights`: of whoever names no user (asEverybody). `environment`: of the nodes. `Server`: of which class they are.
   */
  constructor(folder, { nodes = 6, nodeTimeout = 1000, separable = false, rights = [], environment, Server = Redis } = {}) {
    this.folder = folder;
    this.nodes = nodes;
    this.Server = Server;
    this.nodeTimeout = nodeTimeout;
    this.separable = separable;
    this.rights = rights;
    this.environment = environment;
    this.outer = new OuterPorts();
    this.servers = [];
    this.alone = undefined; // this one is cut off from all others
    this.deposed = undefined; // and this one leads no more, whatever it says of itself
  }

  async start() {
    for (let i = 0; i < this.nodes; i++) this.servers.push(await this.#startServer(i));
    const [first, ...others] = this.servers;
    for (const [i, server] of this.servers.entries()) {
      await server.command('CLUSTER', 'SET-CONFIG-EPOCH', i + 1);
      if (i < kPrimaries) await server.command('CLUSTER', 'ADDSLOTSRANGE', firstSlot(i), firstSlot(i + 1) - 1);
    }
    for (const server of others) await first.command('CLUSTER', 'MEET', '127.0.0.1', server.announced, server.bus);
    for (const server of this.servers) {
      server.id = await server.command('CLUSTER', 'MYID');
      await waitFor('all nodes have met', async () => (await server.command('CLUSTER', 'INFO')).includes(`cluster_known_nodes:${this.nodes}`), kPatience);
    }
    for (const [i, replica] of this.servers.slice(kPrimaries).entries()) {
      await waitFor('a replica follows', () => replica.command('CLUSTER', 'REPLICATE', this.servers[i].id).catch(() => false), kPatience);
    }
    await this.settle();
    return this;
  }

  async #startServer(i) {
    const folder = path.join(this.folder, `node${i}`);
    fs.mkdirSync(folder);
    const [port, bus] = [await freePort(), await freePort()];
    const args = [...asEverybody(this.rights), '--cluster-enabled', 'yes', '--cluster-port', bus, '--cluster-node-timeout', this.nodeTimeout];
    args.push('--cluster-replica-validity-factor', '0', '--repl-diskless-sync-delay', '0', '--repl-ping-replica-period', '1');
    const source = `127.0.0.${10 + i}`;
    let relay;
    let announced = port;
    if (this.separable) {
      relay = await new BusRelay(bus, (from) => this.#areApart(source, from)).start();
      announced = await this.outer.inFrontOf(port);
      // Protected mode knows of one loopback address only.
      args.push('--protected-mode', 'no', '--bind-source-addr', source);
      args.push('--cluster-announce-ip', '127.0.0.1', '--cluster-announce-port', announced, '--cluster-announce-bus-port', relay.port);
      args.push('--user', kReplica, 'on', `>${kPassword}`, '~*', '&*', '+@all', '--masteruser', kReplica, '--masterauth', kPassword);
    }
    const server = new this.Server(folder, { port, args, environment: this.environment });
    Object.assign(server, { source, relay, announced, bus: relay?.port ?? bus });
    return server.start();
  }

  #areApart(one, other) {
    return this.alone !== undefined && one !== other && [one, other].includes(this.alone.source);
  }

  /**
   * The server goes on and serves whoever connects, but has nothing to do with its replicas, or with any other node, until
   * allow(). REQUIRES: separable.
   */
  async cutOff(server, { from }) {
    await server.command('ACL', 'SETUSER', kReplica, 'off');
    await server.command('CLIENT', 'KILL', 'USER', kReplica);
    if (from === 'nodes') this.alone = server;
    for (const { relay } of this.servers) relay.cut();
    return async () => {
      this.alone = undefined;
      await server.command('ACL', 'SETUSER', kReplica, 'on');
    };
  }

  /** What stands between the nodes and whoever asks them. */
  get relays() {
    return this.outer.relays;
  }

  /** What sessiond is told of it. */
  get settings() {
    return { cluster: { nodes: this.servers.map(({ announced }) => `127.0.0.1:${announced}`) } };
  }

  /** All slots are served, and each primary has a replica that has everything; so all agree who leads. */
  async settle() {
    for (const server of this.servers) {
      await waitFor('the cluster is well', async () => (await server.command('CLUSTER', 'INFO')).includes('cluster_state:ok'), kPatience);
    }
    await waitFor('all replicas follow', async () => {
      const roles = await Promise.all(this.servers.map((server) => server.command('ROLE')));
      return roles.filter(([role]) => role === 'master').length === kPrimaries && roles.every(([role, , , state]) => role === 'master' || state === 'connected');
    }, kPatience);
    this.deposed = undefined;
  }

  async primaries() {
    const asked = this.servers.filter((server) => server !== this.deposed);
    const all = await Promise.all(asked.map(async (server) => ((await server.command('ROLE').catch(() => ['']))[0] === 'master' ? server : undefined)));
    return all.filter(Boolean);
  }

  /** The primary that has this key's slot; waits for one. */
  ownerOf(key) {
    return waitFor('the key is served', async () => {
      for (const server of await this.primaries()) {
        const answer = await server.command('EXISTS', key).catch((error) => error);
        if (!(answer instanceof Error) || answer.message.startsWith('ASK')) return server;
      }
      return undefined;
    }, kPatience);
  }

  async replicaOf(primary) {
    return waitFor('a replica follows', async () => {
      for (const server of this.servers) {
        const [role, , port, state] = await server.command('ROLE').catch(() => ['']);
        if (role === 'slave' && port === primary.announced && state === 'connected') return server;
      }
      return undefined;
    }, kPatience);
  }

  /** Any of them. */
  async replica() {
    const primaries = await this.primaries();
    return this.servers.find((server) => !primaries.includes(server));
  }

  /** As of a group behind sentinels. */
  allFollow() {
    return this.settle();
  }

  /** By hand; resolves to the new primary. */
  async failOver(primary) {
    const replica = await this.replicaOf(primary);
    await waitFor('the replica begins', () => replica.command('CLUSTER', 'FAILOVER').catch(() => false), kPatience);
    await waitFor('the replica has taken over', async () => (await replica.command('ROLE'))[0] === 'master', kPatience);
    return replica;
  }

  /** Resolves to the primary that has taken over this key from one that does not answer, or is cut off. */
  failedOver(primary, key) {
    this.deposed = primary;
    return this.ownerOf(key);
  }

  /** Moves a key's slot, with all that is in it, key by key. */
  async moveSlotOf(key) {
    const from = await this.ownerOf(key);
    const to = (await this.primaries()).find((server) => server !== from);
    const slot = await from.command('CLUSTER', 'KEYSLOT', key);
    await to.command('CLUSTER', 'SETSLOT', slot, 'IMPORTING', from.id);
    await from.command('CLUSTER', 'SETSLOT', slot, 'MIGRATING', to.id);
    for (let keys; (keys = await from.command('CLUSTER', 'GETKEYSINSLOT', slot, 10)).length > 0; await pause(1)) {
      for (const one of keys) await from.command('MIGRATE', '127.0.0.1', to.port, one, 0, 5000);
    }
    // Whoever takes a slot over outbids all epochs that it has heard of. One that it has not would take the slot back.
    const epoch = async (server, name) => Number(new RegExp(`${name}:(\\d+)`).exec(await server.command('CLUSTER', 'INFO'))[1]);
    await waitFor('the new node has heard of all epochs', async () => {
      const own = await Promise.all((await this.primaries()).map((server) => epoch(server, 'cluster_my_epoch')));
      return Math.max(...own) <= await epoch(to, 'cluster_current_epoch');
    }, kPatience);
    for (const server of [to, ...(await this.primaries()).filter((one) => one !== to)]) {
      await server.command('CLUSTER', 'SETSLOT', slot, 'NODE', to.id);
    }
  }

  /** A command goes where its key is, led on as often as it takes. */
  async command(...args) {
    const key = args[0] === 'EVAL' ? args[3] : args[1];
    let server = key === undefined ? this.servers[0] : await this.ownerOf(key);
    for (let i = 0; i < 5; i++) {
      const answer = await server.command(...args).catch((error) => error);
      const led = answer instanceof Error && answer.message.match(/^(MOVED|ASK) \d+ .*:(\d+)$/);
      if (!led) {
        if (answer instanceof Error) throw answer;
        return answer;
      }
      server = this.servers.find(({ announced }) => announced === Number(led[2]));
      if (led[1] === 'ASK') return server.asking(...args);
    }
    throw new Error(`led on too often: ${args[0]}`);
  }

  async stop() {
    await Promise.all(this.servers.map((server) => server.stop('SIGKILL')));
    for (const { relay } of this.servers) relay?.stop();
    await this.outer.stop();
  }
}
