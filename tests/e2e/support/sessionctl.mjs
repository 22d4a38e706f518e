// sessionctl, as a script calls it; what it says as JSON keeps conf/sessionctl.schema.json.

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';

import Ajv from 'ajv/dist/2020.js';

import { binary, repository } from '../../support/places.mjs';

export const tool = path.join(path.dirname(binary), 'sessionctl');

export const schema = JSON.parse(fs.readFileSync(path.join(repository, 'conf/sessionctl.schema.json'), 'utf8'));
const ajv = new Ajv({ allErrors: true, strict: false, validateFormats: false });
ajv.addSchema(schema, 'sessionctl');

function checkShape(kind, value) {
  const validate = ajv.getSchema(`sessionctl#/$defs/${encodeURIComponent(kind)}`);
  assert.ok(validate, `a schema of ${kind}`);
  assert.ok(validate(value), `${kind}: ${ajv.errorsText(validate.errors)}: ${JSON.stringify(value)}`);
}

/** Ends with {status, stdout, stderr}. */
export function run(args, input = '', env = {}) {
  return new Promise((resolve, reject) => {
    const child = spawn(tool, args, { timeout: 60000, env: { ...process.env, ...env } });
    const ended = { stdout: '', stderr: '' };
    for (const stream of ['stdout', 'stderr']) child[stream].setEncoding('utf8').on('data', (text) => (ended[stream] += text));
    child.on('error', reject);
    child.on('close', (status) => resolve({ ...ended, status }));
    child.stdin.on('error', () => {}); // it may end without reading
    child.stdin.end(input);
  });
}

/** [[command, its options]], groups too, as the completion for bash has them. */
export async function commandTree() {
  const { stdout } = await run(['--completion', 'bash']);
  return [...stdout.matchAll(/^ +'([a-z ]*)'\) words='(.*)'/gm)].map(([, command, words]) => [
    command,
    words.split(' ').filter((word) => word.startsWith('--')),
  ]);
}

/** Those that do something. */
export async function leafCommands() {
  const names = (await commandTree()).map(([command]) => command);
  return names.filter((name) => name !== '' && !names.some((other) => other.startsWith(`${name} `)));
}

/** For one site: ctl(['session', 'list'], …) gives back what --json says, as `command` or as a failure, and `status`. */
export function sessionctl(file) {
  const ctl = async (command, args = [], input = '', env = {}) => {
    const words = command.split(' ');
    const { status, stdout, stderr } = await run(['-c', file, '--json', ...words, ...args], input, env);
    assert.match(stdout, /^\{.*\}\n$/, stderr);
    const said = JSON.parse(stdout);
    const wrong = said.problems !== undefined && said.error === undefined;
    checkShape(wrong ? 'check' : said.error === undefined ? command : 'failure', said);
    assert.equal(said.ok, status === 0, `${stdout}, exit code ${status}`);
    return { ...said, status, stderr };
  };
  ctl.text = (args, input) => run(['-c', file, ...args], input);
  return ctl;
}
