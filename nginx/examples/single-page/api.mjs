// The API of the example: no session code. nginx lets only those through who are logged in, and says in headers who
// they are.

import http from 'node:http';

const notesOf = new Map();

const server = http.createServer((request, response) => {
  const user = request.headers['x-user-id'];
  const notes = notesOf.get(user) ?? [];
  if (request.method === 'POST') notesOf.set(user, [...notes, Date.now()]);
  response.writeHead(200, { 'Content-Type': 'application/json' });
  response.end(JSON.stringify({ for: user, notes: notesOf.get(user) ?? [] }));
});

// Loopback only: whoever can reach this port without nginx can claim to be anybody.
server.listen(Number(process.env.PORT ?? 3002), '127.0.0.1', () => console.log(`listening on ${server.address().port}`));
