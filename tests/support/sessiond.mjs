// sessiond itself: its configuration, its start, reload, end, and what it signs.

import { createHmac, randomBytes } from 'node:crypto';
import fs from 'node:fs';
import path from 'node:path';

import './patience.mjs';
import { binary } from './places.mjs';
import { start, stop } from './processes.mjs';
import { signedCookie } from './signed_cookie.mjs';
import { waitUntilListening } from './sockets.mjs';

/** The password of everybody in the htpasswd file. */
export const password = 's3cret pässword & more';

/** `alice` is a user, `boss` an administrator; `slow` is a user whose password takes half a second to verify. */
const users = `\
alice:$6$rounds=1000$Xq2vTz8NfJ4wLr1c$WdQkwZmqbdB.E84IYTImtl/vwX6FpqvVbwoEeiDKA3Bredt9s79evE70hsAyZWugbUBkz0uxV7BqfRSAxjSw5/:id=7;name=Alice Liddell;email=alice@example.org;roles=staff,editor
boss:$6$rounds=1000$Xq2vTz8NfJ4wLr1c$WdQkwZmqbdB.E84IYTImtl/vwX6FpqvVbwoEeiDKA3Bredt9s79evE70hsAyZWugbUBkz0uxV7BqfRSAxjSw5/:id=1;roles=admin
slow:$6$rounds=900000$Xq2vTz8NfJ4wLr1c$.7YxhPV5cJwZ9gG5WvWSirxQVfZeXvqy0Affb00LG969koclLp3BfTn3z7eP9pY5T5lyglE5ph6UhnZ2qd68Y/:id=9
`;

/** A site's configuration; `change(config)` alters it. */
function baseConfig(folder, redisUrl) {
  return {
    // More than a machine of two cores would have by itself: what the lanes share is what goes wrong between them.
    listen: { socket: path.join(folder, 'sessiond.sock'), lanes: 3 },
    redis: { url: redisUrl },
    session: { secret_files: [path.join(folder, 'secret-1')], idle_timeout: '1h' },
    cookie: { name: 'connect.sid' },
    policies: {
      admin: { require: 'session', roles_any: ['admin'] },
      optional: { require: 'optional' },
      recent: { require: 'session', max_auth_age: '1h' },
    },
    login: { authenticators: ['htpasswd'], htpasswd_file: path.join(folder, 'htpasswd') },
    log: { level: 'info' },
    sessiond: { control_socket: path.join(folder, 'control.sock') },
  };
}

const newSecret = () => randomBytes(24).toString('hex');

export class Sessiond {
  constructor(folder, redisUrl, change = () => {}, secrets = [newSecret()]) {
    this.folder = folder;
    this.file = path.join(folder, 'sessiond.yaml');
    this.log = path.join(folder, 'sessiond.log');
    this.within = (words) => words; // of the command that starts it
    this.secrets = [];
    for (const secret of secrets) this.addSecret(secret);
    this.config = baseConfig(folder, redisUrl);
    change(this.config);
    this.socket = this.config.listen.socket;
    fs.writeFileSync(path.join(folder, 'htpasswd'), users, { mode: 0o600 });
    this.writeConfig();
  }

  /** A new secret file `secret-<n>`; the configuration has to name it. */
  addSecret(secret = newSecret()) {
    this.secrets.push(secret);
    const file = path.join(this.folder, `secret-${this.secrets.length}`);
    fs.writeFileSync(file, `${secret}\n`, { mode: 0o600 });
    return file;
  }

  writeConfig() {
    fs.writeFileSync(this.file, JSON.stringify(this.config, null, 2)); // JSON is YAML
  }

  async start() {
    const [command, ...args] = this.within([binary, '-c', this.file]);
    this.process = start(command, args, { log: this.log, env: this.environment });
    await this.waitUntilListening();
    return this;
  }

  waitUntilListening() {
    return waitUntilListening('sessiond', this.socket, this.process, () => this.logText());
  }

  stop(signal = 'SIGTERM') {
    return stop(this.process, signal, 40000);
  }

  logText() {
    return fs.existsSync(this.log) ? fs.readFileSync(this.log, 'utf8') : '';
  }

  /** A form's token as sessiond would have made it for that nonce at that time. */
  formToken(nonce, milliseconds) {
    const hmac = (key, data) => createHmac('sha256', key).update(data).digest();
    const time = Buffer.alloc(8);
    time.writeBigUInt64BE(BigInt(milliseconds));
    const key = hmac(this.secrets[0], 'sessiond login form token 1');
    return Buffer.concat([time, hmac(key, Buffer.concat([Buffer.from(nonce), time]))]).toString('base64url');
  }

  /** The Cookie header's value for a session id, signed as express-session does. */
  cookie(sid, secret = this.secrets[0]) {
    return signedCookie(sid, secret, this.config.cookie.name);
  }
}
