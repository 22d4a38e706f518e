// What measureGuessing() runs as a process of its own, which gives way: else it would measure how two programs share a
// processor. Connections that try a user's password, each from a network of its own.
//
//   node guessing_flood.mjs SOCKET CONNECTIONS     says when all are connected; told to stop, how often each status came

import os from 'node:os';
import { setTimeout as pause } from 'node:timers/promises';

import { FastCgiClient, loginRequest } from './support/fastcgi_client.mjs';

/** Milliseconds from an answer to the connection's next guess. */
const rest = 50;

const guess = (connection) => loginRequest(`10.${connection >> 8}.${connection & 255}.1`, 'ada', `guess ${connection}`);

os.setPriority(19);
const [socket, connections] = process.argv.slice(2);
const statuses = {};
let stopped = false;

async function keepGuessing(client, request) {
  while (!stopped) {
    const status = await client.status(request);
    statuses[status] = (statuses[status] ?? 0) + 1;
    await pause(rest);
  }
  client.close();
}

const loops = [];
for (let i = 0; i < Number(connections); i++) {
  loops.push(keepGuessing(await FastCgiClient.connect(socket), guess(i)));
}
process.once('message', async () => {
  process.send({ ...statuses });
  stopped = true;
  await Promise.all(loops);
  process.disconnect();
});
process.send('all connected');
