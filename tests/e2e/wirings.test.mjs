// Every way to wire sessiond into nginx that we know of, with its exact outcome: support/wirings.mjs. All of them are
// servers of one nginx.

import assert from 'node:assert/strict';
import fs from 'node:fs';
import http2 from 'node:http2';
import path from 'node:path';
import { after, before, describe, test } from 'node:test';

import { hiddenFields } from '../support/client.mjs';
import { temporaryFolder } from '../support/folders.mjs';
import { repository } from '../support/places.mjs';
import { password, Sessiond } from '../support/sessiond.mjs';
import { freePort } from '../support/sockets.mjs';
import { startStack } from '../support/stack.mjs';
import { seenAs } from '../support/upstream.mjs';
import { PhpFpm } from './support/php_fpm.mjs';
import { asFile, wirings } from './support/wirings.mjs';

const hostOf = (index) => `w${index}.test`;

/** What the answer was, in the words of the table. */
function outcome(response, expected) {
  if (String(expected).startsWith('text:')) return `text:${response.text}`;
  if (String(expected).startsWith('json:')) return `json:${response.json().error && response.status}`;
  if (String(expected).startsWith('page:') && response.headers['content-type'] === 'text/html') return `page:${response.status}`;
  if (response.status === 200 && String(expected).startsWith('at:')) return `at:${response.json().url}`;
  if (response.status !== 200 || !String(expected).startsWith('app:')) return response.status;
  return `app:${seenAs(response.json(), 'X-User-Id').join(',')}`;
}

describe('a wiring', () => {
  let stack;
  let php;
  let h2Port;
  const cookies = { nobody: '' };

  before(async () => {
    h2Port = await freePort();
    stack = await startStack({
      http: (folder, port) =>
        wirings
          .map(
            ({ http = () => '', server }, index) => `
            ${http(folder)}
            server { listen 127.0.0.1:${port}; server_name ${hostOf(index)}; ${server(folder)} }`,
          )
          .join('\n'),
      server: `listen 127.0.0.1:${h2Port} http2;`,
    });
    php = await new PhpFpm(stack.folder).start();
    const www = path.join(stack.folder, 'www');
    for (const folder of ['account', 'wiki', 'public']) fs.mkdirSync(path.join(www, folder));
    for (const folder of ['account', 'wiki']) fs.copyFileSync(path.join(www, 'what.php'), path.join(www, folder, 'what.php'));
    fs.writeFileSync(path.join(www, 'public', 'index.html'), 'public\n');
    fs.writeFileSync(path.join(stack.folder, 'basic'), 'a:{PLAIN}b\n');
    cookies.staff = await stack.session('wirings-staff', { id: 7, roles: ['staff'] });
    cookies.admin = await stack.session('wirings-admin', { id: 1, roles: ['admin'] });
  });
  after(async () => {
    await stack?.stop();
    await php?.stop();
  });

  for (const [index, { name, asks, danger }] of wirings.entries()) {
    test(`${name}${danger ? ` (nginx's own rule; lint: ${danger})` : ''}`, async () => {
      for (const [who, target, expected, { method = 'GET', forged = [], headers = [], body } = {}] of asks) {
        const sent = [['Host', hostOf(index)], ['Cookie', cookies[who]], ...headers];
        for (const header of forged) sent.push([header, '666']);
        const response = await stack.client().request(method, target, { headers: sent, body });
        const asked = `${method} ${target} as ${who}${forged.length > 0 ? `, forging ${forged}` : ''}`;
        assert.equal(outcome(response, expected), expected, asked);
      }
    });
  }

  test('is known to the tests of the linter', () => {
    const folder = path.join(repository, 'tests/data/nginx-lint/wirings');
    const write = process.env.WRITE_WIRINGS === '1';
    if (write) fs.rmSync(folder, { recursive: true, force: true });
    if (write) fs.mkdirSync(folder, { recursive: true });
    const expected = Object.fromEntries(wirings.map(asFile).map(({ file, text }) => [file, text]));
    if (write) for (const [file, text] of Object.entries(expected)) fs.writeFileSync(path.join(folder, file), text);
    const there = fs.readdirSync(folder).map((file) => [file, fs.readFileSync(path.join(folder, file), 'utf8')]);
    assert.deepEqual(Object.fromEntries(there), expected, 'run this with WRITE_WIRINGS=1');
  });

  test('HTTP/2 is checked as HTTP/1.1 is', async () => {
    const session = http2.connect(`http://127.0.0.1:${h2Port}`);
    const get = (headers) =>
      new Promise((resolve, reject) => {
        const stream = session.request(headers);
        const seen = {};
        let text = '';
        stream.on('response', (fields) => (seen.status = fields[':status']));
        stream.on('data', (chunk) => (text += chunk));
        stream.on('end', () => resolve({ ...seen, json: () => JSON.parse(text) }));
        stream.on('error', reject);
      });
    try {
      assert.equal((await get({ ':path': '/page/' })).status, 302);
      const [name, value] = cookies.staff.split(/=(.*)/s);
      const response = await get({ ':path': '/page/', cookie: ['theme=dark', `${name}=${value}`], 'x-user-id': '666' });
      assert.equal(response.status, 200);
      assert.deepEqual(seenAs(response.json(), 'X-User-Id'), ['7']);
      assert.equal((await get({ ':path': '/admin/', cookie: cookies.staff })).status, 403);
    } finally {
      session.close();
    }
  });
});

