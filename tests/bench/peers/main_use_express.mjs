// An application on express-session and connect-redis, as it stands behind nginx.

import path from 'node:path';

import { repository } from '../../support/places.mjs';
import { start, stop } from '../../support/processes.mjs';
import { freshFolder } from '../support/folders.mjs';
import { peerListens } from '../support/peer_listens.mjs';
import { secret } from '../support/sessions.mjs';

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
    await peerListens(this);
  }

  stop() {
    return stop(this.process);
  }
}
