// One way to get ready: what a start refuses, `sessiond -t` and a reload refuse with the same words; and a reload that
// says that it has succeeded is in force.

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { after, before, describe, test } from 'node:test';

import { Authority } from '../support/certificates.mjs';
import { binary } from '../support/places.mjs';
import { start } from '../support/processes.mjs';
import { startStack } from '../support/stack.mjs';
import { waitFor } from '../support/waiting.mjs';

const tool = path.join(path.dirname(binary), 'sessionctl');

/** Runs a program to its end. */
function run(program, ...args) {
  const { status, stdout, stderr } = spawnSync(program, args, { encoding: 'utf8', timeout: 30000 });
  return { status, stdout, stderr };
}

/** A file that nobody else reads, with this text. */
function written(folder, name, text) {
  const file = path.join(folder, name);
  fs.writeFileSync(file, text, { mode: 0o600 });
  return file;
}

function verifyBy(config, files) {
  config.login.authenticators = ['http'];
  config.login.http_verifier = { url: 'https://verifier.example.org/', ...files };
}

/** What can be wrong with what a configuration names: how to make it wrong, and the line that must be said. */
const mistakes = {
  'a password file that is not there': [
    (config) => (config.login.htpasswd_file = '/nonexistent/users'),
    /sessiond\.yaml:\d+:\d+: login\.htpasswd_file: .*no such file/i,
  ],
  'a page that is not there': [
    (config) => (config.login.page_file = '/nonexistent/page.html'),
    /sessiond\.yaml:\d+:\d+: login\.page_file: .*no such file/i,
  ],
  'a page without its places': [
    (config, folder) => {
      config.login.page_file = path.join(folder, 'page.html');
      fs.writeFileSync(config.login.page_file, '<p>no form</p>');
    },
    /sessiond\.yaml:\d+:\d+: login\.page_file: .*csrf/,
  ],
  'a language that there is not': [
    (config) => (config.pages = { language: 'tlh' }),
    /sessiond\.yaml:\d+:\d+: pages\.language: must be one of auto, en, .* but is "tlh"/,
  ],
  'a language to choose from that there is not': [
    (config) => (config.pages = { languages: ['de', 'xx'] }),
    /sessiond\.yaml:\d+:\d+: pages\.languages\[1\]: must be one of en, de, .* but is "xx"/,
  ],
  'a logo without a name': [
    (config, folder) => {
      config.pages = { logo_file: path.join(folder, 'logo.svg') };
      fs.writeFileSync(config.pages.logo_file, '<svg xmlns="http://www.w3.org/2000/svg"/>');
    },
    /sessiond\.yaml:\d+:\d+: pages\.logo_file: needs pages\.site_name/,
  ],
  'a colour that is none': [
    (config) => (config.pages = { accent: 'red' }),
    /sessiond\.yaml:\d+:\d+: pages\.accent: must be a colour such as #1d4ed8 but is "red"/,
  ],
  'a colour that nobody could read on a dark screen': [
    (config) => (config.pages = { accent_dark: '#222222' }),
    /sessiond\.yaml:\d+:\d+: pages\.accent_dark: #222222 has a contrast of \d\.\d\d to a button's own text/,
  ],
  'a logo that is not there': [
    (config) => (config.pages = { logo_file: '/nonexistent/logo.svg' }),
    /sessiond\.yaml:\d+:\d+: pages\.logo_file: .*no such file/i,
  ],
  'a logo that is no picture': [
    (config, folder) => {
      config.pages = { logo_file: path.join(folder, 'logo.gif'), logo_dark_file: path.join(folder, 'logo.gif') };
      fs.writeFileSync(config.pages.logo_file, 'GIF89a');
    },
    /sessiond\.yaml:\d+:\d+: pages\.logo_file: .*neither PNG nor SVG[^]*pages\.logo_dark_file: .*neither PNG/,
  ],
  'a style sheet that ends itself': [
    (config, folder) => {
      config.pages = { style_file: path.join(folder, 'own.css') };
      fs.writeFileSync(config.pages.style_file, '</style><p>');
    },
    /sessiond\.yaml:\d+:\d+: pages\.style_file: .*must not hold <\/style/,
  ],
  'a page of its own with a name that is misspelt': [
    (config, folder) => {
      config.pages = { folder };
      fs.writeFileSync(path.join(folder, 'logout.html'), '<p>{{naem}}</p>');
    },
    /sessiond\.yaml:\d+:\d+: pages\.folder: .*logout\.html: unknown placeholder \{\{naem\}\}/,
  ],
  'a text of its own with a key that is misspelt': [
    (config, folder) => {
      config.pages = { folder };
      fs.mkdirSync(path.join(folder, 'messages'), { recursive: true });
      fs.writeFileSync(path.join(folder, 'messages', 'de.yaml'), 'login_titel: "Hier"\n');
    },
    /sessiond\.yaml:\d+:\d+: pages\.folder: .*de\.yaml: line 1: login_titel is no key of the pages' texts/,
  ],
  'a socket in a folder that is not there': [
    (config) => (config.listen.socket = '/nonexistent/sessiond.sock'),
    /sessiond\.yaml:\d+:\d+: listen\.socket: .*No such file/,
  ],
  'a file in the place of the socket': [
    (config, folder) => {
      config.listen.socket = path.join(folder, 'no-socket');
      fs.writeFileSync(config.listen.socket, '');
    },
    /sessiond\.yaml:\d+:\d+: listen\.socket: .*not a socket/,
  ],
  'a group that nobody has made': [
    (config) => (config.listen.group = 'nosuchgroup'),
    /sessiond\.yaml:\d+:\d+: listen\.socket: .*no such group: nosuchgroup/,
  ],
  'an address of another machine': [
    (config) => (config.listen.socket = '192.0.2.1:9000'),
    /sessiond\.yaml:\d+:\d+: listen\.socket: .*bind: Cannot assign/,
  ],
  'a folder in the place of the log': [
    (config, folder) => (config.log.file = folder),
    /sessiond\.yaml:\d+:\d+: log\.file: .*is a folder/,
  ],
  'a control socket in a folder that is not there': [
    (config) => (config.sessiond.control_socket = '/nonexistent/control.sock'),
    /sessiond\.yaml:\d+:\d+: sessiond\.control_socket: .*No such file/,
  ],
  'a secret that is not there': [
    (config) => (config.session.secret_files = ['/nonexistent/secret']),
    /sessiond\.yaml:\d+:\d+: session\.secret_files\[0\]: .*No such file/,
  ],
  'a password of Redis that is not there': [
    (config) => (config.redis.password_file = '/nonexistent/password'),
    /sessiond\.yaml:\d+:\d+: redis\.password_file: .*No such file/,
  ],
  'authorities of Redis that are not there': [
    (config) => (config.redis = { url: 'rediss://127.0.0.1:1', tls: { ca_file: '/nonexistent/ca.pem' } }),
    /sessiond\.yaml:\d+:\d+: redis\.tls\.ca_file: cannot read .*no such file/,
  ],
  'authorities of Redis that are none': [
    (config, folder) => {
      config.redis = { url: 'rediss://127.0.0.1:1', tls: { ca_file: written(folder, 'ca.pem', 'no certificate\n') } };
    },
    /sessiond\.yaml:\d+:\d+: redis\.tls\.ca_file: holds no certificate/,
  ],
  "a certificate for Redis with another one's key": [
    (config, folder) => {
      const authority = new Authority(folder);
      const [own, other] = ['own', 'other'].map((name) => authority.issue(name, 'DNS:sessiond.example.org'));
      config.redis = { url: 'rediss://127.0.0.1:1', tls: { cert_file: own.certificate, key_file: other.key } };
    },
    /sessiond\.yaml:\d+:\d+: redis\.tls\.key_file: is not the key of the certificate/,
  ],
  'a token of the applications that is not there': [
    (config) => (config.api = { enabled: true, token_file: '/nonexistent/token' }),
    /sessiond\.yaml:\d+:\d+: api\.token_file: .*No such file/,
  ],
  'a token of the applications that can be guessed': [
    (config, folder) => (config.api = { enabled: true, token_file: written(folder, 'token', 'short\n') }),
    /sessiond\.yaml:\d+:\d+: api\.token_file: must hold at least 16 bytes/,
  ],
  'a token for the verifier that is not there': [
    (config) => verifyBy(config, { token_file: '/nonexistent/token' }),
    /sessiond\.yaml:\d+:\d+: login\.http_verifier\.token_file: .*No such file/,
  ],
  'authorities of the verifier that are not there': [
    (config) => verifyBy(config, { ca_file: '/nonexistent/ca.pem' }),
    /sessiond\.yaml:\d+:\d+: login\.http_verifier\.ca_file: .*no such file/,
  ],
  'authorities of the verifier that are none': [
    (config, folder) => verifyBy(config, { ca_file: written(folder, 'verifier.pem', '') }),
    /sessiond\.yaml:\d+:\d+: login\.http_verifier\.ca_file: .*verifier\.pem is empty/,
  ],
  'a damaged certificate among the authorities of the verifier': [
    (config, folder) => {
      const whole = fs.readFileSync(new Authority(folder).file, 'utf8');
      const half = whole.slice(0, whole.length / 2) + '\n-----END CERTIFICATE-----\n';
      verifyBy(config, { ca_file: written(folder, 'verifier.pem', whole + half) });
    },
    /sessiond\.yaml:\d+:\d+: login\.http_verifier\.ca_file: .*verifier\.pem is damaged: certificate 2 in it cannot be read/,
  ],
};

