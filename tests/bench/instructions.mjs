// Instructions of a check in user mode, counted by callgrind, and where they go.
//
// Each program runs twice, for few and for many requests that are otherwise the same (sequential, over one connection
// from nginx with the shipped snippets). The difference is what requests cost; starting, ending and filling the cache
// cancel out.

import fs from 'node:fs';
import http from 'node:http';
import path from 'node:path';

import { run } from '../support/processes.mjs';
import { BareResponder } from './peers/bare_responder.mjs';
import { Sessiond } from './peers/sessiond.mjs';
import { freshFolder } from './support/folders.mjs';
import { say } from './support/log.mjs';
import { Nginx } from './support/nginx.mjs';
import { RedisServer } from './support/redis.mjs';
import { express, stored } from './support/sessions.mjs';

const sessions = 100;
const shown = 40; // functions of a profile

async function checkSequentially(port, count) {
  const agent = new http.Agent({ keepAlive: true, maxSockets: 1 });
  for (let i = 0; i < count; i++) {
    const headers = { host: 'site.example', cookie: express.cookie(i % sessions) };
    const status = await new Promise((resolve, reject) => {
      const request = http.get({ host: '127.0.0.1', port, path: '/gif', headers, agent }, (response) => {
        response.resume();
        response.on('end', () => resolve(response.statusCode));
      });
      request.on('error', reject);
    });
    if (status !== 200) throw new Error(`instructions: a check was answered with ${status}`);
  }
  agent.destroy();
}

function partOf(title) {
  if (/^FCGX_|libfcgi/.test(title)) return 'libfcgi';
  if (/malloc|free|unlink_chunk|realloc|libjemalloc|operator (new|delete)/.test(title)) return 'allocation';
  if (/sessiond::/.test(title)) return 'sessiond';
  return 'libraries';
}

function sumByPart(functions) {
  const parts = {};
  for (const { title, instructions } of functions) {
    parts[partOf(title)] = (parts[partOf(title)] ?? 0) + instructions;
  }
  return parts;
}

/** Lines of callgrind_annotate: `1,234,567 (12.34%)  file:function [object]`. */
async function readProfile(file) {
  const text = await run('callgrind_annotate', ['--threshold=100', '--auto=no', '--show-percs=no', file]);
  const total = Number(text.match(/^([\d,]+) +PROGRAM TOTALS/m)[1].replaceAll(',', ''));
  const functions = new Map();
  for (const [, count, name] of text.matchAll(/^ *([\d,]+) +(\S.*:.*)$/gm)) {
    const [, own, object = ''] = name.match(/^[^:]*:(.*?)(?: \[(.*)\])?$/);
    const title = own.startsWith('0x') ? `${own} of ${path.basename(object)}` : own;
    functions.set(title, (functions.get(title) ?? 0) + Number(count.replaceAll(',', '')));
  }
  return { total, functions };
}

async function profileOf({ makePeer, redis, requests, folder }) {
  const file = path.join(folder, `${requests}.callgrind`);
  const peer = makePeer(['valgrind', '--tool=callgrind', `--callgrind-out-file=${file}`]);
  await peer.start(redis);
  const nginx = await new Nginx('instructions', peer.site, 1).start();
  await checkSequentially(nginx.port, requests);
  await nginx.stop();
  await peer.stop();
  return readProfile(file);
}

async function instructionsOf(name, makePeer, redis, { few, many }) {
  const folder = freshFolder('callgrind', name);
  const small = await profileOf({ makePeer, redis, requests: few, folder });
  const large = await profileOf({ makePeer, redis, requests: many, folder });
  const perCheck = (more, less) => (more - less) / (many - few);
  const functions = [...large.functions]
    .map(([title, count]) => ({ title, instructions: perCheck(count, small.functions.get(title) ?? 0) }))
    .filter(({ instructions }) => instructions >= 1)
    .sort((a, b) => b.instructions - a.instructions);
  const result = {
    perCheck: perCheck(large.total, small.total),
    parts: sumByPart(functions),
    functions: functions.slice(0, shown),
  };
  const lines = functions.map((one) => `${one.instructions.toFixed(0).padStart(8)}  ${one.title}\n`);
  fs.writeFileSync(path.join(folder, 'per-check.txt'), lines.join(''));
  say(`${name}: ${result.perCheck.toFixed(0)} instructions a check`);
  return result;
}

/** By peer: {perCheck, parts: {name: instructions}, functions: [{title, instructions}]}. */
export async function measureInstructions(plan) {
  const redis = await new RedisServer(freshFolder('redis')).start();
  await redis.load(stored(express, sessions));
  const makers = {
    kept: (launcher) => new BareResponder('kept', 'bare libfcgi', { form: 'kept', launcher }),
    lanes: (launcher) => new BareResponder('lanes', 'an empty answer in lanes', { form: 'lanes', launcher }),
    cached: (launcher) => new Sessiond('cached', 'sessiond', { session: { cache: { enabled: true } }, launcher }),
    uncached: (launcher) => new Sessiond('uncached', 'sessiond', { session: { cache: { enabled: false } }, launcher }),
  };
  const results = {};
  for (const name of plan.peers) {
    results[name] = await instructionsOf(name, makers[name], redis, plan);
  }
  await redis.stop();
  return results;
}
