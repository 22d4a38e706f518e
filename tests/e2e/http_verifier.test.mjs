// Logins that an application decides, asked over HTTP: yes, no, and every way of not being able to tell, by a real HTTP
// server, over a port, a unix socket and TLS.

import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import fs from 'node:fs';
import http from 'node:http';
import https from 'node:https';
import path from 'node:path';
import { after, before, describe, test } from 'node:test';

import { temporaryFolder } from '../support/folders.mjs';
import { binary } from '../support/places.mjs';
import { startStack } from '../support/stack.mjs';
import { seenAs } from '../support/upstream.mjs';

const kToken = 'a-token-of-sixteen-and-more';
const kUser = '{"id":42,"name":"Zoë","roles":["staff"],"plan":{"seats":[1.50]}}';
const json = { 'content-type': 'application/json' };

/** An application: `application.answer(request, response, question)` decides; all that it was asked is kept. */
async function startApplication(listen, tls) {
  const application = { asked: [] };
  const handle = (request, response) => {
    let text = '';
    request.on('data', (chunk) => (text += chunk));
    request.on('end', () => {
      const question = JSON.parse(text);
      application.asked.push({ method: request.method, url: request.url, headers: request.headers, question });
      application.answer(request, response, question);
    });
  };
  application.server = tls ? https.createServer(tls, handle) : http.createServer(handle);
  await new Promise((resolve) => application.server.listen(...listen, resolve));
  application.port = application.server.address().port;
  application.stop = () =>
    new Promise((resolve) => {
      application.server.close(resolve);
      application.server.closeAllConnections();
    });
  return application;
}

const yes = (request, response) => response.writeHead(200, json).end(kUser);

async function startSite(verifier, { authenticators = ['http'], change = () => {} } = {}) {
  return startStack({
    config: (config) => {
      const folder = path.dirname(config.listen.socket);
      fs.writeFileSync(path.join(folder, 'token'), `${kToken}\n`, { mode: 0o600 });
      config.login = {
        authenticators,
        http_verifier: { token_file: path.join(folder, 'token'), timeout: '1s', ...verifier },
        ...(authenticators.includes('htpasswd') ? { htpasswd_file: path.join(folder, 'htpasswd') } : {}),
      };
      change(config);
    },
  });
}

const logIn = (client, body) => client.request('POST', '/login', { headers: json, body: JSON.stringify(body) });

