// sessiond comes and goes; the users do not notice.

import assert from 'node:assert/strict';
import fs from 'node:fs';
import net from 'node:net';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { after, before, describe, test } from 'node:test';

import { binary } from '../support/places.mjs';
import { start, stop } from '../support/processes.mjs';
import { startStack } from '../support/stack.mjs';
import { waitFor } from '../support/waiting.mjs';

/** Requests in a row on several connections until stop(); gives back what came. */
function traffic(stack, cookie, { clients = 8, target = '/api/' } = {}) {
  let going = true;
  let answers = 0;
  const statuses = new Map();
  const count = (key) => {
    answers++;
    statuses.set(key, (statuses.get(key) ?? 0) + 1);
  };
  const loops = Array.from({ length: clients }, async () => {
    const client = stack.client();
    while (going) {
      try {
        count((await client.get(target, { headers: { Cookie: cookie } })).status);
      } catch (error) {
        count(error.message);
      }
    }
  });
  return {
    /** Resolves when some more have come over each connection, or nearly. */
    goesOn: () => {
      const enough = answers + 3 * clients;
      return waitFor('more answers', () => answers >= enough, { timeout: 30000 });
    },
    stop: async () => {
      going = false;
      await Promise.all(loops);
      return Object.fromEntries(statuses);
    },
  };
}

describe('sessiond', () => {
  let stack;
  before(async () => {
    // So long may a password take, to which a busy machine gives little of its time.
    stack = await startStack({ config: (config) => (config.listen.drain_timeout = '30s') });
  });
  after(() => stack?.stop());

  test('loses no login by SIGKILL', async () => {
    const client = stack.client();
    assert.equal((await stack.logIn(client)).status, 303);
    await stack.sessiond.stop('SIGKILL');
    await stack.sessiond.start();
    assert.equal((await client.get('/page/x')).status, 200);
  });

  test('loses no login by a restart of Redis', async () => {
    const client = stack.client();
    assert.equal((await stack.logIn(client)).status, 303);
    await stack.redis.stop();
    await stack.redis.start();
    await waitFor('logged in still', async () => (await client.get('/page/x')).status === 200);
  });

  test('reloads its configuration while requests flow, and fails none', async () => {
    const { sessiond } = stack;
    const cookie = await stack.session('reload', { id: 7, roles: ['auditor'] });
    assert.equal((await stack.client().get('/admin/', { headers: { Cookie: cookie } })).status, 403);
    const flow = traffic(stack, cookie);
    for (let round = 0; round < 5; round++) {
      sessiond.config.policies.admin.roles_any = round % 2 === 0 ? ['admin', 'auditor'] : ['admin'];
      sessiond.writeConfig();
      sessiond.process.kill('SIGHUP');
      await waitFor('the new policy is in force', async () => {
        const { status } = await stack.client().get('/admin/', { headers: { Cookie: cookie } });
        return status === (round % 2 === 0 ? 200 : 403);
      });
      await flow.goesOn();
    }
    const statuses = await flow.stop();
    assert.deepEqual(Object.keys(statuses), ['200'], JSON.stringify(statuses));
  });

  test('keeps its configuration when the new one is wrong', async () => {
    const { sessiond } = stack;
    const cookie = await stack.session('bad-reload', { id: 7 });
    const good = fs.readFileSync(sessiond.file);
    fs.writeFileSync(sessiond.file, 'session: {idle_timeot: 5m}\n');
    sessiond.process.kill('SIGHUP');
    await waitFor('the mistake is logged', () => /idle_timeot/.test(sessiond.logText()));
    fs.writeFileSync(sessiond.file, good);
    assert.equal((await stack.client().get('/page/', { headers: { Cookie: cookie } })).status, 200);
  });

  test('finishes what it has begun when it is told to end', async () => {
    const client = stack.client();
    // A try is counted before its password is looked at.
    const tries = async () => (await stack.redis.command('KEYS', 'sessiond:try:*')).length;
    const before = await tries();
    const login = stack.logIn(client, { user: 'slow' });
    await waitFor('the password is being looked at', async () => (await tries()) > before);
    const ended = stack.sessiond.stop('SIGTERM');
    assert.equal((await login).status, 303);
    assert.deepEqual(await ended, { code: 0, signal: null });
    await stack.sessiond.start();
    assert.equal((await client.get('/page/x')).status, 200);
  });

  test('says at its start what Redis does not let it do, and serves', async () => {
    const { redis, sessiond } = stack;
    const cookie = await stack.session('limited', { id: 7 });
    await sessiond.stop();
    await redis.command('ACL', 'SETUSER', 'default', '-expire');
    const known = sessiond.logText().length;
    await sessiond.start();
    assert.match(
      sessiond.logText().slice(known),
      /redis: the ACL user may not do all .* for: EXPIRE sess:\*, EXPIRE sessiond:revoked:\*.*: ACL SETUSER default \+expire/,
    );
    assert.equal((await stack.client().get('/page/', { headers: { Cookie: cookie } })).status, 200);
  });
});

