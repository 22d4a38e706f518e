// The recipes in nginx/examples/ for other languages and other people's applications, run as they stand, behind the
// shipped snippets; only ports, paths and names of this machine are put in. For each: a stranger does not pass, whoever is
// logged in is known to the application, nobody can claim to be somebody else, and the linter finds nothing in it.

import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { after, before, describe, test } from 'node:test';
import { parse } from 'yaml';

import { Client } from '../support/client.mjs';
import { temporaryFolder } from '../support/folders.mjs';
import { installSnippets, Nginx } from '../support/nginx.mjs';
import { binary, repository } from '../support/places.mjs';
import { start, stop } from '../support/processes.mjs';
import { Redis } from '../support/redis_server.mjs';
import { Sessiond } from '../support/sessiond.mjs';
import { freePort, waitUntilListening } from '../support/sockets.mjs';
import { Hopeless, waitFor } from '../support/waiting.mjs';
import { PhpFpm } from './support/php_fpm.mjs';

const alice = { id: '7', name: 'Älice', roles: ['staff', 'editor'] };
const tool = path.join(path.dirname(binary), 'sessionctl');

/** An example with its own Redis, sessiond and nginx. */
class Recipe {
  constructor(name) {
    this.folder = temporaryFolder();
    this.example = path.join(this.folder, 'example');
    fs.cpSync(path.join(repository, 'nginx/examples', name), this.example, { recursive: true });
    fs.symlinkSync(path.join(repository, 'tests/e2e/node_modules'), path.join(this.example, 'node_modules'));
    this.stops = [];
    this.places = []; // [what stands in the example, what is put in its place]
  }

  async start(change) {
    this.redis = await new Redis(this.folder).start();
    this.sessiond = await new Sessiond(this.folder, this.redis.url, change).start();
    installSnippets(this.folder, this.sessiond.socket);
  }

  /** A program that says `listening on PORT`. */
  async application(program, args, port) {
    const log = path.join(this.folder, 'application.log');
    const child = start(program, args, { log, env: { PORT: '0' } });
    this.stops.push(() => stop(child));
    const text = () => (fs.existsSync(log) ? fs.readFileSync(log, 'utf8') : '');
    const found = await waitFor(`${program} listens`, () => {
      if (!child.alive) throw new Hopeless(`${program} has ended: ${text()}`);
      return text().match(/listening on (\d+)/)?.[1];
    });
    this.places.push([`127.0.0.1:${port}`, `127.0.0.1:${found}`]);
  }

  async serve() {
    const site = fs.readFileSync(path.join(this.example, 'nginx.conf'), 'utf8');
    this.nginx = new Nginx(this.folder, (port) =>
      [...this.places, ['listen 80;', `listen 127.0.0.1:${port};`]].reduce((text, [from, to]) => {
        assert.ok(text.includes(from), `${from} is in the example`);
        return text.replaceAll(from, to);
      }, site),
    );
    await this.nginx.start();
  }

  client() {
    const client = new Client(this.nginx.port);
    this.stops.push(() => client.close());
    return client;
  }

  /** The Cookie header of somebody who is logged in. */
  async cookie(user = alice) {
    const session = { cookie: { originalMaxAge: null, expires: null, httpOnly: true, path: '/' }, user };
    await this.redis.command('SET', 'sess:recipe', JSON.stringify(session), 'EX', 600);
    return this.sessiond.cookie('recipe');
  }

  /** What the linter says of the whole configuration. */
  lint() {
    const main = path.join(this.folder, 'nginx.conf');
    const { status, stdout, stderr } = spawnSync(tool, ['nginx', 'lint', '--config', this.sessiond.file, main], { encoding: 'utf8', timeout: 30000 });
    return { status, text: `${stdout}${stderr}` };
  }

  async stop() {
    await this.nginx?.stop();
    for (const end of this.stops.reverse()) await end();
    await this.sessiond?.stop();
    await this.redis?.stop();
  }
}

