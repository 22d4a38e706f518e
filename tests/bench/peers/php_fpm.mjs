// PHP-FPM with sessions kept in Redis by phpredis, as Debian has them. A connection per check: a kept one would occupy
// a whole PHP process.

import fs from 'node:fs';
import path from 'node:path';

import { freshFolder, repository, start, stop, unprivileged } from '../support/process.mjs';
import { php } from '../support/sessions.mjs';
import { waitUntilListening } from '../support/socket.mjs';

export class PhpFpm {
  sessions = php;
  guards = true;

  constructor(name, title) {
    this.name = name;
    this.title = title;
    this.folder = freshFolder(name);
    this.socket = path.join(this.folder, 'socket');
    this.site = () => ({
      upstreams: '',
      server: `
        location = /auth {
            internal;
            include fastcgi_params;
            fastcgi_pass_request_body off;
            fastcgi_param CONTENT_LENGTH "";
            fastcgi_param SCRIPT_FILENAME ${this.folder}/check.php;
            fastcgi_pass unix:${this.socket};
        }
        location = /gif {
            auth_request /auth;
            auth_request_set $user_id $upstream_http_x_user_id;
            empty_gif;
        }`,
    });
  }

  async start(redis) {
    fs.copyFileSync(path.join(repository, 'tests/bench/peers/check.php'), path.join(this.folder, 'check.php'));
    const file = path.join(this.folder, 'php-fpm.conf');
    fs.writeFileSync(
      file,
      `[global]
error_log = ${this.folder}/error.log
daemonize = no

[check]
listen = ${this.socket}
listen.mode = 0666
listen.backlog = 4096
pm = static
pm.max_children = 8
php_value[session.save_handler] = redis
php_value[session.save_path] = "${redis.url}"
`,
    );
    const program = fs.readdirSync('/usr/sbin').find((name) => /^php-fpm\d/.test(name));
    this.process = start(path.join('/usr/sbin', program), ['--nodaemonize', '--fpm-config', file], {
      log: path.join(this.folder, 'log'),
      ...unprivileged,
    });
    await waitUntilListening(this);
  }

  stop() {
    return stop(this.process);
  }
}
