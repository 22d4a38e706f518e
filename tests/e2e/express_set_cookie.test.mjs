// The cookie that is sent again (rolling): sessiond's line is Express's line, attribute by attribute, over http and
// over https.

import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';

import { askSessiond, startExpressStack, variants } from './support/express_site.mjs';

const kHour = 3600e3;

/** [what, options of express-session's cookie, since which version] */
const cookies = [
  ['nothing but a maxAge', { maxAge: kHour }],
  ['a maxAge of years', { maxAge: 3 * 365 * 86400e3 }],
  ['sameSite lax', { maxAge: kHour, sameSite: 'lax' }],
  ['sameSite strict', { maxAge: kHour, sameSite: 'strict' }],
  ['sameSite None, in capitals', { maxAge: kHour, sameSite: 'None', secure: true }],
  ['sameSite true', { maxAge: kHour, sameSite: true }],
  ['sameSite false', { maxAge: kHour, sameSite: false }],
  ['sameSite auto', { maxAge: kHour, sameSite: 'auto' }, '1.19'],
  ['secure', { maxAge: kHour, secure: true }],
  ['secure auto', { maxAge: kHour, secure: 'auto' }],
  ['not secure', { maxAge: kHour, secure: false }],
  ['not httpOnly', { maxAge: kHour, httpOnly: false }],
  ['a domain', { maxAge: kHour, domain: 'example.org' }],
  ['a domain with a dot', { maxAge: kHour, domain: '.example.org' }],
  ['a path', { maxAge: kHour, path: '/express' }],
  ['partitioned', { maxAge: kHour, secure: true, partitioned: true }, '1.19'],
  ['priority', { maxAge: kHour, priority: 'High' }, '1.19'],
  ['a maxAge that has no value', { maxAge: null, sameSite: 'lax' }],
];

/** {pair, attributes in order, expires}; undefined when no cookie was sent. */
function parse(setCookies) {
  assert.ok(setCookies.length <= 1, `${setCookies}`);
  if (setCookies.length === 0) return undefined;
  const [pair, ...attributes] = setCookies[0].split('; ');
  const expires = attributes.find((attribute) => attribute.startsWith('Expires='));
  return {
    pair,
    attributes: attributes
      .filter((attribute) => !attribute.startsWith('Max-Age='))
      .map((attribute) => (attribute === expires ? 'Expires' : attribute)),
    maxAge: attributes.find((attribute) => attribute.startsWith('Max-Age=')),
    expires: expires && Date.parse(expires.slice('Expires='.length)),
  };
}

describe('a rolling cookie', () => {
  let stack;
  before(async () => {
    stack = await startExpressStack({
      config: (config) => {
        config.cookie.rolling = true;
        config.session.touch_interval = '0s';
      },
    });
  });
  after(() => stack?.stop());

  for (const [what, cookie, since = '1.17'] of cookies) {
    test(what, async () => {
      for (const variant of variants.filter(({ version }) => version >= since)) {
        const mount = stack.express.mount(`${variant.name} ${what}`.replaceAll(' ', '-'), {
          variant,
          options: { rolling: true, cookie },
        });
        for (const [madeOver, scheme] of [
          ['/tls', '/tls'],
          ['/tls', ''],
          ['', '/tls'],
          ['', ''],
        ]) {
          const client = stack.client();
          const { id } = (await client.get(`${madeOver}/express/${mount}/login?user={"id":42}`)).json();
          const headers = { Cookie: stack.sessiond.cookie(id) };
          const byExpress = parse(
            (await stack.client().get(`${scheme}/express/${mount}/user`, { headers })).setCookies,
          );
          assert.ok(byExpress || scheme === '', 'Express sends it over https');
          const answer = await askSessiond(stack.client(), headers, { target: `${scheme}/api/x` });
          assert.equal(answer.who, 'user 42');
          const bySessiond = parse(answer.setCookies);
          if (cookie.maxAge === null) {
            // The difference rolling-browser-session.
            assert.deepEqual([byExpress.attributes.includes('Expires'), bySessiond], [false, undefined]);
            continue;
          }
          if (bySessiond) {
            // The difference max-age.
            assert.deepEqual([bySessiond.maxAge, byExpress.maxAge], [`Max-Age=${cookie.maxAge / 1000}`, undefined]);
            delete bySessiond.maxAge;
            delete byExpress.maxAge;
          }
          if (byExpress?.expires) {
            assert.ok(Math.abs(byExpress.expires - bySessiond.expires) < 5000);
            bySessiond.expires = byExpress.expires;
          }
          assert.deepEqual(bySessiond, byExpress);
        }
      }
    });
  }
});
