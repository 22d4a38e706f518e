// The login through nginx: forms and JSON, what is refused before any password is looked at, and the cookie it sets.

import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { after, before, describe, test } from 'node:test';

import { hiddenFields } from '../support/client.mjs';
import { password } from '../support/sessiond.mjs';
import { startStack } from '../support/stack.mjs';

const json = { 'Content-Type': 'application/json' };

describe('login', () => {
  let stack;
  before(async () => (stack = await startStack()));
  after(() => stack?.stop());

  test('takes JSON from a program and answers JSON', async () => {
    const client = stack.client();
    const body = JSON.stringify({ user: 'alice', password });
    const answer = await client.request('POST', '/login', { headers: json, body });
    assert.equal(answer.status, 200, answer.text);
    assert.match(answer.headers['content-type'], /^application\/json/);
    assert.equal((await client.get('/page/')).status, 200);
  });

  test('refuses a wrong password and an unknown user with the same words', async () => {
    const answers = [];
    for (const user of ['alice', 'nobody-here']) {
      const body = JSON.stringify({ user, password: 'wrong' });
      answers.push(await stack.client().request('POST', '/login', { headers: json, body }));
    }
    assert.deepEqual(
      answers.map(({ status }) => status),
      [401, 401],
    );
    assert.equal(answers[0].text, answers[1].text);
    assert.deepEqual(answers[0].setCookies, []);
  });

  test("refuses another site's form", async () => {
    const client = stack.client();
    const page = await client.get('/login');
    const fields = { ...hiddenFields(page.text), user: 'alice', password };
    const headers = { Origin: 'https://evil.example', 'Sec-Fetch-Site': 'cross-site' };
    assert.equal((await client.postForm('/login', fields, { headers })).status, 403);
    assert.equal((await client.get('/page/')).status, 302);
  });

  test('refuses a form without its token', async () => {
    const client = stack.client();
    await client.get('/login');
    assert.equal((await client.postForm('/login', { user: 'alice', password })).status, 403);
  });

  test('takes a form that was open for days, and says what is wrong with one that was open longer', async () => {
    const minute = 60000;
    const day = 24 * 60 * minute;
    const client = stack.client();
    await client.get('/login');
    const post = (age) => {
      const csrf = stack.sessiond.formToken(client.cookies.get('sessiond_csrf'), Date.now() - age);
      return client.postForm('/login', { csrf, user: 'alice', password });
    };
    assert.equal((await post(7 * day - 60 * minute)).status, 303);
    for (const age of [7 * day + minute, -6 * minute]) {
      const answer = await post(age);
      assert.equal(answer.status, 403);
      assert.match(answer.text, /This page was open for a long time\./);
    }
    assert.match(stack.sessiond.logText(), /reason=\\?"?expired/);
    assert.match(stack.sessiond.logText(), /clocks of the sessiond instances differ.*ahead=\\?"?3(59|60)s/);
  });

  test('refuses other content types and large bodies', async () => {
    const client = stack.client();
    const headers = { 'Content-Type': 'text/plain' };
    assert.equal((await client.request('POST', '/login', { headers, body: 'x' })).status, 415);
    const large = JSON.stringify({ user: 'alice', password: 'x'.repeat(9000) });
    assert.equal((await client.request('POST', '/login', { headers: json, body: large })).status, 413);
    const huge = 'x'.repeat(100000);
    const refused = await client.request('POST', '/login', { headers: json, body: huge });
    assert.deepEqual([refused.status, refused.text], [413, '{"error":"too_large"}\n']);
    for (const target of ['/login', '/logout']) {
      const page = await client.postForm(target, { text: 'x'.repeat(100000) }, { headers: { Accept: 'text/html' } });
      assert.equal(page.status, 413);
      const said = target === '/login' ? /That was too much text/ : /The request could not be read\. Nothing was changed\./;
      assert.match(page.text, said, 'a page of ours, not of nginx');
    }
  });

  for (const hostile of ['https://evil.example/', '//evil.example/', '/\\evil.example', '/%0d%0aX: y', 'javascript:alert(1)']) {
    test(`does not lead to ${hostile}`, async () => {
      const page = `/login?rd=${encodeURIComponent(hostile)}`;
      const sent = stack.client();
      const { text } = await sent.get(page);
      const fields = { ...hiddenFields(text), user: 'alice', password };
      for (const answer of [
        await stack.logIn(stack.client(), { page }),
        await stack.logIn(stack.client(), { fields: { rd: hostile } }),
        await sent.postForm(page, fields),
      ]) {
        assert.equal(answer.status, 303);
        assert.equal(answer.headers.location, '/');
      }
    });
  }

  test('over plain HTTP sets a cookie that is not Secure', async () => {
    const answer = await stack.logIn(stack.client());
    const cookie = answer.setCookies.find((line) => line.startsWith('connect.sid='));
    assert.deepEqual(cookie.split('; ').slice(1), ['Path=/', 'HttpOnly', 'SameSite=Lax']);
  });
});

describe('login where none is set up', () => {
  let stack;
  before(async () => {
    stack = await startStack({
      config: (settings) => {
        settings.login.authenticators = [];
        delete settings.login.htpasswd_file;
      },
    });
  });
  after(() => stack?.stop());

  test('says so to people and to programs', async () => {
    const page = await stack.client().get('/login?rd=%2Fpage%2F', { headers: { Accept: 'text/html' } });
    assert.equal(page.status, 404);
    assert.match(page.text, /Nobody can log in here: no login has been set up at this address/);
    assert.doesNotMatch(page.text, /href="\/login/, 'no way back to here');
    const program = await stack.client().request('POST', '/login', { headers: json, body: '{}' });
    assert.deepEqual([program.status, program.text], [404, '{"error":"no_login"}\n']);
  });
});

describe('login behind something that ends TLS', () => {
  let stack;
  before(async () => (stack = await startStack({ server: 'set $sessiond_scheme https;' })));
  after(() => stack?.stop());

  test('sets a Secure cookie', async () => {
    const client = stack.client();
    const body = JSON.stringify({ user: 'alice', password });
    const answer = await client.request('POST', '/login', { headers: json, body });
    const cookie = answer.setCookies.find((line) => line.startsWith('connect.sid='));
    assert.deepEqual(cookie.split('; ').slice(1), ['Path=/', 'HttpOnly', 'Secure', 'SameSite=Lax']);
    assert.equal((await client.get('/page/')).status, 200);
  });

  test('does not take the scheme from the client', async () => {
    const headers = { ...json, 'X-Forwarded-Proto': 'http', 'SESSIOND-SCHEME': 'http' };
    const body = JSON.stringify({ user: 'alice', password });
    const answer = await stack.client().request('POST', '/login', { headers, body });
    assert.match(answer.setCookies.join(), /; Secure/);
  });
});

describe('login of users in Redis', () => {
  // bcrypt of cost 4; of which password is of no matter.
  const hash = '$2b$04$y2/FkCtRRuIxyanUHAJCk.T0a7tySCeEHgUylcVohvT29tcH.cE1e';

  /** What the log says after wrong passwords for somebody whose hash is of another cost than the default. */
  async function logWith(settings) {
    const stack = await startStack({ config: (config) => (config.login = { authenticators: ['redis'], ...settings }) });
    try {
      await stack.redis.command('HSET', 'sessiond:user:rita', 'password', hash, 'id', '8');
      for (const user of ['rita', 'nobody-here']) {
        const body = JSON.stringify({ user, password: 'wrong' });
        assert.equal((await stack.client().request('POST', '/login', { headers: json, body })).status, 401);
      }
    } finally {
      await stack.stop();
    }
    return stack.sessiond.logText();
  }

  test('computes what the configuration says is usual for names that nobody has', async () => {
    assert.match(await logWith({}), /of another kind or cost than what is computed for unknown names/);
    assert.doesNotMatch(await logWith({ redis_usual_hash: hash }), /of another kind or cost/);
  });

  test('reaches no entry whose name has spaces around it', async () => {
    const stack = await startStack({ config: (config) => (config.login = { authenticators: ['redis'] }) });
    const file = fs.readFileSync(path.join(stack.sessiond.folder, 'htpasswd'), 'utf8');
    const known = /^alice:([^:]*):/m.exec(file)[1];
    const add = (name, id) => stack.redis.command('HSET', `sessiond:user:${name}`, 'password', known, 'id', id);
    const logIn = (user) =>
      stack.client().request('POST', '/login', { headers: json, body: JSON.stringify({ user, password }) });
    const spellings = ['rita', ' rita', 'rita '];
    try {
      await add(' rita', '8');
      await add('rita ', '9');
      for (const user of spellings) assert.equal((await logIn(user)).status, 401, user);
      await add('rita', '7');
      for (const user of spellings) assert.equal((await logIn(user)).json().user?.id, '7', user);
    } finally {
      await stack.stop();
    }
  });
});
