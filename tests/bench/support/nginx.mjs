// nginx in front of a peer: what each of them needs differs, everything else is the same.
//
// What is asked for is /gif, nginx's built-in picture of 43 bytes: the cheapest location that comes after
// auth_request (`return` would come before it, and nothing would be checked).

import fs from 'node:fs';
import http from 'node:http';
import net from 'node:net';
import path from 'node:path';

import { freshFolder, repository, start, stop, waitFor } from './process.mjs';

/** Copies the shipped files into nginx's folder; only the path of sessiond's socket is changed in them. */
export function installSnippets(folder, socket) {
  const target = path.join(folder, 'sessiond');
  fs.cpSync(path.join(repository, 'nginx'), target, { recursive: true });
  const upstream = path.join(target, 'upstream.conf');
  const text = fs.readFileSync(upstream, 'utf8');
  fs.writeFileSync(upstream, text.replaceAll('unix:/run/sessiond/sessiond.sock', `unix:${socket}`));
}

export function freePort() {
  return new Promise((resolve, reject) => {
    const server = net.createServer();
    server.on('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const { port } = server.address();
      server.close(() => resolve(port));
    });
  });
}

function configuration({ workers, port, upstreams, server }) {
  return `
user root;
daemon off;
worker_processes ${workers};
pid nginx.pid;
error_log nginx-error.log warn;
events { worker_connections 8192; }
http {
    access_log off;
    keepalive_requests 100000000;
    client_body_temp_path body;
    proxy_temp_path proxy;
    fastcgi_temp_path fastcgi;
    uwsgi_temp_path uwsgi;
    scgi_temp_path scgi;
${upstreams}
    server {
        listen 127.0.0.1:${port} backlog=4096;
${server}
    }
}
`;
}

export class Nginx {
  /** `site(folder)` gives {upstreams, server}: what stands in the http and in the server block. */
  constructor(name, site, workers) {
    this.folder = freshFolder('nginx', name);
    this.site = site;
    this.workers = workers;
  }

  async start() {
    this.port = await freePort();
    const file = path.join(this.folder, 'nginx.conf');
    for (const name of ['fastcgi_params', 'proxy_params']) {
      fs.copyFileSync(`/etc/nginx/${name}`, path.join(this.folder, name));
    }
    fs.writeFileSync(file, configuration({ ...this.site(this.folder), workers: this.workers, port: this.port }));
    this.process = start('nginx', ['-e', 'stderr', '-p', this.folder, '-c', file], {
      log: path.join(this.folder, 'nginx-error.log'),
    });
    await waitFor(`nginx listens (${this.folder})`, () => statusOf(this.port, {}));
    return this;
  }

  stop() {
    return stop(this.process);
  }
}

/** The status of one request for what is protected. */
export function statusOf(port, headers) {
  return new Promise((resolve, reject) => {
    const request = http.get({ host: '127.0.0.1', port, path: '/gif', headers, agent: false }, (response) => {
      response.resume();
      response.on('end', () => resolve(response.statusCode));
    });
    request.setTimeout(10000, () => request.destroy(new Error('nginx does not answer')));
    request.on('error', reject);
  });
}
