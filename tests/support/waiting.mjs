// Waiting for what comes true by itself.

export const pause = (milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds));

/** Thrown by a condition that can no longer come true. */
export class Hopeless extends Error {}

/** Polls until `condition` gives something true and returns it; its exceptions count as "not yet", but for Hopeless. */
export async function waitFor(what, condition, { timeout = 10000, interval = 20 } = {}) {
  const deadline = Date.now() + timeout;
  let last;
  for (;;) {
    try {
      const value = await condition();
      if (value) return value;
      last = undefined;
    } catch (error) {
      if (error instanceof Hopeless) throw error;
      last = error;
    }
    if (Date.now() > deadline) throw new Error(`${what}: not within ${timeout} ms${last ? ` (${last.message})` : ''}`);
    await pause(interval);
  }
}
