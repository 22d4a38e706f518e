// An application behind `fastcgi_pass`, as PHP-FPM would be one: a FastCGI responder on a unix socket, in the test's
// own process, that answers with the parameters it was sent, as a JSON array of [name, value] pairs.

import net from 'node:net';
import path from 'node:path';

const kParams = 4;
const kStdin = 5;

function record(type, id, content) {
  const header = Buffer.from([1, type, id >> 8, id & 255, content.length >> 8, content.length & 255, 0, 0]);
  return Buffer.concat([header, content]);
}

function readLength(buffer, at) {
  if (buffer[at] < 128) return [buffer[at], at + 1];
  return [buffer.readUInt32BE(at) & 0x7fffffff, at + 4];
}

function parseParams(buffer) {
  const pairs = [];
  let at = 0;
  while (at < buffer.length) {
    const [nameLength, afterName] = readLength(buffer, at);
    const [valueLength, start] = readLength(buffer, afterName);
    const middle = start + nameLength;
    at = middle + valueLength;
    pairs.push([buffer.toString('utf8', start, middle), buffer.toString('utf8', middle, at)]);
  }
  return pairs;
}

export class FastCgiApplication {
  constructor(folder) {
    this.socket = path.join(folder, 'fastcgi.sock');
    this.server = net.createServer((connection) => this.#serve(connection));
  }

  start() {
    return new Promise((resolve, reject) => {
      this.server.once('error', reject);
      this.server.listen(this.socket, () => resolve(this));
    });
  }

  stop() {
    return new Promise((resolve) => this.server.close(resolve));
  }

  #serve(connection) {
    let received = Buffer.alloc(0);
    let params = Buffer.alloc(0);
    connection.on('error', () => connection.destroy());
    connection.on('data', (data) => {
      received = Buffer.concat([received, data]);
      while (received.length >= 8) {
        const length = received.readUInt16BE(4);
        const whole = 8 + length + received[6];
        if (received.length < whole) return;
        const type = received[1];
        const id = received.readUInt16BE(2);
        const content = received.subarray(8, 8 + length);
        received = received.subarray(whole);
        if (type === kParams) params = Buffer.concat([params, content]);
        if (type === kStdin && length === 0) this.#answer(connection, id, parseParams(params));
      }
    });
  }

  #answer(connection, id, pairs) {
    const status = new URLSearchParams(new Map(pairs).get('QUERY_STRING')).get('status') ?? '200';
    const text = `Status: ${status}\r\nContent-Type: application/json\r\n\r\n${JSON.stringify(pairs)}`;
    const kStdout = 6;
    const kEnd = 3;
    connection.end(
      Buffer.concat([
        record(kStdout, id, Buffer.from(text)),
        record(kStdout, id, Buffer.alloc(0)),
        record(kEnd, id, Buffer.alloc(8)),
      ]),
    );
  }
}
