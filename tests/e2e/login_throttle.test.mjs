// How often a password may be tried, through nginx and with a real Redis: what is refused, who is not locked out, and
// what tools that ban addresses find in the log.

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { after, before, describe, test } from 'node:test';

import { temporaryFolder } from '../support/folders.mjs';
import { pause, waitFor } from '../support/waiting.mjs';
import {
  fromTestAddress,
  strangersAreRefusedAndTheOwnerIsNot,
  tryPassword,
  twoHundredTriesComputeFiveHashes,
} from './support/accounts.mjs';
import { password } from '../support/sessiond.mjs';
import { startStack } from '../support/stack.mjs';
import { ask, withApi } from './support/applications.mjs';

const json = { 'Content-Type': 'application/json' };
const server = fromTestAddress;

for (const format of ['text', 'json']) {
  describe(`too many wrong passwords (log as ${format})`, () => {
    let stack;
    before(async () => {
      const config = (settings) => {
        withApi.config(settings);
        settings.log = { level: 'info', format, audit_addresses: 'full' };
      };
      stack = await startStack({ ...withApi, config, server });
    });
    after(() => stack?.stop());

    test('are refused alike for users and for strangers, and lock the owner out of nothing', () =>
      strangersAreRefusedAndTheOwnerIsNot(stack));

    test('two hundred at once compute five hashes', () => twoHundredTriesComputeFiveHashes(stack));

    test('a flood of logins keeps nothing else waiting', async () => {
      const browser = stack.client();
      const headers = { Cookie: await stack.session(`flooded-${format}`, { id: '7' }) };
      let finished = 0;
      const flood = Array.from({ length: 5 }, (_, i) =>
        tryPassword(stack.client(), `10.2.${i}.1`, { user: 'slow', secret: password }).finally(() => finished++),
      );
      for (const target of ['/sessiond/ready', '/sessiond/metrics', '/login', '/page/'])
        assert.equal((await browser.get(target, { headers })).status, 200, target);
      assert.equal((await ask(stack, 'GET', '/session', { headers })).status, 200);
      assert.equal((await ask(stack, 'PUT', '/cache/flooded?ttl=60', { body: '1' })).status, 204);
      assert.equal((await ask(stack, 'GET', '/cache/flooded')).text, '1');
      assert.equal((await browser.request('POST', '/logout', { headers })).status, 204);
      assert.ok(finished < flood.length, 'the flood was over before');
      await Promise.all(flood);
    });

    // As it stands in sessiond's file, and as journald shows it.
    const journal = (line) => (format === 'text' ? line.replace(/^\S+ info /, '') : line);
    const forms = { file: (line) => line, journal: (line) => `Nov 25 18:04:05 host sessiond[7]: ${journal(line)}` };
    for (const [form, written] of Object.entries(forms)) {
      test(`are found by fail2ban with the shipped filter (${form})`, async () => {
        assert.equal((await tryPassword(stack.client(), '2001:db8::7', { user: `six-${form}` })).status, 401);
        const lines = stack.sessiond.logText().split('\n').filter(Boolean);
        const file = path.join(stack.folder, `fail2ban-${form}.log`);
        fs.writeFileSync(file, lines.map((line) => `${written(line)}\n`).join(''));
        const found = spawnSync('fail2ban-regex', [file, 'conf/fail2ban/sessiond.conf', '--print-all-matched'], {
          encoding: 'utf8',
          timeout: 60000,
        });
        assert.equal(found.status, 0, found.stdout + found.stderr);
        const matched = Number(found.stdout.match(/Failregex: (\d+) total/)?.[1]);
        const wrong = lines.filter((line) => /login_refused/.test(line) && /wrong_password|unknown_user/.test(line));
        assert.ok(wrong.length >= 10);
        assert.equal(matched, wrong.length, found.stdout);
        for (const address of ['203.0.113.3', '2001:db8::7']) assert.ok(found.stdout.includes(address), address);
        assert.doesNotMatch(found.stdout.split('Missed')[0], /throttled/);
      });
    }
  });
}

/** What fail2ban makes of its shipped configuration with this jail and our filter: the words that it sends to its server. */
function readByFail2ban(jail) {
  const folder = temporaryFolder();
  fs.cpSync('/etc/fail2ban', folder, { recursive: true });
  for (const file of fs.readdirSync(path.join(folder, 'jail.d'))) fs.rmSync(path.join(folder, 'jail.d', file));
  fs.copyFileSync('conf/fail2ban/sessiond.conf', path.join(folder, 'filter.d', 'sessiond.conf'));
  fs.writeFileSync(path.join(folder, 'jail.local'), jail);
  const said = spawnSync('fail2ban-client', ['-c', folder, '--dump'], { encoding: 'utf8', timeout: 60000 });
  assert.equal(said.status, 0, said.stdout + said.stderr);
  return said.stdout;
}

