// sessionctl nginx: what is dangerous is found in the file as in nginx's own dump of it, and the snippets for a
// configuration are ones that nginx starts with.

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { before, describe, test } from 'node:test';

import { temporaryFolder } from '../support/folders.mjs';
import '../support/patience.mjs';
import { binary, repository } from '../support/places.mjs';

const tool = path.join(path.dirname(binary), 'sessionctl');
const fixtures = path.join(repository, 'tests/data/nginx-lint');

describe('sessionctl nginx', () => {
  const folder = temporaryFolder();
  const run = (args, input = '') => spawnSync(tool, args, { input, encoding: 'utf8', timeout: 20000 });
  const configure = (text) => {
    const file = path.join(folder, 'sessiond.yaml');
    fs.writeFileSync(file, `session: {secret_files: [secret]}\n${text}`);
    return file;
  };

  before(() => {
    fs.writeFileSync(path.join(folder, 'secret'), 'x'.repeat(40), { mode: 0o600 });
    fs.cpSync(path.join(repository, 'nginx'), path.join(folder, 'sessiond'), { recursive: true });
  });

  test('lint finds in a file with its includes what it finds in a dump, and says where', () => {
    const config = configure('');
    const bad = fs.readdirSync(path.join(fixtures, 'rules')).find((name) => /^satisfy-any.*bad/.test(name));
    assert.ok(bad, 'a file with the mistake');
    const main = path.join(folder, 'nginx.conf');
    fs.copyFileSync(path.join(fixtures, 'rules', bad), main);
    const found = run(['-c', config, '--json', 'nginx', 'lint', main]);
    assert.equal(found.status, 1, found.stderr);
    const { ok, findings } = JSON.parse(found.stdout);
    assert.equal(ok, false);
    const finding = findings.find(({ rule }) => rule === 'satisfy-any');
    assert.equal(finding.file, main);
    assert.ok(finding.line > 0 && finding.message && finding.remedy);
    const lines = run(['-c', config, 'nginx', 'lint', main]);
    assert.match(lines.stdout, new RegExp(`${main}:${finding.line}: danger: .*\\[satisfy-any\\]\\n {4}\\S`));

    const names = fs.readdirSync(path.join(folder, 'sessiond')).filter((name) => name.endsWith('.conf'));
    const dump = [main, ...names.map((name) => path.join(folder, 'sessiond', name))]
      .map((file) => `# configuration file ${file}:\n${fs.readFileSync(file, 'utf8')}\n`)
      .join('');
    const piped = run(['-c', config, '--json', 'nginx', 'lint', '-'], dump);
    assert.equal(piped.status, 1, piped.stderr);
    assert.ok(JSON.parse(piped.stdout).findings.some(({ rule }) => rule === 'satisfy-any'));
  });

  test('lint reads 5,000 lines with 800 protected locations up to the end', () => {
    const config = configure('');
    const server = (i) =>
      `server {\n listen 127.0.0.1:80;\n server_name s${i}.test;\n include sessiond/endpoints.conf;\n${Array.from({ length: 19 }, (_, j) => ` location ^~ /a${j}/ {\n  include sessiond/protect-page.conf;\n  include sessiond/identity-proxy.conf;\n  proxy_set_header X-Of-The-Site a;\n  proxy_pass http://127.0.0.1:3000;\n }\n`).join('')}}\n`;
    /** Says how much processor time it takes, the least of three. */
    const timeFor = (servers) => {
      const file = path.join(folder, `${servers}.conf`);
      const all = Array.from({ length: servers }, (_, i) => server(i)).join('');
      const text = `events {}\nhttp {\ninclude sessiond/upstream.conf;\n${all.replace(/}\n$/, 'location ^~ /last/ { include sessiond/protect-page.conf; satisfy any; allow 127.0.0.1; }\n}\n')}}\n`;
      fs.writeFileSync(file, text);
      const times = [1, 2, 3].map(() => {
        const { stdout, stderr } = spawnSync('bash', ['-c', 'TIMEFORMAT=%U; time "$@"', 'bash', tool, '-c', config, '--json', 'nginx', 'lint', file], { encoding: 'utf8', timeout: 60000 });
        const { line } = JSON.parse(stdout).findings.find(({ rule }) => rule === 'satisfy-any');
        assert.equal(line, text.split('\n').length - 3, 'it has read up to the end');
        return Number(stderr.trim().split('\n').at(-1).replace(',', '.')) * 1000;
      });
      const time = Math.min(...times);
      console.log(`${text.split('\n').length} lines of nginx's configuration, without what they include: linted in ${time} ms`);
    };
    timeFor(42);
  });

  test('lint is quiet about a good site, and says what it cannot read', () => {
    const config = configure('');
    const main = path.join(folder, 'nginx.conf');
    fs.copyFileSync(path.join(fixtures, 'sites', fs.readdirSync(path.join(fixtures, 'sites'))[0]), main);
    const good = run(['-c', config, 'nginx', 'lint', main]);
    assert.equal(good.status, 0, good.stdout + good.stderr);
    const missing = run(['-c', config, 'nginx', 'lint', path.join(folder, 'nowhere.conf')]);
    assert.equal(missing.status, 66);
    assert.match(missing.stderr, /nowhere\.conf: no such file/);
  });

  test('lint says so where it has looked at nothing, or not at all of it', () => {
    const config = configure('');
    const said = (args, input) => {
      const { status, stdout, stderr } = run(['-c', config, 'nginx', 'lint', ...args], input);
      assert.equal(status, 1, stderr);
      return stdout;
    };
    // nginx -T 2>/dev/null | sessionctl nginx lint -, where nginx -T fails
    assert.match(said(['-'], ''), /^-:1: fault: there is nothing in it \[not-looked-at\]\n {4}give nginx's main file, .*nginx -T \| sessionctl nginx lint -\n$/);
    assert.match(said(['-'], 'nginx: [emerg] unknown directive "a" in /etc/nginx/nginx.conf:1\n'), /\[syntax\]/);
    const fragment = path.join(folder, 'site.conf');
    fs.writeFileSync(fragment, `include ${folder}/sessiond/upstream.conf;\nserver {\n  satisfy any;\n}\n`);
    assert.match(said([fragment]), new RegExp(`^${fragment}:2: fault: this server stands in no \`http\` block here, so it was not looked at \\[not-looked-at\\]\n`));

    const sites = path.join(folder, 'sites');
    fs.mkdirSync(sites);
    fs.writeFileSync(path.join(sites, 'a.conf'), 'server { listen 127.0.0.1:80; }\n');
    fs.symlinkSync(path.join(folder, 'nowhere'), path.join(sites, 'b.conf'));
    const main = path.join(folder, 'nginx.conf');
    fs.writeFileSync(main, 'events {}\nhttp { include sites/*.conf; }\n');
    assert.match(said([main]), new RegExp(`^${sites}/b.conf:1: fault: it is included, and was not looked at: no such file or directory \\[not-looked-at\\]\n`));
    fs.rmSync(sites, { recursive: true });
  });

  test('print gives the shipped snippets for the defaults, and others for another configuration', () => {
    const shipped = path.join(repository, 'nginx');
    const same = path.join(folder, 'same');
    const printed = run(['-c', configure(''), 'nginx', 'print', '--to', same, '--shipped', shipped]);
    assert.equal(printed.status, 0, printed.stderr);
    for (const name of fs.readdirSync(shipped).filter((each) => each.endsWith('.conf')))
      assert.equal(fs.readFileSync(path.join(same, name), 'utf8'), fs.readFileSync(path.join(shipped, name), 'utf8'), name);

    const config = configure('identity: {X-Account: /user/account}\nlisten: {socket: /run/site-a.sock}\n');
    const other = run(['-c', config, 'nginx', 'print']);
    assert.equal(other.status, 0, other.stderr);
    assert.match(other.stdout, /# --- upstream\.conf\n[^]*unix:\/run\/site-a\.sock/);
    assert.match(other.stdout, /X-Account/);
    assert.doesNotMatch(other.stdout, /X-User-Email/);
  });

  test('print writes nothing into the shipped ones, be it by a link to them', () => {
    const shipped = path.join(folder, 'sessiond');
    const link = path.join(folder, 'link');
    fs.symlinkSync(shipped, link);
    const config = configure('identity: {X-Account: /user/account}\n');
    const before = fs.readFileSync(path.join(shipped, 'check.conf'), 'utf8');
    const print = (to) => run(['-c', config, 'nginx', 'print', '--shipped', shipped, '--to', to]);
    for (const to of [link, `${link}/`]) {
      const refused = print(to);
      assert.equal(refused.status, 73);
      assert.match(refused.stderr, new RegExp(`link is a link to .* overwrites; remove it first: rm ${link} -- then run this again, and sessiond -c ${config} --write-pages ${link}/pages\n$`));
    }
    assert.match(print(shipped).stderr, /sessiond is the folder of the shipped snippets, .* name one of your own/);
    assert.equal(fs.readFileSync(path.join(shipped, 'check.conf'), 'utf8'), before);
    // Those that are installed, also when others are named to be read.
    const installed = path.join(repository, 'nginx');
    assert.equal(path.resolve(tool, '../../../nginx'), installed, 'only a tool of build/ knows these, and leaves them alone');
    fs.unlinkSync(link);
    fs.symlinkSync(installed, link);
    assert.equal(print(link).status, 73);
    fs.unlinkSync(link);
    assert.equal(print(link).status, 0);
    assert.match(fs.readFileSync(path.join(link, 'identity-proxy.conf'), 'utf8'), /X-Account/);
  });

  test('print says what is wrong with the configuration', () => {
    const wrong = run(['-c', configure('listen: {sockett: x}\n'), 'nginx', 'print']);
    assert.equal(wrong.status, 78);
    assert.match(wrong.stderr, /sessiond\.yaml:2:10: listen\.sockett/);
  });
});
