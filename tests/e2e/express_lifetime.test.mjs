// How long a session lives, and what is in it, after requests to both sides: what each side alone would have left.

import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';

import { pause, waitFor } from '../support/waiting.mjs';
import { askExpress, askSessiond, expressLocations, newest, startExpressStack, variants } from './support/express_site.mjs';

/** Seconds that both sides give a session without a maxAge. */
const kDefault = 3600;
/** Set between two requests, to see which of them moved it. */
const kMark = 777000;

const login = (client, mount, user = { id: 42 }) =>
  client.get(`/express/${mount}/login?user=${encodeURIComponent(JSON.stringify(user))}`);

const touching = (config) => Object.assign(config.session, { touch_interval: '0s', idle_timeout: '1h' });

/** What a key holds and how long it will. */
class Key {
  constructor(stack, sid) {
    this.redis = stack.express.clients.ioredis;
    this.name = `sess:${sid}`;
  }
  value = () => this.redis.get(this.name);
  ttl = () => this.redis.pttl(this.name);
  /** Each time another one: who has not heard of this one yet would take it for the one before, which was its own. */
  mark() {
    this.marked = (this.marked ?? kMark) - 10;
    return this.redis.pexpire(this.name, this.marked * 1000);
  }

  /** The time to live, once somebody has moved the mark. */
  async moved() {
    return waitFor('a touch', async () => {
      const ttl = await this.ttl();
      return ttl < (this.marked - 100) * 1000 || ttl > this.marked * 1000 ? ttl : undefined;
    });
  }
}

/** Just under `seconds`, however slow a busy machine is. */
function assertAbout(milliseconds, seconds) {
  assert.ok(
    milliseconds <= seconds * 1000 && milliseconds > seconds * 1000 - 4000,
    `${milliseconds} ms, not the last seconds of ${seconds} s`,
  );
}

/** That a touch since `started` gave exactly `seconds`, whatever time has gone by. */
function assertGiven(milliseconds, seconds, started) {
  const elapsed = Date.now() - started;
  assert.ok(
    milliseconds <= seconds * 1000 && milliseconds >= seconds * 1000 - elapsed - 10,
    `${milliseconds} ms, not ${seconds} s less the ${elapsed} ms since the request`,
  );
}