const node = (file) => (recipe, port) => recipe.application('node', [path.join(recipe.example, file)], port);

/** What each recipe needs, where it asks, and how the application says whom it sees. */
const recipes = {
  php: {
    target: '/account/whoami.php',
    begin: async (recipe) => {
      const php = await new PhpFpm(recipe.folder).start();
      recipe.stops.push(() => php.stop());
      const www = path.join(recipe.folder, 'www');
      fs.mkdirSync(path.join(www, 'account'));
      fs.copyFileSync(path.join(recipe.example, 'whoami.php'), path.join(www, 'account', 'whoami.php'));
      recipe.places.push(['unix:/run/php/php-fpm.sock', `unix:${php.socket}`], ['/var/www/example', www]);
    },
  },
  flask: {
    target: '/tasks/',
    begin: (recipe) => recipe.application('/usr/bin/python3', [path.join(recipe.example, 'app.py')], 5000),
  },
  ruby: {
    target: '/orders/',
    begin: (recipe) => recipe.application('ruby', [path.join(recipe.example, 'app.rb')], 9292),
  },
};

for (const [name, { target, begin }] of Object.entries(recipes)) {
  describe(`nginx/examples/${name}`, () => {
    let recipe;
    before(async () => {
      recipe = new Recipe(name);
      await recipe.start();
      await begin(recipe);
      await recipe.serve();
    });
    after(() => recipe?.stop());

    test('a stranger is led to the login', async () => {
      const { status, headers } = await recipe.client().get(target, { headers: { 'X-User-Id': '7', X_User_Id: '7' } });
      assert.deepEqual([status, headers.location], [302, `/login?rd=${encodeURIComponent(target)}`]);
    });

    test('the application knows who asks, whatever else a client says', async () => {
      const Cookie = await recipe.cookie();
      for (const forged of [{}, { 'X-User-Id': '1', 'X-User-Name': 'root', 'X-User-Roles': 'admin' }]) {
        const response = await recipe.client().get(target, { headers: { Cookie, ...forged } });
        assert.equal(response.status, 200, response.text);
        const { for: seen } = response.json();
        assert.deepEqual({ ...seen, roles: Object.values(seen.roles) }, alice);
      }
    });

    test('the linter finds nothing', () => {
      const { status, text } = recipe.lint();
      assert.equal(status, 0, text);
    });
  });
}

describe('nginx/examples/php, beside what is asked for', () => {
  let recipe;
  const www = (...names) => path.join(recipe.folder, 'www', ...names);
  before(async () => {
    recipe = new Recipe('php');
    await recipe.start();
    await recipes.php.begin(recipe);
    await recipe.serve();
  });
  after(() => recipe?.stop());

  test('no script is shown as text', async () => {
    fs.writeFileSync(www('config.php'), '<?php $password = "secret";');
    fs.mkdirSync(www('lib'));
    fs.copyFileSync(www('config.php'), www('lib', 'config.php'));
    const Cookie = await recipe.cookie();
    for (const target of ['/config.php', '/lib/config.php', '/account/../config.php', '/account/..%2fconfig.php'])
      for (const headers of [{}, { Cookie }]) {
        const { status, text } = await recipe.client().get(target, { headers });
        assert.equal(status, 404, target);
        assert.doesNotMatch(text, /secret/);
      }
  });

  test('PHP is asked for scripts that are there, and for nothing else', async () => {
    fs.writeFileSync(www('account', 'picture.jpg'), '<?php echo "run";');
    const Cookie = await recipe.cookie();
    for (const target of ['/account/none.php', '/account/picture.jpg/x.php']) {
      const { status, text } = await recipe.client().get(target, { headers: { Cookie } });
      assert.equal(status, 404, target);
      assert.match(text, /nginx/, 'nginx says so, and not PHP');
      assert.equal((await recipe.client().get(target)).status, 302, 'and tells strangers nothing');
    }
  });
});

