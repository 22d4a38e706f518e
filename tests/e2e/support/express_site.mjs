// Real Express applications beside sessiond: every supported pair of express-session and connect-redis, on the same
// Redis, behind the same nginx.
//
// An application is reached at /express/<mount>/<action>, and over what counts as https at /tls/express/…; what
// sessiond protects is /api/ and /tls/api/. At /impatient/express/ nginx gives up soon, for requests that Express never
// answers.

import fs from 'node:fs';
import path from 'node:path';

import { RedisStore as ConnectRedis9 } from 'connect-redis';
import ConnectRedis7 from 'connect-redis-7';
import { RedisStore as ConnectRedis8 } from 'connect-redis-8';
import express from 'express';
import session119 from 'express-session';
import session117 from 'express-session-1-17';
import IoRedis from 'ioredis';
import { createClient, createCluster, createSentinel } from 'redis';

import { siteLocations, startStack } from '../../support/stack.mjs';
import { seenAs } from '../../support/upstream.mjs';

const sessions = { 1.17: session117, 1.19: session119 };
const stores = {
  7: { Store: ConnectRedis7, client: 'ioredis' },
  8: { Store: ConnectRedis8, client: 'ioredis' },
  9: { Store: ConnectRedis9, client: 'nodeRedis' },
};

/** All pairs: {name, version, session, createStore(clients, options)}. */
export const variants = Object.entries(sessions).flatMap(([version, session]) =>
  Object.entries(stores).map(([major, { Store, client }]) => ({
    name: `session-${version}-store-${major}`,
    version,
    session,
    createStore: (clients, options) => ownedBy(session, new Store({ client: clients[client], ...options })),
  })),
);

export const newest = variants.at(-1);
export const oldest = variants[0];

/**
 * connect-redis derives from the Store of whatever `express-session` it finds, here the newest. An application that
 * has one version only has that version's methods, which make that version's Cookie and Session.
 */
function ownedBy(session, store) {
  for (const method of ['regenerate', 'load', 'createSession']) store[method] = session.Store.prototype[method];
  return store;
}

/** What the recipe says, and what tests ask for. `?user=` is the JSON of a user. */
const commonActions = {
  user: (request, response) => {
    const { user } = request.session;
    response.json({ loggedIn: Boolean(user), user: user ?? null, visits: request.session.visits ?? null });
  },
  login: (request, response) => {
    request.session.user = JSON.parse(request.query.user);
    response.json({ id: request.sessionID });
  },
  logout: (request, response) => request.session.destroy((error) => response.json({ error: error ?? null })),
  visit: (request, response) => {
    request.session.visits = (request.session.visits ?? 0) + 1;
    response.json({ visits: request.session.visits });
  },
};

/** As an application is told to reach the Redis of a stack: by what sessiond is told of it, or by its socket. */
function clientsOf({ folder, socket, settings }) {
  if (settings?.cluster) return ofCluster(settings.cluster.nodes.map(addressOf));
  if (settings?.sentinel) return behindSentinels(settings);
  if (settings?.url) return byPort(folder, settings);
  return { ioredis: new IoRedis({ path: socket }), nodeRedis: createClient({ socket: { path: socket } }) };
}

function addressOf(node) {
  const { hostname, port } = new URL(node.includes('://') ? node : `redis://${node}`);
  return { host: hostname, port: Number(port) };
}

function byPort(folder, { url, tls }) {
  const address = addressOf(url);
  const read = (file) => fs.readFileSync(path.join(folder, file));
  const secure = tls && { ca: read(tls.ca_file), cert: read(tls.cert_file), key: read(tls.key_file) };
  return {
    ioredis: new IoRedis({ ...address, tls: secure }),
    nodeRedis: createClient({ socket: { ...address, ...(secure && { tls: true, ...secure }) } }),
  };
}

function behindSentinels({ password_file: file, sentinel: { master: name, nodes } }) {
  const sentinels = nodes.map(addressOf);
  const password = fs.readFileSync(file, 'utf8');
  return {
    ioredis: new IoRedis({ sentinels, name, password }),
    nodeRedis: createSentinel({ name, sentinelRootNodes: sentinels, nodeClientOptions: { password } }),
  };
}

