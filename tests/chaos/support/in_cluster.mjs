// A Redis Cluster: three primaries with a replica each, and a relay in front of each node for whoever is none of them. The
// primary that harm is done to is that of one live session.
// All that is acknowledged is on its replica before a failover, and until another one has its slots nothing is written.

import { ClusterGroup } from '../../support/cluster.mjs';
import { clockOfServers } from './clock_of_servers.mjs';
import { ProbeLine } from './probe.mjs';
import { without } from './without.mjs';

const kSession = 'sess:live-0';
/** Milliseconds without an answer after which a node is given up; and so long that none is. */
const kNodeTimeout = 1500;
const kNever = 2 * 3600000; // beyond what their clocks are made to jump

export class InCluster {
  name = 'in a cluster';
  staleness = 1000;
  without = {
    ...without('as long as that another one takes over', 'frozen for 20 s'),
    ...without('no sentinels', 'primary cut off from the sentinels', 'one sentinel gone', 'all sentinels frozen for 1.5 s'),
    ...without('where the primaries are, the nodes say', 'the address leads to another server',
      'the name leads elsewhere, the old server lives on'),
    ...without('a cluster has one database', 'SWAPDB'),
  };

  constructor(rights) {
    this.rights = rights;
  }

  redis(folder) {
    this.folder = folder;
    this.clockOfServers = clockOfServers(folder);
    const { environment } = this.clockOfServers;
    // So long that a busy machine is not taken for a node that is down.
    this.group = new ClusterGroup(folder, { nodeTimeout: kNodeTimeout, separable: true, rights: this.rights, environment });
    return {
      start: async () => {
        await this.group.start();
        this.primary = await this.group.ownerOf(kSession);
        return this.group;
      },
    };
  }

  configure() {} // the group says itself how it is reached

  get relays() {
    return this.group.relays;
  }

  /** Where its key is, as applications do; without one, at the primary that harm is done to. */
  command(...args) {
    const has_key = args.length > 1 && /^sess/.test(args[1]);
    return has_key ? this.group.command(...args) : this.primary.command(...args);
  }

  /** Resolves to the moment from which another one has its slots. */
  async failOver(harm) {
    await this.group.settle();
    this.primary = await this.group.ownerOf(kSession);
    const before = this.primary;
    await before.command('WAIT', 1, 3000);
    if (harm) {
      await harm(before);
      this.primary = await this.group.failedOver(before, kSession);
    } else {
      this.primary = await this.group.failOver(before);
    }
    return performance.now();
  }

  /** The primary stays the primary, whatever is done to it; resolves to when it was over, and later: when all follow. */
  async withoutFailover(action) {
    this.primary = await this.group.ownerOf(kSession);
    await this.#giveUpAfter(kNever);
    await action();
    const over = performance.now();
    await this.group.settle();
    await this.#giveUpAfter(kNodeTimeout);
    return over;
  }

  async #giveUpAfter(milliseconds) {
    for (const server of this.group.servers) await server.command('CONFIG', 'SET', 'cluster-node-timeout', milliseconds);
  }

  /** Those of these sessions that are lost with the primary's data: whose slots it has. */
  async lostWithPrimary(sids) {
    const line = await this.primary.connect();
    try {
      const answers = await Promise.allSettled(sids.map((sid) => line.command('EXISTS', `sess:${sid}`)));
      return sids.filter((_, i) => answers[i].status === 'fulfilled');
    } finally {
      line.close();
    }
  }

  primaries() {
    return this.group.primaries();
  }

  /** The slot of this session, with all that is in it, to another node. */
  moveSlotOf(sid) {
    return this.group.moveSlotOf(`sess:${sid}`);
  }

  /** Some node has the slot that harm is done to. */
  async serves() {
    this.lines ??= this.group.servers.map((server) => new ProbeLine(() => server.connect()));
    await Promise.any(this.lines.map((line) => line.command('EXISTS', kSession)));
  }

  async stop() {
    for (const line of this.lines ?? []) line.close();
    // The stack has stopped the servers.
  }
}
