// Waiting for a peer of the benchmark.

import { waitUntilListening } from '../../support/sockets.mjs';

/** `peer` has `name`, `process`, `socket` and `folder`. Patient: under valgrind starting takes its time. */
export function peerListens({ name, process, socket, folder }) {
  return waitUntilListening(name, socket, process, () => `its log is in ${folder}`, { timeout: 30000, interval: 50 });
}
