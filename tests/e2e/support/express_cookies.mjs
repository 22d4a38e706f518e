// Cookie headers, and who is there with each. A row is {title, header(jar), who, reason}: `jar` makes values for
// sessions that exist ("user 7" is `jar.sid`), as express_cookies.test.mjs says. `express` may be an object by
// express-session's version.

const same = (title, header, who = 'user 7', reason = undefined) => ({ title, header, who, reason });
const differs = (difference, title, header, express, sessiond, reason) => ({
  difference,
  title,
  header,
  express,
  sessiond,
  reason,
});
const refused = (title, header, reason) => same(title, header, 'nobody', reason);

const everyByte = (text) => text.replace(/./gs, (c) => `%${c.charCodeAt(0).toString(16).padStart(2, '0')}`);
const urlSafe = (text) => text.replaceAll('+', '-').replaceAll('/', '_');

const encodings = [
  same('percent-encoded, as Express sends it', (jar) => `connect.sid=${encodeURIComponent(jar.value())}`),
  same('raw', (jar) => `connect.sid=${jar.value()}`),
  same('percent-encoded in lower case', (jar) => `connect.sid=${jar.value().replace(':', '%3a')}`),
  same('every byte percent-encoded', (jar) => `connect.sid=${everyByte(jar.value())}`),
  same('quoted', (jar) => `connect.sid="${encodeURIComponent(jar.value())}"`),
  same('quoted and raw', (jar) => `connect.sid="${jar.value()}"`),
  same('blanks and tabs around it', (jar) => `a=1; \t connect.sid \t= \t${jar.value()} \t ; b=2`),
  same('no blank behind the semicolon', (jar) => `a=1;connect.sid=${jar.value()};b=2`),
  same('empty pairs and pairs without a value', (jar) => `;; a; =b; connect.sid; connect.sid=${jar.value()};`),
  same('an old $Version in front', (jar) => `$Version=1; connect.sid=${jar.value()}; $Path=/`),
  same('a value that is longer behind a semicolon', (jar) => `connect.sid=${jar.value()};x`),
  refused('quoted twice', (jar) => `connect.sid=""${jar.value()}""`, 'malformed'),
  refused('percent-encoded quotes', (jar) => `connect.sid=%22${jar.value()}%22`, 'malformed'),
  refused('single quotes', (jar) => `connect.sid='${jar.value()}'`, 'malformed'),
  refused('one quote in front', (jar) => `connect.sid="${jar.value()}`, 'malformed'),
  refused('one quote behind', (jar) => `connect.sid=${jar.value()}"`, 'forged'),
  differs(
    'lenient-1.17',
    'one quote in front, anything behind',
    (jar) => `connect.sid="${jar.value()}X`,
    { 1.17: 'user 7', 1.19: 'nobody' },
    'nobody',
    'malformed',
  ),
  differs(
    'lenient-1.17',
    'a no-break space around it',
    (jar) => `connect.sid=\xa0${jar.value()}\xa0`,
    { 1.17: 'user 7', 1.19: 'nobody' },
    'nobody',
    'malformed',
  ),
  refused(
    'percent-encoded twice',
    (jar) => `connect.sid=${encodeURIComponent(encodeURIComponent(jar.value()))}`,
    'malformed',
  ),
  refused(
    'a plus for a blank',
    (jar) => `connect.sid=${encodeURIComponent(jar.value('with blank')).replace('%20', '+')}`,
    'forged',
  ),
  refused('behind a comma', (jar) => `a=1, connect.sid=${jar.value()}`, 'missing'),
];

const names = [
  refused('no cookie at all', () => undefined, 'missing'),
  refused('another cookie', () => 'theme=dark', 'missing'),
  refused('the name in capitals', (jar) => `Connect.Sid=${jar.value()}`, 'missing'),
  refused('the name longer', (jar) => `xconnect.sid=${jar.value()}`, 'missing'),
  refused('the name percent-encoded', (jar) => `connect%2Esid=${jar.value()}`, 'missing'),
  refused('the name quoted', (jar) => `"connect.sid"=${jar.value()}`, 'missing'),
  same('two Cookie lines', (jar) => ['theme=dark', `connect.sid=${jar.value()}`]),
  same('a name in capitals beside it', (jar) => `CONNECT.SID=x; connect.sid=${jar.value()}`),
];

