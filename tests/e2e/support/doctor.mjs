// A site that is well, in which tests plant faults for `sessionctl doctor`.

import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';

import { repository } from '../../support/places.mjs';
import { Redis } from '../../support/redis_server.mjs';
import { freePort } from '../../support/sockets.mjs';
import { startStack } from '../../support/stack.mjs';
import { waitFor } from '../../support/waiting.mjs';
import { sessionctl } from './sessionctl.mjs';
import { typed } from './typist.mjs';

const http = `
    map $uri $login_visitor { /login $binary_remote_addr; }
    limit_req_zone $login_visitor zone=logins:1m rate=2r/s;`;
const server = 'limit_req zone=logins burst=20 nodelay;';
const locations = () => `
        location / { include sessiond/identity-proxy.conf; include proxy_params; proxy_pass http://application; }
        location /page/ { include sessiond/protect-page.conf; include sessiond/identity-proxy.conf; include proxy_params; proxy_pass http://application; }`;

export class Patient {
  /** `redis`: options of its Redis; `config(config)` alters sessiond's configuration. */
  async start({ redis = {}, config } = {}) {
    const port = await freePort();
    this.stack = await startStack({ http, server, locations, config, redis: (folder) => new Redis(folder, { port, ...redis }) });
    this.ctl = sessionctl(this.stack.sessiond.file);
    this.original = structuredClone(this.stack.sessiond.config);
    fs.chmodSync(this.stack.folder, 0o755);
    return this;
  }

  stop() {
    return this.stack?.stop();
  }

  at(...names) {
    return path.join(this.stack.folder, ...names);
  }

  redis(...args) {
    return this.stack.redis.command(...args);
  }

  /** An environment in which the tool is on another machine: {CLOCK_OFF} seconds off, with {CORES} cores, or with systemd (SYSTEMD). */
  anotherMachine(what) {
    const shim = this.at('other_machine.so');
    execFileSync('cc', ['-shared', '-fPIC', '-o', shim, path.join(repository, 'tests/e2e/support/other_machine.c'), '-ldl']);
    return { LD_PRELOAD: shim, ...what };
  }

  /** The same, where systemd says this of both units. */
  underSystemd(unit, configuration = this.stack.sessiond.file) {
    const command = `{ path=/usr/sbin/sessiond ; argv[]=/usr/sbin/sessiond -c ${configuration} ; ignore_errors=no }`;
    const shown = `LoadState=loaded\nActiveState=active\nUnitFileState=enabled\nExecStart=${command}\n${unit}`;
    fs.writeFileSync(this.at('systemctl'), `#!/bin/sh\ncat <<END\n${shown}\nEND\n`, { mode: 0o755 });
    return this.anotherMachine({ SYSTEMD: '1', PATH: `${this.stack.folder}:${process.env.PATH}` });
  }

  /** What sessiond.yaml says; `inForce`: and the daemon as well. Otherwise it looks as old as what is in force. */
  async configure(change, { inForce = true } = {}) {
    const { sessiond } = this.stack;
    const time = new Date(Date.now() - 3600_000);
    sessiond.config = structuredClone(this.original);
    change(sessiond.config);
    sessiond.writeConfig();
    fs.utimesSync(sessiond.file, time, time);
    if (inForce) assert.equal((await this.ctl('reload')).status, 0);
  }

  async restore() {
    await this.configure(() => {});
    await waitFor('the daemon hears of changes', async () => (await this.ctl('status')).memory === 'believed');
  }

  /** nginx -T's output for a copy of its folder in which `change(text)` has altered `file`. */
  nginxWith(file = 'nginx.conf', change = (text) => text, also = () => {}) {
    const folder = this.at('planted');
    fs.rmSync(folder, { recursive: true, force: true });
    fs.mkdirSync(folder);
    for (const name of ['nginx.conf', 'sessiond', 'proxy_params', 'fastcgi_params']) fs.cpSync(this.at(name), path.join(folder, name), { recursive: true });
    const endpoints = path.join(folder, 'sessiond/endpoints.conf');
    fs.writeFileSync(endpoints, fs.readFileSync(endpoints, 'utf8').replaceAll(`${this.stack.folder}/sessiond/`, `${folder}/sessiond/`));
    const planted = path.join(folder, file);
    fs.writeFileSync(planted, change(fs.readFileSync(planted, 'utf8')));
    also(folder);
    const dump = execFileSync('nginx', ['-T', '-e', 'stderr', '-p', folder, '-c', path.join(folder, 'nginx.conf')], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });
    fs.writeFileSync(this.at('dump'), dump);
    return this.at('dump');
  }

  /** {rule: what it has to say}, of those that have something to say. */
  async examine(nginx = this.nginxWith(), env = {}) {
    const said = await this.ctl('doctor', ['--nginx', nginx], '', env);
    const found = said.rules.filter(({ findings }) => findings.length > 0);
    for (const { findings } of found) for (const { remedy } of findings) assert.ok(remedy.length > 5, 'a remedy');
    assert.equal(said.ok, found.every(({ result }) => result === 'hint'));
    assert.equal(said.status, said.ok ? 0 : 1);
    const words = (findings) => findings.map(({ message, remedy }) => `${message} -> ${remedy}`).join('\n');
    return Object.fromEntries(found.map(({ rule, result, findings }) => [rule, `${result}: ${words(findings)}`]));
  }

  /** That rule and no other. */
  async finds(rule, pattern, nginx, env) {
    const found = await this.examine(nginx, env);
    assert.deepEqual(Object.keys(found), [rule], JSON.stringify(found, null, 2));
    assert.match(found[rule], pattern);
    return found[rule];
  }

  /** Types what was said to mend it, as an administrator would, at a terminal; `password`: whenever one is asked for. */
  async types(found, password = '') {
    const command = found.slice(found.lastIndexOf(' -> ') + 4);
    const { stdout, stderr, status } = typed(command, { 'password:': password });
    assert.equal(status, 0, `${command}\n${stdout}${stderr}`);
    assert.doesNotMatch(stdout + stderr, /^\(?error|^ERR|AUTH|NOPERM|failed/m, command);
    return stdout;
  }
}
