// A session that Express begins anew behind a check that renews the cookie: the browser keeps the new one, whatever the
// check had to say about the old.

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';

import { askSessiond, expressLocations, newest, oldest, startExpressStack } from './support/express_site.mjs';

const behind = (folder, address, policy) => `
        location ${address} {
            set $sessiond_policy ${policy};
            include sessiond/protect-api.conf;
            include sessiond/identity-proxy.conf;
            proxy_set_header X-Forwarded-Proto http;
            proxy_pass http://unix:${folder}/express.sock:/express/;
        }`;
const locations = (folder) =>
  expressLocations(folder) + behind(folder, '/behind/', 'default') + behind(folder, '/open/', 'optional');

const actions = {
  'begin-anew': (request, response, next) => {
    const user = request.session.user ?? { id: 42 };
    request.session.regenerate((error) => {
      if (error) return next(error);
      request.session.user = user;
      return response.json({ id: request.sessionID });
    });
  },
};

/** The session cookies of an answer: the ids that they lead to. */
const idsIn = ({ setCookies }) =>
  setCookies
    .filter((cookie) => cookie.startsWith('connect.sid='))
    .map((cookie) => decodeURIComponent(cookie.slice('connect.sid='.length)).slice(2, 34));

for (const variant of [oldest, newest]) {
  describe(`a session begun anew by ${variant.name}`, () => {
    const mount = (stack, options = {}) =>
      stack.express.mount('app', { variant, actions, options: { cookie: { maxAge: 7200e3 }, ...options } });

    test('where the cookie rolls', async () => {
      const stack = await startExpressStack({
        locations,
        config: (config) => {
          Object.assign(config.cookie, { rolling: true, max_age: '2h' });
          config.session.touch_interval = '0s';
        },
      });
      try {
        mount(stack);
        const client = stack.client();
        await stack.logIn(client);
        assert.equal(idsIn(await client.get('/behind/app/user')).length, 1, 'it rolls');
        const answer = await client.get('/behind/app/begin-anew');
        assert.deepEqual(idsIn(answer), [answer.json().id]);
        assert.equal((await askSessiond(client)).who, 'user 7');
      } finally {
        await stack.stop();
      }
    });

    test('where an older secret had signed', async () => {
      const stack = await startExpressStack({ locations, startSessiond: false });
      try {
        const { sessiond } = stack;
        sessiond.config.session.secret_files = [sessiond.addSecret(), ...sessiond.config.session.secret_files];
        sessiond.writeConfig();
        await sessiond.start();
        mount(stack, { secret: [...sessiond.secrets].reverse() });
        const old = { headers: { Cookie: await stack.session('signed-before', { id: 7 }) } };
        assert.deepEqual(idsIn(await stack.client().get('/api/x', old)).length, 1, 'it is signed anew');
        const client = stack.client();
        const answer = await client.get('/behind/app/begin-anew', old);
        assert.deepEqual(idsIn(answer), [answer.json().id]);
        assert.equal((await askSessiond(client)).who, 'user 7');
      } finally {
        await stack.stop();
      }
    });

    test('where dead cookies are cleared away', async () => {
      const stack = await startExpressStack({ locations });
      try {
        mount(stack);
        const dead = { headers: { Cookie: ['one', 'two'].map((id) => stack.sessiond.cookie(id)).join('; ') } };
        assert.equal(idsIn(await stack.client().get('/optional/', dead)).length, 1, 'they are cleared');
        const client = stack.client();
        const answer = await client.get('/open/app/begin-anew', dead);
        assert.deepEqual(idsIn(answer), [answer.json().id]);
        assert.equal((await askSessiond(client)).who, 'user 42');
      } finally {
        await stack.stop();
      }
    });
  });
}