describe('nginx/examples/single-page', () => {
  const page = 'https://app.example.org';
  let recipe;
  before(async () => {
    recipe = new Recipe('single-page');
    await recipe.start();
    await node('api.mjs')(recipe, 3002);
    recipe.places.push(['/var/www/app', recipe.example]);
    await recipe.serve();
  });
  after(() => recipe?.stop());

  const ask = (method, target, headers) => recipe.client().request(method, target, { headers: { Host: 'api.example.org', Origin: page, ...headers } });

  test('the page is public', async () => {
    const { status, text } = await recipe.client().get('/page.html', { headers: { Host: 'app.example.org' } });
    assert.equal(status, 200);
    assert.match(text, /credentials: 'include'/);
  });

  test('the question before a request is answered without a cookie, and says nothing else', async () => {
    const { status, headers, text } = await ask('OPTIONS', '/notes', { 'Access-Control-Request-Method': 'POST' });
    assert.equal(status, 204);
    assert.equal(text, '');
    assert.equal(headers['access-control-allow-origin'], page);
    assert.equal(headers['access-control-allow-credentials'], 'true');
    assert.equal(headers['x-user-id'], undefined);
  });

  test('the page can read why it was refused', async () => {
    const { status, headers, text } = await ask('GET', '/notes', {});
    assert.equal(status, 401);
    assert.equal(headers['access-control-allow-origin'], page);
    assert.equal(JSON.parse(text).reason, 'missing');
  });

  test('whoever is logged in has notes of their own', async () => {
    const Cookie = await recipe.cookie();
    assert.equal((await ask('POST', '/notes', { Cookie, 'X-User-Id': '1' })).json().for, '7');
    const { headers, ...response } = await ask('GET', '/notes', { Cookie });
    assert.equal(headers['access-control-allow-origin'], page);
    assert.match(headers['cache-control'], /private/);
    assert.equal(JSON.parse(response.text).notes.length, 1);
  });

  test('the linter finds nothing', () => {
    const { status, text } = recipe.lint();
    assert.equal(status, 0, text);
  });
});

describe('nginx/examples/websocket', () => {
  let recipe;
  before(async () => {
    recipe = new Recipe('websocket');
    await recipe.start();
    await node('chat.mjs')(recipe, 3003);
    await recipe.serve();
  });
  after(() => recipe?.stop());

  const connect = async (headers) => {
    const { WebSocket } = await import('ws');
    const host = `127.0.0.1:${recipe.nginx.port}`;
    const socket = new WebSocket(`ws://${host}/chat/`, { headers: { Origin: `http://${host}`, ...headers } });
    recipe.stops.push(() => socket.terminate());
    return new Promise((resolve) => {
      socket.on('open', () => resolve({ socket }));
      socket.on('unexpected-response', (_, response) => resolve({ status: response.statusCode }));
      socket.on('error', (error) => resolve({ error }));
    });
  };

  test('a stranger gets no connection', async () => {
    assert.equal((await connect({ 'X-User-Name': 'alice' })).status, 401);
  });

  const talks = async (socket) => {
    const heard = new Promise((resolve) => socket.on('message', (data) => resolve(JSON.parse(data))));
    socket.send('hello');
    assert.deepEqual(await heard, { from: alice.name, said: 'hello' });
  };

  test('what one says all hear, by the name that is the session\'s', async () => {
    const { socket } = await connect({ Cookie: await recipe.cookie(), 'X-User-Name': 'root' });
    await talks(socket);
  });

  test('a page of another host gets no connection, whoever looks at it', async () => {
    const Cookie = await recipe.cookie();
    const { port } = recipe.nginx;
    const others = ['http://evil.example', `http://evil.example:${port}`, 'http://127.0.0.1.evil.example', `http://127.0.0.1@evil.example:${port}`, 'null', ''];
    for (const Origin of others) assert.equal((await connect({ Cookie, Origin })).status, 403, Origin);
  });

  test('a bad frame ends its connection, and nobody else\'s', async () => {
    const Cookie = await recipe.cookie();
    const [bad, good] = [await connect({ Cookie }), await connect({ Cookie })];
    const closed = new Promise((resolve) => bad.socket.on('close', resolve));
    bad.socket._socket.write(Buffer.from([0xff, 0xff, 0xff, 0xff])); // bits that nobody has agreed on
    assert.equal(await closed, 1002);
    await talks(good.socket);
    await talks((await connect({ Cookie })).socket);
  });

  test('the linter finds nothing', () => {
    const { status, text } = recipe.lint();
    assert.equal(status, 0, text);
  });
});

