// conf/sessiond.schema.json, by which editors complete and check sessiond.yaml: it is what this sessiond says of its
// options, and it never marks what sessiond takes.

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { before, describe, test } from 'node:test';

import Ajv from 'ajv/dist/2020.js';
import yaml from 'yaml';

import { temporaryFolder } from '../support/folders.mjs';
import '../support/patience.mjs';
import { binary } from '../support/places.mjs';

const schema = JSON.parse(fs.readFileSync('conf/sessiond.schema.json', 'utf8'));
const validate = new Ajv({ allErrors: true, strict: false }).compile(schema);

/** [{path, schema}] of all options. */
function options(section = schema, above = []) {
  return Object.entries(section.properties).flatMap(([name, below]) =>
    below.properties && !below.required ? options(below, [...above, name]) : [{ path: [...above, name], schema: below }],
  );
}

/** A configuration in which each of these options has its value. */
function configWith(values) {
  const config = {};
  for (const { path: names, value } of values) {
    const last = names.at(-1);
    const section = names.slice(0, -1).reduce((at, name) => (at[name] ??= {}), config);
    section[last] = value;
  }
  return config;
}

/** The options that the schema finds fault with. */
function marked(config) {
  if (validate(config)) return new Set();
  return new Set(validate.errors.map((error) => error.instancePath.split('/').slice(1).join('.')));
}

const isMarked = (marks, name) => [...marks].some((mark) => mark === name || mark.startsWith(`${name}.`));

describe('the schema of sessiond.yaml', () => {
  let folder;
  before(() => (folder = temporaryFolder()));

  /** What sessiond says of a configuration, by option. */
  function refused(config) {
    const file = path.join(folder, 'sessiond.yaml');
    fs.writeFileSync(file, JSON.stringify(config));
    const { stderr } = spawnSync(binary, ['-t', '-c', file], { encoding: 'utf8', timeout: 30000 });
    return stderr
      .split('\n')
      .map((line) => line.match(/^\S+:\d+:\d+: ([\w.-]+)/)?.[1])
      .filter(Boolean);
  }

  test('is what this sessiond and the reference say', () => {
    const { stdout } = spawnSync('conf/make-schema', [binary], { encoding: 'utf8', timeout: 30000 });
    assert.equal(stdout, fs.readFileSync('conf/sessiond.schema.json', 'utf8'), 'conf/make-schema build/plain/sessiond >conf/sessiond.schema.json');
    const described = options().filter(({ schema: option }) => option.description);
    assert.ok(described.length > options().length * 0.9, 'options share a comment now and then');
  });

  test('takes the reference', () => {
    validate(yaml.parse(fs.readFileSync('conf/sessiond.yaml', 'utf8')));
    assert.deepEqual(validate.errors ?? [], []);
  });

  test('marks what is misspelt, and what is of the wrong kind', () => {
    assert.ok(!validate({ redis: { uri: 'redis://localhost' } }));
    assert.ok(!validate({ session: { idle_timeout: 3600 } }), 'a duration without its unit');
    assert.ok(!validate({ cookie: { same_site: 'Lax' } }));
    assert.ok(!validate({ identity: { 'X-User-Id': { join: ',' } } }), 'from is missing');
    assert.ok(!validate({ policies: { admin: { roles: ['admin'] } } }));
    assert.ok(!validate({ log: null }), 'a section without an option');
    assert.ok(!validate({ redis: { cluster: null } }));
    assert.ok(!validate({ policies: { admin: { match: { '/plan': null } } } }));
    for (const files of [[], Array.from({ length: 17 }, (_, i) => `secret-${i}`)]) assert.ok(!validate({ session: { secret_files: files } }), `${files.length}`);
    for (const name of ['X A', '-X', 'X-', '1X', '', 'X'.repeat(65)]) assert.ok(!validate({ identity: { [name]: '/user/id' } }), name);
    for (const name of ['', 'unnamed', 'Admin', 'a b', 'a'.repeat(65)]) assert.ok(!validate({ policies: { [name]: {} } }), name);
    for (const join of ['', '123456789']) assert.ok(!validate({ identity: { 'X-Roles': { from: '/user/roles', join } } }), join);
    for (const file of [false, 1, 'sessiond.log']) assert.ok(!validate({ log: { file } }), `${file}`);
    assert.ok(validate({ session: { secret_files: ['a'] }, identity: { X: '/user/id', 'X-2': { from: '/a', join: '; ' } }, policies: { 'a-1_b': {} }, log: { file: '' } }));
    assert.ok(validate({ policies: { admin: { roles_any: ['admin'], max_auth_age: '5m' } }, cookie: { max_age: null } }));
  });

  const values = [true, false, 0, 1, 5, 300, 4096, 1e9, -1, 1.5, '', '1', '5m', '0s', '8k', '0660', 'abc', '/abc', null, [], ['/abc'], ['redis'], {}];
  for (const value of values) {
    test(`marks nothing that sessiond takes: ${JSON.stringify(value)}`, () => {
      const all = options();
      const config = configWith(all.map((option) => ({ ...option, value })));
      const marks = marked(config);
      const complaints = new Set(refused(config));
      for (const { path: names, schema: option } of all) {
        const name = names.join('.');
        const mark = isMarked(marks, name);
        const complaint = [...complaints].some((one) => one === name || one.startsWith(`${name}.`));
        if (mark) assert.ok(complaint, `${name}: sessiond takes it`);
        const exact = option.type === 'boolean' || option.type === 'integer' || option.enum;
        if (exact && complaint) assert.ok(mark, `${name}: sessiond refuses it`);
      }
    });
  }
});