describe('getting ready', () => {
  let stack;
  let running; // the configuration in force
  before(async () => {
    stack = await startStack();
    running = structuredClone(stack.sessiond.config);
  });
  after(() => stack?.stop());

  const write = (change) => {
    stack.sessiond.config = structuredClone(running);
    change?.(stack.sessiond.config, stack.folder);
    stack.sessiond.writeConfig();
  };
  const ask = (command, ...args) => run(tool, command, '-c', stack.sessiond.file, ...args);

  for (const [name, [change, line]] of Object.entries(mistakes)) {
    test(`refuses ${name}: -t, check, reload and start alike`, async () => {
      const { sessiond } = stack;
      write(change);
      // What asks the daemon goes by the file's own word of where it is.
      const control = sessiond.config.sessiond.control_socket === running.sessiond.control_socket;
      const tested = run(binary, '-t', '-c', sessiond.file);
      assert.equal(tested.status, 78, tested.stderr);
      assert.match(tested.stderr, line);
      const checked = ask('check');
      assert.deepEqual([checked.status, checked.stderr], [78, tested.stderr]);
      if (control) {
        const reloaded = ask('reload');
        assert.deepEqual([reloaded.status, reloaded.stderr], [78, tested.stderr]);
        const { ok, notes } = JSON.parse(ask('reload', '--json').stdout);
        assert.deepEqual([ok, notes], [false, tested.stderr.trimEnd().split('\n')]);
      }
      const started = run(binary, '-c', sessiond.file);
      assert.deepEqual([started.status, started.stderr], [78, tested.stderr]);
      const cookie = await stack.session('untouched', { id: 7 });
      assert.equal((await stack.client().get('/page/', { headers: { Cookie: cookie } })).status, 200);
    });
  }

  test('says of a bad line in the password file where it is, and what to type: -t, check and reload alike', () => {
    write((config, folder) => (config.login.htpasswd_file = written(folder, 'apache', 'ada:$apr1$pXlDpX8E$ZjV7eXx3kG3Bq7jEFkWkq0\n')));
    const file = stack.sessiond.config.login.htpasswd_file;
    const { status, stderr } = run(binary, '-t', '-c', stack.sessiond.file);
    assert.equal(status, 0);
    assert.ok(stderr.includes(`: warning: login.htpasswd_file: ${file}:1: user "ada": hash form $apr1$ (Apache's MD5) is not accepted; `), stderr);
    assert.match(stderr, /; make it anew: htpasswd -B FILE NAME; this line is ignored\n/);
    for (const other of [ask('check'), ask('reload')]) assert.deepEqual([other.status, other.stderr.includes(stderr.split('\n')[0])], [0, true], other.stderr);
    write();
    assert.equal(ask('reload').status, 0);
  });

  test('says that more connections may come than files may be open', () => {
    write((config) => (config.listen.max_connections = 1000));
    const { status, stderr } = run('prlimit', '--nofile=300:300', binary, '-t', '-c', stack.sessiond.file);
    assert.equal(status, 0, stderr);
    assert.match(stderr, /sessiond\.yaml:\d+:\d+: warning: listen\.max_connections: is 1000, but .* may have only 300 files open; raise LimitNOFILE/);
    assert.doesNotMatch(run(binary, '-t', '-c', stack.sessiond.file).stderr, /max_connections/);
  });

  test('says which texts a language of the site lacks, and goes on', () => {
    const folder = path.join(stack.folder, 'own');
    fs.mkdirSync(path.join(folder, 'messages'), { recursive: true });
    fs.writeFileSync(path.join(folder, 'messages', 'tlh.yaml'), 'user: "pong"\n');
    write((config) => (config.pages = { folder }));
    const { status, stderr } = run(binary, '-t', '-c', stack.sessiond.file);
    assert.equal(status, 0);
    assert.match(stderr, /sessiond\.yaml:\d+:\d+: .*pages\.folder: the language tlh lacks \d+ texts, .*: _direction, /);
  });

  test('writes the pages for when it is away in the languages of the site, and leaves none of others', () => {
    const folder = path.join(stack.folder, 'away');
    const files = (pages) => {
      write((config) => (config.pages = pages));
      const { status, stderr } = run(binary, '-c', stack.sessiond.file, '--write-pages', folder);
      assert.deepEqual([status, stderr], [0, '']);
      return Object.fromEntries(
        fs.readdirSync(folder).map((name) => [name, fs.readFileSync(path.join(folder, name), 'utf8').match(/ lang="(.*?)"/)[1]]),
      );
    };
    const all = files({});
    assert.equal(Object.keys(all).length, 8);
    assert.deepEqual([all['unavailable.html'], all['unavailable.pt.html']], ['en', 'pt-BR']);
    assert.deepEqual(files({ languages: ['de', 'fr'] }), {
      'unavailable.html': 'de',
      'unavailable.de.html': 'de',
      'unavailable.fr.html': 'fr',
    });
    assert.deepEqual(files({ language: 'he' }), { 'unavailable.html': 'he', 'unavailable.he.html': 'he' });
  });

  test('a reload that succeeds is in force when it says so', async () => {
    const cookie = await stack.session('auditor', { id: 7, roles: ['auditor'] });
    for (const [roles, expected] of [[['auditor'], 200], [['admin'], 403], [['auditor'], 200]]) {
      write((config) => (config.policies.admin.roles_any = roles));
      const { status, stderr } = ask('reload');
      assert.deepEqual([status, stderr], [0, '']);
      assert.equal((await stack.client().get('/admin/', { headers: { Cookie: cookie } })).status, expected);
    }
    const { ok, config, last_reload: last } = JSON.parse(ask('status', '--json').stdout);
    assert.deepEqual([ok, config, last], [true, stack.sessiond.file, 'succeeded']);
  });

  test('says at every reload what waits for a restart, and no more once it is as it was at the start', () => {
    const says = (change) => {
      write(change);
      const { status, stderr } = ask('reload');
      assert.equal(status, 0, stderr);
      return stderr;
    };
    const waits = 'listen.backlog: this change takes a restart to come into force\n';
    assert.equal(says((config) => (config.listen.backlog = 77)), waits);
    const stillWaits = (config) => Object.assign(config, { listen: { ...config.listen, backlog: 77 }, log: { level: 'warn' } });
    assert.equal(says(stillWaits), waits, 'whatever else is changed');
    assert.equal(says(), '');
    assert.equal(says((config) => (config.listen.drain_timeout = '11s')), '', 'a stop goes by what is in force then');
    assert.equal(says(), '');
  });

  test('warns, as a start does, of a Redis that does not answer or does not let it do all, and goes on', async (t) => {
    t.after(() => stack.redis.command('ACL', 'SETUSER', 'default', '+@all'));
    const nowhere = /^warning: redis: \S+nowhere\.sock is not reachable: cannot connect: No such file or directory$/;
    write((config, folder) => (config.redis.url = `unix://${folder}/nowhere.sock`));
    const known = stack.sessiond.logText().length;
    const unreachable = ask('reload');
    assert.equal(unreachable.status, 0, unreachable.stderr);
    assert.match(unreachable.stderr.trimEnd(), nowhere);
    assert.match(stack.sessiond.logText().slice(known), /reload: warning: redis: \S+nowhere\.sock is not reachable/);
    const { ok, notes } = JSON.parse(ask('reload', '--json').stdout);
    assert.equal(ok, true);
    assert.match(notes.join('\n'), nowhere);
    const cookie = await stack.session('elsewhere', { id: 7 });
    assert.equal((await stack.client().get('/api/', { headers: { Cookie: cookie } })).status, 503, 'it is in force');
    write();
    await stack.redis.command('ACL', 'SETUSER', 'default', '-expire');
    const limited = ask('reload');
    assert.equal(limited.status, 0, limited.stderr);
    assert.match(limited.stderr, /^warning: redis: the ACL user may not do all .* keys: EXPIRE sess:\*, EXPIRE sessiond:revoked:\*/);
    await stack.redis.command('ACL', 'SETUSER', 'default', '+@all');
    const all = ask('reload');
    assert.deepEqual([all.status, all.stderr], [0, '']);
  });

  test('lets go of the old configuration, also where nobody asks anything, and says that it is subscribed', async () => {
    const subscriptions = async () => {
      const list = await stack.redis.command('CLIENT', 'LIST', 'TYPE', 'pubsub');
      return list.trim().split('\n').length;
    };
    await waitFor('one subscription', async () => (await subscriptions()) === 1);
    for (let round = 0; round < 3; round++) {
      write();
      assert.equal(ask('reload').status, 0);
      await waitFor('one subscription again', async () => (await subscriptions()) === 1);
    }
    await waitFor('subscribed', async () => (await stack.metric('sessiond_cache_subscribed')) === 1);
  });

  test('says who is asked when it is another daemon, or none', async () => {
    const other = path.join(stack.folder, 'other.yaml');
    write();
    fs.copyFileSync(stack.sessiond.file, other);
    const wrong = run(tool, 'reload', '-c', other);
    assert.equal(wrong.status, 69);
    assert.match(wrong.stderr, /^this daemon runs with .*sessiond\.yaml, not with .*other\.yaml\n$/);
    await stack.sessiond.stop();
    const none = ask('reload');
    assert.equal(none.status, 69);
    assert.match(none.stderr, /control\.sock: No such file or directory; does sessiond run, .*\? systemctl status sessiond\n$/);
    await stack.sessiond.start();
    assert.equal(ask('status').status, 0);
  });

  if (process.getuid?.() === 0) {
    test('is asked by root alone, whatever the rights of its folder and socket', () => {
      const socket = running.sessiond.control_socket;
      assert.equal(fs.statSync(socket).mode & 0o777, 0o600);
      fs.chmodSync(stack.folder, 0o755);
      const unasked = () => run('setpriv', '--reuid=65534', '--regid=65534', '--clear-groups', tool, 'status', '-c', stack.sessiond.file);
      assert.equal(unasked().status, 77);
      fs.chmodSync(socket, 0o666);
      const { status, stderr } = unasked();
      assert.deepEqual([status, stderr], [77, 'only root may ask this daemon\n']);
    });

    const nobody = ['setpriv', '--reuid=54321', '--regid=54321', '--clear-groups', binary, '-c'];

    test('whoever may not read the file in the place of a credential is not told to make another one', () => {
      write((config, folder) => {
        config.session.secret_files = ['credential:session_secret'];
        written(folder, 'session_secret', 'x'.repeat(48));
      });
      const { sessiond } = stack;
      fs.chmodSync(stack.folder, 0o755);
      fs.chmodSync(sessiond.file, 0o644);
      const { status, stderr } = run(nobody[0], ...nobody.slice(1), sessiond.file, '-t');
      assert.equal(status, 78, stderr);
      const line = stderr.split('\n').find((said) => said.includes('session.secret_files[0]: '));
      assert.ok(line?.includes(`: cannot read ${path.join(stack.folder, 'session_secret')}: Permission denied; systemd has passed no credential `), stderr);
      assert.match(line, /, so the file beside the configuration is meant; it is there, for others to read: check as root/);
      assert.doesNotMatch(line, /openssl/);
      assert.equal(run(binary, '-t', '-c', sessiond.file).status, 0, 'root may');
    });

    test('a start for which the system has no thread says so', async () => {
      const { sessiond } = stack;
      write();
      await sessiond.stop();
      spawnSync('chown', ['-R', '54321:54321', stack.folder]);
      const { status, stderr } = run('prlimit', '--nproc=1', ...nobody, sessiond.file);
      assert.equal(status, 71, stderr);
      assert.match(stderr, /the system has not what sessiond needs/);
      await sessiond.start();
    });

    test('a reload for which the system has no thread fails, and the daemon goes on', async () => {
      const { sessiond } = stack;
      const startAs = async (...command) => {
        await sessiond.stop();
        spawnSync('chown', ['-R', '54321:54321', stack.folder]);
        sessiond.process = start(command[0], command.slice(1), { log: sessiond.log });
        await sessiond.waitUntilListening();
        await waitFor('the daemon can be asked', () => ask('status').status === 0);
      };
      write();
      await startAs(...nobody, sessiond.file);
      const threads = /^Threads:\s+(\d+)$/m.exec(fs.readFileSync(`/proc/${sessiond.process.pid}/status`, 'utf8'))[1];
      await startAs('prlimit', `--nproc=${threads}`, ...nobody, sessiond.file);
      const { status, stderr } = ask('reload');
      assert.equal(status, 71, stderr);
      assert.match(stderr, /^the system has not what a reload needs: /);
      sessiond.process.kill('SIGHUP');
      await waitFor('the signal was seen', () => sessiond.logText().split('the system has not what').length > 2);
      const cookie = await stack.session('threads', { id: 7 });
      assert.equal((await stack.client().get('/page/', { headers: { Cookie: cookie } })).status, 200);
    });
  }
});
