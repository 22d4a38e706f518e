// Does time tell which names there are? Wrong passwords for a user that exists and for names that do not, in turn, for
// every kind of hash, for a file with several kinds, for two directories behind one another, and for a file before an
// application that is asked over HTTP and takes as long for every name.

import fs from 'node:fs';
import http from 'node:http';
import path from 'node:path';

import { FastCgiClient, loginRequest } from '../support/fastcgi_client.mjs';
import { unlimitedTries } from './guessing.mjs';
import { Sessiond } from './peers/sessiond.mjs';
import { freshFolder } from './support/folders.mjs';
import { say } from './support/log.mjs';
import { RedisServer } from './support/redis.mjs';
import { median } from './support/statistics.mjs';

/** No password matches: only what they cost counts. The default is what is computed where no file says what is usual. */
const hashes = {
  'bcrypt 12, the default': '$2b$12$y2/FkCtRRuIxyanUHAJCk.T0a7tySCeEHgUylcVohvT29tcH.cE1e',
  bcrypt: '$2b$08$y2/FkCtRRuIxyanUHAJCk.T0a7tySCeEHgUylcVohvT29tcH.cE1e',
  'SHA-256': '$5$rounds=20000$Jp1UaRovEtEFP1sE$oV0ruvr6mxAZkYunXee97PAhIwhGPN1CwrGw5yAedhC',
  'SHA-512': '$6$rounds=20000$2cPnzIt3c8ut1VwW$Sczjy53XYgJv5JnTFC53uyzZPxTIo6vUZKEyroPSNiW3OjMdSTZalYxbsIu0UwzQ0DGV9Ir4Vw/7qbg8hrvsz1',
  yescrypt: '$y$j95$.5ZqtZijkWvznxdtywMXJ.$mbn6zwjb06KjiSJrxpkKiJR8KHgoqvWxcIracE3ZKS.',
  argon2id: '$argon2id$v=19$m=8192,t=1,p=1$c2FsdHNhbHRzYWx0c2FsdA$rAjuexKlLdAHLvqk7TeeiWZjW4OPoRGwldJXdHbTuKI',
};

const line = (name, kind) => `${name}:${hashes[kind]}\n`;

/** {what: {file, redis, verifier, known}}: the htpasswd file, the user in Redis, an application, and who is tried. */
const sites = {
  ...Object.fromEntries(Object.keys(hashes).slice(1).map((kind) => [`a file, ${kind}`, { file: line('ada', kind), known: 'ada' }])),
  'a file, mostly bcrypt': {
    file: line('bob', 'SHA-512') + line('ada', 'bcrypt') + line('eve', 'bcrypt') + line('joe', 'argon2id'),
    known: 'ada',
  },
  'Redis, bcrypt 8, which the configuration says': { redis: 'bcrypt', known: 'rita', usual: hashes.bcrypt },
  'Redis, bcrypt 12': { redis: 'bcrypt 12, the default', known: 'rita' },
  'a file before Redis, who is in the file': { file: line('ada', 'bcrypt'), redis: 'bcrypt', known: 'ada' },
  'a file before Redis, who is in Redis': { file: line('ada', 'bcrypt'), redis: 'bcrypt', known: 'rita' },
  'a file of SHA-512 before Redis, bcrypt 12, who is in the file': {
    file: line('ada', 'SHA-512'),
    redis: 'bcrypt 12, the default',
    known: 'ada',
  },
  'a file of SHA-512 before Redis, bcrypt 12, who is in Redis': {
    file: line('ada', 'SHA-512'),
    redis: 'bcrypt 12, the default',
    known: 'rita',
  },
  'a file before an application, who is in the file': { file: line('ada', 'bcrypt'), verifier: true, known: 'ada' },
  "a file before an application, who is the application's": { file: line('ada', 'bcrypt'), verifier: true, known: 'vera' },
};

/** An application that says no to everybody. */
async function startVerifier() {
  const server = http.createServer((request, response) => request.resume().on('end', () => response.writeHead(401).end()));
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  return server;
}

async function tryOnce(client, user) {
  const request = loginRequest('192.0.2.1', user, 'wrong');
  const sent = performance.now();
  const status = await client.status(request);
  if (status !== 401) throw new Error(`names: ${user} was answered with ${status}`);
  return performance.now() - sent;
}

/**
 * So many tries each, in turn. The ratio is the median of the pairs': what else the machine does meets both tries of one
 * alike.
 */
async function compare(socket, known, tries) {
  const client = await FastCgiClient.connect(socket);
  const took = { known: [], unknown: [] };
  for (let i = -5; i < tries; i++) {
    const order = i % 2 === 0 ? ['known', 'unknown'] : ['unknown', 'known'];
    for (const who of order) {
      const time = await tryOnce(client, who === 'known' ? known : `nobody-${i}`);
      if (i >= 0) took[who].push(time);
    }
  }
  client.close();
  const ratio = median(took.known.map((time, i) => took.unknown[i] / time));
  return { known: median(took.known), unknown: median(took.unknown), ratio };
}

/** [{site, known, unknown, ratio}], in milliseconds; `plan` is {tries}. */
export async function measureNames({ tries }) {
  const rows = [];
  for (const [site, { file, redis: kind, verifier, known, usual = '' }] of Object.entries(sites)) {
    const redis = await new RedisServer(freshFolder('redis')).start();
    if (kind) await redis.client.command('HSET', 'sessiond:user:rita', 'password', hashes[kind], 'id', '42');
    const users = path.join(freshFolder('names-users'), 'htpasswd');
    const login = { authenticators: [], throttle: unlimitedTries, redis_usual_hash: usual };
    if (file) {
      fs.writeFileSync(users, file);
      login.authenticators.push('htpasswd');
      login.htpasswd_file = users;
    }
    if (kind) login.authenticators.push('redis');
    const application = verifier && (await startVerifier());
    if (verifier) {
      const token = path.join(freshFolder('names-token'), 'token');
      fs.writeFileSync(token, 'a-token-of-sixteen-and-more\n', { mode: 0o600 });
      login.authenticators.push('http');
      login.http_verifier = { url: `http://127.0.0.1:${application.address().port}/verify`, token_file: token };
    }
    const daemon = new Sessiond('names', 'sessiond', { session: {}, login });
    await daemon.start(redis);
    rows.push({ site, ...(await compare(daemon.socket, known, tries)) });
    const { known: there, unknown } = rows.at(-1);
    say(`${site}: known ${there.toFixed(2)} ms, unknown ${unknown.toFixed(2)} ms`);
    await daemon.stop();
    application?.close();
    application?.closeAllConnections();
    await redis.stop();
  }
  return rows;
}
