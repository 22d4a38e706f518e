// What a login leaves behind in sessiond's memory: not the password, neither a right nor a wrong one, and however it came.

import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import fs from 'node:fs';
import { after, before, describe, test } from 'node:test';

import { waitFor } from './support/process.mjs';
import { password } from './support/sessiond.mjs';
import { startStack } from './support/stack.mjs';

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
  /** Once all that had to do with the answer has ended, which is a moment after it. */
  const isGone = (text) => waitFor(`no ${text.slice(0, 8)}… in memory`, () => places(pid, text) === 0);

  test('is looked for where it would be', () => {
    assert.ok(places(pid, stack.sessiond.config.listen.socket) > 0);
  });

  test('is gone after a login with JSON', async () => {
    assert.equal((await postJson('alice', password)).status, 200);
    await isGone(password.slice(0, 8));
  });

  test('is gone after a login with the form', async () => {
    assert.equal((await stack.logIn(stack.client())).status, 303);
    await isGone(password.slice(0, 8));
  });

  for (const [how, length] of [
    ['a wrong one', 12],
    ['one that is longer than any buffer of the library is', 5000],
    ['one that is too long', 30000],
  ]) {
    test(`is gone when it was ${how}`, async () => {
      const wrong = randomBytes(length).toString('hex');
      const answers = [await postJson('alice', wrong), await stack.logIn(stack.client(), { secret: wrong })];
      for (const { status } of answers) assert.ok(status >= 400 && status < 500, `${status}`);
      await isGone(wrong.slice(0, 16));
      await isGone(wrong.slice(-16));
    });
  }
});
