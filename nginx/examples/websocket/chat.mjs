// What one says all hear, with the name of who said it; on the package `ws`.

import { WebSocketServer } from 'ws';

const kLongest = 60 * 60 * 1000; // then the browser connects anew, and is checked anew

/** A header's text. HTTP carries bytes: Node reads them as Latin-1, sessiond writes UTF-8. */
const text = (header) => Buffer.from(header ?? '', 'latin1').toString('utf8');

/**
 * Is the page that connects one of this very host? Any page can have its visitor's browser connect, with his cookie. (Ports
 * do not count, as for cookies; Debian's proxy_params hands none on.)
 */
function isOurPage({ origin, req }) {
  try {
    return new URL(origin).hostname === new URL(`http://${req.headers.host}`).hostname;
  } catch {
    return false; // no Origin: no browser
  }
}

const server = new WebSocketServer({
  host: '127.0.0.1', // loopback only: whoever can reach this port without nginx can claim to be anybody
  port: Number(process.env.PORT ?? 3003),
  verifyClient: (client, answer) => answer(isOurPage(client), 403),
});
server.on('listening', () => console.log(`listening on ${server.address().port}`));
server.on('connection', (socket, request) => {
  const name = text(request.headers['x-user-name']);
  const end = setTimeout(() => socket.close(1000, 'connect again'), kLongest);
  socket.on('close', () => clearTimeout(end));
  socket.on('error', (error) => console.error(`${name}: ${error.message}`)); // without this one bad frame ends the program
  socket.on('message', (said) => {
    for (const other of server.clients) other.send(JSON.stringify({ from: name, said: String(said) }));
  });
});
