// An HTTP client that does nothing by itself: no redirects followed, every header as it came, and a cookie jar of the
// simplest kind (one site, path /).

import http from 'node:http';

export class Client {
  constructor(port) {
    this.port = port;
    this.cookies = new Map();
    this.agent = new http.Agent({ keepAlive: true, maxSockets: 64 });
  }

  /**
   * {status, headers, rawHeaders, setCookies, text, json()}. `headers` of the request is an object or an array of
   * pairs; the jar's cookies go along unless it names some.
   */
  request(method, target, { headers = {}, body, timeout = 60000 } = {}) {
    const list = Array.isArray(headers) ? [...headers] : Object.entries(headers);
    const named = (name) => list.some(([other]) => other.toLowerCase() === name);
    if (!named('host')) list.push(['Host', `127.0.0.1:${this.port}`]);
    if (!named('cookie') && this.cookies.size > 0) list.push(['Cookie', this.cookieHeader()]);
    if (body !== undefined && !named('content-length')) list.push(['Content-Length', Buffer.byteLength(body)]);
    return new Promise((resolve, reject) => {
      const request = http.request(
        { host: '127.0.0.1', port: this.port, method, path: target, headers: list.flat(), agent: this.agent, timeout },
        (response) => this.#collect(response).then(resolve, reject),
      );
      request.on('timeout', () => request.destroy(new Error(`${method} ${target}: no answer in ${timeout} ms`)));
      request.on('error', reject);
      request.end(body);
    });
  }

  get(target, options) {
    return this.request('GET', target, options);
  }

  /** A form as a browser posts it. */
  postForm(target, fields, { headers = {} } = {}) {
    const browser = {
      Accept: 'text/html,application/xhtml+xml,*/*;q=0.8',
      'Content-Type': 'application/x-www-form-urlencoded',
      Origin: `http://127.0.0.1:${this.port}`,
      'Sec-Fetch-Site': 'same-origin',
    };
    const body = new URLSearchParams(fields).toString();
    return this.request('POST', target, { headers: { ...browser, ...headers }, body });
  }

  cookieHeader() {
    return [...this.cookies].map(([name, value]) => `${name}=${value}`).join('; ');
  }

  async #collect(response) {
    const chunks = [];
    for await (const chunk of response) chunks.push(chunk);
    const setCookies = response.headers['set-cookie'] ?? [];
    for (const line of setCookies) this.#keep(line);
    const text = Buffer.concat(chunks).toString('utf8');
    return {
      status: response.statusCode,
      headers: response.headers,
      rawHeaders: response.rawHeaders,
      setCookies,
      text,
      json: () => JSON.parse(text),
    };
  }

  #keep(line) {
    const [pair, ...attributes] = line.split(/; */);
    const name = pair.slice(0, pair.indexOf('='));
    const expires = attributes.find((attribute) => /^expires=/i.test(attribute));
    if (expires && Date.parse(expires.slice(8)) <= Date.now()) this.cookies.delete(name);
    else this.cookies.set(name, pair.slice(name.length + 1));
  }

  close() {
    this.agent.destroy();
  }
}

function unescape(text) {
  return text
    .replace(/&#x([0-9a-f]+);/gi, (_, hex) => String.fromCodePoint(parseInt(hex, 16)))
    .replace(/&#(\d+);/g, (_, decimal) => String.fromCodePoint(Number(decimal)))
    .replace(/&quot;/g, '"')
    .replace(/&lt;/g, '<')
    .replace(/&gt;/g, '>')
    .replace(/&amp;/g, '&');
}

/** Where the first form of the page is sent to. */
export function formAction(html) {
  return unescape(html.match(/<form\b[^>]*\saction="([^"]*)"/i)?.[1] ?? '');
}

/** The hidden fields of the form on sessiond's pages. */
export function hiddenFields(html) {
  const fields = {};
  for (const [input] of html.matchAll(/<input\b[^>]*>/gi)) {
    const attribute = (name) => input.match(new RegExp(`\\s${name}="([^"]*)"`, 'i'))?.[1];
    if (attribute('type') === 'hidden') fields[unescape(attribute('name'))] = unescape(attribute('value') ?? '');
  }
  return fields;
}
