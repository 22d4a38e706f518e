// "Log out everywhere" at one instance ends what another one has met as well, even if that could not tell Redis of it
// until afterwards.

import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { after, before, describe, test } from 'node:test';

import { checkParams, encodeRequest, FastCgiClient } from '../support/fastcgi_client.mjs';
import { temporaryFolder } from '../support/folders.mjs';
import { Sessiond } from '../support/sessiond.mjs';
import { startStack } from '../support/stack.mjs';
import { pause, waitFor } from '../support/waiting.mjs';

describe('logging out everywhere, where another instance has met a session', () => {
  let stack;
  let other;
  let client;
  before(async () => {
    stack = await startStack();
    await stack.redis.command('ACL', 'SETUSER', 'other', 'on', '>secret', '~*', '&*', '+@all', '-zadd');
    const folder = temporaryFolder();
    fs.writeFileSync(path.join(folder, 'password'), 'secret', { mode: 0o600 });
    const asOther = ({ redis }) => Object.assign(redis, { user: 'other', password_file: path.join(folder, 'password') });
    other = await new Sessiond(folder, stack.redis.url, asOther, stack.sessiond.secrets).start();
    client = await FastCgiClient.connect(other.socket);
  });
  after(async () => {
    client?.close();
    await other?.stop();
    await stack?.stop();
  });

  const checked = (cookie) => client.status(encodeRequest(checkParams(cookie)));

  test('ends it when that instance can note it, and none that it meets later', async () => {
    const made = await stack.session('made-before', { id: '7' });
    const strangers = await stack.session('of-somebody-else', { id: '8' });
    for (const cookie of [made, strangers]) assert.equal(await checked(cookie), 204);
    const alice = stack.client();
    await stack.logIn(alice);
    assert.equal((await alice.postForm('/logout?all=1', {})).status, 303);
    assert.equal(await checked(made), 204, 'nobody else knows of it yet');
    // The moment is counted back from an answer, which may have been under way for as long as one waits for it.
    await pause(2500); // so long ago it may count from
    const later = await stack.session('made-later', { id: '7' });
    assert.equal(await checked(later), 204);
    await stack.redis.command('ACL', 'SETUSER', 'other', '+zadd');
    await waitFor('it has ended', async () => (await checked(made)) === 401);
    for (const cookie of [later, strangers]) assert.equal(await checked(cookie), 204);
    assert.equal(await stack.redis.command('EXISTS', 'sess:made-before'), 0);
    await waitFor('the others are noted', async () => (await stack.redis.command('ZSCORE', 'sessiond:sessions:{7}', 'made-later')) !== null);
    assert.equal(await checked(later), 204);
  });
});
