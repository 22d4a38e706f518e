// One question to sessiond over FastCGI, without nginx: for what nginx does not pass on.

import net from 'node:net';

const BEGIN = 1;
const END = 3;
const PARAMS = 4;
const STDIN = 5;
const STDOUT = 6;

function record(type, content) {
  const header = Buffer.alloc(8);
  header.writeUInt8(1, 0);
  header.writeUInt8(type, 1);
  header.writeUInt16BE(1, 2);
  header.writeUInt16BE(content.length, 4);
  return Buffer.concat([header, content]);
}

function size(length) {
  if (length < 128) return Buffer.from([length]);
  const long = Buffer.alloc(4);
  long.writeUInt32BE((length | 0x80000000) >>> 0);
  return long;
}

function params(values) {
  const parts = Object.entries(values).flatMap(([name, value]) => {
    const [key, text] = [Buffer.from(name), Buffer.from(value)];
    return [size(key.length), size(text.length), key, text];
  });
  return Buffer.concat(parts);
}

/** Ends with {status, headers}. */
export function ask(socket, values) {
  return new Promise((resolve, reject) => {
    const connection = net.connect(socket);
    let received = Buffer.alloc(0);
    let output = '';
    connection.setTimeout(10000, () => connection.destroy(new Error('sessiond does not answer')));
    connection.on('error', reject);
    connection.on('close', () => reject(new Error('sessiond closed the connection')));
    connection.on('data', (data) => {
      received = Buffer.concat([received, data]);
      while (received.length >= 8) {
        const length = received.readUInt16BE(4);
        const whole = 8 + length + received.readUInt8(6);
        if (received.length < whole) return;
        const type = received.readUInt8(1);
        if (type === STDOUT) output += received.toString('utf8', 8, 8 + length);
        received = received.subarray(whole);
        if (type !== END) continue;
        const headers = Object.fromEntries(
          output.split('\r\n\r\n')[0].split('\r\n').map((line) => [line.split(': ', 1)[0].toLowerCase(), line.slice(line.indexOf(': ') + 2)]),
        );
        resolve({ status: Number.parseInt(headers.status ?? '200', 10), headers });
        connection.destroy();
      }
    });
    const text = params(values);
    const pieces = [record(BEGIN, Buffer.from([0, 1, 0, 0, 0, 0, 0, 0]))];
    for (let at = 0; at < text.length; at += 65535) pieces.push(record(PARAMS, text.subarray(at, at + 65535)));
    connection.write(Buffer.concat([...pieces, record(PARAMS, Buffer.alloc(0)), record(STDIN, Buffer.alloc(0))]));
  });
}
