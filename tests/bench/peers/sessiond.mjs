// sessiond behind the files that it ships: what nginx does for it is what users get.

import fs from 'node:fs';
import path from 'node:path';

import { installSnippets } from '../../support/nginx.mjs';
import { binary } from '../../support/places.mjs';
import { start, stop } from '../../support/processes.mjs';
import { freshFolder } from '../support/folders.mjs';
import { peerListens } from '../support/peer_listens.mjs';
import { expressUnder, secret } from '../support/sessions.mjs';

/** The shipped snippets, leading to whoever listens on `socket`. */
export function shippedSite(socket) {
  return (folder) => {
    installSnippets(folder, socket);
    return {
      upstreams: 'include sessiond/upstream.conf;',
      server: `
        include sessiond/endpoints.conf;
        location = /gif {
            include sessiond/protect-api.conf;
            empty_gif;
        }`,
    };
  };
}

export class Sessiond {
  guards = true;
  touches = true; // now and then, not at every check

  /** `session` and `login` add to those sections, `api` is one; `launcher` is a program with its arguments that runs the daemon. */
  constructor(name, title, { session, login, api, launcher = [] }) {
    this.name = name;
    this.title = title;
    this.session = session;
    this.caches = session.cache?.enabled ?? true;
    this.login = login;
    this.api = api;
    this.sessions = expressUnder(session.key_prefix ?? 'sess:');
    this.launcher = launcher;
    this.folder = freshFolder(name);
    this.socket = path.join(this.folder, 'socket');
    this.site = shippedSite(this.socket);
  }

  async start(redis) {
    const secretFile = path.join(this.folder, 'secret');
    const file = path.join(this.folder, 'sessiond.yaml');
    fs.writeFileSync(secretFile, secret, { mode: 0o600 });
    const configuration = {
      listen: { socket: this.socket },
      redis: redis.settings,
      session: { secret_files: [secretFile], ...this.session },
      login: { authenticators: ['redis'], ...this.login },
      ...(this.api && { api: this.api }),
    };
    fs.writeFileSync(file, JSON.stringify(configuration, null, 2)); // JSON is YAML
    const [program, ...args] = [...this.launcher, binary, '-c', file];
    this.process = start(program, args, { log: path.join(this.folder, 'log') });
    await peerListens(this);
  }

  stop() {
    return stop(this.process);
  }
}
