// Logout is final: an Express request that began before the logout and saves its session after it brings the key
// back, as it does among Express processes; sessiond refuses it for good and removes it again (difference revoked).

import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';

import { checkParams, encodeRequest, FastCgiClient } from '../support/fastcgi_client.mjs';
import { temporaryFolder } from '../support/folders.mjs';
import { Sessiond } from '../support/sessiond.mjs';
import { pause, waitFor } from '../support/waiting.mjs';
import { askExpress, askSessiond, newest, startExpressStack, variants } from './support/express_site.mjs';
import { SlowRequests } from './support/slow_requests.mjs';

describe('a logout', () => {
  let stack;
  const slow = new SlowRequests();
  before(async () => {
    stack = await startExpressStack({
      config: (config) => Object.assign(config.session, { touch_interval: '0s' }),
    });
    for (const variant of variants) {
      for (const resave of [true, false]) {
        stack.express.mount(`${variant.name}-${resave}`, {
          variant,
          options: { resave, cookie: { maxAge: 1800e3 } },
          actions: { slow: slow.action },
        });
      }
    }
  });
  after(() => stack?.stop());

  /** A login, checked so that it is in sessiond's memory; {client, headers, key}. */
  async function loggedIn() {
    const client = stack.client();
    await stack.logIn(client);
    assert.equal((await askSessiond(client)).who, 'user 7');
    const value = client.cookies.get('connect.sid');
    return {
      client,
      headers: { Cookie: `connect.sid=${value}` },
      key: `sess:${decodeURIComponent(value).slice(2, 34)}`,
    };
  }

  const exists = async (key) => (await stack.redis.command('EXISTS', key)) === 1;
  const gone = (key) => waitFor('sessiond removes the key again', async () => !(await exists(key)));

  const brought = () => stack.metric('sessiond_resurrected_sessions_total');
  /** The request has saved its copy, which sessiond may have buried again by now. */
  const broughtBack = (before) => waitFor('Express brings the key back', async () => (await brought()) > before);

  /** Refused, and the key is removed for Express as well. */
  async function assertFinal({ headers, key }, mount) {
    for (let i = 0; i < 3; i++) {
      const { who, reason } = await askSessiond(stack.client(), headers);
      assert.deepEqual([who, reason], ['nobody', 'revoked']);
    }
    await gone(key);
    assert.equal(await askExpress(stack.client(), mount, headers), 'nobody');
  }

  for (const variant of variants) {
    for (const [what, resave, query] of [
      ['a request that changed the session', false, '?write=1'],
      ['a request that only read it, with resave', true, ''],
    ]) {
      test(`outlives ${what} (${variant.name})`, async () => {
        const mount = `${variant.name}-${resave}`;
        const session = await loggedIn();
        const request = await slow.begin(session.client, mount, query);
        assert.equal((await session.client.postForm('/logout', {})).status, 303);
        assert.equal(await exists(session.key), false);
        const before = await brought();
        await request.finish();
        await broughtBack(before);
        await assertFinal(session, mount);
      });
    }
  }

  test('outlives several late requests, one after the other', async () => {
    const mount = `${newest.name}-true`;
    const session = await loggedIn();
    const requests = [];
    for (let i = 0; i < 4; i++) requests.push(await slow.begin(session.client, mount, `?write=${i + 1}`));
    await session.client.postForm('/logout', {});
    for (const request of requests) {
      const before = await brought();
      await request.finish();
      await broughtBack(before);
      await assertFinal(session, mount);
    }
  });

  test('outlives a late request between two checks that nothing else parts', async () => {
    const mount = `${newest.name}-false`;
    const session = await loggedIn();
    const request = await slow.begin(session.client, mount, '?write=1');
    await session.client.postForm('/logout', {});
    await assertFinal(session, mount);
    await request.finish();
    await assertFinal(session, mount);
  });

  test('of all sessions outlives late requests of each', async () => {
    const mount = `${newest.name}-true`;
    const [one, other] = [await loggedIn(), await loggedIn()];
    const requests = [await slow.begin(one.client, mount), await slow.begin(other.client, mount)];
    await one.client.postForm('/logout?all=1', {});
    for (const request of requests) await request.finish();
    await assertFinal(one, mount);
    await assertFinal(other, mount);
  });

  /** A login that Express made, for a user who also logs in at sessiond: the session's {client, headers, key}. */
  async function loggedInAtExpress(mount, user = { id: 7 }) {
    const client = stack.client();
    const id = (await client.get(`/express/${mount}/login?user=${encodeURIComponent(JSON.stringify(user))}`)).json().id;
    return { client, headers: { Cookie: `connect.sid=${client.cookies.get('connect.sid')}` }, key: `sess:${id}` };
  }

  test('of all sessions ends those that applications made', async () => {
    const made = [];
    for (const variant of variants) made.push(await loggedInAtExpress(`${variant.name}-false`));
    made.push(await loggedInAtExpress(`${newest.name}-true`, { id: '7' }));
    const stranger = await loggedInAtExpress(`${newest.name}-true`, { id: 8 });
    for (const { client } of made) assert.equal((await askSessiond(client)).who, 'user 7');
    assert.equal((await askSessiond(stranger.client)).who, 'user 8');
    const { client } = await loggedIn();
    assert.equal((await client.postForm('/logout?all=1', {})).status, 303);
    for (const session of made) {
      assert.equal(await exists(session.key), false);
      assert.equal((await askSessiond(stack.client(), session.headers)).reason, 'revoked');
      assert.equal(await askExpress(stack.client(), `${newest.name}-true`, session.headers), 'nobody');
    }
    assert.equal((await askSessiond(stranger.client)).who, 'user 8');
    const left = () => stack.redis.command('ZRANGE', 'sessiond:sessions:{7}', 0, -1);
    await waitFor('nothing is left but when all were ended', async () => (await left()).join() === '');
  });

  test('of all sessions made by an application ends the others', async () => {
    const mount = `${newest.name}-true`;
    const [one, other] = [await loggedInAtExpress(mount), await loggedInAtExpress(mount)];
    const own = await loggedIn();
    for (const { client } of [one, other]) await askSessiond(client);
    assert.equal((await one.client.postForm('/logout?all=1', {})).status, 303);
    for (const session of [one, other, own]) await assertFinal(session, mount);
  });

  test('of all sessions ends those of an index that was lost and came back as they were used', async () => {
    const mount = `${newest.name}-true`;
    const made = [await loggedInAtExpress(mount), await loggedInAtExpress(mount)];
    for (const { client } of made) await askSessiond(client);
    const own = await loggedIn();
    await stack.sessiond.stop();
    await stack.redis.command('DEL', 'sessiond:sessions:{7}');
    await stack.sessiond.start();
    for (const { client } of made) assert.equal((await askSessiond(client)).who, 'user 7');
    assert.equal((await own.client.postForm('/logout?all=1', {})).status, 303);
    for (const session of made) assert.equal((await askSessiond(stack.client(), session.headers)).reason, 'revoked');
  });

  test('of all sessions ends those of an index that was lost while they were in memory, at every instance', async () => {
    const mount = `${newest.name}-true`;
    const made = [await loggedInAtExpress(mount), await loggedInAtExpress(mount)];
    const stranger = await loggedInAtExpress(mount, { id: 8 });
    const patient = ({ redis }) => Object.assign(redis, { connect_timeout: '2s', command_timeout: '1s' });
    const other = await new Sessiond(temporaryFolder(), stack.redis.url, patient, stack.sessiond.secrets).start();
    const atOther = await FastCgiClient.connect(other.socket);
    const checkedThere = ({ headers }) => atOther.status(encodeRequest(checkParams(headers.Cookie)));
    try {
      assert.equal((await askSessiond(made[0].client)).who, 'user 7');
      for (const session of [made[1], stranger]) assert.equal(await checkedThere(session), 204);
      for (const { key } of made) {
        await waitFor('it is noted', async () => (await stack.redis.command('ZSCORE', 'sessiond:sessions:{7}', key.slice(5))) !== null);
      }
      const own = await loggedIn();
      await pause(5000); // both have asked whose sessions have ended since
      await stack.redis.command('DEL', 'sessiond:sessions:{7}', 'sessiond:sessions:{8}');
      assert.equal((await own.client.postForm('/logout?all=1', {})).status, 303);
      for (const session of made) {
        await waitFor('it has ended', async () => !(await exists(session.key)));
        await waitFor('it is refused here', async () => (await askSessiond(stack.client(), session.headers)).reason === 'revoked');
        await waitFor('and there', async () => (await checkedThere(session)) === 401);
        assert.equal(await askExpress(stack.client(), mount, session.headers), 'nobody');
      }
      assert.equal(await checkedThere(stranger), 204);
    } finally {
      atOther.close();
      await other.stop();
    }
  });

  test('outlives a restart of sessiond', async () => {
    const mount = `${newest.name}-true`;
    const session = await loggedIn();
    const request = await slow.begin(session.client, mount, '?write=1');
    await session.client.postForm('/logout', {});
    await stack.sessiond.stop();
    await request.finish();
    assert.equal(await exists(session.key), true);
    await stack.sessiond.start();
    await assertFinal(session, mount);
  });

  test('is not touched by a late request that changed nothing', async () => {
    const mount = `${newest.name}-false`;
    const session = await loggedIn();
    const request = await slow.begin(session.client, mount);
    await session.client.postForm('/logout', {});
    await request.finish();
    assert.equal(await exists(session.key), false, 'a touch creates no key');
    await assertFinal(session, mount);
  });
});
