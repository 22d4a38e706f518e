// A client of Redis that speaks just enough RESP2, on one connection.

import net from 'node:net';

export class RedisClient {
  /** `patience`: milliseconds without a byte after which the connection is given up; without it, never. */
  static connect(socket, { patience = 0 } = {}) {
    return new Promise((resolve, reject) => {
      const connection = net.connect(socket, () => resolve(new RedisClient(connection)));
      connection.setTimeout(patience, () => connection.destroy(new Error('redis does not answer')));
      connection.on('error', reject);
    });
  }

  constructor(connection) {
    this.connection = connection;
    this.received = Buffer.alloc(0);
    this.waiting = [];
    connection.on('data', (data) => this.#take(data));
    connection.on('error', (error) => (this.problem = error));
    connection.on('close', () => {
      for (const { reject } of this.waiting.splice(0)) reject(this.problem ?? new Error('redis closed the connection'));
    });
  }

  /** Rejects on an error reply. Several are answered in order. */
  command(...args) {
    if (this.connection.destroyed) return Promise.reject(this.problem ?? new Error('redis closed the connection'));
    return new Promise((resolve, reject) => {
      this.waiting.push({ resolve, reject });
      this.connection.write(encodeCommand(args));
    });
  }

  close() {
    this.connection.destroy();
  }

  #take(data) {
    this.received = this.received.length === 0 ? data : Buffer.concat([this.received, data]);
    let at = 0;
    for (let reply; (reply = parseReply(this.received, at)); at = reply.end) {
      const { resolve, reject } = this.waiting.shift();
      if (reply.value instanceof Error) reject(reply.value);
      else resolve(reply.value);
    }
    this.received = this.received.subarray(at);
  }
}

export function encodeCommand(args) {
  return `*${args.length}\r\n${args.map((arg) => `$${Buffer.byteLength(String(arg))}\r\n${arg}\r\n`).join('')}`;
}

/** One reply at `at`: {value, end}, or undefined while it is incomplete. */
function parseReply(buffer, at) {
  const lineEnd = buffer.indexOf('\r\n', at);
  if (lineEnd < 0) return undefined;
  const line = buffer.toString('utf8', at + 1, lineEnd);
  const end = lineEnd + 2;
  switch (String.fromCharCode(buffer[at])) {
    case '+':
      return { value: line, end };
    case '-':
      return { value: new Error(line), end };
    case ':':
      return { value: Number(line), end };
    case '$': {
      const length = Number(line);
      if (length < 0) return { value: null, end };
      if (buffer.length < end + length + 2) return undefined;
      return { value: buffer.toString('utf8', end, end + length), end: end + length + 2 };
    }
    default: {
      const values = [];
      let next = end;
      for (let i = 0; i < Number(line); i++) {
        const reply = parseReply(buffer, next);
        if (!reply) return undefined;
        values.push(reply.value);
        next = reply.end;
      }
      return { value: values, end: next };
    }
  }
}
