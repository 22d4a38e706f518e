// The ceiling: nginx answers the check itself, and no other program runs.

import { express } from '../support/sessions.mjs';

export class NginxAlone {
  sessions = express;
  guards = false;

  constructor(name, title) {
    this.name = name;
    this.title = title;
    this.site = () => ({
      upstreams: '',
      server: `
        location = /auth { internal; return 204; }
        location = /gif { auth_request /auth; empty_gif; }`,
    });
  }

  async start() {}

  async stop() {}
}
