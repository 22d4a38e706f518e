// sessionctl explain says of a cookie what the daemon says, for every reason there is; and never what would let somebody
// in.

import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { after, before, describe, test } from 'node:test';

import { ask } from '../support/fastcgi_client.mjs';
import { temporaryFolder } from '../support/folders.mjs';
import { Redis } from '../support/redis_server.mjs';
import { Sessiond } from '../support/sessiond.mjs';
import { waitFor } from '../support/waiting.mjs';
import { sessionctl } from './support/sessionctl.mjs';

const minute = 60 * 1000;

describe('sessionctl explain', () => {
  const folder = temporaryFolder();
  let redis;
  let sessiond;
  let ctl;
  before(async () => {
    redis = await new Redis(folder).start();
    const change = (config) => {
      config.session.absolute_timeout = '2h';
      config.session.secret_files.push(path.join(folder, 'secret-2'));
      config.policies.alice = { require: 'session', match: { '/user/id': 'alice' } };
      config.identity = {
        'X-User-Id': { from: '/user/id', required: true },
        'X-User-Name': { from: '/user/name', lost: 'refuse' },
      };
    };
    sessiond = await new Sessiond(folder, redis.url, change, ['first-secret-'.repeat(4), 'older-secret-'.repeat(4)]).start();
    ctl = sessionctl(sessiond.file);
  });
  after(async () => {
    await sessiond?.stop();
    await redis?.stop();
  });

  const cookieOf = { originalMaxAge: null, expires: null, httpOnly: true, path: '/' };
  const record = (rest, cookie = {}) => JSON.stringify({ cookie: { ...cookieOf, ...cookie }, ...rest });
  const since = (age) => ({ created: Date.now() - age, authenticated: Date.now() - age, address: '192.0.2.0/24' });
  const store = (sid, value) => redis.command('SET', `sess:${sid}`, value, 'EX', 3600);
  const user = { id: 'bob', name: 'Bob' };
  const signed = (sid) => sessiond.cookie(sid);
  const value = (cookie) => cookie.slice(cookie.indexOf('=') + 1);

  /** What it is called: what is in Redis, the Cookie header, the policy, and what comes out. */
  const cases = {
    'a login': { stored: () => record({ user }), status: 'valid' },
    'a login, by an older secret': { stored: () => record({ user }), cookie: (sid) => sessiond.cookie(sid, sessiond.secrets[1]), status: 'valid' },
    'the right role': { stored: () => record({ user: { ...user, roles: ['admin'] } }), policy: 'admin', status: 'valid' },
    'no cookie': { cookie: () => '', status: 'missing' },
    'other cookies only': { cookie: () => 'theme=dark; lang=de', status: 'missing' },
    'no cookie where none is needed': { cookie: () => '', policy: 'optional', status: 'missing' },
    'no signed value': { cookie: () => 'connect.sid=hello', status: 'malformed' },
    'a signature by nobody': { stored: () => record({ user }), cookie: (sid) => sessiond.cookie(sid, 'another secret'), status: 'forged' },
    'no such session': { status: 'unknown' },
    'a session that is empty': { stored: () => '""', status: 'unknown' },
    'a lifetime of nothing': { stored: () => record({ user }, { originalMaxAge: 0 }), status: 'expired' },
    'beyond the absolute timeout': { stored: () => record({ user, _sd: since(121 * minute) }), status: 'expired' },
    'a tombstone': { tombstone: true, status: 'revoked' },
    'a tombstone, written back': { stored: () => record({ user }), tombstone: true, status: 'revoked' },
    'nobody': { stored: () => record({}), status: 'anonymous' },
    'nobody where that will do': { stored: () => record({}), policy: 'optional', status: 'anonymous' },
    'no JSON': { stored: () => '{"cookie":', status: 'corrupt' },
    'no cookie member': { stored: () => '{"user":{"id":1}}', status: 'corrupt' },
    'another type': { list: true, status: 'corrupt' },
    'too old a login': { stored: () => record({ user, _sd: since(61 * minute) }), policy: 'recent', status: 'stale' },
    'the wrong role': { stored: () => record({ user: { ...user, roles: ['staff'] } }), policy: 'admin', status: 'forbidden' },
    'the wrong user': { stored: () => record({ user }), policy: 'alice', status: 'forbidden' },
    'the right user': { stored: () => record({ user: { id: 'alice', name: 'A' } }), policy: 'alice', status: 'valid' },
    'no value for a header': { stored: () => record({ user: { name: 'Bob' } }), status: 'incomplete' },
    'a value no header can have': { stored: () => record({ user: { id: 'bob', name: 'a\nb' } }), status: 'lost' },
    'a policy that is not there': { stored: () => record({ user }), policy: 'nobody-wrote-it', status: 'misconfigured' },
    'nine cookies': { cookie: () => Array(9).fill('connect.sid=hello').join('; '), status: 'too_many' },
    'dead cookies before a good one': { stored: () => record({ user }), cookie: (sid) => `connect.sid=hello; ${signed('gone')}; ${signed(sid)}`, status: 'valid' },
    'more bytes than are looked at': { cookie: () => `a=${'x'.repeat(17000)}; connect.sid=hello`, status: 'too_large' },
  };

  async function agree(name, cookie, policy, status) {
    const daemon = await ask(sessiond.socket, {
      REQUEST_METHOD: 'GET', SCRIPT_NAME: '/sessiond/auth', SESSIOND_ENDPOINT: 'auth', SESSIOND_POLICY: policy, SESSIOND_TOUCH: 'off', SESSIOND_URI: '/a?b=c', HTTP_COOKIE: cookie,
    });
    const said = await ctl('explain', ['--cookie', '-', '--policy', policy, '--url', '/a?b=c'], `${cookie}\n`);
    assert.equal(daemon.headers['x-session-status'], status, `${name}: the daemon`);
    assert.equal(said.status, 0, said.error);
    return { daemon, said };
  }

  for (const [name, { stored, cookie, policy = 'default', tombstone, list, status }] of Object.entries(cases)) {
    test(`${name}: as the daemon has it (${status})`, async () => {
      const sid = `sid-of-${name.replaceAll(/\W/g, '-')}`;
      if (stored) await store(sid, stored());
      if (list) await redis.command('RPUSH', `sess:${sid}`, 'x');
      if (tombstone) await redis.command('SET', `sessiond:revoked:{sess:${sid}}`, '1', 'EX', 3600);
      const header = cookie ? cookie(sid) : signed(sid);
      const { daemon, said } = await agree(name, header, policy, status);
      assert.equal(said.decided_by, 'daemon');
      const text = JSON.stringify(said);
      assert.equal(said.headers[0], `X-Session-Status: ${status}`);
      assert.equal(said.code, daemon.status);
      assert.equal(said.granted, daemon.status === 204);
      for (const line of said.headers) {
        const [field] = line.split(': ', 1);
        assert.equal(line.slice(field.length + 2), daemon.headers[field.toLowerCase()] ?? '', field);
      }
      assert.ok(said.granted || said.remedy, 'what to do');
      if (header) assert.ok(!text.includes(sid), 'no session id');
      for (const secret of sessiond.secrets) assert.ok(!text.includes(secret), 'no secret');
    });
  }

  test('the value alone and a file will do, and nothing is changed', async () => {
    await store('alone', record({ user }));
    const before = await redis.command('PTTL', 'sess:alone');
    const file = path.join(folder, 'cookie');
    fs.writeFileSync(file, `${value(signed('alone'))}\n`);
    const said = await ctl('explain', ['--cookie', file]);
    assert.equal(said.headers[0], 'X-Session-Status: valid');
    assert.ok((await redis.command('PTTL', 'sess:alone')) <= before);
    for (const no of [path.join(folder, 'nowhere'), signed('alone'), value(signed('alone')), 'x'.repeat(5000)]) {
      const { status, error } = await ctl('explain', ['--cookie', no]);
      assert.deepEqual([status, error], [66, '--cookie: takes a file, or - for standard input; what was given is no file'], 'and it is not repeated');
    }
    const { error: folders } = await ctl('explain', ['--cookie', folder]);
    assert.equal(folders, `${folder}: is not a regular file`);
    const { stdout } = await ctl.text(['explain', '--cookie', file]);
    assert.match(stdout, /^decision +204 valid: let in$/m);
  });

  test('a session that is damaged is told from one that is too large, with what to do', async () => {
    const said = async (sid) => (await ctl('explain', ['--cookie', '-'], signed(sid))).steps.map(({ says }) => says).join('\n');
    await store('large', record({ user, basket: 'x'.repeat(256 * 1024) }));
    const large = await said('large');
    assert.match(large, /^more than 262144 bytes in Redis/m);
    assert.match(large, /^it is larger than session\.max_bytes, 262144 bytes; raise session\.max_bytes/m);
    assert.doesNotMatch(large, /delete the key/);
    await store('broken', '{"cookie":');
    assert.match(await said('broken'), /^it is no JSON; .*delete the key/m);
  });

  test('a secret is called as `status` and the metric call it', async () => {
    await store('older', record({ user }));
    const { steps } = await ctl('explain', ['--cookie', '-'], sessiond.cookie('older', sessiond.secrets[1]));
    const said = steps.map(({ says }) => says).join('\n');
    assert.ok(said.includes(`signed by secret_1 (${path.join(folder, 'secret-2')}), not the first`), said);
    assert.ok((await ctl('status')).secret_1 !== undefined);
  });

  test('what the daemon has in memory is its reason, and it says so', async () => {
    await store('warm', record({ user }));
    const steps = async () => (await ctl('explain', ['--cookie', '-'], signed('warm'))).steps.map(({ says }) => says).join('\n');
    await waitFor('it is fresh in memory', async () => {
      await ask(sessiond.socket, { REQUEST_METHOD: 'GET', SCRIPT_NAME: '/sessiond/auth', SESSIOND_ENDPOINT: 'auth', SESSIOND_POLICY: 'default', SESSIOND_URI: '/', HTTP_COOKIE: signed('warm') });
      return /is fresh in the daemon's memory, so Redis is not asked/.test(await steps());
    });
    await redis.command('DEL', 'sess:warm');
    await waitFor('the daemon has heard of it', async () => /Redis has no key of it|known in the daemon's memory to be none/.test(await steps()));
  });

  test('where the daemon cannot be asked it decides by the same rules, and says what kept it from that', async () => {
    await store('alone', record({ user }));
    // Its control socket is another one's: the same as a daemon that is not there.
    const nobody = path.join(folder, 'nobody.sock');
    for (const [socket, why] of [
      [nobody, /^\S+nobody\.sock: No such file or directory; does sessiond run, with this sessiond\.control_socket\? /],
      ['', /^sessiond\.control_socket is empty: the daemon cannot be asked$/],
      [sessiond.config.sessiond.control_socket, /^this daemon runs with \S+sessiond\.yaml, not with \S+elsewhere\.yaml$/],
    ]) {
      const elsewhere = path.join(folder, 'elsewhere.yaml');
      fs.writeFileSync(elsewhere, JSON.stringify({ ...sessiond.config, sessiond: { control_socket: socket } }));
      const said = await sessionctl(elsewhere)('explain', ['--cookie', '-'], signed('alone'));
      assert.equal(said.decided_by, 'sessionctl');
      assert.match(said.why_not_daemon, why);
      assert.equal(said.headers[0], 'X-Session-Status: valid');
      const { stdout } = await sessionctl(elsewhere).text(['explain', '--cookie', '-'], signed('alone'));
      const [, by] = stdout.match(/^decided by +sessionctl, which has nothing in memory; the daemon did not: (.*)$/m);
      assert.equal(by, said.why_not_daemon);
    }
    const { decided_by: by, why_not_daemon: why } = await ctl('explain', ['--cookie', '-'], signed('alone'));
    assert.deepEqual([by, why], ['daemon', null]);
  });

  test('without Redis both say that nobody can tell', async () => {
    await redis.stop();
    const { said, daemon } = await agree('unavailable', signed('alone2'), 'default', 'unavailable');
    assert.equal(said.headers[0], 'X-Session-Status: unavailable');
    assert.deepEqual([said.code, daemon.status], [503, 503]);
    await redis.start();
  });
});
