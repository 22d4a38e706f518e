// A FastCGI client on one kept connection, for what nginx does not pass on and cannot tell: when exactly an answer
// changed, and what one open connection more costs.

import net from 'node:net';

const kBegin = 1;
const kEnd = 3;
const kParams = 4;
const kStdin = 5;
const kStdout = 6;
const kKeepConnection = 1;

function record(type, content) {
  return Buffer.concat([Buffer.from([1, type, 0, 1, content.length >> 8, content.length & 255, 0, 0]), content]);
}

function encodeLength(length) {
  if (length < 128) return Buffer.from([length]);
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE((length | 0x80000000) >>> 0);
  return bytes;
}

function encodePair([name, value]) {
  const [nameBytes, valueBytes] = [Buffer.from(name), Buffer.from(value)];
  return Buffer.concat([encodeLength(nameBytes.length), encodeLength(valueBytes.length), nameBytes, valueBytes]);
}

/** All of a stream, and its end. */
function stream(type, content) {
  const records = [];
  for (let at = 0; at < content.length; at += 65535) records.push(record(type, content.subarray(at, at + 65535)));
  return Buffer.concat([...records, record(type, Buffer.alloc(0))]);
}

/** The bytes of a whole request; `params` is an object. */
export function encodeRequest(params, body = '') {
  return Buffer.concat([
    record(kBegin, Buffer.from([0, 1, kKeepConnection, 0, 0, 0, 0, 0])),
    stream(kParams, Buffer.concat(Object.entries(params).map(encodePair))),
    stream(kStdin, Buffer.from(body)),
  ]);
}

/** What the shipped snippets send with a session check. */
export function checkParams(cookie) {
  return {
    SESSIOND_ENDPOINT: 'auth',
    SESSIOND_POLICY: 'default',
    SESSIOND_TOUCH: 'on',
    SESSIOND_URI: '/gif',
    SESSIOND_SCHEME: 'http',
    SESSIOND_HOST: 'site.example',
    SESSIOND_ADDR: '127.0.0.1',
    REQUEST_METHOD: 'GET',
    CONTENT_LENGTH: '',
    HTTP_COOKIE: cookie,
  };
}

/** A login as JSON, as the shipped snippets send it. */
export function loginRequest(address, user, password, cookie = '') {
  const params = {
    SESSIOND_ENDPOINT: 'login',
    SESSIOND_SCHEME: 'https',
    SESSIOND_HOST: 'site.example',
    SESSIOND_ADDR: address,
    REQUEST_METHOD: 'POST',
    CONTENT_TYPE: 'application/json',
    HTTP_COOKIE: cookie,
  };
  return encodeRequest(params, JSON.stringify({ user, password }));
}

export class FastCgiClient {
  static connect(socket) {
    return new Promise((resolve, reject) => {
      const connection = net.connect(socket, () => resolve(new FastCgiClient(connection)));
      connection.on('error', reject);
    });
  }

  constructor(connection) {
    this.connection = connection;
    this.received = Buffer.alloc(0);
    connection.on('data', (data) => this.#take(data));
    connection.on('close', () => this.waiting?.reject(new Error('fastcgi: connection closed')));
  }

  /** The status of the answer to one request. */
  async status(request) {
    return Number((await this.answer(request)).match(/^Status: (\d+)/)?.[1] ?? 200);
  }

  /** Sends the bytes of a request and waits for the whole answer, headers and body. One at a time. */
  answer(request) {
    if (this.connection.destroyed) return Promise.reject(new Error('fastcgi: connection closed'));
    return new Promise((resolve, reject) => {
      this.waiting = { resolve, reject };
      this.connection.write(request);
    });
  }

  close() {
    this.connection.destroy();
  }

  #take(data) {
    this.received = this.received.length === 0 ? data : Buffer.concat([this.received, data]);
    const output = [];
    for (let at = 0; at + 8 <= this.received.length; ) {
      const length = this.received.readUInt16BE(at + 4);
      const next = at + 8 + length + this.received[at + 6];
      if (next > this.received.length) return;
      if (this.received[at + 1] === kStdout) output.push(this.received.subarray(at + 8, at + 8 + length));
      if (this.received[at + 1] === kEnd) {
        this.received = Buffer.alloc(0);
        const { resolve } = this.waiting;
        this.waiting = undefined;
        resolve(Buffer.concat(output).toString('latin1'));
        return;
      }
      at = next;
    }
  }
}

/** One request on a connection of its own: ends with {status, headers}. */
export async function ask(socket, params) {
  const client = await FastCgiClient.connect(socket);
  client.connection.setTimeout(10000, () => client.close());
  const answer = await client.answer(encodeRequest(params)).finally(() => client.close());
  const lines = Buffer.from(answer, 'latin1').toString('utf8').split('\r\n\r\n')[0].split('\r\n');
  const headers = Object.fromEntries(lines.map((line) => [line.split(': ', 1)[0].toLowerCase(), line.slice(line.indexOf(': ') + 2)]));
  return { status: Number.parseInt(headers.status ?? '200', 10), headers };
}
