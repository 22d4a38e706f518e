// A Redis Cluster of three primaries, with a replica each or without, as a stack's Redis.

import fs from 'node:fs';
import path from 'node:path';

import { asEverybody, Redis } from './redis_server.mjs';
import { freePort } from './sockets.mjs';
import { pause, waitFor } from './waiting.mjs';
import { BusRelay } from './bus_relay.mjs';

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
   * in milliseconds. `separable`: nodes can be cut off from each other. `rights`: of whoever names no user (asEverybody).
   * `Server`: of which class they are.
   */
  constructor(folder, { nodes = 6, nodeTimeout = 1000, separable = false, rights = [], Server = Redis } = {}) {
    this.folder = folder;
    this.nodes = nodes;
    this.Server = Server;
    this.nodeTimeout = nodeTimeout;
    this.separable = separable;
    this.rights = rights;
    this.servers = [];
    this.alone = undefined; // this one is cut off from all others
  }

  async start() {
    for (let i = 0; i < this.nodes; i++) this.servers.push(await this.#startServer(i));
    const [first, ...others] = this.servers;
    for (const [i, server] of this.servers.entries()) {
      await server.command('CLUSTER', 'SET-CONFIG-EPOCH', i + 1);
      if (i < kPrimaries) await server.command('CLUSTER', 'ADDSLOTSRANGE', firstSlot(i), firstSlot(i + 1) - 1);
    }
    for (const server of others) await first.command('CLUSTER', 'MEET', '127.0.0.1', server.port, server.bus);
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
    if (this.separable) {
      relay = await new BusRelay(bus, (from) => this.#areApart(source, from)).start();
      // Protected mode knows of one loopback address only.
      args.push('--protected-mode', 'no', '--bind-source-addr', source);
      args.push('--cluster-announce-ip', '127.0.0.1', '--cluster-announce-bus-port', relay.port);
      args.push('--user', kReplica, 'on', `>${kPassword}`, '~*', '&*', '+@all', '--masteruser', kReplica, '--masterauth', kPassword);
    }
    const server = new this.Server(folder, { port, args });
    Object.assign(server, { source, relay, bus: relay?.port ?? bus });
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

  /** What sessiond is told of it. */
  get settings() {
    return { cluster: { nodes: this.servers.map(({ port }) => `127.0.0.1:${port}`) } };
  }

  /** All slots are served, and each primary has a replica that has everything. */
  async settle() {
    for (const server of this.servers) {
      await waitFor('the cluster is well', async () => (await server.command('CLUSTER', 'INFO')).includes('cluster_state:ok'), kPatience);
    }
    await waitFor('all replicas follow', async () => {
      const roles = await Promise.all(this.servers.map((server) => server.command('ROLE')));
      return roles.filter(([role]) => role === 'master').length === kPrimaries && roles.every(([role, , , state]) => role === 'master' || state === 'connected');
    }, kPatience);
  }

  async primaries() {
    const all = await Promise.all(this.servers.map(async (server) => ((await server.command('ROLE').catch(() => ['']))[0] === 'master' ? server : undefined)));
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
        if (role === 'slave' && port === primary.port && state === 'connected') return server;
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

  /** Resolves to the primary that has taken over this key from one that does not answer. */
  failedOver(primary, key) {
    return waitFor('another one takes over', async () => {
      const owner = await this.ownerOf(key);
      return owner !== primary && owner;
    }, kPatience);
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
      server = this.servers.find(({ port }) => port === Number(led[2]));
      if (led[1] === 'ASK') return server.asking(...args);
    }
    throw new Error(`led on too often: ${args[0]}`);
  }

  async stop() {
    await Promise.all(this.servers.map((server) => server.stop('SIGKILL')));
    for (const { relay } of this.servers) relay?.stop();
  }
}
