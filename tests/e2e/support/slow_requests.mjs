// Requests to Express that have their session and wait until a test lets them end.

import assert from 'node:assert/strict';
import { EventEmitter, once } from 'node:events';

export class SlowRequests {
  events = new EventEmitter();
  waiting = [];

  action = async (request, response) => {
    const released = new Promise((resolve) => this.waiting.push(resolve));
    this.events.emit('begun');
    await released;
    if (request.query.write) request.session.slow = Number(request.query.write);
    response.json({ user: request.session.user });
  };

  /** Begins one; the result's `finish()` lets it end. */
  async begin(client, mount, query = '') {
    const begun = once(this.events, 'begun');
    const answer = client.get(`/express/${mount}/slow${query}`);
    await begun;
    const release = this.waiting.pop();
    return {
      finish: async () => {
        release();
        assert.equal((await answer).status, 200);
      },
    };
  }
}
