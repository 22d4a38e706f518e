// Responders that do no work: 204, whatever is asked.
//
//   textbook   libfcgi alone, a connection for each check, behind nginx as tutorials have it
//   kept       libfcgi alone, kept connections: the floor; behind sessiond's snippets, so that nginx has the same to do
//   lanes      sessiond's lanes and no work at all: how much of a check is the safe FastCGI server, how much the session

import os from 'node:os';
import path from 'node:path';

import { buildFolder } from '../../support/places.mjs';
import { start, stop } from '../../support/processes.mjs';
import { freshFolder } from '../support/folders.mjs';
import { peerListens } from '../support/peer_listens.mjs';
import { express } from '../support/sessions.mjs';
import { shippedSite } from './sessiond.mjs';

const binaries = path.join(buildFolder, 'plain', 'bench');

const textbookThreads = 20; // as in libfcgi's example
const lanes = Math.ceil(os.availableParallelism() / 2); // as many as sessiond has

function commandOf(form, socket) {
  if (form === 'lanes') return [path.join(binaries, 'lanes_responder'), socket, lanes];
  return [path.join(binaries, 'libfcgi_responder'), form, socket, form === 'kept' ? lanes : textbookThreads];
}

function textbookSite(socket) {
  return () => ({
    upstreams: '',
    server: `
        location = /auth {
            internal;
            include fastcgi_params;
            fastcgi_pass_request_body off;
            fastcgi_param CONTENT_LENGTH "";
            fastcgi_pass unix:${socket};
        }
        location = /gif {
            auth_request /auth;
            auth_request_set $user_id $upstream_http_x_user_id;
            empty_gif;
        }`,
  });
}

export class BareResponder {
  sessions = express;
  guards = false;

  /** `form` is one of the three; `launcher` a program with its arguments that runs it. */
  constructor(name, title, { form, launcher = [] }) {
    this.name = name;
    this.title = title;
    this.form = form;
    this.launcher = launcher;
    this.folder = freshFolder(name);
    this.socket = path.join(this.folder, 'socket');
    this.site = form === 'textbook' ? textbookSite(this.socket) : shippedSite(this.socket);
  }

  async start() {
    const [program, ...args] = [...this.launcher, ...commandOf(this.form, this.socket)];
    this.process = start(program, args, { log: path.join(this.folder, 'log') });
    await peerListens(this);
  }

  stop() {
    return stop(this.process);
  }
}