/** What the example says to put into sessiond.yaml. */
function namedOptions(recipe) {
  const site = fs.readFileSync(path.join(recipe.example, 'nginx.conf'), 'utf8');
  const [lines] = site.match(/^# {3}identity:\n(?:# {5}.*\n)+/m);
  return parse(lines.replace(/^# {3}/gm, ''));
}

describe('nginx/examples/auth-proxy', () => {
  let recipe;
  before(async () => {
    recipe = new Recipe('auth-proxy');
    await recipe.start((config) => {
      Object.assign(config, namedOptions(recipe));
    });
    execFileSync(tool, ['nginx', 'print', '--config', recipe.sessiond.file, '--shipped', path.join(repository, 'nginx'), '--to', path.join(recipe.folder, 'printed')]);
    const printed = path.join(recipe.folder, 'printed');
    for (const file of fs.readdirSync(printed).filter((one) => one.startsWith('identity-')))
      fs.copyFileSync(path.join(printed, file), path.join(recipe.folder, 'sessiond', file));
    const port = await freePort();
    const config = path.join(recipe.folder, 'radicale.conf');
    fs.writeFileSync(
      config,
      fs
        .readFileSync(path.join(recipe.example, 'radicale.conf'), 'utf8')
        .replace('127.0.0.1:5232', `127.0.0.1:${port}`)
        .replace('/var/lib/radicale/collections', path.join(recipe.folder, 'collections')),
    );
    const log = path.join(recipe.folder, 'radicale.log');
    const child = start('/usr/bin/python3', ['-m', 'radicale', '--config', config], { log });
    recipe.stops.push(() => stop(child));
    await waitUntilListening('Radicale', port, child, () => fs.readFileSync(log, 'utf8'));
    recipe.places.push(['127.0.0.1:5232', `127.0.0.1:${port}`]);
    await recipe.serve();
  });
  after(() => recipe?.stop());

  const whoAmI = (headers) =>
    recipe.client().request('PROPFIND', '/', {
      headers: { Depth: '0', 'Content-Type': 'application/xml', ...headers },
      body: '<?xml version="1.0"?><propfind xmlns="DAV:"><prop><current-user-principal/></prop></propfind>',
    });

  test('a stranger is led to the login, also one who knows the header', async () => {
    for (const headers of [{}, { 'X-Remote-User': 'ada' }, { X_Remote_User: 'ada' }]) assert.equal((await whoAmI(headers)).status, 302);
  });

  test('the application takes the user from the session, and from nobody else', async () => {
    const Cookie = await recipe.cookie({ id: 'ada', name: 'root' });
    for (const headers of [{}, { 'X-Remote-User': 'root' }]) {
      const { status, text } = await whoAmI({ Cookie, ...headers });
      assert.equal(status, 207);
      assert.match(text, /<href>\/ada\/<\/href>/);
    }
  });

  test('who has no id is not let in as nobody', async () => {
    assert.equal((await whoAmI({ Cookie: await recipe.cookie({ name: 'ada' }) })).status, 403);
  });

  test('the linter finds nothing', () => {
    const { status, text } = recipe.lint();
    assert.equal(status, 0, text);
  });
});
