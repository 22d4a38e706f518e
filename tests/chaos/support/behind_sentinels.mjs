// Three servers, one of them the primary, and three sentinels that watch them. In front of each server stands a relay for
// whoever is none of them. All that is acknowledged is on all three before a failover, and until another primary is named
// nothing is written: what a primary alone has is lost with it, whoever asks.

import { SentinelGroup } from '../../support/sentinels.mjs';
import { pause } from '../../support/waiting.mjs';
import { clockOfServers } from './clock_of_servers.mjs';
import { ProbeLine } from './probe.mjs';
import { without } from './without.mjs';

/** Milliseconds without an answer after which a server is given up; and so long that none is. */
const kDownAfter = 1500;
const kNever = 600000;

export class BehindSentinels {
  name = 'behind sentinels';
  staleness = 1000;
  without = {
    ...without('as long as that another one takes over', 'frozen for 20 s'),
    ...without('no cluster', 'primary cut off from the other nodes', 'slots are moved'),
    ...without('where the primary is, sentinels say', 'the address leads to another server',
      'the name leads elsewhere, the old server lives on'),
  };

  constructor(rights) {
    this.rights = rights;
    this.lines = new Map(); // by server
  }

  redis(folder) {
    this.folder = folder;
    this.clockOfServers = clockOfServers(folder);
    const { environment } = this.clockOfServers;
    // So long that a busy machine is not taken for a server that is down; and as the guide says that servers should be.
    this.group = new SentinelGroup(folder, { downAfter: kDownAfter, minReplicas: 1, rights: this.rights, separable: true, environment });
    return {
      start: async () => {
        await this.group.start();
        this.primary = await this.group.primary();
        return this.group;
      },
    };
  }

  configure() {} // the group says itself how it is reached

  get relays() {
    return this.group.relays;
  }

  /** At the one that the sentinels have named, as applications do. */
  command(...args) {
    return this.primary.command(...args);
  }

  /** Resolves to the moment from which another one is the primary. */
  async failOver(harm = () => this.group.sentinels[0].command('SENTINEL', 'FAILOVER', 'main')) {
    await this.group.allFollow();
    const before = this.primary;
    await harm(before);
    this.primary = await this.group.failedOver(before);
    return performance.now();
  }

  /** The primary stays the primary, whatever is done to it; resolves to when it was over, and later: when all follow. */
  async withoutFailover(action) {
    await this.#giveUpAfter(kNever);
    await action();
    const over = performance.now();
    await this.group.allFollow();
    await this.#giveUpAfter(kDownAfter);
    return over;
  }

  async #giveUpAfter(milliseconds) {
    for (const sentinel of this.group.sentinels)
      await sentinel.command('SENTINEL', 'SET', 'main', 'down-after-milliseconds', milliseconds);
  }

  /** Those of these sessions that are lost with the primary's data: its replicas take all from it. */
  async lostWithPrimary(sids) {
    return sids;
  }

  async primaries() {
    return [this.primary];
  }

  /** The one that the sentinels named last has an answer, as a primary that takes writes: DEL is one, even when it is full. */
  async serves() {
    this.asking ??= this.#askSentinels().finally(() => (this.asking = undefined));
    const server = this.named ?? this.primary;
    if (!this.lines.has(server)) this.lines.set(server, new ProbeLine(() => server.connect()));
    await this.lines.get(server).command('DEL', 'not-there');
  }

  async #askSentinels() {
    this.named = (await this.group.primary().catch(() => undefined)) ?? this.named;
    await pause(100);
  }

  async stop() {
    for (const line of this.lines.values()) line.close();
    // The stack has stopped the servers.
  }
}
