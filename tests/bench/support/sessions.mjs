// The sessions that are checked: the same users in the form of each of the programs compared, about 500 bytes each.

import { createHash } from 'node:crypto';
import fs from 'node:fs';

import { signedCookie } from '../../support/signed_cookie.mjs';

export const secret = createHash('sha256').update('the benchmark signs with this').digest('hex');

const lifetime = 86400; // seconds

function user(number) {
  return {
    id: `u${1000000 + number}`,
    name: `User Number ${number}`,
    email: `user.${number}@example.org`,
    roles: ['staff', 'editor', 'reviewer'],
    department: 'Research and Development',
    locale: 'en-GB',
    theme: 'dark',
    lastSeenNews: '2024-11-05T08:15:30.000Z',
    favourites: ['projects/alpha', 'projects/beta', 'reports/quarterly', 'search?q=open+issues'],
  };
}

const digest = (number, encoding) => createHash('sha256').update(`session ${number}`).digest(encoding);

const sidOf = (number) => digest(number, 'base64url').slice(0, 32);

/**
 * As express-session and connect-redis keep them under a key prefix; sessiond's form is the same. Programs that run in
 * turn on one Redis each have their own prefix: what one of them touches would leave the other's cache.
 */
export const expressUnder = (prefix) => ({
  key: (number) => `${prefix}${sidOf(number)}`,
  cookie: (number) => signedCookie(sidOf(number), secret),
  value: (number) =>
    JSON.stringify({
      cookie: {
        originalMaxAge: lifetime * 1000,
        expires: new Date(Date.now() + lifetime * 1000).toISOString(),
        httpOnly: true,
        path: '/',
        sameSite: 'lax',
      },
      user: user(number),
    }),
});

export const express = expressUnder('sess:');

/** As phpredis keeps them, in PHP's own serialisation. */
export const php = {
  key: (number) => `PHPREDIS_SESSION:${digest(number, 'hex').slice(0, 32)}`,
  cookie: (number) => `PHPSESSID=${digest(number, 'hex').slice(0, 32)}`,
  value: (number) => `user|${serialisePhp(user(number))}`,
};

/** As LemonLDAP::NG keeps them in Redis. */
export const lemonldap = {
  key: (number) => digest(number, 'hex'),
  cookie: (number) => `lemonldap=${lemonldap.key(number)}`,
  value: (number) => {
    const { id, name, email, roles, ...rest } = user(number);
    const now = Math.floor(Date.now() / 1000);
    return JSON.stringify({
      _session_id: lemonldap.key(number),
      _session_kind: 'SSO',
      _utime: now,
      _user: id,
      _whatToTrace: id,
      UA: '',
      uid: id,
      cn: name,
      mail: email,
      groups: roles.join('; '),
      authenticationLevel: 2,
      ...rest,
      favourites: rest.favourites.join('; '),
    });
  },
};

function serialisePhp(value) {
  if (typeof value === 'string') return `s:${Buffer.byteLength(value)}:"${value}";`;
  const entries = Object.entries(value).map(([key, inner]) => {
    return (Array.isArray(value) ? `i:${key};` : serialisePhp(key)) + serialisePhp(inner);
  });
  return `a:${entries.length}:{${entries.join('')}}`;
}

/** [key, value] of the first `count` sessions of a form. */
export function* stored(form, count) {
  for (let number = 0; number < count; number++) yield [form.key(number), form.value(number)];
}

/** Writes the Cookie headers of the first `count` sessions, one a line. */
export function writeCookies(form, count, file) {
  const output = fs.openSync(file, 'w');
  for (let from = 0; from < count; from += 10000) {
    const lines = [];
    for (let number = from; number < Math.min(count, from + 10000); number++) lines.push(form.cookie(number));
    fs.writeSync(output, `${lines.join('\n')}\n`);
  }
  fs.closeSync(output);
  return file;
}
