// Express with express-session and connect-redis: a session check as one writes it there (204 with the user's data, or
// 401), and a small answer of an application for who is logged in.

import { default as RedisStore } from 'connect-redis';
import express from 'express';
import session from 'express-session';
import { Redis } from 'ioredis';

const { SOCKET, REDIS, SECRET, PREFIX = 'express:', DISABLE_TOUCH = '' } = process.env;

const app = express();
app.disable('x-powered-by');
app.use(
  session({
    store: new RedisStore({ client: new Redis(REDIS), prefix: PREFIX, disableTouch: DISABLE_TOUCH !== '' }),
    secret: SECRET,
    resave: false,
    saveUninitialized: false,
  }),
);
app.get('/auth', (request, response) => {
  const { user } = request.session;
  if (!user) return response.sendStatus(401);
  response.set({ 'X-User-Id': user.id, 'X-User-Name': user.name, 'X-User-Email': user.email });
  response.set('X-User-Roles', user.roles.join(','));
  return response.status(204).end();
});
app.get('/gif', (request, response) => {
  const { user } = request.session;
  return user ? response.send(`Hello, ${user.name}`) : response.sendStatus(401);
});
app.listen(SOCKET);