/** Some of its nodes are named. */
function ofCluster(nodes) {
  return {
    ioredis: new IoRedis.Cluster(nodes),
    nodeRedis: createCluster({ rootNodes: nodes.map((socket) => ({ socket })) }),
  };
}

export class ExpressSite {
  constructor(stack) {
    this.stack = stack;
    this.application = express();
    this.application.set('env', 'test');
  }

  async start() {
    this.clients = clientsOf(this.stack.redis);
    for (const client of Object.values(this.clients)) client.on('error', () => {}); // they try again by themselves
    await this.clients.nodeRedis.connect();
    await new Promise((resolve) => {
      this.server = this.application.listen(path.join(this.stack.folder, 'express.sock'), resolve);
    });
    return this;
  }

  /**
   * Adds an application. `options` are express-session's, `store` connect-redis's; `actions` are handlers beside the
   * common ones, `use` middleware behind the session.
   */
  mount(name, { variant = newest, options = {}, store = {}, actions = {}, use = [] } = {}) {
    const all = { ...commonActions, ...actions };
    const router = express.Router();
    router.use(
      variant.session({
        name: this.stack.sessiond.config.cookie.name,
        secret: this.stack.sessiond.secrets,
        resave: false,
        saveUninitialized: false,
        proxy: true,
        ...options,
        store: variant.createStore(this.clients, { prefix: this.stack.sessiond.config.session.key_prefix, ...store }),
      }),
      ...use,
    );
    router.all('/:action', (request, response, next) => all[request.params.action](request, response, next));
    router.use((error, request, response, next) => {
      if (response.headersSent) next(error);
      else response.status(500).json({ error: error.message });
    });
    this.application.use(`/express/${name}`, router);
    return name;
  }

  async stop() {
    this.clients.ioredis.disconnect();
    await this.clients.nodeRedis.close();
    await new Promise((resolve) => {
      this.server.close(resolve);
      this.server.closeAllConnections();
    });
  }
}

/** Locations of the site, if it asks for no others. */
export function expressLocations(folder) {
  return `${siteLocations(folder)}
        location /express/ {
            proxy_set_header X-Forwarded-Proto http;
            proxy_pass http://unix:${folder}/express.sock;
        }
        location /impatient/express/ {
            proxy_read_timeout 500ms;
            proxy_pass http://unix:${folder}/express.sock:/express/;
        }
        location /tls/express/ {
            proxy_set_header X-Forwarded-Proto https;
            proxy_pass http://unix:${folder}/express.sock:/express/;
        }
        location /tls/api/ {
            set $sessiond_scheme https;
            include sessiond/protect-api.conf;
            include sessiond/identity-proxy.conf;
            proxy_pass http://application;
        }`;
}

/** A stack with an ExpressSite, `stack.express`; its stop() ends both. */
export async function startExpressStack(options = {}) {
  const stack = await startStack({ locations: expressLocations, ...options });
  const stopStack = stack.stop.bind(stack);
  stack.stop = async () => {
    await stack.express?.stop();
    await stopStack();
  };
  try {
    stack.express = await new ExpressSite(stack).start();
  } catch (error) {
    await stopStack();
    throw error;
  }
  return stack;
}

const describeUser = (id) => `user ${id ?? ''}`.trim();

/**
 * Who an Express application says is there: "user 7", "nobody", or "failure" (it answers 500, or nothing at all: ask
 * with the base `/impatient/express` where that is expected).
 */
export async function askExpress(client, mount, headers, { base = '/express' } = {}) {
  const response = await client.get(`${base}/${mount}/user`, { headers });
  if (response.status !== 200) return 'failure';
  const { loggedIn, user } = response.json();
  return loggedIn ? describeUser(user.id) : 'nobody';
}

/** The same of sessiond: {who, reason, setCookies}; the reason is its one word for nobody. */
export async function askSessiond(client, headers, { target = '/api/x' } = {}) {
  const response = await client.get(target, { headers });
  const { setCookies } = response;
  if (response.status === 200) {
    return { who: describeUser(seenAs(response.json(), 'X-User-Id')[0]), reason: 'valid', setCookies };
  }
  if (response.status === 401) return { who: 'nobody', reason: response.json().reason, setCookies };
  if (response.status === 403) return { who: 'refused', reason: response.json().reason, setCookies };
  return { who: `status ${response.status}`, reason: response.text, setCookies };
}
