// Three servers, one of them the primary, and three sentinels that watch them. All that is acknowledged is on all three
// before a failover, and until another primary is named nothing is written: what a primary alone has is lost with it,
// whoever asks.

import { SentinelGroup } from '../../support/sentinels.mjs';
import { pause } from '../../support/waiting.mjs';
import { ProbeLine } from './probe.mjs';

/** Milliseconds without an answer after which a server is given up; and so long that none is. */
const kDownAfter = 1500;
const kNever = 600000;

export class BehindSentinels {
  name = 'behind sentinels';
  staleness = 1000;
  faults = [
    'nothing', 'failed over by hand', 'primary killed', 'primary frozen until another serves, woken',
    'primary cut off from the sentinels', 'primary cut off from its replicas',
    'logged out, and the primary lost with it', 'one sentinel gone', 'one replica gone',
    'all sentinels frozen for 1.5 s', 'killed, back after 0.5 s', 'restarted at once', 'frozen for 1 s',
    'primary frozen for 20 s', 'restarted empty', 'restarted with older data', 'loading', 'full', 'subscription cut',
    'connections cut', 'paused for 1 s', 'paused for 0.3 s', 'FLUSHALL', 'FLUSHDB', 'SWAPDB',
    "sessiond's clock jumps by an hour",
  ];

  constructor(rights) {
    this.rights = rights;
    this.lines = new Map(); // by server
  }

  redis(folder) {
    this.folder = folder;
    // So long that a busy machine is not taken for a server that is down; and as the guide says that servers should be.
    this.group = new SentinelGroup(folder, { downAfter: kDownAfter, minReplicas: 1, rights: this.rights });
    return {
      start: async () => {
        await this.group.start();
        this.primary = await this.group.primary();
        return this.group;
      },
    };
  }

  configure() {} // the group says itself how it is reached

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
