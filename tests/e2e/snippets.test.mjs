// The shipped files themselves: the example site is sound, and the ways to include them wrongly do not open a door.

import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { after, before, describe, test } from 'node:test';

import { Client } from '../support/client.mjs';
import { temporaryFolder } from '../support/folders.mjs';
import { installSnippets, Nginx } from '../support/nginx.mjs';
import { repository } from '../support/places.mjs';
import { startStack } from '../support/stack.mjs';
import { seenAs } from '../support/upstream.mjs';

const proxy = 'include sessiond/identity-proxy.conf; proxy_pass http://application;';

describe('the example site', () => {
  test('passes nginx -t without a warning, and uses every shipped file that is not for another kind of application', async () => {
    const folder = temporaryFolder();
    installSnippets(folder, path.join(folder, 'sessiond.sock'));
    const nginx = new Nginx(folder, (port) =>
      fs
        .readFileSync(path.join(folder, 'sessiond', 'example.conf'), 'utf8')
        .replace('listen 80;', `listen 127.0.0.1:${port};`),
    );
    const { ok, output } = await nginx.check();
    assert.ok(ok, output);
    assert.doesNotMatch(output, /\[(warn|alert|error|emerg)\]/);

    const others = ['uwsgi', 'scgi', 'grpc'].map((kind) => `identity-${kind}.conf`);
    const used = new Set(['example.conf', 'policy-default.conf', ...others]);
    const follow = (name) => {
      const text = fs.readFileSync(path.join(folder, 'sessiond', name), 'utf8').replace(/#.*/g, '');
      for (const [, other] of text.matchAll(/include sessiond\/([\w-]+\.conf);/g)) {
        if (!used.has(other)) follow(other);
        used.add(other);
      }
    };
    follow('example.conf');
    const shipped = fs.readdirSync(path.join(repository, 'nginx')).filter((name) => name.endsWith('.conf'));
    assert.deepEqual([...used].sort(), shipped.sort());
  });
});

describe('an application behind the example site', () => {
  let stack;
  let nginx;
  let client;
  let text;
  before(async () => {
    stack = await startStack();
    const folder = temporaryFolder();
    installSnippets(folder, stack.sessiond.socket);
    text = fs.readFileSync(path.join(folder, 'sessiond', 'example.conf'), 'utf8');
    nginx = await new Nginx(folder, (port) =>
      text
        .replace('listen 80;', `listen 127.0.0.1:${port};`)
        .replace('listen 127.0.0.1:9180;', `listen unix:${folder}/status.sock;`)
        .replace('server 127.0.0.1:3000;', `server unix:${stack.upstream.socket};`)
        .replace('location / {', 'location ~ \\.any$ { proxy_pass http://application; } location / {'),
    ).start();
    client = new Client(nginx.port);
  });
  after(async () => {
    client?.close();
    await nginx?.stop();
    await stack?.stop();
  });

  const unlisted = ['/ADMIN/', '/Admin/', '/admin/', '/%41dmin/', '//admin/', '/assets/../admin/', '/assets/..%2fadmin/', '/API/x', '/FILES/x', '/new', '/index.php', '/.well-known/'];

  test('is reached by nobody at an address that is not named, however it is written', async () => {
    const seen = stack.upstream.requests;
    for (const target of unlisted) {
      const { status, headers } = await client.get(target, { headers: { 'X-User-Id': '1', 'X-User-Roles': 'admin' } });
      assert.deepEqual([status, headers.location?.split('?')[0]], [302, '/login'], target);
    }
    assert.equal((await client.get('/api/x')).status, 401);
    assert.equal(stack.upstream.requests, seen, 'the application has heard of none of them');
    const home = await client.get('/', { headers: { 'X-User-Id': '1' } });
    assert.deepEqual([home.status, seenAs(home.json(), 'X-User-Id')], [200, []]);
  });

  test('is reached below none of the prefixes by a regex location that is added', async () => {
    assert.equal((await client.get('/x.any')).status, 200, 'elsewhere it is');
    const prefixes = [...text.replace(/#.*/g, '').matchAll(/location (?:\^~ )?(\/\S+) \{/g)].map(([, prefix]) => prefix);
    assert.ok(prefixes.length >= 6, prefixes.join());
    const seen = stack.upstream.requests;
    for (const prefix of prefixes) {
      const { status } = await client.get(`${prefix}x.any`);
      assert.ok([302, 401, 404].includes(status), `${prefix}: ${status}`);
      assert.equal(stack.upstream.requests, seen, prefix);
    }
  });

  test('is reached there by whoever has logged in', async () => {
    await stack.session('example', { id: 7, roles: ['staff'] });
    const headers = { Cookie: stack.sessiond.cookie('example') };
    for (const target of unlisted) {
      const { status, json } = await client.get(target, { headers });
      assert.deepEqual([status, seenAs(json(), 'X-User-Id')], [200, ['7']], target);
    }
  });
});

describe('a location that is written wrongly', () => {
  let stack;
  before(async () => {
    stack = await startStack({
      server: 'error_page 401 403 500 502 503 504 =200 /sorry.html;',
      locations: () => `
        location / { return 404; }
        location = /sorry.html { return 200 sorry; }
        location /outer/ {
            set $sessiond_policy admin;
            include sessiond/protect-page.conf;
            ${proxy}
            location /outer/inner/ { ${proxy} }
            location /outer/named/ { set $sessiond_policy optional; ${proxy} }
        }
        location /after/ { ${proxy} include sessiond/protect-page.conf; set $sessiond_policy admin; }
        location /stopped/ {
            rewrite ^/stopped/(.*) /stopped/$1 break;
            set $sessiond_policy admin;
            include sessiond/protect-page.conf;
            ${proxy}
        }
        location /page/ { include sessiond/protect-page.conf; ${proxy} }
        location /api/ { include sessiond/protect-api.conf; ${proxy} }
        location /bare/ { auth_request /sessiond/auth; ${proxy} }
        location /intercepted/ {
            include sessiond/protect-page.conf;
            proxy_intercept_errors on;
            ${proxy}
        }`,
    });
  });
  after(() => stack?.stop());

  const get = (target, cookie) => stack.client().get(target, { headers: { Cookie: cookie ?? '' } });

  test('refuses in a nested location that inherits the check but not its policy', async () => {
    const admin = await stack.session('snippets-admin', { id: 1, roles: ['admin'] });
    assert.equal((await get('/outer/', admin)).status, 200);
    for (const target of ['/outer/inner/', '/outer/named/']) {
      const response = await get(target, admin);
      assert.equal(response.status, 500, target);
    }
  });

  test('takes the policy before and after the include', async () => {
    const staff = await stack.session('snippets-staff', { id: 7, roles: ['staff'] });
    assert.equal((await get('/outer/', staff)).status, 403);
    assert.equal((await get('/after/', staff)).status, 403);
  });

  test('refuses when a break kept the policy from being set', async () => {
    const admin = await stack.session('snippets-admin', { id: 1, roles: ['admin'] });
    assert.equal((await get('/stopped/', admin)).status, 500);
  });

  test("gives back an application's own errors when nginx intercepts them", async () => {
    const staff = await stack.session('snippets-staff', { id: 7 });
    for (const status of [401, 500]) {
      const response = await get(`/intercepted/?status=${status}`, staff);
      assert.equal(response.status, status);
      assert.equal(response.headers.location, undefined);
      assert.equal(response.headers['retry-after'], undefined);
    }
  });

  test("does not let the site's error pages turn a failed check into an allowed one", async () => {
    const admin = await stack.session('snippets-admin', { id: 1, roles: ['admin'] });
    assert.equal((await get('/page/', admin)).status, 200);
    const seen = stack.upstream.requests;
    await stack.sessiond.stop('SIGKILL');
    try {
      assert.equal((await get('/page/', admin)).status, 503);
      assert.equal((await get('/api/', admin)).status, 503);
      assert.equal((await get('/bare/', admin)).text, 'sorry');
      assert.equal(stack.upstream.requests, seen, 'the application must see none of them');
    } finally {
      await stack.sessiond.start();
    }
  });
});

describe('a whole server that is protected', () => {
  let stack;
  before(async () => {
    stack = await startStack({
      locations: () => `
        include sessiond/protect-page.conf;
        location / { ${proxy} }
        location /admin/ { set $sessiond_policy admin; ${proxy} }`,
    });
  });
  after(() => stack?.stop());

  test('still shows its login, and leads through it', async () => {
    const client = stack.client();
    const refused = await client.get('/x?a=1&b=2');
    assert.equal(refused.status, 302);
    const answer = await stack.logIn(client, { page: refused.headers.location });
    assert.equal(answer.status, 303);
    assert.equal((await client.get(answer.headers.location)).status, 200);
    assert.equal((await client.get('/admin/')).status, 403);
  });

  test('is 503 when sessiond is down', async () => {
    await stack.sessiond.stop('SIGKILL');
    assert.equal((await stack.client().get('/x')).status, 503);
    await stack.sessiond.start();
  });
});
