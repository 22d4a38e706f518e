// What can be wrong with what a configuration names.

import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';

import { Authority } from '../../support/certificates.mjs';

/** A file that nobody else reads, with this text. */
export function written(folder, name, text) {
  const file = path.join(folder, name);
  fs.writeFileSync(file, text, { mode: 0o600 });
  return file;
}

function verifyBy(config, files) {
  config.login.authenticators = ['http'];
  config.login.http_verifier = { url: 'https://verifier.example.org/', ...files };
}

/** How to make it wrong, and the line that must be said. */
export const mistakes = {
  'a password file that is not there': [
    (config) => (config.login.htpasswd_file = '/nonexistent/users'),
    /sessiond\.yaml:\d+:\d+: login\.htpasswd_file: .*no such file/i,
  ],
  'a page that is not there': [
    (config) => (config.login.page_file = '/nonexistent/page.html'),
    /sessiond\.yaml:\d+:\d+: login\.page_file: .*no such file/i,
  ],
  'a page without its places': [
    (config, folder) => {
      config.login.page_file = path.join(folder, 'page.html');
      fs.writeFileSync(config.login.page_file, '<p>no form</p>');
    },
    /sessiond\.yaml:\d+:\d+: login\.page_file: .*csrf/,
  ],
  'a language that there is not': [
    (config) => (config.pages = { language: 'tlh' }),
    /sessiond\.yaml:\d+:\d+: pages\.language: must be one of auto, en, .* but is "tlh"/,
  ],
  'a language to choose from that there is not': [
    (config) => (config.pages = { languages: ['de', 'xx'] }),
    /sessiond\.yaml:\d+:\d+: pages\.languages\[1\]: must be one of en, de, .* but is "xx"/,
  ],
  'a logo without a name': [
    (config, folder) => {
      config.pages = { logo_file: path.join(folder, 'logo.svg') };
      fs.writeFileSync(config.pages.logo_file, '<svg xmlns="http://www.w3.org/2000/svg"/>');
    },
    /sessiond\.yaml:\d+:\d+: pages\.logo_file: needs pages\.site_name/,
  ],
  'a colour that is none': [
    (config) => (config.pages = { accent: 'red' }),
    /sessiond\.yaml:\d+:\d+: pages\.accent: must be a colour such as #1d4ed8 but is "red"/,
  ],
  'a colour that nobody could read on a dark screen': [
    (config) => (config.pages = { accent_dark: '#222222' }),
    /sessiond\.yaml:\d+:\d+: pages\.accent_dark: #222222 has a contrast of \d\.\d\d to a button's own text/,
  ],
  'a logo that is not there': [
    (config) => (config.pages = { logo_file: '/nonexistent/logo.svg' }),
    /sessiond\.yaml:\d+:\d+: pages\.logo_file: .*no such file/i,
  ],
  'a logo that is no picture': [
    (config, folder) => {
      config.pages = { logo_file: path.join(folder, 'logo.gif'), logo_dark_file: path.join(folder, 'logo.gif') };
      fs.writeFileSync(config.pages.logo_file, 'GIF89a');
    },
    /sessiond\.yaml:\d+:\d+: pages\.logo_file: .*neither PNG nor SVG[^]*pages\.logo_dark_file: .*neither PNG/,
  ],
  'a style sheet that ends itself': [
    (config, folder) => {
      config.pages = { style_file: path.join(folder, 'own.css') };
      fs.writeFileSync(config.pages.style_file, '</style><p>');
    },
    /sessiond\.yaml:\d+:\d+: pages\.style_file: .*must not hold <\/style/,
  ],
  'a page of its own with a name that is misspelt': [
    (config, folder) => {
      config.pages = { folder };
      fs.writeFileSync(path.join(folder, 'logout.html'), '<p>{{naem}}</p>');
    },
    /sessiond\.yaml:\d+:\d+: pages\.folder: .*logout\.html: unknown placeholder \{\{naem\}\}/,
  ],
  'a text of its own with a key that is misspelt': [
    (config, folder) => {
      config.pages = { folder };
      fs.mkdirSync(path.join(folder, 'messages'), { recursive: true });
      fs.writeFileSync(path.join(folder, 'messages', 'de.yaml'), 'login_titel: "Hier"\n');
    },
    /sessiond\.yaml:\d+:\d+: pages\.folder: .*de\.yaml: line 1: login_titel is no key of the pages' texts/,
  ],
  'a socket in a folder that is not there': [
    (config) => (config.listen.socket = '/nonexistent/sessiond.sock'),
    /sessiond\.yaml:\d+:\d+: listen\.socket: .*No such file/,
  ],
  'a file in the place of the socket': [
    (config, folder) => {
      config.listen.socket = path.join(folder, 'no-socket');
      fs.writeFileSync(config.listen.socket, '');
    },
    /sessiond\.yaml:\d+:\d+: listen\.socket: .*not a socket/,
  ],
  'a group that nobody has made': [
    (config) => (config.listen.group = 'nosuchgroup'),
    /sessiond\.yaml:\d+:\d+: listen\.socket: .*no such group: nosuchgroup/,
  ],
  'an address of another machine': [
    (config) => (config.listen.socket = '192.0.2.1:9000'),
    /sessiond\.yaml:\d+:\d+: listen\.socket: .*bind: Cannot assign/,
  ],
  'a folder in the place of the log': [
    (config, folder) => (config.log.file = folder),
    /sessiond\.yaml:\d+:\d+: log\.file: .*is a folder/,
  ],
  'a pipe in the place of the log': [
    (config, folder) => {
      config.log.file = path.join(folder, 'pipe');
      spawnSync('mkfifo', [config.log.file]);
    },
    /sessiond\.yaml:\d+:\d+: log\.file: .*is no file, but a pipe/,
  ],
  'a link that leads nowhere in the place of the log': [
    (config, folder) => {
      config.log.file = path.join(folder, 'link');
      fs.symlinkSync('/nonexistent/sessiond.log', config.log.file);
    },
    /sessiond\.yaml:\d+:\d+: log\.file: .*is a link that leads nowhere/,
  ],
  'a control socket in a folder that is not there': [
    (config) => (config.sessiond.control_socket = '/nonexistent/control.sock'),
    /sessiond\.yaml:\d+:\d+: sessiond\.control_socket: .*No such file/,
  ],
  'one socket for nginx and for control': [
    (config) => (config.listen.socket = config.sessiond.control_socket),
    /sessiond\.yaml:\d+:\d+: sessiond\.control_socket: must be a path of its own but leads to the same file as listen\.socket, \S+control\.sock; /,
  ],
  'one socket for nginx and for control, by a link': [
    (config, folder) => {
      fs.symlinkSync(folder, path.join(folder, 'way'));
      config.listen.socket = `${folder}/./way/control.sock`;
    },
    /sessiond\.yaml:\d+:\d+: sessiond\.control_socket: must be .* listen\.socket, \S+way\/control\.sock; name another/,
  ],
  'a log that is the secret': [
    (config) => (config.log = { file: config.session.secret_files[0] }),
    /sessiond\.yaml:\d+:\d+: log\.file: must be .* session\.secret_files\[0\], \S+secret-1; name another/,
  ],
  'a log that is the password file, by a link': [
    (config, folder) => {
      config.log = { file: path.join(folder, 'users.log') };
      fs.symlinkSync('htpasswd', config.log.file);
    },
    /sessiond\.yaml:\d+:\d+: log\.file: must be .* login\.htpasswd_file, \S+htpasswd; name another/,
  ],
  'a log that is the configuration': [
    (config, folder) => (config.log = { file: path.join(folder, 'sessiond.yaml') }),
    /sessiond\.yaml:\d+:\d+: log\.file: must be .* this configuration, \S+sessiond\.yaml; name another/,
  ],
  'a log that is a page': [
    (config, folder) => {
      config.log = { file: written(folder, 'error.html', '') };
      config.pages = { folder };
    },
    /sessiond\.yaml:\d+:\d+: log\.file: must be .* pages\.folder, \S+error\.html; name another/,
  ],
  'a log in the place of the control socket': [
    (config, folder) => {
      config.sessiond.control_socket = path.join(folder, 'later.sock');
      config.log = { file: config.sessiond.control_socket };
    },
    /sessiond\.yaml:\d+:\d+: log\.file: must be .* sessiond\.control_socket, \S+later\.sock; name another/,
  ],
  'a secret that is not there': [
    (config) => (config.session.secret_files = ['/nonexistent/secret']),
    /sessiond\.yaml:\d+:\d+: session\.secret_files\[0\]: .*No such file/,
  ],
  'a password of Redis that is not there': [
    (config) => (config.redis.password_file = '/nonexistent/password'),
    /sessiond\.yaml:\d+:\d+: redis\.password_file: .*No such file/,
  ],
  'authorities of Redis that are not there': [
    (config) => (config.redis = { url: 'rediss://127.0.0.1:1', tls: { ca_file: '/nonexistent/ca.pem' } }),
    /sessiond\.yaml:\d+:\d+: redis\.tls\.ca_file: cannot read .*no such file/,
  ],
  'authorities of Redis that are none': [
    (config, folder) => {
      config.redis = { url: 'rediss://127.0.0.1:1', tls: { ca_file: written(folder, 'ca.pem', 'no certificate\n') } };
    },
    /sessiond\.yaml:\d+:\d+: redis\.tls\.ca_file: holds no certificate/,
  ],
  "a certificate for Redis with another one's key": [
    (config, folder) => {
      const authority = new Authority(folder);
      const [own, other] = ['own', 'other'].map((name) => authority.issue(name, 'DNS:sessiond.example.org'));
      config.redis = { url: 'rediss://127.0.0.1:1', tls: { cert_file: own.certificate, key_file: other.key } };
    },
    /sessiond\.yaml:\d+:\d+: redis\.tls\.key_file: is not the key of the certificate/,
  ],
  'a token of the applications that is not there': [
    (config) => (config.api = { enabled: true, token_file: '/nonexistent/token' }),
    /sessiond\.yaml:\d+:\d+: api\.token_file: .*No such file/,
  ],
  'a token of the applications that can be guessed': [
    (config, folder) => (config.api = { enabled: true, token_file: written(folder, 'token', 'short\n') }),
    /sessiond\.yaml:\d+:\d+: api\.token_file: must hold at least 16 bytes/,
  ],
  'a token for the verifier that is not there': [
    (config) => verifyBy(config, { token_file: '/nonexistent/token' }),
    /sessiond\.yaml:\d+:\d+: login\.http_verifier\.token_file: .*No such file/,
  ],
  'authorities of the verifier that are not there': [
    (config) => verifyBy(config, { ca_file: '/nonexistent/ca.pem' }),
    /sessiond\.yaml:\d+:\d+: login\.http_verifier\.ca_file: .*no such file/,
  ],
  'authorities of the verifier that are none': [
    (config, folder) => verifyBy(config, { ca_file: written(folder, 'verifier.pem', '') }),
    /sessiond\.yaml:\d+:\d+: login\.http_verifier\.ca_file: .*verifier\.pem is empty/,
  ],
  'a damaged certificate among the authorities of the verifier': [
    (config, folder) => {
      const whole = fs.readFileSync(new Authority(folder).file, 'utf8');
      const half = whole.slice(0, whole.length / 2) + '\n-----END CERTIFICATE-----\n';
      verifyBy(config, { ca_file: written(folder, 'verifier.pem', whole + half) });
    },
    /sessiond\.yaml:\d+:\d+: login\.http_verifier\.ca_file: .*verifier\.pem is damaged: certificate 2 in it cannot be read/,
  ],
};
