// sessionctl doctor has nothing to say about a site that is well. Every fault that is planted it finds, and no other;
// and it leaves everything as it was. What is wrong with Redis: sessionctl_doctor_redis.test.mjs.

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { after, before, describe, test } from 'node:test';

import { Authority } from '../support/certificates.mjs';
import { binary } from '../support/places.mjs';
import { freeze, start } from '../support/processes.mjs';
import { waitFor } from '../support/waiting.mjs';
import { Patient } from './support/doctor.mjs';
import { tool } from './support/sessionctl.mjs';

describe('sessionctl doctor', () => {
  const patient = new Patient();
  before(() => patient.start());
  after(() => patient.stop());

  test('is content with a site that is well, has looked at everything, and leaves nothing behind', async () => {
    const keys = async () => (await patient.redis('KEYS', '*')).filter((key) => !key.includes(':alive:')).sort();
    const before = await keys();
    assert.deepEqual(await patient.examine(), {});
    const { rules } = await patient.ctl('doctor', ['--nginx', patient.nginxWith()]);
    const untold = rules.filter(({ result }) => result === 'not told').map(({ rule }) => rule);
    assert.deepEqual(untold.filter((rule) => rule !== 'units'), []);
    assert.ok(rules.length >= 25);
    assert.deepEqual(await keys(), before);
    const quiet = await patient.ctl.text(['doctor', '--nginx', patient.at('nginx.conf')]);
    assert.deepEqual([quiet.stdout, quiet.status], ['', 0]);
  });

  test('files with secrets that everybody may read', async (t) => {
    for (const file of ['secret-1', 'htpasswd']) {
      t.after(() => fs.chmodSync(patient.at(file), 0o600));
      fs.chmodSync(patient.at(file), 0o644);
      await patient.finds('secrets', new RegExp(`^danger: .*${file} -> chmod o-rwx ${patient.at(file)}$`));
      fs.chmodSync(patient.at(file), 0o600);
    }
  });

  test('a configuration that is wrong', async (t) => {
    t.after(() => patient.restore());
    await patient.configure((config) => (config.loging = {}), { inForce: false });
    await patient.finds('configuration', /^fault: .*sessiond\.yaml:\d+:\d+: loging: .* -> .* check$/s);
  });

  test('a configuration that is not in force', async (t) => {
    t.after(() => patient.restore());
    const soon = new Date(Date.now() + 5000);
    fs.utimesSync(patient.stack.sessiond.file, soon, soon);
    await patient.finds('daemon', /was changed after .* -> sessionctl -c .* reload$/);
    await patient.configure((config) => (config.loging = {}), { inForce: false });
    assert.equal((await patient.ctl('reload')).status, 78);
    await patient.configure(() => {}, { inForce: false });
    await patient.finds('daemon', /the last reload has failed/);
    await patient.restore();
    assert.deepEqual(await patient.examine(), {});
  });

  test('a throttle that lets nearly everything pass', async (t) => {
    t.after(() => patient.restore());
    await patient.configure((config) => (config.login.throttle = { stranger_failures: 10000 }));
    await patient.finds('throttle', /^danger: login\.throttle\.stranger_failures lets 10000 .* \{stranger_failures: 100\}/);
  });

  test('fewer threads for passwords than there are cores', async (t) => {
    t.after(() => patient.restore());
    await patient.configure((config) => (config.listen.password_workers = 2));
    assert.deepEqual(await patient.examine(undefined, patient.anotherMachine({ CORES: '3' })), {});
    await patient.finds('workers', /^hint: listen\.password_workers is 2, but 8 of 16 cores .* password_workers: 0; /, undefined, patient.anotherMachine({ CORES: '16' }));
  });

  test('a socket that nginx may not connect to, and one that all may', async (t) => {
    t.after(() => fs.chmodSync(patient.stack.sessiond.socket, 0o660));
    const asWwwData = () => patient.nginxWith('nginx.conf', (text) => text.replace('user root;', 'user www-data;'));
    await patient.finds('socket-rights', /^fault: nginx \(www-data\) may not connect to .*sessiond\.sock/, asWwwData());
    fs.chownSync(patient.stack.sessiond.socket, 0, 33);
    assert.deepEqual(await patient.examine(asWwwData()), {});
    fs.chmodSync(patient.stack.sessiond.socket, 0o666);
    const mended = await patient.finds('socket-rights', /^danger: every user .* -> chmod o-rwx \S+$/);
    await patient.types(mended);
    assert.deepEqual(await patient.examine(), {});
  });

  test('as whom nginx runs: its group is the one that it names, that of the user\'s name, or the one that it was built with', async (t) => {
    t.after(() => {
      fs.chownSync(patient.stack.sessiond.socket, 0, 0);
      fs.chmodSync(patient.stack.sessiond.socket, 0o660);
    });
    const as = (user) => patient.nginxWith('nginx.conf', (text) => text.replace('user root;', user));
    const gid = (name) => Number(fs.readFileSync('/etc/group', 'utf8').match(new RegExp(`^${name}:[^:]*:(\\d+)`, 'm'))[1]);
    fs.chownSync(patient.stack.sessiond.socket, 0, gid('daemon'));
    assert.deepEqual(await patient.examine(as('user www-data daemon;')), {});
    await patient.finds('socket-rights', /nginx \(www-data\) may not connect .* -> chgrp www-data /, as('user www-data;'));
    fs.chownSync(patient.stack.sessiond.socket, 0, gid('www-data'));
    await patient.finds('socket-rights', /nginx \(www-data\) may not connect .* -> chgrp daemon /, as('user www-data daemon;'));
    await patient.finds('socket-rights', /nginx \(nobody\) may not connect .* -> chgrp nogroup /, as(''));
  });

  test('a socket for everybody by its option stays so until that says otherwise', async (t) => {
    t.after(() => patient.restore());
    await patient.configure((config) => (config.listen.mode = '0666'));
    fs.chmodSync(patient.stack.sessiond.socket, 0o666);
    t.after(() => fs.chmodSync(patient.stack.sessiond.socket, 0o660));
    assert.match((await patient.examine())['socket-rights'], /chmod o-rwx \S+ {2}# until the next start; for good, in .*sessiond\.yaml, below listen: mode: "0660"$/);
  });

  test('a daemon that has no control socket, because nobody wants one, is no fault', async (t) => {
    t.after(() => patient.restore());
    await patient.configure((config) => (config.sessiond.control_socket = ''), { inForce: false });
    assert.deepEqual(await patient.examine(), {});
  });

  test('a daemon that stands still is ended before another one is started', async (t) => {
    const { process, socket: address } = patient.stack.sessiond;
    t.after(async () => {
      process.kill('SIGCONT');
      await patient.restore();
    });
    await freeze(process);
    await patient.finds('socket', / does not answer at .*: no answer in time -> ss -lp -x src \S+ {2}# .* kill -KILL that one, then: sessiond -c \S+$/);
    assert.match((await patient.examine(undefined, patient.underSystemd(`Listen=${address} (Stream)`))).socket, / -> systemctl restart sessiond\.service$/);
  });

  test('interrupted it leaves nothing behind either', async () => {
    const keysOfIts = async () => (await patient.redis('KEYS', '*sessionctl-doctor*')).length;
    /** False: it was through before it could be caught. */
    const interrupt = async () => {
      const child = spawn(tool, ['-c', patient.stack.sessiond.file, 'doctor', '--nginx', patient.nginxWith()], { stdio: 'ignore' });
      const ended = new Promise((resolve) => child.on('close', (code, signal) => resolve(signal)));
      while ((await keysOfIts()) === 0 && child.exitCode === null);
      child.kill('SIGSTOP');
      const isCaught = child.exitCode === null && (await keysOfIts()) === 1;
      if (isCaught) child.kill('SIGINT');
      child.kill('SIGCONT');
      const signal = await ended;
      if (isCaught) assert.equal(signal, 'SIGINT');
      assert.equal(await keysOfIts(), 0);
      return isCaught;
    };
    await waitFor('it is caught on its walk', interrupt, { timeout: 60000, interval: 0 });
  });

  test('killed it leaves behind only what ends by itself', async () => {
    const lives = async (keys) => Promise.all(keys.map((key) => patient.redis('PTTL', key)));
    /** False: it was through before it could be caught. */
    const killed = async () => {
      const child = spawn(tool, ['-c', patient.stack.sessiond.file, 'doctor', '--nginx', patient.nginxWith()], { stdio: 'ignore' });
      const ended = new Promise((resolve) => child.on('close', resolve));
      let indexes = [];
      while (indexes.length === 0 && child.exitCode === null) indexes = await patient.redis('KEYS', '*sessionctl-doctor*');
      child.kill('SIGKILL');
      await ended;
      indexes = await patient.redis('KEYS', '*sessionctl-doctor*');
      if (indexes.length === 0) return false;
      const ids = await patient.redis('ZRANGE', indexes[0], '0', '-1');
      const [index] = await lives(indexes);
      assert.ok(index > 0 && index < (24 * 3600 + 240) * 1000, `its index ends in ${index} ms`);
      assert.equal(ids.length, 1);
      for (const life of await lives([`sess:${ids[0]}`, `sessiond:revoked:{sess:${ids[0]}}`])) {
        assert.ok(life === -2 || (life > 0 && life < 120_000), `it ends in ${life} ms`);
      }
      await patient.redis('DEL', ...indexes, `sess:${ids[0]}`);
      return true;
    };
    await waitFor('it is killed on its walk', killed, { timeout: 60000, interval: 0 });
  });

  test('what others say moves no cursor', async () => {
    const title = '\u001b]2;owned\u0007';
    const dump = patient.nginxWith('nginx.conf', (text) => text.replace('http {', `map $uri $a { default "${title}"; }\n`.replace('map', 'http {\nmap')));
    fs.writeFileSync(dump, fs.readFileSync(dump, 'utf8').replace('location /page/ {', `location "/${title}/" { include sessiond/protect-page.conf; satisfy any; allow 127.0.0.1; }\nlocation /page/ {`));
    for (const args of [['doctor', '--nginx', dump], ['nginx', 'lint', dump]]) {
      const { stdout, stderr } = await patient.ctl.text(args);
      assert.match(stdout, /x1b.*owned/, args[0]);
      assert.doesNotMatch(stdout + stderr, /\u001b|\u0007/, args[0]);
    }
  });

  test('a daemon with another secret than the file has', async (t) => {
    const secret = fs.readFileSync(patient.at('secret-1'), 'utf8');
    t.after(() => fs.writeFileSync(patient.at('secret-1'), secret));
    fs.writeFileSync(patient.at('secret-1'), 'another secret of forty characters or more');
    await patient.finds('walk', /is "forged" to the daemon.* -> sessionctl -c .* reload$/);
  });

  test('an nginx that cannot be read, knows no sessiond, asks another one, or has a server without its addresses', async () => {
    await patient.finds('nginx', /nowhere\.conf: no such file/, patient.at('nowhere.conf'));
    fs.writeFileSync(patient.at('empty.conf'), '');
    await patient.finds('nginx', /empty\.conf: there is nothing in it/, patient.at('empty.conf'));
    const without = patient.nginxWith('nginx.conf', () => 'user root;\nevents {}\nhttp { server { listen unix:other.sock; root /srv; } }\n');
    await patient.finds('nginx-upstream', /does not know sessiond.*include sessiond\/upstream\.conf/, without);
    const other = patient.nginxWith('sessiond/upstream.conf', (text) => text.replaceAll(patient.stack.sessiond.socket, '/run/other.sock'));
    await patient.finds('nginx-upstream', /nginx asks sessiond at unix:\/run\/other\.sock \(.*upstream\.conf:\d+\), and it listens at /, other);
    const open = patient.nginxWith('nginx.conf', (text) => text.replace('include sessiond/endpoints.conf;', ''));
    await patient.finds('nginx-endpoints', /does not include endpoints\.conf/, open);
  });

  test('an nginx that serves logins and protects nothing', async () => {
    const logins = patient.nginxWith('nginx.conf', (text) => text.replace('include sessiond/protect-page.conf;', ''));
    await patient.finds('nginx-endpoints', /^hint: no location of nginx's is protected.* -> in the locations .*include sessiond\/protect-page\.conf; /, logins);
  });

  test('snippets of another version, or for another configuration', async (t) => {
    t.after(() => patient.restore());
    const older = patient.nginxWith('sessiond/check.conf', (text) => text.replace(/^auth_request_set \$sessiond_touch .*\n/m, ''));
    await patient.finds('nginx-snippets', /sessiond\/check\.conf:1: .*lacks "auth_request_set \$sessiond_touch on".* nginx print --to .*planted\/sessiond/, older);
    await patient.configure((config) => (config.identity = { 'X-User-Id': '/user/id', 'X-Account': '/user/account' }));
    await patient.finds('nginx-snippets', /maps X-Account, which the snippets do not hand on/);
  });

  test('what else is dangerous in nginx, a certificate that ends, and no page for when sessiond is down', async () => {
    const any = patient.nginxWith('nginx.conf', (text) => text.replace('location /page/ {', 'location /page/ { satisfy any; allow 127.0.0.1; deny all;'));
    await patient.finds('nginx-lint', /^danger: .*nginx\.conf:\d+: .*allow/, any);
    const { certificate, key } = new Authority(patient.stack.folder).issue('site', 'DNS:localhost');
    const tls = patient.nginxWith('nginx.conf', (text) => text.replace(/listen 127\.0\.0\.1:\d+ default_server;/, `$&\nlisten unix:tls.sock ssl; ssl_certificate ${certificate}; ssl_certificate_key ${key};`));
    await patient.finds('certificates', /^fault: .*site\.pem ends on \d{4}-\d\d-\d\d -> certbot renew/, tls);
    const bare = patient.nginxWith('nginx.conf', undefined, (folder) => fs.rmSync(path.join(folder, 'sessiond/pages'), { recursive: true }));
    await patient.finds('nginx-pages', /there is no page in .* --write-pages .*planted\/sessiond\/pages/, bare);
  });

  test('a daemon that does not run, does not answer, or may not write its log', async (t) => {
    t.after(() => patient.restore());
    fs.rmSync(patient.at('control.sock'));
    await patient.finds('daemon', /does not answer at its control socket/);
    await patient.stack.sessiond.stop();
    await patient.finds('socket', /sessiond does not answer at .*sessiond\.sock .* -> sessiond -c /);
    const { socket } = patient.stack.sessiond;
    const listens = (...places) => patient.underSystemd(places.map((place) => `Listen=${place} (Stream)`).join('\n'));
    const elsewhere = await patient.finds('socket', /, but sessiond\.socket, which has the last word, listens at \/run\/other\.sock -> /, undefined, listens('/run/other.sock', `/run${socket}`));
    const drop = '/etc/systemd/system/sessiond.socket.d';
    assert.ok(elsewhere.endsWith(` -> mkdir -p ${drop} && printf '[Socket]\\nListenStream=\\nListenStream=${socket}\\n' >${drop}/socket.conf && systemctl daemon-reload && systemctl restart sessiond.socket`), elsewhere);
    await patient.finds('socket', /sessiond does not answer at .* -> systemctl start sessiond\.socket sessiond\.service$/, undefined, listens('/run/other.sock', socket));
    const anothers = patient.underSystemd('Listen=/run/other.sock (Stream)', '/etc/sessiond/another.yaml');
    await patient.finds('socket', /sessiond does not answer at .*sessiond\.sock .* -> sessiond -c /, undefined, anothers);

    fs.writeFileSync(patient.at('site.log'), '', { mode: 0o600 });
    fs.chmodSync(patient.stack.redis.socket, 0o777);
    for (const file of ['secret-1', 'htpasswd', 'site.log', '.']) fs.chownSync(patient.at(file), 33, 33);
    await patient.configure((config) => Object.assign(config.log, { file: patient.at('site.log') }), { inForce: false });
    const user = ['--reuid', 'www-data', '--regid', 'www-data', '--clear-groups'];
    patient.stack.sessiond.process = start('setpriv', [...user, binary, '-c', patient.stack.sessiond.file], { log: patient.stack.sessiond.log });
    await patient.stack.sessiond.waitUntilListening();
    await waitFor('it hears of changes', async () => (await patient.ctl('status')).memory === 'believed');
    assert.deepEqual(await patient.examine(), {});
    fs.chownSync(patient.at('site.log'), 0, 0);
    await patient.finds('log', /^fault: the daemon \(www-data\) cannot write log\.file, .* -> chown www-data /);
  });
});
