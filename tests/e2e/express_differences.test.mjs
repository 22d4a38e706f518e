// The table of differences from Express is true and whole: every row is shown by a test, a test names none
// that the table lacks, and conf/guide/express.md shows it to the reader.

import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { describe, test } from 'node:test';

import '../support/patience.mjs';
import { repository } from '../support/places.mjs';
import { differences, rows } from './support/differences.mjs';
import { cookieHeaders } from './support/express_cookies.mjs';
import { records } from './support/express_records.mjs';

const folder = path.join(repository, 'tests', 'e2e');

/** A test that shows one in code of its own says `difference NAME` in its title or in a comment. */
function namedInTests() {
  const files = fs.readdirSync(folder).filter((name) => /^express_.*\.test\.mjs$/.test(name));
  const text = files.map((name) => fs.readFileSync(path.join(folder, name), 'utf8')).join('\n');
  return [...text.matchAll(/\bdifference ([a-z][a-z0-9.-]*[a-z0-9])/g)].map(([, name]) => name);
}

describe('the differences from Express', () => {
  const shown = new Set([...records, ...cookieHeaders].flatMap((row) => row.difference ?? []).concat(namedInTests()));

  test('are shown by tests, one and all', () => {
    assert.deepEqual([...shown].sort(), Object.keys(differences).sort());
  });

  test('stand in the guide', () => {
    const guide = fs.readFileSync(path.join(repository, 'conf/guide/express.md'), 'utf8');
    for (const row of rows) assert.ok(guide.includes(row), `conf/guide/express.md lacks the row\n${row}`);
  });
});