const signatures = [
  refused('no signature', (jar) => `connect.sid=s:${jar.sid}`, 'malformed'),
  refused('an empty signature', (jar) => `connect.sid=s:${jar.sid}.`, 'forged'),
  refused('an unsigned id', (jar) => `connect.sid=${jar.sid}`, 'malformed'),
  refused('another letter in front', (jar) => `connect.sid=${jar.value().replace('s:', 'j:')}`, 'malformed'),
  refused('the letter in capitals', (jar) => `connect.sid=${jar.value().replace('s:', 'S:')}`, 'malformed'),
  refused('a blank before the prefix', (jar) => `connect.sid=%20${jar.value()}`, 'malformed'),
  refused('signed with another secret', (jar) => `connect.sid=${jar.value(jar.sid, 'not the secret')}`, 'forged'),
  refused('signed for another id', (jar) => `connect.sid=${jar.value('other').replace('other', jar.sid)}`, 'forged'),
  refused('padded', (jar) => `connect.sid=${jar.value()}=`, 'forged'),
  refused('padded and percent-encoded', (jar) => `connect.sid=${jar.value()}%3D`, 'forged'),
  refused('url-safe alphabet', (jar) => `connect.sid=${urlSafe(jar.value('with-plus-and-slash'))}`, 'forged'),
  same('standard alphabet', (jar) => `connect.sid=${jar.value('with-plus-and-slash')}`),
  refused('truncated by one', (jar) => `connect.sid=${jar.value().slice(0, -1)}`, 'forged'),
  refused('truncated in the middle', (jar) => `connect.sid=${jar.value().slice(0, -20)}`, 'forged'),
  refused('one letter longer', (jar) => `connect.sid=${jar.value()}A`, 'forged'),
  refused('a blank behind it', (jar) => `connect.sid=${jar.value()}%20`, 'forged'),
  refused('a NUL behind it', (jar) => `connect.sid=${jar.value()}%00`, 'forged'),
  refused(
    'other case',
    (jar) => `connect.sid=${jar.value().replace(/[a-z](?=[^a-z]*$)/, (c) => c.toUpperCase())}`,
    'forged',
  ),
  refused(
    'stray bits in the last letter',
    (jar) => `connect.sid=${jar.value().replace(/.$/, (c) => String.fromCharCode(c.charCodeAt(0) + 1))}`,
    'forged',
  ),
  refused('only the prefix', () => 'connect.sid=s:', 'malformed'),
  refused('only a dot', () => 'connect.sid=s:.', 'malformed'),
  refused('an empty value', () => 'connect.sid=', 'malformed'),
  refused('empty quotes', () => 'connect.sid=""', 'malformed'),
  refused('a percent sign alone', () => 'connect.sid=%', 'malformed'),
];

const valid = (id) => (jar) => `connect.sid=${encodeURIComponent(jar.value(id))}`;
const ids = [
  refused(
    'an id without session',
    (jar) => `connect.sid=${jar.value('nobody-stored-this', jar.secret, false)}`,
    'unknown',
  ),
  refused('an empty id', valid(''), 'malformed'),
  same('dots in the id', valid('a.b..c')),
  same('a dot in front', valid('.a')),
  same('a dot at the end', valid('a.')),
  same('an id of one letter', valid('x')),
  same('an id that looks like a value', valid('s:inner.signature')),
  same('a blank in the id', valid('with blank')),
  same('semicolon, comma, quote and backslash in the id', valid('a;b,c"d\\e')),
  same('a percent sign in the id', valid('100%')),
  same('a line break in the id', valid('a\r\nb')),
  same('a NUL in the id', valid('a\0b')),
  same('an asterisk in the id', valid('*')),
  same('an id outside ASCII, percent-encoded', valid('sïd☃')),
  same('a percent sign that encodes nothing, raw', (jar) => `connect.sid=${jar.value('a%zz')}`),
  same('a percent sign at the end of a raw id', (jar) => `connect.sid=${jar.value('a%')}`),
  same('a percent-encoded byte that is no UTF-8, raw', (jar) => `connect.sid=${jar.value('a%ff')}`),
  refused(
    'the same behind an encoded prefix',
    (jar) => `connect.sid=${jar.value('a%ff').replace(':', '%3A')}`,
    'malformed',
  ),
  differs(
    'id-bytes',
    'an id outside ASCII, raw bytes',
    (jar) => `connect.sid=${Buffer.from(jar.value('sïd')).toString('latin1')}`,
    'nobody',
    'user 7',
  ),
  same('an id of 256 bytes', valid('x'.repeat(256))),
  differs('long-id', 'an id of 257 bytes', valid('x'.repeat(257)), 'user 7', 'nobody', 'malformed'),
];

const twice = (...values) => values.map((value) => `connect.sid=${value}`).join('; ');
const duplicates = [
  same('the same twice', (jar) => twice(jar.value(), jar.value())),
  same('the living one first', (jar) => twice(jar.value(), jar.value('dead', jar.secret, false))),
  same('two living ones: the first', (jar) => twice(jar.value(), jar.value('of-user-8'))),
  same('two living ones: the first (the other way)', (jar) => twice(jar.value('of-user-8'), jar.value()), 'user 8'),
  refused('an anonymous session first', (jar) => twice(jar.value('of-nobody'), jar.value()), 'anonymous'),
  refused('two dead ones', (jar) => twice('x', jar.value('dead', jar.secret, false)), 'malformed'),
  refused('the living one as the ninth', (jar) => twice(...'12345678', jar.value()), 'too_many'),
  differs(
    'duplicate-cookies',
    'a dead one first',
    (jar) => twice(jar.value('dead', jar.secret, false), jar.value()),
    'nobody',
    'user 7',
  ),
  differs(
    'duplicate-cookies',
    'a forged one first',
    (jar) => twice(jar.value(jar.sid, 'x'), jar.value()),
    'nobody',
    'user 7',
  ),
  differs('duplicate-cookies', 'an empty one first', (jar) => twice('', jar.value()), 'nobody', 'user 7'),
  differs(
    'duplicate-cookies',
    'a dead one first, on another line',
    (jar) => ['connect.sid=x', `connect.sid=${jar.value()}`],
    'nobody',
    'user 7',
  ),
  differs(
    'duplicate-cookies',
    'the living one as the eighth',
    (jar) => twice(...'1234567', jar.value()),
    'nobody',
    'user 7',
  ),
];

export const cookieHeaders = [...encodings, ...names, ...signatures, ...ids, ...duplicates];
