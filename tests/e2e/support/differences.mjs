// Where Express (express-session with connect-redis) and sessiond differ on purpose. The one table: the tests assert
// these differences under these names and no others, and conf/guide/express.md shows its rows.
//
//   node tests/e2e/support/differences.mjs     prints the table for it

import { fileURLToPath } from 'node:url';

export const differences = {
  'damaged-record': {
    what: 'a stored value that is no session: not JSON, no usable `cookie` member, a Redis key of another type',
    express: 'fails: 500 at every request',
    sessiond: 'not logged in; counted and logged as corrupt, not deleted',
    why: 'a visitor can log in again',
  },
  'empty-cookie-text': {
    what: '`"cookie":""`',
    express: 'a session',
    sessiond: 'corrupt, as any other text there',
    why: 'nobody writes it',
  },
  'ended-max-age': {
    what: '`originalMaxAge` of 0 or less',
    express: 'logged in for one more request, which deletes it',
    sessiond: 'expired; not deleted',
    why: 'it has ended',
  },
  'max-age': {
    what: 'a cookie with a `maxAge`',
    express: 'is sent with `Expires`',
    sessiond: 'is sent with `Expires` and `Max-Age`',
    why: "a browser whose clock is ahead keeps it for as long as one whose clock is right",
  },
  'unusable-max-age': {
    what: '`originalMaxAge` or `maxAge` that is no number',
    express: 'fails, or never answers',
    sessiond: 'logged in; its life is not extended; counted',
    why: 'the user is not to blame',
  },
  'disable-touch': {
    what: "connect-redis's `disableTouch` or `disableTTL`",
    express: 'never extends a session; keeps it for ever',
    sessiond: 'a check extends it, to `session.idle_timeout` or its own maxAge (not where `$sessiond_touch` is off)',
    why: 'the setting stands in the application, not in the session',
  },
  'user-zero': {
    what: 'a user that is the number 0',
    express: 'no user to `if (req.session.user)`; a user to passport',
    sessiond: 'a user, where `X-User-Id` is not required',
    why: "passport's 0 is a user id",
  },
  'user-without-id': {
    what: 'a user without an `id`, or with one that cannot be sent exactly as it stands',
    express: 'a user',
    sessiond: 'refused with 403: `incomplete`, `lost` (see `identity`)',
    why: 'no application gets a request of somebody without an id',
  },
  'number-text': {
    what: 'numbers that JavaScript would write differently: 12345678901234567890, 1e3',
    express: '12345678901234567000, 1000',
    sessiond:
      'handed on as they stand; a login with such an `id` is refused, as its first save would change it: let it be a text',
    why: 'an id must not become another one',
  },
  'repeated-names': {
    what: 'a name that comes twice in the user, in `cookie`, or on the way to them',
    express: 'the last one counts',
    sessiond: 'corrupt',
    why: 'parsers disagree on which one counts',
  },
  'own-member': {
    what: 'the member `_sd`, written by somebody else',
    express: 'data like any other',
    sessiond: "sessiond's own: corrupt unless it has its form",
    why: 'the absolute timeout stands in it',
  },
  'another-user': {
    what: 'another user (another `id`) put into a session that a login at sessiond made',
    express: 'that user',
    sessiond:
      'that user, of whose login nothing is known: no `max_auth_age` is met, and the first one\'s lock or new password does not end it',
    why: 'one user\'s password says nothing about another. Better call `req.session.regenerate` at a login',
  },
  nesting: {
    what: 'nesting deeper than 64',
    express: 'a session',
    sessiond: 'corrupt',
    why: 'bounded work for each check',
  },
  size: {
    what: 'a value larger than `session.max_bytes` (256k)',
    express: 'a session',
    sessiond: 'corrupt',
    why: 'bounded work for each check',
  },
  'lenient-1.17': {
    what: 'a cookie value with one quote only, or among no-break spaces',
    express: '1.17 takes it, newer ones do not',
    sessiond: 'refused',
    why: 'as the newer ones do',
  },
  'id-bytes': {
    what: 'a cookie with bytes outside ASCII that are not percent-encoded',
    express: 'refused: read as Latin-1',
    sessiond: 'taken as they are, the signature must match',
    why: 'no browser sends them',
  },
  'long-id': {
    what: 'a session id longer than 256 bytes (own `genid`)',
    express: 'a session',
    sessiond: 'refused',
    why: 'bounded work for each check',
  },
  'id-again': {
    what: 'an id that has ended, given again by an own `genid`',
    express: 'a new session',
    sessiond: 'stays refused, and is deleted again',
    why: 'a logout is final. Let every session have an id of its own',
  },
  'duplicate-cookies': {
    what: 'several cookies of the same name',
    express: 'only the first counts, even a dead one',
    sessiond: 'the first that is signed and has a session, among eight',
    why: 'an old cookie of another path or domain locks nobody out',
  },
  'signed-anew': {
    what: 'a cookie signed with an older secret',
    express: 'accepted, and stays',
    sessiond: 'accepted, and sent anew with the first secret',
    why: 'so that the old secret can go. Give every application the new secret, not as the first, before it signs anywhere',
  },
  'rolling-browser-session': {
    what: '`rolling` with a cookie that has no maxAge',
    express: 'sent again with every answer',
    sessiond: 'not sent again',
    why: 'it would change nothing',
  },
  revoked: {
    what: 'a session saved by a slow request after its logout',
    express: 'is back',
    sessiond: 'stays refused, and is deleted again',
    why: 'a logout is final',
  },
};

/** The rows as Markdown. */
export const rows = Object.values(differences).map(
  ({ what, express, sessiond, why }) => `| ${what} | ${express} | ${sessiond} | ${why} |`,
);

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  console.log(['| what | Express | sessiond | why |', '|---|---|---|---|', ...rows].join('\n'));
}
