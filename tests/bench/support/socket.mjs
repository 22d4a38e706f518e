// Waiting for a server on a unix socket.

import net from 'node:net';

import { waitFor } from './process.mjs';

function canConnect(socket) {
  return new Promise((resolve) => {
    const connection = net.connect(socket);
    connection.on('connect', () => {
      connection.destroy();
      resolve(true);
    });
    connection.on('error', () => resolve(false));
  });
}

/** `server` has `name`, `process`, `socket` and `folder`. Patient: under valgrind starting takes its time. */
export function waitUntilListening(server) {
  return waitFor(
    `${server.name} listens`,
    () => {
      if (!server.process.alive) throw new Error(`it ended; its log is in ${server.folder}`);
      return canConnect(server.socket);
    },
    { timeout: 30000, interval: 50 },
  );
}
