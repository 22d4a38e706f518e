// One way to get ready: what a start refuses, `sessiond -t` and a reload refuse with the same words; and a reload that
// says that it has succeeded is in force.

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { after, before, describe, test } from 'node:test';

import { binary } from '../support/places.mjs';
import { start } from '../support/processes.mjs';
import { startStack } from '../support/stack.mjs';
import { waitFor } from '../support/waiting.mjs';
import { mistakes, written } from './support/wrong_configurations.mjs';

const tool = path.join(path.dirname(binary), 'sessionctl');

/** Runs a program to its end. */
function run(program, ...args) {
  const { status, stdout, stderr } = spawnSync(program, args, { encoding: 'utf8', timeout: 30000 });
  return { status, stdout, stderr };
}

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
    assert.match(stderr, /; make it anew: htpasswd -B FILE NAME; this line lets nobody in\n/);
    for (const other of [ask('check'), ask('reload')]) assert.deepEqual([other.status, other.stderr.includes(stderr.split('\n')[0])], [0, true], other.stderr);
    write();
    assert.equal(ask('reload').status, 0);
  });

  test('tells the journal why it does not start in lines that are errors, and a log of JSON its warnings in JSON', () => {
    const journal = path.join(stack.folder, 'journal');
    const lines = (change) => {
      write(change);
      const stderr = fs.openSync(journal, 'w');
      const { dev, ino } = fs.fstatSync(stderr);
      const env = { ...process.env, JOURNAL_STREAM: `${dev}:${ino}` };
      const { status } = spawnSync(binary, ['-c', stack.sessiond.file], { stdio: ['ignore', 'ignore', stderr], env, timeout: 30000 });
      fs.closeSync(stderr);
      return { status, lines: fs.readFileSync(journal, 'utf8').trimEnd().split('\n') };
    };
    const refused = lines((config) => (config.bogus = {}));
    assert.equal(refused.status, 78);
    assert.match(refused.lines[0], /^<3>\/.*sessiond\.yaml:\d+:\d+: bogus: /);
    // Somebody else listens there already; the warning comes before.
    const warned = lines((config) => {
      config.log = { format: 'json' };
      config.login.http_verifier = { url: 'https://application.example/' };
    });
    assert.equal(warned.status, 71);
    const [first] = warned.lines.map((line) => ({ priority: line.slice(0, 3), ...JSON.parse(line.slice(3)) }));
    assert.equal(first.priority, '<4>');
    assert.match(first.message, /sessiond\.yaml:\d+:\d+: login\.http_verifier\.url: /);
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

  test('leaves the pages as they were where there is no room for new ones, and never takes a file of others', () => {
    const folder = path.join(stack.folder, 'full');
    assert.equal(run(binary, '--write-pages', folder).status, 0);
    for (const name of ['unavailable.custom.html', 'unavailable.tlh.html']) fs.writeFileSync(path.join(folder, name), 'x');
    const files = () => Object.fromEntries(fs.readdirSync(folder).map((name) => [name, fs.readFileSync(path.join(folder, name), 'utf8')]));
    const before = files();
    const full = run('bash', '-c', `trap '' XFSZ; ulimit -f 1; exec '${binary}' --write-pages '${folder}'`);
    assert.equal(full.status, 71);
    assert.match(full.stderr, /unavailable\.de\.html: cannot be written\n/);
    assert.deepEqual(files(), before);
    assert.equal(run(binary, '--write-pages', folder).status, 0);
    delete before['unavailable.tlh.html'];
    assert.deepEqual(files(), before);
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

  test('a reload fails as a start does where the log cannot be opened, which only trying tells', async () => {
    const link = path.join(stack.folder, 'first-link');
    fs.symlinkSync('second-link', link);
    fs.symlinkSync('/nonexistent/sessiond.log', path.join(stack.folder, 'second-link'));
    write((config) => {
      config.log.file = link;
      config.policies.admin.roles_any = ['auditor'];
    });
    assert.equal(ask('check').status, 0);
    const { status, stderr } = ask('reload');
    assert.deepEqual([status, stderr], [71, `log.file: cannot be opened: ${link}\n`]);
    assert.equal(run(binary, '-c', stack.sessiond.file).status, 71);
    assert.match(stack.sessiond.logText(), /reload: log\.file: cannot be opened: /, 'the old log stays');
    const cookie = await stack.session('auditor', { id: 7, roles: ['auditor'] });
    assert.equal((await stack.client().get('/admin/', { headers: { Cookie: cookie } })).status, 403);
    write();
    assert.equal(ask('reload').status, 0);
  });

  test('warns, as a start does, of a Redis that does not answer or does not let it do all, and goes on', async (t) => {
    t.after(() => stack.redis.command('ACL', 'SETUSER', 'default', '+@all'));
    const nowhere = /^warning: redis: \S+nowhere\.sock is not reachable: cannot connect: No such file or directory$/;
    write((config, folder) => (config.redis.url = `unix://${folder}/nowhere.sock`));
    const known = stack.sessiond.logText().length;
    const unreachable = ask('reload');
    assert.equal(unreachable.status, 0, unreachable.stderr);
    assert.match(unreachable.stderr.trimEnd(), nowhere);
    assert.match(stack.sessiond.logText().slice(known), / warning reload: redis: \S+nowhere\.sock is not reachable/);
    const { ok, notes } = JSON.parse(ask('reload', '--json').stdout);
    assert.equal(ok, true);
    assert.match(notes.join('\n'), nowhere);
    const cookie = await stack.session('elsewhere', { id: 7 });
    assert.equal((await stack.client().get('/api/', { headers: { Cookie: cookie } })).status, 503, 'it is in force');
    write();
    await stack.redis.command('ACL', 'SETUSER', 'default', '-expire');
    const limited = ask('reload');
    assert.equal(limited.status, 0, limited.stderr);
    assert.match(limited.stderr, /^warning: redis: the ACL user may not do all .* for: EXPIRE sess:\*, EXPIRE sessiond:revoked:\*.*: ACL SETUSER default \+expire$/m);
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
    const gone = run(tool, 'status', '-c', path.join(stack.folder, 'gone.yaml'));
    assert.equal(gone.status, 69);
    assert.match(gone.stderr, /^\S+gone\.yaml: no such file or directory, so the default socket was asked: \/run\/sessiond\/control\/sessiond\.sock: /);
    await stack.sessiond.stop();
    const none = ask('reload');
    assert.equal(none.status, 69);
    assert.match(none.stderr, /control\.sock: No such file or directory; does sessiond run, .*\? systemctl status sessiond\n$/);
    await stack.sessiond.start();
    assert.equal(ask('status').status, 0);
  });

  test('names the mistakes of a file that, for them, does not say whom to ask', () => {
    write();
    const { file, config } = stack.sessiond;
    fs.writeFileSync(file, `sessiond:\n  control_socket: ${config.sessiond.control_socket}\ncookie:\n  name: connect: sid\n`);
    const { status, stderr } = ask('reload');
    assert.equal(status, 78, stderr);
    const [asked, ...mistakes] = stderr.trimEnd().split('\n');
    assert.match(asked, /^\S+sessiond\.yaml is not understood, so the default socket was asked: \/run\/sessiond\/control\/sessiond\.sock: /);
    assert.deepEqual(mistakes, [`${file}:4:16: not YAML: illegal map value`]);
    assert.equal(run(binary, '-t', '-c', file).stderr, `${mistakes[0]}\n`, 'nothing of a default that the file may not mean');
    write();
    assert.equal(ask('reload').status, 0);
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

    test('whoever may not give the socket to its group is told so before a start', () => {
      write((config, folder) => {
        const place = path.join(folder, 'place');
        fs.mkdirSync(place);
        fs.chmodSync(place, 0o777);
        config.listen = { socket: path.join(place, 'sessiond.sock'), group: 'daemon' };
      });
      const { sessiond } = stack;
      fs.chmodSync(stack.folder, 0o755);
      fs.chmodSync(sessiond.file, 0o644);
      const { status, stderr } = run(nobody[0], ...nobody.slice(1), sessiond.file, '-t');
      assert.equal(status, 78, stderr);
      assert.match(stderr, /sessiond\.yaml:\d+:\d+: listen\.socket: \S+sessiond\.sock: cannot be given to the group daemon: Operation not permitted; the user must be a member of it, and a sandbox must let it chown\n/);
      const { stderr: said } = run(nobody[0], '--reuid=54321', '--regid=54321', '--groups=1', ...nobody.slice(4), sessiond.file, '-t');
      assert.doesNotMatch(said, /listen\.socket/, 'a member may');
      const place = path.dirname(sessiond.config.listen.socket);
      fs.chownSync(place, 0, 1);
      fs.chmodSync(place, 0o2777);
      const given = run(...nobody, sessiond.file, '-t');
      assert.doesNotMatch(given.stderr, /listen\.socket/, 'the folder gives it to its own group');
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