test('the jail that stands in the filter is one to fail2ban', () => {
  const text = fs.readFileSync('conf/fail2ban/sessiond.conf', 'utf8');
  const jail = text.match(/^# {3}\[sessiond\]\n(?:# {3}.*\n)+/m)[0].replace(/^# {3}/gm, '');
  const logpath = text.match(/ (logpath = \S+)$/m)[1];
  const journal = readByFail2ban(jail);
  assert.match(journal, /^\['add', 'sessiond', 'systemd'\]$/m);
  assert.match(journal, /^\['set', 'sessiond', 'addjournalmatch', '_SYSTEMD_UNIT=sessiond\.service'\]$/m);
  assert.match(journal, /'port', 'http,https'\]/);
  assert.match(journal, /^\['start', 'sessiond'\]$/m);

  const log = path.join(temporaryFolder(), 'sessiond.log');
  fs.writeFileSync(log, '');
  const file = readByFail2ban(jail.replace(/^backend .*$/m, logpath.replace(/\/var\S+/, log)));
  assert.match(file, /^\['add', 'sessiond', 'auto'\]$/m);
  assert.ok(file.includes(`['set', 'sessiond', 'addlogpath', '${log}', 'head']`), file);
});

describe('more logins than there is time for', () => {
  let stack;
  before(async () => {
    const config = (settings) => {
      settings.listen.password_workers = 1;
      settings.login.throttle = { stranger_free: 1000, place_failures: 1000 };
    };
    stack = await startStack({ config, server });
  });
  after(() => stack?.stop());

  test('are told so, programs by a word and people by a page in their language', async () => {
    let over = false;
    const refused = [];
    const flood = Array.from({ length: 12 }, async (_, i) => {
      while (!over) {
        const answer = await tryPassword(stack.client(), `10.3.${i}.1`, { user: 'slow', secret: password });
        if (answer.status !== 503) continue;
        refused.push(answer.text);
        await pause(20); // until the next try
      }
    });
    const page = await waitFor('a page is turned away, too', async () => {
      const answer = await stack.client().postForm('/login?rd=%2Fpage%2Fx', {}, { headers: { 'Accept-Language': 'de' } });
      return answer.status === 503 && answer;
    }, { timeout: 60000 });
    over = true;
    await Promise.all(flood);
    assert.ok(refused.length > 0);
    for (const text of refused) assert.equal(text, '{"error":"unavailable"}\n');
    assert.equal(page.headers['retry-after'], '5');
    assert.match(page.text, /Die Anmeldung ist gerade nicht möglich. Bitte warten Sie <bdi>5<\/bdi> s/);
    assert.match(page.text, /action="\/login\?rd=%2Fpage%2Fx"/);
  });
});

describe('three hundred connections that send wrong passwords, of which each takes a bcrypt of cost 12', () => {
  let stack;
  before(async () => {
    const config = (settings) => {
      settings.listen.password_workers = 2;
      settings.login = { authenticators: ['redis'] }; // names that nobody has cost what redis_usual_hash says by default
    };
    stack = await startStack({ config, server });
  });
  after(() => stack?.stop());

  // A second is what is promised. A machine that has other work as well has more time here.
  const timeout = 10000;

  test('keep no check, logout, readiness or metrics from their answer', async () => {
    let over = false;
    let turnedAway = 0;
    const flood = Array.from({ length: 300 }, async (_, i) => {
      const client = stack.client();
      for (let n = 0; !over; n++) {
        const { status } = await tryPassword(client, `10.${20 + (n % 200)}.${i % 250}.1`, { user: `nobody-${i}-${n}` });
        if (status !== 503) continue;
        turnedAway++;
        await pause(500); // until the next try
      }
    });
    // All workers are busy, and all places before them taken.
    const full = () => {
      const before = turnedAway;
      return waitFor('a login is turned away', () => turnedAway > before, { timeout: 60000 });
    };
    try {
      const browser = stack.client();
      const headers = { Cookie: await stack.session('amid-a-flood', { id: '7' }) };
      for (let round = 0; round < 3; round++) {
        for (const target of ['/page/', '/sessiond/ready', '/sessiond/metrics']) {
          await full();
          assert.equal((await browser.get(target, { headers, timeout })).status, 200, target);
        }
      }
      await full();
      assert.equal((await browser.request('POST', '/logout', { headers, timeout })).status, 204);
      assert.notEqual((await browser.get('/page/', { headers, timeout })).status, 200, 'the logout holds');
      await full();
    } finally {
      over = true;
      await Promise.all(flood);
    }
  });
});