describe('a restart of Redis that is shorter than max_staleness', () => {
  /** What came of checks all the while, and how long Redis was gone. */
  async function restartRedis(staleness) {
    const stack = await startStack({
      config: (config) => (config.session.cache = { max_staleness: `${staleness}ms` }),
      patience: { connect_timeout: '2s', command_timeout: '2s' },
    });
    let flow;
    try {
      flow = traffic(stack, await stack.session('warm', { id: 7 }), { target: '/polling/' });
      const misses = () => stack.metric('sessiond_cache_misses_total');
      const isKept = async () => {
        const before = await misses();
        await flow.goesOn();
        return (await misses()) === before;
      };
      await waitFor('it is in memory', isKept, { timeout: 30000 });
      const before = await misses();
      const gone = Date.now();
      await stack.redis.stop();
      await flow.goesOn();
      await stack.redis.start();
      const took = Date.now() - gone;
      const isAsked = async () => (await misses()) > before;
      await waitFor('Redis is asked again', isAsked, { timeout: 2 * staleness + 30000 });
      await flow.goesOn();
      return { took, statuses: await flow.stop() };
    } finally {
      await flow?.stop();
      await stack.stop();
    }
  }

  test('refuses nobody whose session is in memory', async () => {
    // The last proof may have been a quarter of it old. Where a machine takes too long, it is done again with more.
    for (const staleness of [2000, 8000, 30000]) {
      const { took, statuses } = await restartRedis(staleness);
      if (took > staleness / 2 && staleness < 30000) continue;
      assert.deepEqual(Object.keys(statuses), ['200'], `${JSON.stringify(statuses)}, gone for ${took} ms`);
      return;
    }
  });
});

describe('sessiond that tells systemd how it is', () => {
  let stack;
  before(async () => (stack = await startStack({ startSessiond: false })));
  after(() => stack?.stop());

  /** `use(said)` between the start and the end of what listens in systemd's place; said() is what it was told. */
  async function asSystemd(environment, use) {
    const { sessiond, folder } = stack;
    const address = path.join(folder, 'notify.sock');
    const heard = path.join(folder, 'notify.log');
    const program =
      'import socket, sys\ns = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)\ns.bind(sys.argv[1])\n' +
      'while True: print(s.recv(4096).decode().split(), flush=True)';
    for (const file of [address, heard]) fs.rmSync(file, { force: true });
    const manager = start('python3', ['-c', program, address], { log: heard });
    try {
      await waitFor('it listens', () => fs.existsSync(address));
      sessiond.environment = { NOTIFY_SOCKET: address, ...environment };
      await use(() => fs.readFileSync(heard, 'utf8'));
    } finally {
      await stop(manager);
    }
  }

  test('tells it for how long it may wait for Redis, and for applications', () =>
    asSystemd({}, async (said) => {
      const { sessiond } = stack;
      Object.assign(sessiond.config.listen, { drain_timeout: '2s' });
      Object.assign(sessiond.config.redis, { connect_timeout: '20s', command_timeout: '50s' });
      sessiond.writeConfig();
      await sessiond.start();
      await sessiond.stop();
      const text = await waitFor('it is told', () => /EXTEND_TIMEOUT_USEC=(\d+)/.exec(said()));
      assert.ok(Number(text[1]) >= (2 + 20 + 50 + 6) * 1e6, text[0]);
    }));

  test('says that it is alive while a reload waits for a Redis that is silent', () =>
    asSystemd({ WATCHDOG_USEC: '1000000' }, async (said) => {
      const { sessiond, folder } = stack;
      const silent = net.createServer((asking) => asking.on('error', () => {}).resume());
      const address = path.join(folder, 'silent.sock');
      await new Promise((resolve) => silent.listen(address, resolve));
      try {
        // Longer than the watchdog waits by so much that a busy machine, too, gives two signs of life meanwhile.
        Object.assign(sessiond.config.redis, { connect_timeout: '3s', command_timeout: '3s' });
        sessiond.writeConfig();
        await sessiond.start();
        sessiond.config.redis.url = `unix://${address}`;
        sessiond.writeConfig();
        sessiond.process.kill('SIGHUP');
        const meanwhile = await waitFor('the reload is over', () => /RELOADING=1([^]*?)READY=1/.exec(said()), { timeout: 30000 });
        assert.ok(meanwhile[1].split('WATCHDOG=1').length > 2, said());
        assert.match(sessiond.logText(), /reload: the new configuration is in force/);
      } finally {
        await sessiond.stop();
        silent.close();
      }
    }));
});

describe('sessiond on a socket that systemd holds', () => {
  let stack;
  let holder;
  before(async () => (stack = await startStack({ startSessiond: false })));
  after(async () => {
    await stop(holder);
    await stack?.stop();
  });

  test('is restarted while requests flow, and fails none', async () => {
    const { sessiond, folder } = stack;
    const pids = path.join(folder, 'holder.log');
    const script = path.join(path.dirname(fileURLToPath(import.meta.url)), 'support', 'socket_holder.py');
    holder = start('python3', [script, sessiond.socket, sessiond.log, binary, '-c', sessiond.file], { log: pids });
    await sessiond.waitUntilListening();
    const cookie = await stack.session('restart', { id: 7 });
    const started = () => fs.readFileSync(pids, 'utf8').trim().split('\n').map(Number);
    await waitFor('the first answer', async () => (await stack.client().get('/api/', { headers: { Cookie: cookie } })).status === 200);

    const flow = traffic(stack, cookie);
    for (let round = 1; round <= 3; round++) {
      await flow.goesOn();
      process.kill(started().at(-1), 'SIGTERM');
      await waitFor('the next one is started', () => started().length > round, { timeout: 15000 });
    }
    await flow.goesOn();
    const statuses = await flow.stop();
    assert.deepEqual(Object.keys(statuses), ['200'], JSON.stringify(statuses));
    assert.equal(started().length, 4);
  });
});