describe('the headers of answers behind a check', () => {
  let stack;
  let staff;
  before(async () => {
    const proxy = 'include sessiond/identity-proxy.conf; proxy_pass http://application;';
    stack = await startStack({
      server: `add_header Strict-Transport-Security max-age=1 always; add_header Referrer-Policy no-referrer always;`,
      locations: (folder) => `
        location / { ${proxy} }
        location ^~ /page/ { include sessiond/protect-page.conf; ${proxy} }
        location ^~ /api/ { include sessiond/protect-api.conf; ${proxy} }
        location ^~ /files/ { include sessiond/protect-page.conf; expires 1h; alias ${folder}/; }
        location ^~ /own/ { include sessiond/protect-page.conf; include sessiond/headers.conf; add_header X-Own yes; ${proxy} }`,
    });
    staff = await stack.session('headers-staff', { id: 7 });
  });
  after(() => stack?.stop());

  const get = (target, cookie = '') => stack.client().get(target, { headers: { Cookie: cookie } });

  test("the server's reach all of them, those that sessiond refused too", async () => {
    for (const [target, cookie] of [
      ['/', ''],
      ['/page/', staff],
      ['/page/', ''],
      ['/api/', ''],
      ['/login', ''],
    ]) {
      assert.equal((await get(target, cookie)).headers['strict-transport-security'], 'max-age=1', target);
    }
  });

  test('what the application says nothing about is private', async () => {
    const cacheControl = async (target, cookie) => (await get(target, cookie)).headers['cache-control'];
    assert.equal(await cacheControl('/page/', staff), 'private, no-cache');
    assert.equal(await cacheControl('/page/?status=404', staff), 'private, no-cache');
    assert.equal(await cacheControl('/own/', staff), 'private, no-cache');
    assert.equal(await cacheControl('/page/?header=Cache-Control:max-age%3D60', staff), 'max-age=60');
    assert.equal(await cacheControl('/files/sessiond.yaml', staff), 'max-age=3600');
    assert.equal(await cacheControl('/', staff), undefined);
    assert.equal(await cacheControl('/page/'), 'no-store');
    assert.equal(await cacheControl('/api/'), 'no-store');
  });

  test('a site that says no-referrer can still log in', async () => {
    const client = stack.client();
    const form = await client.get('/login');
    assert.ok(form.headers['referrer-policy'].endsWith('no-referrer'));
    const fields = { ...hiddenFields(form.text), user: 'alice', password };
    const bare = await client.postForm('/login', fields, { headers: { Origin: 'null', 'Sec-Fetch-Site': '' } });
    assert.equal(bare.status, 403);
    assert.equal((await client.postForm('/login', fields, { headers: { Origin: 'null' } })).status, 303);
  });
});

describe('a server that gives its answers a time to live', () => {
  let stack;
  before(async () => {
    stack = await startStack({ server: 'expires 1h;' });
  });
  after(() => stack?.stop());

  test('gives none to pages that are for one user, or for one moment', async () => {
    const headers = { Cookie: await stack.session('lasting', { id: '7' }) };
    for (const target of ['/login', '/logout', '/sessions', '/page/']) {
      const anonymous = await stack.client().get(target);
      assert.match(anonymous.headers['cache-control'] ?? '', /no-store/, `${target}: ${anonymous.status}`);
      if (target === '/page/') continue;
      const known = await stack.client().get(target, { headers });
      assert.equal(known.status, 200, target);
      assert.equal(known.headers['cache-control'], 'no-store', target);
    }
  });
});

describe('two sessiond servers', () => {
  let stack;
  let second;
  before(async () => {
    const folder = temporaryFolder();
    stack = await startStack({
      upstream: (text) => text.replaceAll(/(server unix:\S+)( max_fails=0;)/g, `$1$2 server unix:${folder}/sessiond.sock$2`),
    });
    second = await new Sessiond(folder, stack.redis.url, () => {}, stack.sessiond.secrets).start();
  });
  after(async () => {
    await second?.stop();
    await stack?.stop();
  });

  test('an address of any length is refused as any other, and switches nothing off', async () => {
    const client = stack.client();
    const long = `/page/${'"'.repeat(6000)}`;
    for (let i = 0; i < 4; i++) {
      const refused = await client.get(long);
      assert.deepEqual([refused.status, refused.headers.location], [302, '/login']);
    }
    assert.equal((await client.get(`/api/${'"'.repeat(6000)}`)).status, 401);
    assert.equal((await stack.logIn(client)).status, 303);
  });

  test('one of them may be gone', async () => {
    const client = stack.client();
    assert.equal((await stack.logIn(client)).status, 303);
    await second.stop('SIGKILL');
    for (let i = 0; i < 20; i++) assert.equal((await client.get('/page/')).status, 200);
    await second.start();
    await stack.sessiond.stop('SIGKILL');
    for (let i = 0; i < 20; i++) assert.equal((await client.get('/page/')).status, 200);
    assert.equal((await stack.logIn(stack.client())).status, 303);
    await stack.sessiond.start();
  });
});
