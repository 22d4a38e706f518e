// What a stored value is worth: the same to Express and to sessiond, row by row, or different on purpose.

import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';

import { records } from './support/express_records.mjs';
import { askExpress, askSessiond, startExpressStack, variants } from './support/express_site.mjs';

describe('a stored value', () => {
  let stack;
  let client;
  before(async () => {
    stack = await startExpressStack();
    for (const variant of variants) stack.express.mount(variant.name, { variant });
    client = stack.client();
  });
  after(() => stack?.stop());

  async function store(sid, record) {
    const redis = stack.express.clients.ioredis;
    const key = `sess:${sid}`;
    if (record.store) await record.store(redis, key);
    else await redis.set(key, record.value, 'EX', 3600);
    return { Cookie: stack.sessiond.cookie(sid) };
  }

  /** The key's whole content, whatever its type. */
  const content = (sid) => stack.express.clients.ioredis.dumpBuffer(`sess:${sid}`);

  for (const [i, record] of records.entries()) {
    test(`${record.title}: ${record.difference ? `differs (${record.difference})` : record.who}`, async () => {
      const sid = `record-${i}`;
      const headers = await store(sid, record);
      const stored = await content(sid);
      const { who, reason } = await askSessiond(client, headers);
      assert.deepEqual({ who, reason }, { who: record.sessiond ?? record.who, reason: record.reason ?? 'valid' });
      assert.deepEqual(await content(sid), stored, 'sessiond leaves the value as it is');

      const base = record.difference === 'unusable-max-age' ? '/impatient/express' : '/express';
      const answers = await Promise.all(
        variants.map(async ({ name }) => askExpress(client, name, await store(`${sid}-${name}`, record), { base })),
      );
      assert.deepEqual(
        answers,
        variants.map(() => record.express ?? record.who),
      );
    });
  }
});