describe('logins that an application decides', () => {
  let application;
  let stack;
  before(async () => {
    application = await startApplication([0, '127.0.0.1']);
    stack = await startSite({ url: `http://127.0.0.1:${application.port}/verify?x=1` });
  });
  after(async () => {
    await stack?.stop();
    await application?.stop();
  });

  test('yes: whatever it says of the user becomes session.user', async () => {
    application.answer = yes;
    const client = stack.client();
    const answer = await logIn(client, { user: 'zoë', password: 'p"ä\u0001ss' });
    assert.equal(answer.status, 200);
    assert.deepEqual(answer.json().user, JSON.parse(kUser));
    assert.ok(answer.text.includes('1.50'), 'numbers keep their text');
    const seen = (await client.get('/api/x')).json();
    assert.deepEqual(seenAs(seen, 'X-User-Id'), ['42']);
    assert.deepEqual(seenAs(seen, 'X-User-Roles'), ['staff']);
    const { method, url, headers, question } = application.asked.at(-1);
    assert.deepEqual([method, url], ['POST', '/verify?x=1']);
    assert.equal(headers.authorization, `Bearer ${kToken}`);
    assert.equal(headers['content-type'], 'application/json');
    assert.deepEqual(question, { user: 'zoë', password: 'p"ä\u0001ss', address: '127.0.0.1' });
  });

  for (const status of [401, 403]) {
    test(`no: ${status}`, async () => {
      application.answer = (request, response) => response.writeHead(status).end('whatever');
      const answer = await logIn(stack.client(), { user: `no-${status}`, password: 'x' });
      assert.equal(answer.status, 401);
      assert.match(answer.text, /wrong_credentials/);
    });
  }

  test('yes, of a user whom no check could name to the applications: nobody is logged in', async () => {
    application.answer = (request, response) => response.writeHead(200, json).end('{"id":7,"roles":["a,b"]}');
    const before = stack.sessiond.logText().length;
    const answer = await logIn(stack.client(), { user: 'zoë-of-two-roles', password: 'x' });
    assert.equal(answer.status, 401, answer.text);
    assert.match(stack.sessiond.logText().slice(before), /no value that can be sent as it stands: X-User-Roles/);
  });

  test('yes, of a user whose id JavaScript would make another: nobody is logged in', async () => {
    application.answer = (request, response) => response.writeHead(200, json).end('{"id":1234567890123456789}');
    const before = stack.sessiond.logText().length;
    const answer = await logIn(stack.client(), { user: 'zoë-of-many', password: 'x' });
    assert.equal(answer.status, 401, answer.text);
    assert.match(stack.sessiond.logText().slice(before), /let the id be a text/);
  });

  const unable = {
    'another status': [(request, response) => response.writeHead(500, json).end(kUser), /status 500/],
    'created, which is not 200': [(request, response) => response.writeHead(201, json).end(kUser), /status 201/],
    'not found': [(request, response) => response.writeHead(404).end(), /status 404/],
    'a redirect to somewhere that would say yes': [
      (request, response) => response.writeHead(307, { location: `http://127.0.0.1:${application.port}/yes` }).end(),
      /status 307/,
    ],
    'no JSON': [(request, response) => response.writeHead(200, json).end('{"id":'), /no JSON object with an id/],
    'no id': [(request, response) => response.writeHead(200, json).end('{"name":"Zoë"}'), /no JSON object with an id/],
    'an empty answer': [(request, response) => response.writeHead(200, json).end(), /no JSON object with an id/],
    'too much': [
      (request, response) => response.writeHead(200, json).end(`{"id":1,"x":"${'x'.repeat(20_000)}"}`),
      /larger than 16384 bytes/,
    ],
    'an answer without an end': [
      (request, response) => {
        response.writeHead(200, json);
        const more = setInterval(() => response.write('x'.repeat(1000)), 5);
        response.on('close', () => clearInterval(more));
      },
      /larger than 16384 bytes/,
    ],
    'an answer that is cut off': [
      (request, response) => {
        response.writeHead(200, { ...json, 'content-length': 1000 });
        response.write(kUser);
        setTimeout(() => response.destroy(), 20);
      },
      /transfer closed|bytes missing|Connection reset/, // the second is curl 8.14's word
    ],
    'no answer in time': [() => {}, /Timeout|timed out/i],
    'one that comes drop by drop': [
      (request, response) => {
        response.writeHead(200, json);
        const more = setInterval(() => response.write(' '), 100);
        response.on('close', () => clearInterval(more));
      },
      /Timeout|timed out/i,
    ],
  };
  for (const [what, [answer, reason]] of Object.entries(unable)) {
    test(`nobody can tell: ${what}`, async () => {
      application.answer = (request, response, question) =>
        request.url === '/yes' ? yes(request, response) : answer(request, response, question);
      const before = stack.sessiond.logText().length;
      const client = stack.client();
      const refused = await logIn(client, { user: 'zoë', password: 'x' });
      assert.equal(refused.status, 503, refused.text);
      assert.ok(refused.headers['retry-after']);
      const log = stack.sessiond.logText().slice(before);
      assert.match(log, /login.http_verifier.url cannot tell who this is/);
      assert.match(log, reason);
      application.answer = yes;
      assert.equal((await logIn(client, { user: 'zoë', password: 'x' })).status, 200, 'it can again');
    });
  }

  test('that it goes on like that is summed up in the log', async () => {
    application.answer = (request, response) => response.writeHead(502).end();
    const before = stack.sessiond.logText().length;
    const client = stack.client();
    const began = Date.now();
    for (let i = 0; i < 80; i++) assert.equal((await logIn(client, { user: 'zoë', password: 'x' })).status, 503);
    const lines = stack.sessiond.logText().slice(before).split('\n').filter((line) => line.includes('cannot tell who this is'));
    const most = 20 * Math.ceil((Date.now() - began) / 10_000 + 1); // in ten seconds each
    assert.ok(lines.length > 0 && lines.length <= most, `${lines.length} lines`);
    application.answer = yes;
  });

  test('neither passwords nor names nor the token are in the log', () => {
    const log = stack.sessiond.logText();
    for (const secret of ['zoë', kToken, 'p"ä']) assert.ok(!log.includes(secret), secret);
  });
});

