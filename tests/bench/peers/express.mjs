// express-session with connect-redis, asked by nginx over HTTP on kept connections.

import path from 'node:path';

import { repository } from '../../support/places.mjs';
import { start, stop } from '../../support/processes.mjs';
import { freshFolder } from '../support/folders.mjs';
import { peerListens } from '../support/peer_listens.mjs';
import { expressUnder, secret } from '../support/sessions.mjs';

export class Express {
  sessions = expressUnder('express:');
  guards = true;

  constructor(name, title) {
    this.name = name;
    this.title = title;
    this.folder = freshFolder(name);
    this.socket = path.join(this.folder, 'socket');
    this.site = () => ({
      upstreams: `    upstream express { server unix:${this.socket}; keepalive 128; keepalive_requests 1000000; }`,
      server: `
        location = /auth {
            internal;
            proxy_http_version 1.1;
            proxy_set_header Connection "";
            proxy_set_header Content-Length "";
            proxy_pass_request_body off;
            proxy_pass http://express;
        }
        location = /gif {
            auth_request /auth;
            auth_request_set $user_id $upstream_http_x_user_id;
            empty_gif;
        }`,
    });
  }

  async start(redis) {
    this.process = start(process.execPath, [path.join(repository, 'tests/bench/peers/express_server.mjs')], {
      log: path.join(this.folder, 'log'),
      env: { NODE_ENV: 'production', SOCKET: this.socket, REDIS: redis.socket, SECRET: secret },
    });
    await peerListens(this);
  }

  stop() {
    return stop(this.process);
  }
}
