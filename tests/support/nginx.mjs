// A private nginx with the shipped files: nginx/*.conf are copied to <folder>/sessiond/ and nothing in them is changed
// but the paths of sessiond's socket and of its pages, and where the applications' server listens: <folder>/api.sock.

import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';

import { binary, repository } from './places.mjs';
import { start, stop } from './processes.mjs';
import { freePort, waitUntilListening } from './sockets.mjs';

/** Copies the shipped files; `socket` is where sessiond listens, `change(text)` alters upstream.conf. */
export function installSnippets(folder, socket, change = (text) => text) {
  const target = path.join(folder, 'sessiond');
  fs.cpSync(path.join(repository, 'nginx'), target, { recursive: true });
  const upstream = path.join(target, 'upstream.conf');
  const text = fs.readFileSync(upstream, 'utf8').replaceAll('unix:/run/sessiond/sessiond.sock', `unix:${socket}`);
  fs.writeFileSync(upstream, change(text));
  execFileSync(binary, ['--write-pages', path.join(target, 'pages')]);
  const endpoints = path.join(target, 'endpoints.conf');
  fs.writeFileSync(endpoints, fs.readFileSync(endpoints, 'utf8').replace('/etc/nginx/sessiond/', `${target}/`));
  const api = path.join(target, 'api.conf');
  const listen = `listen unix:${path.join(folder, 'api.sock')};`;
  fs.writeFileSync(api, fs.readFileSync(api, 'utf8').replace('listen 127.0.0.1:9181;', listen));
  copyParams(folder);
}

/** What nginx's package has for applications. */
export function copyParams(folder) {
  for (const name of ['proxy_params', 'fastcgi_params']) fs.copyFileSync(`/etc/nginx/${name}`, path.join(folder, name));
}

function mainConfig({ workers = 1, connections = 4096, errorLevel = 'info', http = 'access_log nginx-access.log;' }, site) {
  const user = process.getuid() === 0 ? 'user root;' : '';
  return `
${user}
daemon off;
worker_processes ${workers};
pid nginx.pid;
error_log nginx-error.log ${errorLevel};
events { worker_connections ${connections}; }
http {
    ${http}
    client_body_temp_path nginx-body;
    proxy_temp_path nginx-proxy;
    fastcgi_temp_path nginx-fastcgi;
    uwsgi_temp_path nginx-uwsgi;
    scgi_temp_path nginx-scgi;
    client_max_body_size 64m;
${site}
}
`;
}

export class Nginx {
  /** `site(port)` gives what stands in the http block; `options` what is to be otherwise: see mainConfig. */
  constructor(folder, site, options = {}) {
    this.folder = folder;
    this.site = site;
    this.options = options;
    this.file = path.join(folder, 'nginx.conf');
  }

  async start() {
    this.port = await freePort();
    fs.writeFileSync(this.file, mainConfig(this.options, this.site(this.port)));
    this.process = start('nginx', this.#args(), { log: path.join(this.folder, 'nginx-error.log') });
    await waitUntilListening('nginx', this.port, this.process, () => this.errorLog());
    return this;
  }

  /** `nginx -t` with this configuration: {ok, output}. */
  async check() {
    const log = path.join(this.folder, 'nginx-check.log');
    fs.rmSync(log, { force: true });
    fs.writeFileSync(this.file, mainConfig(this.options, this.site(await freePort())));
    const { code } = await start('nginx', ['-t', ...this.#args()], { log }).exited;
    return { ok: code === 0, output: fs.readFileSync(log, 'utf8') };
  }

  #args() {
    return ['-e', 'stderr', '-p', this.folder, '-c', this.file];
  }

  errorLog() {
    return fs.readFileSync(path.join(this.folder, 'nginx-error.log'), 'utf8');
  }

  stop() {
    return stop(this.process, 'SIGTERM');
  }
}
