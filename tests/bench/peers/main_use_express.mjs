// An application on express-session and connect-redis, as it stands behind nginx.

import path from 'node:path';

import { freshFolder, repository, start, stop } from '../support/process.mjs';
import { secret } from '../support/sessions.mjs';
import { waitUntilListening } from '../support/socket.mjs';

export class MainUseExpress {
  /** `touch`: connect-redis's default, to extend a session with every request. */
  constructor({ touch }) {
    this.touch = touch;
    this.folder = freshFolder('application');
    this.socket = path.join(this.folder, 'socket');
  }

  async start(redis) {
    this.process = start(process.execPath, [path.join(repository, 'tests/bench/peers/express_server.mjs')], {
      log: path.join(this.folder, 'log'),
      env: {
        NODE_ENV: 'production',
        SOCKET: this.socket,
        REDIS: redis.socket,
        SECRET: secret,
        PREFIX: 'sess:',
        DISABLE_TOUCH: this.touch ? '' : '1',
      },
    });
    await waitUntilListening(this);
  }

  stop() {
    return stop(this.process);
  }
}