describe('guesses at passwords that an application knows', () => {
  let application;
  let stack;
  before(async () => {
    application = await startApplication([0, '127.0.0.1']);
    stack = await startSite({ url: `http://127.0.0.1:${application.port}/verify` });
  });
  after(async () => {
    await stack?.stop();
    await application?.stop();
  });

  const tries = async (user, times) => {
    const client = stack.client();
    const answers = [];
    for (let i = 0; i < times; i++) answers.push((await logIn(client, { user, password: `guess ${i}` })).status);
    return answers;
  };

  test('no by another status than 401, or too late: a stranger has five guesses all the same', async () => {
    for (const [user, answer, reason] of [
      ['guessed', (request, response) => response.writeHead(422).end('{}'), /counts as a try; let the application answer a wrong password with 401/],
      ['guessed-late', () => {}, /counts as a try.*(Timeout|timed out)/i],
    ]) {
      application.answer = answer;
      const asked = application.asked.length;
      const before = stack.sessiond.logText().length;
      assert.deepEqual(await tries(user, 7), [503, 503, 503, 503, 503, 429, 429]);
      assert.equal(application.asked.length, asked + 5);
      assert.match(stack.sessiond.logText().slice(before), reason);
    }
    application.answer = yes;
  });

  test('an application that is down for a while costs nobody a try', async () => {
    const outages = [429, 502, 503, 504].map((status) => (request, response) => response.writeHead(status).end());
    const large = (request, response) => response.writeHead(503).end('x'.repeat(20_000));
    const cutOff = (request, response) => {
      response.writeHead(502, { 'content-length': 1000 });
      response.write('away');
      setTimeout(() => response.destroy(), 20);
    };
    for (const answer of [...outages, large, cutOff]) {
      application.answer = answer;
      const before = stack.sessiond.logText().length;
      assert.deepEqual(new Set(await tries('waiting', 7)), new Set([503]));
      assert.doesNotMatch(stack.sessiond.logText().slice(before), /counts as a try/);
    }
    application.answer = yes;
    assert.equal((await logIn(stack.client(), { user: 'waiting', password: 'x' })).status, 200);
  });
});

