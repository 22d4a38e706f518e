// What measureGuessing() runs as a process of its own, which gives way: else it would measure how two programs share a
// processor. Connections that try a user's password, each from a network of its own, or that have no session.
//
//   node guessing_flood.mjs SOCKET CONNECTIONS passwords|checks
//
// Says when all are connected; told to stop, how often each status came.

import os from 'node:os';

import { checkParams, encodeRequest, FastCgiClient, loginRequest } from '../support/fastcgi_client.mjs';
import { pause } from '../support/waiting.mjs';

/**
 * Milliseconds from an answer to the connection's next request, never twice the same: strangers know nothing of each
 * other. With a fixed rest all of them fall into step, and what is measured is how long a row of 300 takes.
 */
const rest = () => 25 + 50 * Math.random();

const request = {
  passwords: (connection) => loginRequest(`10.${connection >> 8}.${connection & 255}.1`, 'ada', `guess ${connection}`),
  checks: () => encodeRequest(checkParams('')),
};

os.setPriority(19);
const [socket, connections, asks] = process.argv.slice(2);
const statuses = {};
let stopped = false;

async function keepAsking(client, bytes) {
  while (!stopped) {
    const status = await client.status(bytes);
    statuses[status] = (statuses[status] ?? 0) + 1;
    await pause(rest());
  }
  client.close();
}

const loops = [];
for (let i = 0; i < Number(connections); i++) {
  loops.push(keepAsking(await FastCgiClient.connect(socket), request[asks](i)));
}
process.once('message', async () => {
  process.send({ ...statuses });
  stopped = true;
  await Promise.all(loops);
  process.disconnect();
});
process.send('all connected');
