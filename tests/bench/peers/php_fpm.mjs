// PHP-FPM with sessions kept in Redis by phpredis, as Debian has them. A connection per check: a kept one would occupy
// a whole PHP process.

import fs from 'node:fs';
import path from 'node:path';

import { PhpFpm as AnyPhpFpm } from '../../support/php_fpm.mjs';
import { repository } from '../../support/places.mjs';
import { freshFolder, unprivileged } from '../support/folders.mjs';
import { php } from '../support/sessions.mjs';

export class PhpFpm {
  sessions = php;
  guards = true;

  constructor(name, title) {
    this.name = name;
    this.title = title;
    this.folder = freshFolder(name);
    this.socket = path.join(this.folder, 'php.sock');
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
    this.server = await new AnyPhpFpm(this.folder, {
      children: 8,
      lines: `listen.mode = 0666
listen.backlog = 4096
php_value[session.save_handler] = redis
php_value[session.save_path] = "${redis.url}"
`,
      options: unprivileged,
    }).start();
    this.process = this.server.process;
  }

  stop() {
    return this.server.stop();
  }
}
