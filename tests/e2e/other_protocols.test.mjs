// Applications that nginx reaches by uWSGI's protocol, by SCGI and as gRPC does: who it is, and nobody's own word.

import assert from 'node:assert/strict';
import http2 from 'node:http2';
import path from 'node:path';
import { after, before, describe, test } from 'node:test';

import { startStack } from '../support/stack.mjs';
import { Uwsgi } from './support/uwsgi.mjs';

const spellings = ['X-User-Id', 'X_User_Id', 'X-User_Id', 'X_User-Id', 'X-User-Roles', 'X_User_Roles', 'X-User-Name', 'X-User-Email'];
const forged = spellings.map((name) => [name, 'forged']);
const ada = { id: 7, name: 'Ada', roles: ['staff', 'editor'] };

/** An application as gRPC has it, HTTP/2 in clear text: it answers with the headers that it got. */
function startHttp2(socket) {
  const server = http2.createServer();
  server.on('stream', (stream, headers) => {
    stream.respond({ ':status': 200, 'content-type': 'application/grpc' }, { waitForTrailers: true });
    stream.on('wantTrailers', () => stream.sendTrailers({ 'grpc-status': '0' }));
    stream.end(JSON.stringify({ headers: Object.entries(headers) }));
  });
  return new Promise((resolve) => server.listen(socket, () => resolve(server)));
}

const locations = (folder) => {
  const kinds = {
    uwsgi: `include /etc/nginx/uwsgi_params; include sessiond/identity-uwsgi.conf; uwsgi_pass unix:${folder}/uwsgi.sock;`,
    scgi: `include /etc/nginx/scgi_params; include sessiond/identity-scgi.conf; scgi_pass unix:${folder}/scgi.sock;`,
    grpc: `include sessiond/identity-grpc.conf; grpc_pass grpc://unix:${folder}/grpc.sock;`,
  };
  return Object.entries(kinds)
    .map(
      ([kind, pass]) => `
        location ^~ /${kind}/ { include sessiond/protect-api.conf; ${pass} }
        location ^~ /open-${kind}/ { set $sessiond_policy optional; include sessiond/protect-api.conf; ${pass} }
        location ^~ /bare-${kind}/ { include sessiond/protect-api.conf; ${pass.replace(/include sessiond\/\S+;/, '')} }`,
    )
    .join('');
};

for (const underscores of ['off', 'on']) {
  describe(`with underscores_in_headers ${underscores}`, () => {
    let stack;
    let uwsgi;
    let grpc;
    let alice;
    before(async () => {
      stack = await startStack({ locations, server: `underscores_in_headers ${underscores};` });
      uwsgi = await new Uwsgi(stack.folder).start();
      grpc = await startHttp2(path.join(stack.folder, 'grpc.sock'));
      alice = await stack.session(`protocols-${underscores}`, ada);
    });
    after(async () => {
      await stack?.stop();
      await uwsgi?.stop();
      grpc?.close();
    });

    const get = (address, cookie) => {
      const headers = [...(cookie ? [['Cookie', cookie]] : []), ...forged];
      return stack.client().get(address, { headers });
    };
    /** Name as applications see it, and value, of the identity headers. */
    const identity = (response) => {
      const seen = response.json().headers.map(([name, value]) => [name.toUpperCase().replaceAll('-', '_'), value]);
      const ours = seen.filter(([name, value]) => name.startsWith('X_USER_') && value !== '');
      assert.equal(new Set(ours.map(([name]) => name)).size, ours.length, 'each once');
      return Object.fromEntries(ours);
    };

    for (const kind of ['uwsgi', 'scgi', 'grpc']) {
      test(`${kind}_pass: sessiond has the only word`, async () => {
        const response = await get(`/${kind}/`, alice);
        assert.equal(response.status, 200, response.text);
        assert.deepEqual(identity(response), { X_USER_ID: '7', X_USER_NAME: 'Ada', X_USER_ROLES: 'staff,editor' });
      });

      test(`${kind}_pass: nobody is nobody`, async () => {
        assert.equal((await get(`/${kind}/`)).status, 401);
        const response = await get(`/open-${kind}/`);
        assert.equal(response.status, 200, response.text);
        assert.deepEqual(identity(response), {});
      });

      test(`${kind}_pass: without the include, whoever names themselves is refused`, async () => {
        assert.equal((await get(`/bare-${kind}/`, alice)).status, 403);
        const { status } = await stack.client().get(`/bare-${kind}/`, { headers: { Cookie: alice } });
        assert.equal(status, 200);
      });
    }
  });
}
