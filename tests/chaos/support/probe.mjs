// Asks the servers themselves all the time, past sessiond: when nobody could have told whether a session lives, and from
// when on anybody could again. A machine that is too busy for an answer in time is so for sessiond as well, and looks the
// same here.

import { monitorEventLoopDelay } from 'node:perf_hooks';

import { pause, waitFor } from '../../support/waiting.mjs';

/** Milliseconds: between two questions; until an answer is no answer, as sessiond would not wait for it; a gap. */
const kInterval = 50;
const kTimely = 150;
const kGap = 250;

/** A connection to one server that is kept, and opened anew after whatever was not answered in time. */
export class ProbeLine {
  /** `connect()` resolves to a RedisClient. */
  constructor(connect) {
    this.connect = connect;
  }

  async command(...args) {
    this.client ??= this.connect();
    const { client } = this;
    let timer;
    try {
      const open = await client;
      timer = setTimeout(() => this.#drop(client), kTimely);
      return await open.command(...args);
    } catch (error) {
      if (await isGone(client)) this.#drop(client);
      throw error;
    } finally {
      clearTimeout(timer);
    }
  }

  #drop(client) {
    client.then((open) => open.close(), () => {});
    if (this.client === client) this.client = undefined;
  }

  close() {
    if (this.client) this.#drop(this.client);
  }
}

const isGone = (client) => client.then(({ connection }) => connection.destroyed, () => true);

export class Probe {
  /** `serves()` resolves once the server that sessiond ought to ask has answered as one that serves. */
  constructor(serves) {
    this.serves = serves;
    this.delays = monitorEventLoopDelay({ resolution: 10 });
    this.clear();
  }

  /** Begins to watch anew. */
  clear() {
    this.gaps = []; // {from, to}
    this.delays.reset();
  }

  /** When it is served. */
  async start() {
    await waitFor('the servers answer', () => this.serves().then(() => true), { timeout: 60000 });
    this.servedAt = performance.now();
    this.stopped = false;
    this.delays.enable();
    this.running = this.#run();
  }

  async stop() {
    this.stopped = true;
    this.delays.disable();
    await this.running;
  }

  /** From the first to the last moment at which nobody was served, up to now; undefined: there was none. */
  get outage() {
    const now = performance.now();
    const gaps = now - this.servedAt > kGap ? [...this.gaps, { from: this.servedAt, to: now }] : this.gaps;
    return gaps.length === 0 ? undefined : { from: gaps[0].from, to: gaps.at(-1).to };
  }

  /** So many milliseconds this process stood still at most, and what it measures may be wrong by. */
  get standstill() {
    return this.delays.max / 1e6;
  }

  async #run() {
    while (!this.stopped) {
      void this.#ask(); // what does not answer keeps no later question waiting
      await pause(kInterval);
    }
  }

  async #ask() {
    const asked = performance.now();
    try {
      await this.serves();
    } catch {
      return;
    }
    const now = performance.now();
    if (now - asked > kTimely) return;
    if (now - this.servedAt > kGap) this.gaps.push({ from: this.servedAt, to: now });
    this.servedAt = now;
  }
}
