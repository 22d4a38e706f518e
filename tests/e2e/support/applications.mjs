// The applications' endpoints, asked as an application asks them: over their own server's socket (nginx/api.conf).

import http from 'node:http';
import path from 'node:path';

/** startStack's options that switch them on. */
export const withApi = {
  config: (config) => (config.api = { enabled: true, allow_without_token: true, may_change_user: true }),
  http: 'include sessiond/api.conf;',
};

export const mergePatch = { 'Content-Type': 'application/merge-patch+json' };

/** {status, headers, text, json()}. A body that is an array of pieces is sent chunked. */
export function ask(stack, method, target, { headers = {}, body, timeout = 20000 } = {}) {
  const options = { socketPath: path.join(stack.folder, 'api.sock'), method, path: target, headers, timeout };
  return new Promise((resolve, reject) => {
    const request = http.request(options, async (response) => {
      const chunks = [];
      for await (const chunk of response) chunks.push(chunk);
      const text = Buffer.concat(chunks).toString('utf8');
      resolve({ status: response.statusCode, headers: response.headers, text, json: () => JSON.parse(text) });
    });
    request.on('timeout', () => request.destroy(new Error(`${method} ${target}: no answer in ${timeout} ms`)));
    request.on('error', reject);
    if (Array.isArray(body)) {
      for (const piece of body) request.write(piece);
      request.end();
    } else {
      request.end(body);
    }
  });
}