describe('the time to live', () => {
  let stack;
  before(async () => (stack = await startExpressStack({ config: touching })));
  after(() => stack?.stop());

  for (const [maxAge, seconds] of [
    [null, kDefault],
    [undefined, kDefault],
    [9000, 9],
    [9400, 10],
    [90500.5, 91],
    [1800e3, 1800],
    [365 * 86400e3, 365 * 86400],
  ]) {
    test(`with a maxAge of ${maxAge}: ${seconds} s by either, and the JSON stays`, async () => {
      await Promise.all(
        variants.map(async (variant) => {
          const name = `${variant.name}-${maxAge}`;
          stack.express.mount(name, { variant, options: { cookie: { maxAge } }, store: { ttl: kDefault } });
          const client = stack.client();
          const { id } = (await login(client, name)).json();
          const key = new Key(stack, id);
          const stored = await key.value();
          assertAbout(await key.ttl(), seconds);
          await key.mark();
          const started = Date.now();
          assert.equal((await askSessiond(client)).who, 'user 42');
          assertGiven(await key.moved(), seconds, started);
          assert.equal(await key.value(), stored);
          await key.mark();
          assert.equal(await askExpress(client, name), 'user 42');
          assertAbout(await key.moved(), seconds);
          assert.equal(await key.value(), stored);
        }),
      );
    });
  }

  test('follows a maxAge that the application changes', async () => {
    const mount = stack.express.mount('changing', {
      store: { ttl: kDefault },
      actions: {
        age: (request, response) => {
          request.session.cookie.maxAge = JSON.parse(request.query.ms);
          request.session.changed = request.query.ms;
          response.json(null);
        },
      },
    });
    const client = stack.client();
    const { id } = (await login(client, mount)).json();
    const key = new Key(stack, id);
    for (const [ms, seconds] of [
      [600e3, 600],
      [30e3, 30],
      [null, kDefault],
    ]) {
      await client.get(`/express/${mount}/age?ms=${ms}`);
      const stored = await key.value();
      for (const ask of [() => askSessiond(client), () => askExpress(client, mount)]) {
        await key.mark();
        await ask();
        assertAbout(await key.moved(), seconds);
      }
      assert.equal(await key.value(), stored);
    }
  });

  test('is left alone by a location whose requests do not count', async () => {
    const mount = stack.express.mount('polled', {});
    const client = stack.client();
    const key = new Key(stack, (await login(client, mount)).json().id);
    await key.mark();
    for (let i = 0; i < 5; i++)
      assert.equal((await askSessiond(client, undefined, { target: '/polling/' })).who, 'user 42');
    // A touch is in Redis before the check that asked for it is answered.
    assertAbout(await key.ttl(), key.marked);
  });

  test('with disableTouch: sessiond extends the session all the same (difference disable-touch)', async () => {
    const mount = stack.express.mount('untouched', { store: { ttl: kDefault, disableTouch: true } });
    const client = stack.client();
    const key = new Key(stack, (await login(client, mount)).json().id);
    await key.mark();
    assert.equal(await askExpress(client, mount), 'user 42');
    // Express touches before it ends its answer.
    assertAbout(await key.ttl(), key.marked);
    await askSessiond(client);
    assertAbout(await key.moved(), kDefault);
  });

  test('with disableTTL: what Express keeps for ever gets an end from sessiond (difference disable-touch)', async () => {
    const mount = stack.express.mount('eternal', { store: { disableTTL: true } });
    const client = stack.client();
    const key = new Key(stack, (await login(client, mount)).json().id);
    assert.equal(await askExpress(client, mount), 'user 42');
    assert.equal(await key.ttl(), -1);
    await askSessiond(client);
    assertAbout(await waitFor('an end', async () => Math.max(0, await key.ttl())), kDefault);
  });

  test('ends for both at the same moment', async () => {
    const mount = stack.express.mount('brief', { options: { cookie: { maxAge: 5000 } } });
    const client = stack.client();
    await login(client, mount);
    const headers = { Cookie: client.cookieHeader() };
    assert.equal((await askSessiond(client, headers)).who, 'user 42');
    await pause(5100); // maxAge
    assert.equal((await askSessiond(client, headers)).who, 'nobody');
    assert.equal(await askExpress(client, mount, headers), 'nobody');
  });

  test('with a maxAge of 0: Express deletes the session, sessiond leaves it (difference ended-max-age)', async () => {
    const mount = stack.express.mount('zero', {});
    const headers = await stack.session('zero', { id: 42 }, { cookie: { originalMaxAge: 0 } });
    const client = stack.client();
    const cookie = { Cookie: headers };
    assert.equal((await askSessiond(client, cookie)).reason, 'expired');
    const key = new Key(stack, 'zero');
    assertAbout(await key.ttl(), 3600);
    assert.equal(await askExpress(client, mount, cookie), 'user 42');
    assert.equal(await key.value(), null);
  });
});

describe('a handler behind the check that gives the session another life', () => {
  let stack;
  before(async () => {
    stack = await startExpressStack({
      config: touching,
      locations: (folder) => `${expressLocations(folder)}
        location /behind/ {
            include sessiond/protect-api.conf;
            include sessiond/identity-proxy.conf;
            proxy_set_header X-Forwarded-Proto http;
            proxy_pass http://unix:${folder}/express.sock:/express/;
        }`,
    });
  });
  after(() => stack?.stop());

  const actions = {
    age: (request, response) => {
      request.session.cookie.maxAge = JSON.parse(request.query.ms);
      response.json(request.get('X-User-Id'));
    },
  };
  /** One after the other, each far from the one before. */
  const lives = [
    [30 * 86400e3, 30 * 86400],
    [300e3, 300],
    [null, kDefault],
    [86400e3, 86400],
    [60e3, 60],
  ];

  for (const variant of variants) {
    test(`${variant.name}: what it gave stays, and all three agree`, async () => {
      const mount = stack.express.mount(variant.name, { variant, options: { resave: true }, store: { ttl: kDefault }, actions });
      const sessions = await Promise.all(
        Array.from({ length: 8 }, async () => {
          const client = stack.client();
          return { client, key: new Key(stack, (await login(client, mount)).json().id) };
        }),
      );
      const touches = await stack.metric('sessiond_touches_total');
      for (const [ms, seconds] of lives) {
        const started = Date.now();
        await Promise.all(
          sessions.map(async ({ client, key }) => {
            const response = await client.get(`/behind/${mount}/age?ms=${ms}`);
            assert.deepEqual([response.status, response.json()], [200, '42']);
            assertGiven(await key.ttl(), seconds, started);
          }),
        );
        // Nor does anything come later.
        for (const { key } of sessions) assertGiven(await key.ttl(), seconds, started);
      }
      assert.ok((await stack.metric('sessiond_touches_total')) > touches, 'the checks touch');
      for (const { client, key } of sessions) {
        for (const ask of [() => askSessiond(client), () => askExpress(client, mount), () => client.get(`/behind/${mount}/user`)]) {
          await key.mark();
          await ask();
          assertAbout(await key.moved(), 60);
        }
      }
    });
  }
});

