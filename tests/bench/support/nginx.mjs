// nginx in front of a peer: what each of them needs differs, everything else is the same.
//
// What is asked for is /gif, nginx's built-in picture of 43 bytes: the cheapest location that comes after
// auth_request (`return` would come before it, and nothing would be checked).

import http from 'node:http';

import { copyParams, Nginx as AnyNginx } from '../../support/nginx.mjs';
import { freshFolder } from './folders.mjs';

const options = {
  connections: 8192,
  errorLevel: 'warn',
  http: `
    access_log off;
    keepalive_requests 100000000;`,
};

export class Nginx extends AnyNginx {
  /** `site(folder)` gives {upstreams, server}: what stands in the http and in the server block. */
  constructor(name, site, workers) {
    const folder = freshFolder('nginx', name);
    copyParams(folder);
    const { upstreams, server } = site(folder);
    super(folder, (port) => `${upstreams}
    server {
        listen 127.0.0.1:${port} backlog=4096;
${server}
    }`, { ...options, workers });
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
