// What sessiond's user in Redis may do, as README.md gives it: the words of its `ACL SETUSER` behind the password.

import fs from 'node:fs';
import path from 'node:path';

import { repository } from '../../support/places.mjs';

export function documentedRules() {
  const readme = fs.readFileSync(path.join(repository, 'README.md'), 'utf8');
  return readme.match(/^ACL SETUSER sessiond on >PASSWORD (.*)$/m)[1].split(' ');
}