describe('resave', () => {
  let stack;
  before(async () => (stack = await startExpressStack({ config: touching })));
  after(() => stack?.stop());

  for (const variant of variants) {
    test(`by ${variant.name}: sessiond reads what was last written, and writes nothing`, async () => {
      const mount = stack.express.mount(variant.name, {
        variant,
        options: { resave: true, cookie: { maxAge: 1800e3 } },
      });
      const client = stack.client();
      const key = new Key(stack, (await login(client, mount)).json().id);
      for (let i = 0; i < 4; i++) {
        const before = await key.value();
        await pause(2); // cookie.expires counts milliseconds
        await askExpress(client, mount);
        const written = await key.value();
        assert.notEqual(written, before, 'a later cookie.expires');
        assert.equal((await askSessiond(client)).who, 'user 42');
        assert.equal(await key.value(), written);
      }
      assertAbout(await key.ttl(), 1800);
    });
  }
});

/** Numbers from 0 to 1, the same in every run. */
function randomSequence(seed) {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
}

describe('hundreds of requests to both sides', () => {
  let stack;
  before(async () => (stack = await startExpressStack({ config: touching })));
  after(() => stack?.stop());

  /** Express reads the clock twice when it makes a cookie, and its originalMaxAge may lack a millisecond. */
  const withoutMoments = (text) => {
    const { cookie, ...data } = JSON.parse(text);
    const originalMaxAge = cookie.originalMaxAge && Math.ceil(cookie.originalMaxAge / 1000) * 1000;
    return { ...data, cookie: { ...cookie, originalMaxAge, expires: typeof cookie.expires } };
  };

  /** A session that both sides use, and its twin, which gets the requests to Express only. */
  async function pair(variant, maxAge) {
    const name = `mixed-${variant.name}-${maxAge}`;
    stack.express.mount(name, { variant, options: { cookie: { maxAge } }, store: { ttl: kDefault } });
    const [client, twin] = [stack.client(), stack.client()];
    const key = new Key(stack, (await login(client, name)).json().id);
    const twinKey = new Key(stack, (await login(twin, name)).json().id);
    return { name, client, twin, key, twinKey, initial: await key.value(), seconds: maxAge ? maxAge / 1000 : kDefault };
  }

  async function step(session, kind) {
    if (kind === 'sessiond') {
      assert.equal((await askSessiond(session.client)).who, 'user 42');
      return;
    }
    await Promise.all([session.client, session.twin].map((client) => client.get(`/express/${session.name}/${kind}`)));
  }

  for (const [what, kinds] of [
    ['that change nothing: every byte stays', ['sessiond', 'sessiond', 'user']],
    ['some of which write: what Express wrote, and nothing else', ['sessiond', 'sessiond', 'user', 'visit']],
  ]) {
    test(what, async () => {
      const random = randomSequence(20260101);
      const pick = (list) => list[Math.floor(random() * list.length)];
      const sessions = await Promise.all(
        variants.flatMap((variant) => [null, 1800e3].map((maxAge) => pair(variant, maxAge))),
      );
      for (let i = 0; i < 60; i++) {
        const steps = new Map(Array.from({ length: 6 }, () => [pick(sessions), pick(kinds)]));
        await Promise.all([...steps].map(([session, kind]) => step(session, kind)));
      }
      // The last word on the time to live is sessiond's for each second session, Express's for the others.
      for (const { key } of sessions) await key.mark();
      await Promise.all(sessions.map((session, i) => step(session, i % 2 ? 'sessiond' : 'user')));
      for (const { key, twinKey, initial, seconds } of sessions) {
        assertAbout(await key.moved(), seconds);
        const [value, twin] = [await key.value(), await twinKey.value()];
        if (kinds.includes('visit')) assert.deepEqual(withoutMoments(value), withoutMoments(twin));
        else assert.equal(value, initial);
      }
    });
  }
});

describe('a session made by sessiond', () => {
  let stack;
  before(
    async () =>
      (stack = await startExpressStack({ config: (config) => (touching(config), (config.cookie.max_age = '20m')) })),
  );
  after(() => stack?.stop());

  test('lives as long by a touch of Express as by one of sessiond', async () => {
    const mount = stack.express.mount(newest.name, {});
    const client = stack.client();
    await stack.logIn(client);
    const key = new Key(stack, decodeURIComponent(client.cookies.get('connect.sid')).slice(2, 34));
    const stored = await key.value();
    assertAbout(await key.ttl(), 1200);
    for (const ask of [() => askSessiond(client), () => askExpress(client, mount)]) {
      await key.mark();
      await ask();
      assertAbout(await key.moved(), 1200);
    }
    assert.equal(await key.value(), stored);
  });
});
