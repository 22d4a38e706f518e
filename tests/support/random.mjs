// A generator of random numbers that gives the same ones for the same seed (mulberry32), so that a schedule which
// failed can be played again.

export class Random {
  constructor(seed) {
    this.state = seed >>> 0;
  }

  /** From 0 to 1, without 1. */
  next() {
    this.state = (this.state + 0x6d2b79f5) >>> 0;
    let t = this.state;
    t = Math.imul(t ^ (t >>> 15), t | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  }

  below(count) {
    return Math.floor(this.next() * count);
  }

  /** Is it so, in this share of all cases? */
  chance(share) {
    return this.next() < share;
  }

  pick(list) {
    return list[this.below(list.length)];
  }

  /** One of the names, each as often as its weight says: {name: weight}. */
  weighted(weights) {
    const entries = Object.entries(weights);
    let left = this.next() * entries.reduce((sum, [, weight]) => sum + weight, 0);
    for (const [name, weight] of entries) if ((left -= weight) < 0) return name;
    return entries.at(-1)[0];
  }

  /** Another generator, whose numbers depend only on this one's seed and how many were made of it. */
  fork() {
    return new Random(Math.floor(this.next() * 4294967296));
  }
}
