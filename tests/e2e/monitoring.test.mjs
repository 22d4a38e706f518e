// What monitoring gets: metrics that Prometheus has nothing to say against, each in the reference, and figures that move.

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import { after, before, describe, test } from 'node:test';

import { startStack } from '../support/stack.mjs';
import { waitFor } from '../support/waiting.mjs';

describe('the metrics', () => {
  let stack;
  before(async () => (stack = await startStack()));
  after(() => stack?.stop());

  const metrics = async () => (await stack.client().get('/sessiond/metrics')).text;
  const figure = (text, series) => Number(text.split('\n').find((line) => line.startsWith(`${series} `))?.split(' ')[1]);

  test('are as Prometheus wants them', async () => {
    assert.equal((await stack.logIn(stack.client())).status, 303);
    const { status, stdout, stderr } = spawnSync('promtool', ['check', 'metrics'], { input: await metrics(), encoding: 'utf8', timeout: 30000 });
    assert.equal(`${stdout}${stderr}`, '');
    assert.equal(status, 0);
  });

  test('are all in the reference, and those of the reference are there', async () => {
    const rows = fs.readFileSync('conf/monitoring/README.md', 'utf8').matchAll(/^\| `(\w+)` \| (\w+) \|/gm);
    const documented = new Map([...rows].map(([, name, kind]) => [name, kind]));
    const shown = new Map([...(await metrics()).matchAll(/^# TYPE (\w+) (\w+)$/gm)].map(([, name, kind]) => [name, kind]));
    assert.ok(shown.size > 30);
    for (const [name, kind] of shown) assert.equal(documented.get(name), kind, name);
    // Counted from the first request of an application on, and for what a site has switched on.
    const later = /^sessiond_(api_|app_cache_|sentinel|cluster_|redis_primary)/;
    for (const name of documented.keys()) assert.ok(shown.has(name) || later.test(name), name);
  });

  test('say what the process is and whether its configuration is the one in the file', async () => {
    const before = await metrics();
    const started = figure(before, 'process_start_time_seconds');
    assert.ok(Math.abs(started - Date.now() / 1000) < 600, String(started));
    assert.match(before, /^sessiond_build_info\{version="[\d.]+"\} 1$/m);
    assert.ok(figure(before, 'process_resident_memory_bytes') > 1e6);
    assert.ok(figure(before, 'process_open_fds') > 3);
    assert.equal(figure(before, 'sessiond_config_last_reload_successful'), 1);
    const reload = async (wanted) => {
      process.kill(stack.sessiond.process.pid, 'SIGHUP');
      await waitFor('the reload is over', async () => figure(await metrics(), 'sessiond_config_last_reload_successful') === wanted);
    };
    const { file } = stack.sessiond;
    const good = fs.readFileSync(file, 'utf8');
    fs.writeFileSync(file, '{"nonsense": true}');
    await reload(0);
    const inForce = 'sessiond_config_in_force_since_seconds';
    assert.equal(figure(await metrics(), inForce), figure(before, inForce), 'the old one stays');
    fs.writeFileSync(file, good);
    const subscriptions = figure(before, 'sessiond_cache_subscriptions_total');
    await reload(1);
    await waitFor('the new subscription stands alone', async () => {
      const now = await metrics();
      return figure(now, 'sessiond_cache_subscriptions_total') > subscriptions && figure(now, 'sessiond_cache_subscribed') === 1;
    });
    const lost = [...(await metrics()).matchAll(/^sessiond_cache_trust_lost_total\{.*\} (\d+)$/gm)];
    assert.ok(lost.length > 5);
    for (const [line, times] of lost) assert.equal(times, '0', `${line}: a reload loses nothing`);
  });

  test('say where they are switched off, and the log blames nobody', async () => {
    const { sessiond } = stack;
    const answer = () => stack.client().get('/sessiond/metrics');
    const reload = async (enabled, wanted) => {
      sessiond.config.metrics = { enabled };
      sessiond.writeConfig();
      process.kill(sessiond.process.pid, 'SIGHUP');
      await waitFor(`the answer is ${wanted}`, async () => (await answer()).status === wanted);
    };
    await reload(false, 404);
    assert.equal((await answer()).text, 'metrics.enabled is false\n');
    assert.doesNotMatch(sessiond.logText(), /unknown SESSIOND_ENDPOINT/);
    await reload(true, 200);
  });
});
