// A session cookie, signed as express-session does it (cookie-signature).

import { createHmac } from 'node:crypto';

/** The Cookie header's value for a session id. */
export function signedCookie(sid, secret, name = 'connect.sid') {
  const signature = createHmac('sha256', secret).update(sid).digest('base64').replace(/=+$/, '');
  return `${name}=${encodeURIComponent(`s:${sid}.${signature}`)}`;
}
