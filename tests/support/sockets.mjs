// Ports that nobody has, and whether somebody listens.

import crypto from 'node:crypto';
import dgram from 'node:dgram';
import net from 'node:net';

import { Hopeless, waitFor } from './waiting.mjs';

// Below those that Linux gives to whoever connects: on a busy machine one of these is soon somebody else's again.
const kFirstPort = 20000;
const kPortsEnd = 32768;

/** Of 127.0.0.1. Nobody else who asks here, or RedisServer::freePort(), is given the same while this process lives. */
export async function freePort() {
  for (;;) {
    const port = crypto.randomInt(kFirstPort, kPortsEnd);
    if ((await hold(port)) && (await canListen(port))) return port;
  }
}

/** By the port of UDP that has the same number. */
function hold(port) {
  return new Promise((resolve, reject) => {
    const socket = dgram.createSocket('udp4');
    socket.on('error', (error) => (error.code === 'EADDRINUSE' ? socket.close(() => resolve(false)) : reject(error)));
    socket.bind({ port, address: '127.0.0.1', exclusive: true }, () => resolve(true));
    socket.unref();
  });
}

function canListen(port) {
  return new Promise((resolve, reject) => {
    const server = net.createServer();
    server.on('error', (error) => (error.code === 'EADDRINUSE' ? resolve(false) : reject(error)));
    server.listen(port, '127.0.0.1', () => server.close(() => resolve(true)));
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