describe('the recipe in endpoints.conf against floods', () => {
  let stack;
  const recipe = fs.readFileSync('nginx/endpoints.conf', 'utf8').match(/^ *#   (map|limit_req).*$/gm).map((line) => line.replace(/^ *#/, ''));
  before(async () => {
    stack = await startStack({ http: recipe.slice(0, 2).join('\n'), server: recipe.slice(2).join('\n') });
  });
  after(() => stack?.stop());

  test('keeps most of them away from the login, and nothing from the rest of the site', async () => {
    const count = (answers, status) => answers.filter((answer) => answer.status === status).length;
    const logins = await Promise.all(Array.from({ length: 100 }, () => stack.client().get('/login')));
    assert.ok(count(logins, 429) > 50, `${count(logins, 429)} were kept away`);
    assert.ok(count(logins, 200) >= 20);
    assert.equal(count(logins, 429) + count(logins, 200), 100);
    const headers = { Cookie: await stack.session('unlimited', { id: '7' }) };
    const pages = await Promise.all(Array.from({ length: 100 }, () => stack.client().get('/page/', { headers })));
    assert.equal(count(pages, 200), 100);
  });
});

describe('what is counted', () => {
  let stack;
  before(async () => {
    stack = await startStack({ config: (settings) => Object.assign(settings.login, { throttle: { place_failures: 3 }, case_insensitive: true }) });
  });
  after(() => stack?.stop());

  const statuses = async (count, headers = () => ({}), user = (i) => `user${i}`) => {
    const list = [];
    for (let i = 0; i < count; i++) {
      const body = JSON.stringify({ user: user(i), password: 'wrong' });
      list.push((await stack.client().request('POST', '/login', { headers: { ...json, ...headers(i) }, body })).status);
    }
    return list;
  };

  test('is counted for the address that nginx sees, whatever a client says of itself', async () => {
    const lies = (i) => ({ 'X-Forwarded-For': `203.0.113.${i}`, 'X-Real-IP': `203.0.113.${i}`, SESSIOND_ADDR: `203.0.113.${i}` });
    assert.deepEqual(await statuses(5, lies), [401, 401, 401, 429, 429]);
  });

  test('outlives sessiond, and so does a device', async () => {
    await stack.redis.command('FLUSHALL');
    const phone = stack.client();
    assert.equal((await tryPassword(phone, '', { secret: password })).status, 200);
    await stack.redis.command('DEL', ...(await stack.redis.command('KEYS', 'sessiond:places:*')));
    assert.deepEqual(await statuses(3), [401, 401, 401]);
    await stack.sessiond.stop();
    await stack.sessiond.start();
    assert.deepEqual(await statuses(1), [429]);
    assert.equal((await tryPassword(phone, '', { secret: password })).status, 200);
  });

  test('is told to its owner after the login, once', async () => {
    await stack.redis.command('FLUSHALL');
    const browser = stack.client();
    for (let i = 0; i < 3; i++) assert.equal((await stack.logIn(browser, { secret: 'wrong' })).status, 401);
    await stack.redis.command('DEL', ...(await stack.redis.command('KEYS', 'sessiond:try:*')));
    const login = await stack.logIn(browser, { page: '/login?rd=%2Fpage%2F' });
    assert.equal(login.status, 303);
    assert.equal(login.headers.location, '/login?rd=%2Fpage%2F');
    const told = await browser.get(login.headers.location);
    assert.match(told.text, /Wrong passwords for your name since your last login: <bdi>3<\/bdi>/);
    assert.match(told.text, /href="\/page\/"/);
    assert.doesNotMatch((await browser.get('/login')).text, /Wrong passwords/);
  });

  test('is the same for a name in upper and lower case, if that is wanted', async () => {
    const users = path.join(stack.folder, 'htpasswd');
    const line = fs.readFileSync(users, 'utf8').split('\n')[0];
    fs.appendFileSync(users, `${line.replace(/^alice/, 'Carol')}\n`);
    await waitFor('Carol is known', async () => {
      await stack.redis.command('FLUSHALL');
      return (await tryPassword(stack.client(), '', { user: 'cAROL', secret: password })).status === 200;
    });
    assert.deepEqual(await statuses(11, () => ({}), (i) => (i % 2 ? 'carol' : 'CAROL')), [...Array(10).fill(401), 429]);
  });

  test('cannot be counted without Redis: nobody is let in, and nobody told that their password was wrong', async () => {
    await stack.redis.stop();
    const phone = stack.client();
    const answer = await tryPassword(phone, '', { secret: password });
    assert.equal(answer.status, 503);
    assert.ok(Number(answer.headers['retry-after']) > 0);
    assert.deepEqual(answer.setCookies, []);
    await stack.redis.start();
    await waitFor('the login is back', async () => (await tryPassword(phone, '', { secret: password })).status === 200);
  });
});
