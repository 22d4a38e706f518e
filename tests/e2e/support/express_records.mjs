// Stored values, and who is there with each: {title, value or store(redis, key), who, reason}; where Express and
// sessiond differ on purpose: `express` and `sessiond` in place of `who`, and `difference`, a name in differences.mjs.

const plainCookie = '{"originalMaxAge":null,"expires":null,"httpOnly":true,"path":"/"}';
const user = '{"id":7}';

/** A session as JSON text from its members' texts. */
const session = ({ cookie = plainCookie, members = `"user":${user}` } = {}) => `{"cookie":${cookie},${members}}`;

const same = (title, value, who = 'user 7', reason = undefined) => ({ title, value, who, reason });
const differs = (difference, title, value, express, sessiond, reason) => ({
  difference,
  title,
  value,
  express,
  sessiond,
  reason,
});
/** Express fails with an exception, sessiond says no. */
const damaged = (title, value) => differs('damaged-record', title, value, 'failure', 'nobody', 'corrupt');

/** Somebody to Express; no user that an application behind the check gets to see. */
const withoutId = (title, value) =>
  differs('user-without-id', title, session({ members: `"user":${value}` }), 'user', 'refused', 'incomplete');

const nested = (depth) => session({ members: `"user":${user},"deep":${'['.repeat(depth)}${']'.repeat(depth)}` });
const sized = (bytes) => {
  const empty = session({ members: `"user":${user},"filler":""` });
  return empty.replace('"filler":""', `"filler":"${'x'.repeat(bytes - empty.length)}"`);
};
const bytes = (...parts) => Buffer.concat(parts.map((part) => Buffer.from(part)));

const whole = [
  same('as Express writes it', session()),
  same('blanks around everything', ` \t\r\n${session().replaceAll(':', ' : ').replaceAll(',', ' , ')}\n`),
  same('the cookie member last', `{"user":${user},"cookie":${plainCookie}}`),
  damaged('cut off', session().slice(0, -1)),
  damaged('trailing junk', `${session()}x`),
  damaged('two values', `${session()}${session()}`),
  damaged('a NUL and junk behind the end', `${session()}\0junk`),
  damaged('a byte order mark', `\ufeff${session()}`),
  damaged('a no-break space in front', `\u00a0${session()}`),
  damaged('a comma too many', session().replace('}}', ',}}')),
  damaged('single quotes', session().replaceAll('"', "'")),
  damaged('a comment', `/* x */${session()}`),
  damaged('a raw line feed in a text', session({ members: `"user":${user},"text":"a\nb"` })),
  damaged('an unknown escape', session({ members: `"user":${user},"text":"\\x41"` })),
  damaged('NaN', session({ members: `"user":${user},"number":NaN` })),
  damaged('a number with a leading zero', session({ members: `"user":${user},"number":01` })),
  damaged('a number with a bare point', session({ members: `"user":${user},"number":1.` })),
  damaged('a number', '5'),
  damaged('true', 'true'),
  damaged('a text', '"abc"'),
  damaged('an array', '[]'),
  damaged('an array with a session in it', `[${session()}]`),
  damaged('only blanks', '  '),
  same('zero', '0', 'nobody', 'corrupt'),
  same('no bytes', '', 'nobody', 'unknown'),
  same('an empty text', '""', 'nobody', 'unknown'),
  same('null', 'null', 'nobody', 'unknown'),
  same('false', 'false', 'nobody', 'unknown'),
  { title: 'no such key', store: () => {}, who: 'nobody', reason: 'unknown' },
  { ...damaged('a hash'), store: (redis, key) => redis.hset(key, 'cookie', '{}') },
  { ...damaged('a list'), store: (redis, key) => redis.rpush(key, session()) },
  { title: 'a key that does not expire', store: (redis, key) => redis.set(key, session()), who: 'user 7' },
];

const cookies = [
  damaged('no cookie', `{"user":${user}}`),
  damaged('cookie null', session({ cookie: 'null' })),
  damaged('cookie a text', session({ cookie: '"abc"' })),
  damaged('cookie true', session({ cookie: 'true' })),
  damaged('cookie a number', session({ cookie: '5' })),
  differs('empty-cookie-text', 'cookie an empty text', session({ cookie: '""' }), 'user 7', 'nobody', 'corrupt'),
  same('cookie {}', session({ cookie: '{}' })),
  same('cookie []', session({ cookie: '[]' })),
  same('cookie false', session({ cookie: 'false' })),
  same('cookie zero', session({ cookie: '0' })),
  same('expires past', session({ cookie: '{"originalMaxAge":60000,"expires":"2001-01-01T00:00:00.000Z"}' })),
  same('expires past, no maxAge', session({ cookie: '{"originalMaxAge":null,"expires":"2001-01-01T00:00:00.000Z"}' })),
  same('expires garbage', session({ cookie: '{"originalMaxAge":60000,"expires":"next week"}' })),
  same('expires a number', session({ cookie: '{"originalMaxAge":60000,"expires":5}' })),
  same('expires an object', session({ cookie: '{"originalMaxAge":60000,"expires":{}}' })),
  differs('ended-max-age', 'maxAge 0', session({ cookie: '{"originalMaxAge":0}' }), 'user 7', 'nobody', 'expired'),
  differs(
    'ended-max-age',
    'maxAge below 0',
    session({ cookie: '{"originalMaxAge":-1}' }),
    'user 7',
    'nobody',
    'expired',
  ),
  differs('unusable-max-age', 'maxAge a text', session({ cookie: '{"originalMaxAge":"60000"}' }), 'failure', 'user 7'),
  differs('unusable-max-age', 'maxAge an object', session({ cookie: '{"originalMaxAge":{}}' }), 'failure', 'user 7'),
  differs('unusable-max-age', 'maxAge true', session({ cookie: '{"originalMaxAge":true}' }), 'failure', 'user 7'),
  differs(
    'unusable-max-age',
    'a maxAge that is a text',
    session({ cookie: '{"maxAge":"60000"}' }),
    'failure',
    'user 7',
  ),
  same('maxAge an empty text', session({ cookie: '{"originalMaxAge":""}' })),
  same('maxAge false', session({ cookie: '{"originalMaxAge":false}' })),
  same('maxAge absurdly large', session({ cookie: '{"originalMaxAge":1e300}' })),
  same('maxAge beyond a double', session({ cookie: '{"originalMaxAge":1e999}' })),
  same('maxAge a fraction', session({ cookie: '{"originalMaxAge":60000.5}' })),
  same('an unknown cookie member', session({ cookie: '{"originalMaxAge":60000,"flavour":"vanilla"}' })),
  same('a domain that is none', session({ cookie: '{"originalMaxAge":60000,"domain":"no domain"}' })),
  same('a sameSite that nobody knows', session({ cookie: '{"originalMaxAge":60000,"sameSite":"sometimes"}' })),
];

