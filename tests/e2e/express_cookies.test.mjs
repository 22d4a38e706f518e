// What a Cookie header is worth: the same to Express and to sessiond, row by row, or different on purpose.

import assert from 'node:assert/strict';
import { createHmac } from 'node:crypto';
import { after, before, describe, test } from 'node:test';

import { cookieHeaders } from './support/express_cookies.mjs';
import { askExpress, askSessiond, startExpressStack, variants } from './support/express_site.mjs';

const stored = (user) => JSON.stringify({ cookie: { originalMaxAge: null, path: '/' }, ...(user ? { user } : {}) });

/** What `cookie-signature` makes of an id. */
function signed(sid, secret) {
  return `s:${sid}.${createHmac('sha256', secret).update(sid).digest('base64').replace(/=+$/, '')}`;
}

/** An id whose signature has both letters that the url-safe alphabet spells differently. */
function idWithUnsafeSignature(secret) {
  for (let i = 0; ; i++) {
    const signature = signed(`id${i}`, secret);
    if (signature.includes('+') && signature.includes('/')) return `id${i}`;
  }
}

/** Makes values, and sees to it that their sessions exist before anybody is asked. */
class Jar {
  constructor(secret) {
    this.secret = secret;
    this.sid = 'abcdefghijklmnopqrstuvwxyz-_0123';
    this.needed = new Map();
  }

  value(sid = this.sid, secret = this.secret, exists = true) {
    const id = sid === 'with-plus-and-slash' ? idWithUnsafeSignature(secret) : sid;
    if (exists) this.needed.set(id, { 'of-user-8': stored({ id: 8 }), 'of-nobody': stored() }[id] ?? stored({ id: 7 }));
    return signed(id, secret);
  }

  async fill(redis) {
    for (const [sid, value] of this.needed) await redis.set(`sess:${sid}`, value, 'EX', 3600);
  }
}

const headersOf = (cookie) => (cookie === undefined ? [] : [cookie].flat().map((line) => ['Cookie', line]));

describe('a Cookie header', () => {
  let stack;
  let client;
  before(async () => {
    stack = await startExpressStack();
    for (const variant of variants) stack.express.mount(variant.name, { variant });
    client = stack.client();
  });
  after(() => stack?.stop());

  for (const row of cookieHeaders) {
    test(`${row.title}: ${row.difference ? `differs (${row.difference})` : row.who}`, async () => {
      const jar = new Jar(stack.sessiond.secrets[0]);
      const headers = headersOf(row.header(jar));
      await jar.fill(stack.express.clients.ioredis);
      const { who, reason } = await askSessiond(client, headers);
      assert.deepEqual({ who, reason }, { who: row.sessiond ?? row.who, reason: row.reason ?? 'valid' });

      const answers = await Promise.all(variants.map(({ name }) => askExpress(client, name, headers)));
      const expected = row.express ?? row.who;
      assert.deepEqual(
        answers,
        variants.map(({ version }) => expected[version] ?? expected),
      );
    });
  }
});
