// The Express application of the example: an ordinary one, with express-session and connect-redis. It knows nothing
// of sessiond.
//
//   npm install express express-session connect-redis redis
//   sudo install -D -m 400 -o myapp /etc/sessiond/session_secret /etc/myapp/session_secret
//   SESSION_SECRET_FILE=/etc/myapp/session_secret node app.mjs
//
// The second line: a copy that the application's user (myapp) may read; sessiond's own file stays root's alone.

import fs from 'node:fs';

import { RedisStore } from 'connect-redis';
import express from 'express';
import session from 'express-session';
import { createClient } from 'redis';

// The very secret that sessiond has; it ignores the newline at the end of its file, so this has to go here too.
const secret = fs.readFileSync(process.env.SESSION_SECRET_FILE, 'utf8').replace(/\r?\n$/, '');

const client = createClient({ url: process.env.REDIS_URL ?? 'redis://127.0.0.1:6379/0' });
client.on('error', (error) => console.error(`redis: ${error.message}`));
await client.connect();

const app = express();
app.set('trust proxy', 'loopback'); // nginx says whether the browser came by https
app.use(
  session({
    // ttl as session.idle_timeout. Where every location that uses the session is checked, say `disableTouch: true` as well:
    // checks extend sessions, and need not be told of each request. Here `/` is not checked.
    store: new RedisStore({ client, ttl: 86400 }),
    secret,
    resave: false, // do not write back what nobody changed
    saveUninitialized: false, // no session for mere visitors
    cookie: { secure: 'auto', sameSite: 'lax' },
  }),
);

app.get('/', (request, response) => {
  const { user } = request.session;
  if (!user) {
    response.send('Hello stranger. <a href="/login?rd=/">Log in</a>');
    return;
  }
  // Data of the application's own, beside the user that sessiond's login put there.
  request.session.visits = (request.session.visits ?? 0) + 1;
  response.json({ hello: user.name, visits: request.session.visits });
});

// Express can log in too: sessiond, and with it every application behind it, takes this for a login. So whoever may call
// this passes every location without a policy of its own, as a guest. What is not for guests gets a policy with `roles_any`
// (sessiond.yaml), or `default` itself does.
app.post('/guest', (request, response, next) => {
  request.session.regenerate((error) => {
    if (error) return next(error);
    request.session.user = { id: 'guest', name: 'Guest', roles: ['guest'] };
    return response.redirect(303, '/reports/');
  });
});

const server = app.listen(process.env.PORT ?? 3000, '127.0.0.1', () => {
  console.log(`listening on ${server.address().port}`);
});
