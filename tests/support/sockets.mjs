// Ports that nobody has, and whether somebody listens.

import net from 'node:net';

import { Hopeless, waitFor } from './waiting.mjs';

/** Of 127.0.0.1. */
export function freePort() {
  return new Promise((resolve, reject) => {
    const server = net.createServer();
    server.on('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const { port } = server.address();
      server.close(() => resolve(port));
    });
  });
}

/** `place`: a unix socket (a path), or a port of 127.0.0.1. */
export function canConnect(place) {
  return new Promise((resolve) => {
    const connection = net.connect(typeof place === 'number' ? { port: place, host: '127.0.0.1' } : { path: place });
    connection.on('connect', () => {
      connection.destroy();
      resolve(true);
    });
    connection.on('error', () => resolve(false));
  });
}

/** Waits until that process listens there; `logText()`: what it has to say if it has ended instead. */
export function waitUntilListening(what, place, process, logText, patience) {
  return waitFor(
    `${what} listens`,
    () => {
      if (process && !process.alive) throw new Hopeless(`${what} has ended: ${logText().slice(-2000)}`);
      return canConnect(place);
    },
    patience,
  );
}