describe('an application that knows users', () => {
  test('is asked over a unix socket, and no proxy of the environment is', async () => {
    const folder = temporaryFolder();
    const socket = path.join(folder, 'app.sock');
    const application = await startApplication([socket]);
    application.answer = yes;
    const proxy = await startApplication([0, '127.0.0.1']);
    const overPort = await startApplication([0, '127.0.0.1']);
    overPort.answer = yes;
    proxy.answer = (request, response) => response.writeHead(403).end();
    process.env.http_proxy = process.env.ALL_PROXY = `http://127.0.0.1:${proxy.port}`;
    try {
      for (const [url, asked] of [[`http://unix:${socket}:/verify`, application], [`http://127.0.0.1:${overPort.port}/`, overPort]]) {
        const stack = await startSite({ url });
        try {
          assert.equal((await logIn(stack.client(), { user: 'zoë', password: 'x' })).status, 200);
        } finally {
          await stack.stop();
        }
        assert.equal(asked.asked.length, 1);
      }
      assert.equal(proxy.asked.length, 0);
    } finally {
      delete process.env.http_proxy;
      delete process.env.ALL_PROXY;
      for (const one of [application, proxy, overPort]) await one.stop();
    }
  });

  test('must be who it says: TLS with an unknown authority, and with a known one', async () => {
    const folder = temporaryFolder();
    const file = (name) => path.join(folder, name);
    const make = (...args) => execFileSync('openssl', args, { stdio: 'pipe' });
    make('req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-days', '1', '-subj', '/CN=localhost',
      '-addext', 'subjectAltName=DNS:localhost', '-keyout', file('key'), '-out', file('certificate'));
    const application = await startApplication([0, '127.0.0.1'], {
      key: fs.readFileSync(file('key')),
      cert: fs.readFileSync(file('certificate')),
    });
    application.answer = yes;
    const url = (host) => `https://${host}:${application.port}/`;
    try {
      for (const [verifier, status] of [
        [{ url: url('localhost') }, 503],
        [{ url: url('localhost'), ca_file: file('certificate') }, 200],
        [{ url: url('127.0.0.1'), ca_file: file('certificate') }, 503],
      ]) {
        const stack = await startSite(verifier);
        try {
          assert.equal((await logIn(stack.client(), { user: 'zoë', password: 'x' })).status, status, verifier.url);
          if (status === 503) assert.match(stack.sessiond.logText(), /certificate/);
        } finally {
          await stack.stop();
        }
      }
      assert.equal(application.asked.length, 1, 'nobody else was sent a password');
    } finally {
      await application.stop();
    }
  });

  test('stands behind a password file, and slows nothing but logins down', async () => {
    const application = await startApplication([0, '127.0.0.1']);
    application.answer = yes;
    const stack = await startSite({ url: `http://127.0.0.1:${application.port}/` }, { authenticators: ['htpasswd', 'http'] });
    try {
      await stack.logIn(stack.client());
      assert.equal((await logIn(stack.client(), { user: 'alice', password: 'wrong' })).status, 401);
      assert.equal(application.asked.length, 0, 'the password of somebody in the file goes nowhere');
      const zoe = stack.client();
      assert.equal((await logIn(zoe, { user: 'zoë', password: 'x' })).status, 200);
      const pace = 400; // milliseconds, which a hash does not take here
      application.answer = (request, response) => setTimeout(() => response.writeHead(401).end(), pace);
      assert.equal((await logIn(stack.client(), { user: 'nobody', password: 'x' })).status, 401);
      const asked = performance.now();
      assert.equal((await logIn(stack.client(), { user: 'alice', password: 'wrong' })).status, 401);
      assert.ok(performance.now() - asked >= pace, 'time tells who is in the file');
      assert.equal(application.asked.length, 2, 'zoë and nobody');
      application.answer = () => {};
      const waiting = logIn(stack.client(), { user: 'later', password: 'x' });
      assert.equal((await zoe.get('/api/x')).status, 200);
      assert.equal((await waiting).status, 503);
      await application.stop();
      assert.equal((await logIn(stack.client(), { user: 'zoë', password: 'x' })).status, 503, 'nobody is there');
      for (let i = 0; i < 7; i++) assert.equal((await logIn(stack.client(), { user: 'absent', password: 'x' })).status, 503);
    } finally {
      await stack.stop();
      await application.stop();
    }
  });

  test('is not believed before its settings make sense', () => {
    const folder = temporaryFolder();
    const file = path.join(folder, 'sessiond.yaml');
    fs.writeFileSync(path.join(folder, 'secret'), 'x'.repeat(40), { mode: 0o600 });
    fs.writeFileSync(path.join(folder, 'no-certificate'), 'x');
    fs.writeFileSync(path.join(folder, 'short'), 'x\n', { mode: 0o600 });
    const said = (login) => {
      fs.writeFileSync(file, JSON.stringify({ session: { secret_files: ['secret'] }, login }));
      const { status, stderr } = spawnSync(binary, ['-t', '-c', file], { encoding: 'utf8' });
      return `${status} ${stderr}`;
    };
    const here = 'http://127.0.0.1/';
    for (const [login, reason] of [
      [{ authenticators: ['http'] }, /78 [^]*login\.http_verifier\.url: must name an address/],
      [{ authenticators: ['http'], http_verifier: { url: 'http://example.org/' } }, /78 [^]*must be https:\/\/, since passwords go there/],
      [{ authenticators: ['http', 'redis'], http_verifier: { url: here } }, /78 [^]*http as the last one.*redis would never be asked/],
      [{ authenticators: ['http'], http_verifier: { url: here, ca_file: 'no-certificate' } }, /78 [^]*holds no certificate/],
      [{ authenticators: ['http'], http_verifier: { url: here, ca_file: 'nowhere' } }, /78 [^]*nowhere/],
      [{ authenticators: ['http'], http_verifier: { url: here, token_file: 'short' } }, /78 [^]*token_file: must hold at least 16 bytes/],
      [{ authenticators: ['redis'], http_verifier: { url: here } }, /is not used, because login.authenticators does not list http/],
    ]) {
      assert.match(said(login), reason);
    }
  });
});
