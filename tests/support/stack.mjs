// The whole house for one test file: Redis, sessiond, an application, nginx with the shipped files; and the ways
// through it that many tests go.

import path from 'node:path';

import { Client, formAction, hiddenFields } from './client.mjs';
import { FastCgiApplication } from './fastcgi_application.mjs';
import { temporaryFolder } from './folders.mjs';
import { installSnippets, Nginx } from './nginx.mjs';
import { Redis } from './redis_server.mjs';
import { password, Sessiond } from './sessiond.mjs';
import { Upstream } from './upstream.mjs';

/** Locations of the site under test, all with the shipped snippets. */
export function siteLocations(folder) {
  const proxy = `
            include sessiond/identity-proxy.conf;
            include proxy_params;
            proxy_http_version 1.1;
            proxy_set_header Connection "";
            proxy_pass http://application;`;
  return `
        location / { ${proxy} }
        location /page/ { include sessiond/protect-page.conf; ${proxy} }
        location /admin/ { set $sessiond_policy admin; include sessiond/protect-page.conf; ${proxy} }
        location /recent/ { include sessiond/protect-page.conf; set $sessiond_policy recent; ${proxy} }
        location /optional/ { include sessiond/protect-page.conf; set $sessiond_policy optional; ${proxy} }
        location /unknown/ { set $sessiond_policy nobody-wrote-it; include sessiond/protect-page.conf; ${proxy} }
        location /polling/ { set $sessiond_touch off; include sessiond/protect-api.conf; ${proxy} }
        location /api/ { include sessiond/protect-api.conf; ${proxy} }
        location /api/admin/ { set $sessiond_policy admin; include sessiond/protect-api.conf; ${proxy} }
        location /socket/ {
            include sessiond/protect-api.conf;
            include sessiond/identity-proxy.conf;
            include proxy_params;
            proxy_http_version 1.1;
            proxy_set_header Upgrade $http_upgrade;
            proxy_set_header Connection upgrade;
            proxy_pass http://application;
        }
        location /fastcgi/ {
            include sessiond/protect-page.conf;
            include fastcgi_params;
            include sessiond/identity-fastcgi.conf;
            fastcgi_pass unix:${folder}/fastcgi.sock;
        }
        location /files/ { include sessiond/protect-page.conf; alias ${folder}/files/; }`;
}

/** What Redis may take on a machine that is busy with other tests: with sessiond's own patience some answers are 503. */
const kPatience = { connect_timeout: '1s', command_timeout: '1s' };

/**
 * Starts everything. `config(config)` alters sessiond's configuration, `http` adds lines to the http block (text, or a
 * function of folder and port), `server` to the server block, `locations` replaces the locations, `upstream(text)` alters
 * upstream.conf, `redis` makes the store, `secrets` the secret that signs,
 * `environment(folder)` what sessiond's is to have beside the usual, `within(words)` alters the command that starts it, `patience` how long it waits for Redis. stop() ends
 * everything in the right order.
 */
export async function startStack({
  config,
  http = '',
  server = '',
  locations = siteLocations,
  upstream,
  redis = (folder) => new Redis(folder),
  environment,
  within,
  patience = kPatience,
  startSessiond = true,
  secrets,
} = {}) {
  const folder = temporaryFolder();
  const stack = new Stack(folder);
  try {
    stack.redis = await redis(folder).start();
    const settle = (settings) => {
      settings.redis = { ...patience, ...(stack.redis.settings ?? settings.redis) };
      config?.(settings);
    };
    stack.sessiond = new Sessiond(folder, stack.redis.url, settle, secrets);
    stack.sessiond.environment = environment?.(folder);
    if (within) stack.sessiond.within = within;
    if (startSessiond) await stack.sessiond.start();
    stack.upstream = await new Upstream(folder).start();
    stack.fastcgi = await new FastCgiApplication(folder).start();
    installSnippets(folder, stack.sessiond.socket, upstream);
    const httpLines = (port) => (typeof http === 'function' ? http(folder, port) : http);
    stack.nginx = await new Nginx(folder, (port) =>
      site(folder, port, httpLines(port), server, locations(folder)),
    ).start();
  } catch (error) {
    await stack.stop();
    throw error;
  }
  return stack;
}

function site(folder, port, http, server, locations) {
  return `
    include sessiond/upstream.conf;
    upstream application { server unix:${path.join(folder, 'upstream.sock')}; keepalive 16; }
    ${http}
    server {
        listen 127.0.0.1:${port} default_server;
        ${server}
        include sessiond/endpoints.conf;
        include sessiond/status.conf;
        ${locations}
    }`;
}

class Stack {
  constructor(folder) {
    this.folder = folder;
    this.clients = [];
  }

  client() {
    const client = new Client(this.nginx.port);
    this.clients.push(client);
    return client;
  }

  /** Puts a session into Redis as an Express application would have left it; the result is its Cookie header. */
  async session(sid, user, { cookie = {}, extra = {}, ttl = 3600 } = {}) {
    const value = {
      cookie: { originalMaxAge: null, expires: null, httpOnly: true, path: '/', ...cookie },
      ...(user === undefined ? {} : { user }),
      ...extra,
    };
    await this.redis.command('SET', `sess:${sid}`, JSON.stringify(value), 'EX', ttl);
    return this.sessiond.cookie(sid);
  }

  /** Logs in over the page, as a browser without JavaScript does; the result is the answer to the POST. */
  async logIn(client, { page = '/login?switch=1', user = 'alice', secret = password, fields = {} } = {}) {
    const { text } = await client.get(page);
    return client.postForm(formAction(text), { ...hiddenFields(text), user, password: secret, ...fields });
  }

  /** The sum of a Prometheus metric's samples. */
  async metric(name) {
    const { text } = await this.client().get('/sessiond/metrics');
    const lines = text.split('\n').filter((line) => line.startsWith(`${name} `) || line.startsWith(`${name}{`));
    if (lines.length === 0) throw new Error(`no metric ${name}`);
    return lines.reduce((sum, line) => sum + Number(line.slice(line.lastIndexOf(' ') + 1)), 0);
  }

  async stop() {
    for (const client of this.clients) client.close();
    for (const part of [this.nginx, this.sessiond, this.upstream, this.fastcgi, this.redis]) await part?.stop();
  }
}
