// What a login leaves behind in sessiond's memory: not the password, neither a right nor a wrong one, and however it came.

import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import fs from 'node:fs';
import http from 'node:http';
import path from 'node:path';
import { after, before, describe, test } from 'node:test';

import { password } from '../support/sessiond.mjs';
import { startStack } from '../support/stack.mjs';
import { waitFor } from '../support/waiting.mjs';

const pieceBytes = 1 << 20;

/** In how many places of its writable memory a process holds the text. */
function places(pid, text) {
  const needle = Buffer.from(text);
  const memory = fs.openSync(`/proc/${pid}/mem`, 'r');
  let found = 0;
  try {
    for (const line of fs.readFileSync(`/proc/${pid}/maps`, 'utf8').split('\n')) {
      const region = /^([0-9a-f]+)-([0-9a-f]+) rw/.exec(line);
      if (region) found += placesBetween(memory, BigInt(`0x${region[1]}`), BigInt(`0x${region[2]}`), needle);
    }
  } finally {
    fs.closeSync(memory);
  }
  return found;
}

function placesBetween(memory, begin, end, needle) {
  const piece = Buffer.alloc(pieceBytes + needle.length - 1);
  let found = 0;
  for (let at = begin; at < end; at += BigInt(pieceBytes)) {
    const wanted = end - at < BigInt(piece.length) ? Number(end - at) : piece.length;
    let got = 0;
    try {
      got = fs.readSync(memory, piece, 0, wanted, at);
    } catch {
      continue; // given back meanwhile
    }
    const bytes = piece.subarray(0, got);
    for (let place = bytes.indexOf(needle); place >= 0; place = bytes.indexOf(needle, place + 1)) found++;
  }
  return found;
}

describe('a password', () => {
  let stack;
  let pid;
  before(async () => {
    stack = await startStack();
    pid = stack.sessiond.process.pid;
  });
  after(() => stack?.stop());

  const postJson = (user, secret) =>
    stack.client().request('POST', '/login', {
      headers: { 'Content-Type': 'application/json' },
      body: JSON.stringify({ user, password: secret }),
    });
  /** Once all that had to do with the answer has ended, which is a moment after it. Looked for in the middle: what is
   * given back to the C library may lose its first and last bytes to the library's own notes. */
  const isGone = async (text) => {
    const kept = text.length > 48 ? text.slice(20, -20) : text;
    for (const needle of [kept.slice(0, 24), kept.slice(-24)])
      await waitFor(`no ${needle}… in memory`, () => places(pid, needle) === 0);
  };

  test('is looked for where it would be', () => {
    assert.ok(places(pid, stack.sessiond.config.listen.socket) > 0);
  });

  test('is gone after a login with JSON', async () => {
    assert.equal((await postJson('alice', password)).status, 200);
    await isGone(password);
  });

  test('is gone after a login with the form', async () => {
    assert.equal((await stack.logIn(stack.client())).status, 303);
    await isGone(password);
  });

  const wrongOne = (length) => randomBytes(length).toString('hex');

  for (const [how, length, status] of [
    ['a wrong one', 30, 401],
    ['the longest that is looked at', 255, 401],
    ['one that is longer than any buffer of the library is', 1500, 400],
    ['one that is too long', 30000, 413],
  ]) {
    test(`is gone when it was ${how}`, async () => {
      const wrong = wrongOne(length);
      const answers = [await postJson('alice', wrong), await stack.logIn(stack.client(), { secret: wrong })];
      assert.deepEqual(answers.map((answer) => answer.status), [status, status]);
      await isGone(wrong);
    });
  }

  for (const [how, type, body] of [
    ['in a form that breaks off', 'application/x-www-form-urlencoded', (wrong) => `user=a&password=${wrong}&rd=%2`],
    ['in a form, badly encoded', 'application/x-www-form-urlencoded', (wrong) => `user=a&password=${wrong}%GG`],
    ['in a form of too many fields', 'application/x-www-form-urlencoded', (wrong) => `password=${wrong}${'&a=b'.repeat(99)}`],
    ['in JSON that breaks off', 'application/json', (wrong) => `{"user":"a","password":"${wrong}"`],
    ['as its own kind', 'text/plain', (wrong) => wrong],
  ]) {
    test(`is gone when it came ${how}`, async () => {
      const wrong = wrongOne(700); // as few others are of that size
      const headers = { 'Content-Type': type, Origin: 'http://localhost' };
      const { status } = await stack.client().request('POST', '/login', { headers, body: body(wrong) });
      assert.ok(status >= 400 && status < 500, `${status}`);
      await isGone(wrong);
    });
  }
});

describe('a password that an application decides about', () => {
  let application;
  let stack;
  before(async () => {
    application = http.createServer((request, response) => request.resume().on('end', () => response.writeHead(401).end()));
    await new Promise((resolve) => application.listen(0, '127.0.0.1', resolve));
    stack = await startStack({
      config: (config) => {
        const token = path.join(path.dirname(config.listen.socket), 'token');
        fs.writeFileSync(token, 'a-token-of-sixteen-and-more\n', { mode: 0o600 });
        config.login = {
          authenticators: ['http'],
          http_verifier: { url: `http://127.0.0.1:${application.address().port}/verify`, token_file: token },
        };
      },
    });
  });
  after(async () => {
    await stack?.stop();
    application.closeAllConnections();
    await new Promise((resolve) => application.close(resolve));
  });

  test('is gone from what asked it', async () => {
    const wrong = randomBytes(200).toString('hex');
    const answer = await stack.client().request('POST', '/login', {
      headers: { 'Content-Type': 'application/json' },
      body: JSON.stringify({ user: 'alice', password: wrong }),
    });
    assert.equal(answer.status, 401);
    await waitFor('nothing of it in memory', () =>
      [wrong.slice(20, 44), wrong.slice(180, 204), wrong.slice(-44, -20)].every(
        (needle) => places(stack.sessiond.process.pid, needle) === 0));
  });
});
