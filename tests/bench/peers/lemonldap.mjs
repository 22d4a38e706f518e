// LemonLDAP::NG's FastCGI server with the configuration that Debian ships, the sessions moved to Redis.

import fs from 'node:fs';
import path from 'node:path';

import { start, stop } from '../../support/processes.mjs';
import { freshFolder, unprivileged } from '../support/folders.mjs';
import { peerListens } from '../support/peer_listens.mjs';
import { lemonldap } from '../support/sessions.mjs';

const shipped = '/var/lib/lemonldap-ng/conf/lmConf-1.json';

export class LemonLdap {
  sessions = lemonldap;
  guards = true;
  host = 'test1.example.com'; // one of its sample applications

  constructor(name, title) {
    this.name = name;
    this.title = title;
    this.folder = freshFolder(name);
    this.socket = path.join(this.folder, 'socket');
    this.site = () => ({
      upstreams: '',
      // From its documentation for nginx.
      server: `
        location = /lmauth {
            internal;
            include fastcgi_params;
            fastcgi_pass_request_body off;
            fastcgi_param CONTENT_LENGTH "";
            fastcgi_param HOST $http_host;
            fastcgi_param X_ORIGINAL_URI $request_uri;
            fastcgi_pass unix:${this.socket};
        }
        location = /gif {
            auth_request /lmauth;
            auth_request_set $lmremote_user $upstream_http_lm_remote_user;
            auth_request_set $lmlocation $upstream_http_location;
            empty_gif;
        }`,
    });
  }

  async start(redis) {
    const configuration = JSON.parse(fs.readFileSync(shipped, 'utf8'));
    configuration.globalStorage = 'Apache::Session::Browseable::Redis';
    configuration.globalStorageOptions = {
      sock: redis.socket,
      generateModule: 'Lemonldap::NG::Common::Apache::Session::Generate::SHA256',
    };
    // Without its files on disk beside Redis, which a session would be read from for ten minutes after it is gone:
    // every check asks Redis. It is faster so, too, as soon as there are some thousand sessions.
    configuration.localSessionStorage = '';
    configuration.exportedHeaders[this.host] = {
      'Auth-User': '$uid',
      'Auth-Name': '$cn',
      'Auth-Mail': '$mail',
      'Auth-Groups': '$groups',
    };
    fs.writeFileSync(path.join(this.folder, 'lmConf-1.json'), JSON.stringify(configuration));
    const file = path.join(this.folder, 'lemonldap-ng.ini');
    fs.writeFileSync(file, `[all]\nlogLevel = warn\n\n[configuration]\ntype = File\ndirName = ${this.folder}\n`);
    const options = ['--foreground', '--socket', this.socket, '--pid', path.join(this.folder, 'pid')];
    options.push('--plackOptions', '--backlog=4096');
    this.process = start('/usr/sbin/llng-fastcgi-server', options, {
      log: path.join(this.folder, 'log'),
      env: { LLNG_DEFAULTCONFFILE: file, LLNG_DEFAULTLOGGER: 'Lemonldap::NG::Common::Logger::Std' },
      ...unprivileged,
    });
    await peerListens(this);
  }

  stop() {
    return stop(this.process);
  }
}
