// Several instances of sessiond behind one nginx, which asks them in turn, and says of each answer whose it is.

import fs from 'node:fs';
import path from 'node:path';

import { Sessiond } from '../../support/sessiond.mjs';
import { siteLocations } from '../../support/stack.mjs';

const kHeader = 'X-Answered-By';

const folderOf = (folder, number) => (number === 1 ? folder : path.join(folder, `instance-${number}`));
const socketOf = (folder, number) => path.join(folderOf(folder, number), 'sessiond.sock');

export class Instances {
  constructor(count) {
    this.numbers = Array.from({ length: count }, (_, i) => i + 1);
    this.others = [];
  }

  /** What startStack() has to know of them. */
  get stackOptions() {
    return {
      upstream: (text) => text.replace(/^ *server unix:(.*)\/sessiond\.sock.*;$/gm, (line, folder) =>
        this.numbers.map((number) => line.replace(socketOf(folder, 1), socketOf(folder, number))).join('\n')),
      // A check's answer was asked for by the request that is answered, a logout's is passed on.
      http: `
        map "" $checked_by { default ""; }
        map $checked_by $answered_by { volatile; default $checked_by; "" $upstream_addr; }`,
      server: `add_header ${kHeader} $answered_by always;`,
      locations: (folder) =>
        siteLocations(folder).replaceAll(/include sessiond\/protect-\w+\.conf;/g, '$& auth_request_set $checked_by $upstream_addr;'),
    };
  }

  /** Those beside the stack's own. `configure(config)`: as for that one. */
  async start(stack, configure) {
    for (const number of this.numbers.slice(1)) {
      const folder = folderOf(stack.folder, number);
      fs.mkdirSync(folder);
      const one = new Sessiond(folder, stack.redis.url, configure, stack.sessiond.secrets);
      one.environment = stack.sessiond.environment;
      one.within = stack.sessiond.within;
      this.others.push(await one.start());
    }
    this.names = new Map(this.numbers.map((number) => [`unix:${socketOf(stack.folder, number)}`, `instance ${number}`]));
  }

  /** Who gave this answer; undefined: nginx itself, or nobody. */
  whose(answer) {
    return this.names.get(answer?.headers[kHeader.toLowerCase()]?.split(/, | : /).at(-1));
  }

  get all() {
    return [...this.names.values()];
  }

  async stop() {
    for (const one of this.others) await one.stop();
  }
}
