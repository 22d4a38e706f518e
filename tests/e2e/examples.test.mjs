// The examples in nginx/examples/, run as they stand; only ports and paths are changed.

import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { after, before, describe, test } from 'node:test';

import { Client, formAction, hiddenFields } from '../support/client.mjs';
import { temporaryFolder } from '../support/folders.mjs';
import { installSnippets, Nginx } from '../support/nginx.mjs';
import { repository } from '../support/places.mjs';
import { start, stop } from '../support/processes.mjs';
import { Redis } from '../support/redis_server.mjs';
import { password, Sessiond } from '../support/sessiond.mjs';
import { freePort } from '../support/sockets.mjs';
import { Hopeless, waitFor } from '../support/waiting.mjs';

/** Starts a program that says `listening on PORT`; {process, port}. */
async function startServer(program, args, log, env) {
  const child = start(program, args, { log, env: { ...env, PORT: '0' } });
  const text = () => (fs.existsSync(log) ? fs.readFileSync(log, 'utf8') : '');
  const port = await waitFor(`${program} listens`, () => {
    if (!child.alive) throw new Hopeless(`${program} has ended: ${text()}`);
    return text().match(/listening on (\d+)/)?.[1];
  });
  return { child, port };
}

/** A port for programs that take an address only. */
async function listenOnLoopback(redis) {
  const port = await freePort();
  await redis.command('CONFIG', 'SET', 'bind', '127.0.0.1');
  await redis.command('CONFIG', 'SET', 'port', port);
  return port;
}

describe('nginx/examples/shared-login', () => {
  const parts = {};
  const clients = [];
  const newClient = () => {
    clients.push(new Client(parts.nginx.port));
    return clients.at(-1);
  };

  before(async () => {
    const folder = temporaryFolder();
    const example = path.join(folder, 'example');
    fs.cpSync(path.join(repository, 'nginx/examples/shared-login'), example, { recursive: true });
    fs.symlinkSync(path.join(repository, 'tests/e2e/node_modules'), path.join(example, 'node_modules'));
    parts.redis = await new Redis(folder).start();
    parts.sessiond = await new Sessiond(
      folder,
      parts.redis.url,
      (config) => (config.session.idle_timeout = '1d'),
    ).start();
    parts.express = await startServer('node', [path.join(example, 'app.mjs')], path.join(folder, 'express.log'), {
      REDIS_URL: `redis://127.0.0.1:${await listenOnLoopback(parts.redis)}`,
      SESSION_SECRET_FILE: path.join(folder, 'secret-1'),
    });
    parts.python = await startServer('python3', [path.join(example, 'reports.py')], path.join(folder, 'python.log'));
    installSnippets(folder, parts.sessiond.socket);
    const site = fs.readFileSync(path.join(example, 'nginx.conf'), 'utf8');
    const ports = { 3000: parts.express.port, 3001: parts.python.port };
    parts.nginx = await new Nginx(folder, (port) =>
      site
        .replace('listen 80;', `listen 127.0.0.1:${port};`)
        .replace(/127\.0\.0\.1:(300[01]);/g, (_, number) => `127.0.0.1:${ports[number]};`),
    ).start();
  });
  after(async () => {
    for (const client of clients) client.close();
    await parts.nginx?.stop();
    await stop(parts.express?.child);
    await stop(parts.python?.child);
    await parts.sessiond?.stop();
    await parts.redis?.stop();
  });

  test('a login at sessiond is one for Express and for Python', async () => {
    const client = newClient();
    assert.match((await client.get('/')).text, /^Hello stranger/);
    const refused = await client.get('/reports/');
    assert.deepEqual([refused.status, refused.headers.location], [302, '/login?rd=%2Freports%2F']);

    const { text } = await client.get(refused.headers.location);
    const answer = await client.postForm(formAction(text), { ...hiddenFields(text), user: 'alice', password });
    assert.deepEqual([answer.status, answer.headers.location], [303, '/reports/']);

    const alice = { id: '7', name: 'Alice Liddell', roles: ['staff', 'editor'] };
    assert.deepEqual((await client.get('/reports/')).json(), { report: 'sales', for: alice });
    assert.deepEqual((await client.get('/')).json(), { hello: 'Alice Liddell', visits: 1 });
    assert.deepEqual((await client.get('/')).json(), { hello: 'Alice Liddell', visits: 2 });
    assert.deepEqual((await client.get('/reports/')).json().for, alice);

    assert.equal((await client.postForm('/logout', {})).status, 303);
    assert.match((await client.get('/')).text, /^Hello stranger/);
    assert.equal((await client.get('/reports/')).status, 302);
  });

  test('a login at Express is one for Python', async () => {
    const client = newClient();
    const answer = await client.postForm('/guest', {});
    assert.deepEqual([answer.status, answer.headers.location], [303, '/reports/']);
    const guest = { id: 'guest', name: 'Guest', roles: ['guest'] };
    assert.deepEqual((await client.get('/reports/')).json().for, guest);
    assert.deepEqual((await client.get('/')).json(), { hello: 'Guest', visits: 1 });
  });

  test('a stranger cannot claim to be somebody', async () => {
    const client = newClient();
    const response = await client.get('/reports/', { headers: { 'X-User-Id': '7', X_User_Id: '7' } });
    assert.equal(response.status, 302);
    await client.postForm('/guest', {});
    const forged = { 'X-User-Id': '7', 'X-User-Name': 'Alice', 'X-User-Roles': 'admin', Cookie: client.cookieHeader() };
    assert.equal((await client.get('/reports/', { headers: forged })).json().for.id, 'guest');
  });
});
