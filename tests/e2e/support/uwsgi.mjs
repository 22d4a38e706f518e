// A private uWSGI with one Python application, reached by its own protocol or by SCGI: it says which user it was told of.

import fs from 'node:fs';
import path from 'node:path';

import { start, stop } from '../../support/processes.mjs';
import { Hopeless, waitFor } from '../../support/waiting.mjs';

const kApplication = `
import json

def application(environ, start_response):
    seen = [[name[5:], value] for name, value in environ.items() if name.startswith('HTTP_X')]
    start_response('200 OK', [('Content-Type', 'application/json')])
    return [json.dumps({'headers': seen, 'uri': environ['REQUEST_URI']}).encode()]
`;

export class Uwsgi {
  constructor(folder) {
    this.folder = folder;
    this.uwsgi = path.join(folder, 'uwsgi.sock');
    this.scgi = path.join(folder, 'scgi.sock');
  }

  async start() {
    const log = path.join(this.folder, 'uwsgi.log');
    const application = path.join(this.folder, 'application.py');
    fs.writeFileSync(application, kApplication);
    const sockets = ['--uwsgi-socket', this.uwsgi, '--scgi-socket', this.scgi];
    const options = ['--need-app', '--die-on-term', '--plugin', 'python3', '--wsgi-file', application];
    this.process = start('/usr/bin/uwsgi', [...sockets, ...options], { log });
    await waitFor('uWSGI listens', () => {
      if (!this.process.alive) throw new Hopeless(`uWSGI has ended: ${fs.readFileSync(log, 'utf8')}`);
      return fs.existsSync(this.uwsgi) && fs.existsSync(this.scgi);
    });
    return this;
  }

  stop() {
    return stop(this.process, 'SIGTERM');
  }
}