const users = [
  same('no user', session({ members: '"cart":[1]' }), 'nobody', 'anonymous'),
  same('user null', session({ members: '"user":null' }), 'nobody', 'anonymous'),
  same('user false', session({ members: '"user":false' }), 'nobody', 'anonymous'),
  same('user an empty text', session({ members: '"user":""' }), 'nobody', 'anonymous'),
  differs('user-zero', 'user 0', session({ members: '"user":0' }), 'nobody', 'refused', 'incomplete'),
  withoutId('user true', 'true'),
  withoutId('user a text', '"alice"'),
  withoutId('user {}', '{}'),
  withoutId('user []', '[]'),
  withoutId('user with the id null', '{"id":null}'),
  same('user with an escape in its name', session({ members: `"\\u0075ser":${user}` })),
  same('User in capitals', session({ members: `"User":${user}` }), 'nobody', 'anonymous'),
  same('user only inside __proto__', session({ members: `"__proto__":{"user":${user}}` }), 'nobody', 'anonymous'),
  same('an id of text', session({ members: '"user":{"id":"Zm9v/+="}' }), 'user Zm9v/+='),
  same('an id beyond 32 bits', session({ members: '"user":{"id":9007199254740991}' }), 'user 9007199254740991'),
  differs(
    'number-text',
    'an id beyond what a double holds',
    session({ members: '"user":{"id":12345678901234567890}' }),
    'user 12345678901234567000',
    'user 12345678901234567890',
  ),
  differs('number-text', 'an id with an exponent', session({ members: '"user":{"id":1e3}' }), 'user 1000', 'user 1e3'),
  same('lone surrogates', session({ members: '"user":{"id":7,"name":"a\\ud800b\\udc00c"}' })),
  same('a surrogate pair', session({ members: '"user":{"id":7,"name":"\\ud83d\\ude00"}' })),
  same('bytes that are no UTF-8', bytes('{"cookie":{},"user":{"id":7,"name":"', [0xff, 0xc0, 0x80], '"}}')),
  same('an escaped NUL', session({ members: '"user":{"id":7,"name":"a\\u0000b"}' })),
  same('an escaped line break', session({ members: '"user":{"id":7,"name":"a\\r\\nX-User-Id: 1"}' })),
  same('a line separator', session({ members: '"user":{"id":7,"name":"a\u2028b"}' })),
];

const members = [
  differs(
    'repeated-names',
    'user twice',
    session({ members: `"user":{"id":1},"user":${user}` }),
    'user 7',
    'nobody',
    'corrupt',
  ),
  differs(
    'repeated-names',
    'user twice, once with an escape',
    session({ members: `"\\u0075ser":{"id":1},"user":${user}` }),
    'user 7',
    'nobody',
    'corrupt',
  ),
  differs('repeated-names', 'id twice', session({ members: '"user":{"id":1,"id":7}' }), 'user 7', 'nobody', 'corrupt'),
  differs(
    'repeated-names',
    'cookie twice',
    session({ members: `"cookie":{},"user":${user}` }),
    'user 7',
    'nobody',
    'corrupt',
  ),
  differs(
    'repeated-names',
    'maxAge twice',
    session({ cookie: '{"originalMaxAge":60000,"originalMaxAge":90000}' }),
    'user 7',
    'nobody',
    'corrupt',
  ),
  same('a name twice that is of no concern', session({ members: `"user":${user},"cart":1,"cart":2` })),
  same(
    'names of express-session itself',
    session({ members: `"user":${user},"id":1,"req":2,"save":3,"touch":4,"reload":5` }),
  ),
  same('names of every object', session({ members: `"user":${user},"toString":1,"constructor":2,"hasOwnProperty":3` })),
  differs(
    'own-member',
    'a _sd that sessiond did not write',
    session({ members: `"user":${user},"_sd":5` }),
    'user 7',
    'nobody',
    'corrupt',
  ),
  same('an empty _sd', session({ members: `"user":${user},"_sd":{}` })),
  same('nesting to 64 levels', nested(63)),
  differs('nesting', 'nesting to 65 levels', nested(64), 'user 7', 'nobody', 'corrupt'),
  same('256 KiB', sized(256 * 1024)),
  differs('size', 'one byte more than 256 KiB', sized(256 * 1024 + 1), 'user 7', 'nobody', 'corrupt'),
  same('numbers of all kinds', session({ members: `"user":${user},"numbers":[-0,0.0,1E5,1e-400,1e400,-1.5e+3]` })),
];

export const records = [...whole, ...cookies, ...users, ...members];
