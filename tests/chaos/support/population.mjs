// Sessions in known states, checked through nginx all the time, and what is counted of the answers. So all that live are
// in sessiond's memory, but for those of a stock: each of these is asked for once, and only Redis can say what it is. What
// may be answered is said by the soak tests' model, by when a check was sent; a session that was never there, is forged or has ended by
// itself has a rule of its own.

import { Random } from '../../support/random.mjs';
import { SessionModel } from '../../support/session_model.mjs';
import { pause, waitFor } from '../../support/waiting.mjs';

const kLanes = 6;
const kLive = 12;
const kMost = 48;
/** So many are in use, and in sessiond's memory, before the first of them ends. */
const kPassing = 8;
const kRevoked = 'revoked by its application';
/** So many are in the stock before each fault, who asks for them, and with so many milliseconds between: twenty seconds. */
const kStock = 300;
const kAtOnce = 20;
const kLanesOfNew = 3;
const kNextNew = 200;
/** Milliseconds without a 503 to anybody who lives: what comes after is another outage. */
const kApart = 500;

const value = (user) => JSON.stringify({ cookie: { originalMaxAge: null, expires: null, httpOnly: true, path: '/' }, user: { id: user } });

function noteOutage(outages, instance, sent, now) {
  if (!outages.has(instance)) outages.set(instance, []);
  const all = outages.get(instance);
  const last = all.at(-1);
  if (last && sent - last.to < kApart) Object.assign(last, { from: Math.min(last.from, sent), to: now });
  else all.push({ from: sent, to: now });
}

export class Population {
  constructor(stack, instances, topology, { maxStaleness, seed }) {
    this.stack = stack;
    this.instances = instances;
    this.topology = topology;
    this.maxStaleness = maxStaleness;
    this.random = new Random(seed);
    this.sessions = [];
    this.stock = [];
    this.passing = []; // those that live, and end next
    this.number = 0;
    this.agreedFrom = 0;
    this.clear();
  }

  /** Begins to count anew. */
  clear() {
    this.counted = { allowed: 0, refused: 0, unavailable: 0, unavailableNew: 0, other: 0, slowest: 0, wrongAllows: [], wrongRefusals: [] };
    this.outages = new Map(); // instance, or undefined: nginx itself: [{from, to}] of the live sessions' 503s
    this.outagesOfNew = new Map(); // of those that are asked for once
  }

  /** Fills the stock. */
  async prepare() {
    for (let missing; (missing = kStock - this.stock.length) > 0; )
      await Promise.all(Array.from({ length: Math.min(missing, kAtOnce) }, () => this.#createAnyway('new')));
  }

  async start() {
    for (let i = 0; i < kLive; i++) await this.create('live');
    for (let i = 0; i < 4; i++) {
      this.sessions.push({ kind: 'never', cookie: this.stack.sessiond.cookie(`never-${i}`), gone: 'never was' });
      const forged = this.stack.sessiond.cookie(`live-${i}`, 'not the secret');
      this.sessions.push({ kind: 'forged', cookie: forged, gone: 'is forged' });
    }
    this.client = this.stack.client();
    this.stopped = false;
    const lanes = (count, run) => Array.from({ length: count }, run);
    this.running = Promise.all([...lanes(kLanes, () => this.#checkAny()), ...lanes(kLanesOfNew, () => this.#checkNew()), this.#churn()]);
  }

  async stop() {
    this.stopped = true;
    await this.running;
  }

  /** Is everybody who lives let in, and somebody who does not refused, by all who are asked in turn? */
  async isWell() {
    const once = [...this.ofKind('live'), this.ofKind('never')[0]];
    for (const _ of this.instances.all) if (!(await this.#isWell(once))) return false;
    return true;
  }

  async #isWell(all) {
    const answers = await Promise.all(all.map(({ cookie }) => this.#request('GET', '/api/', cookie)));
    return answers.every((answer, i) => answer?.status === (i < answers.length - 1 ? 200 : 401));
  }

  /** An application stores a new session; undefined when it could not. */
  async create(kind) {
    const sid = `${kind}-${this.number++}`;
    const session = { kind, sid, cookie: this.stack.sessiond.cookie(sid), model: new SessionModel(sid, this.maxStaleness) };
    const expires = kind === 'expired' ? ['PX', 700] : ['EX', 3600];
    if (kind === 'expired') session.livesUntil = performance.now() + 700;
    try {
      await this.topology.command('SET', `sess:${sid}`, value(sid), ...expires);
    } catch {
      return undefined;
    }
    if (kind === 'expired') session.goneFrom = performance.now() + 700 + this.maxStaleness;
    session.model.stored({ fresh: performance.now() > this.agreedFrom });
    (kind === 'new' ? this.stock : this.sessions).push(session);
    return session;
  }

  ofKind(kind) {
    return this.sessions.filter((session) => session.kind === kind);
  }

  // --- what happens to all ---

  /** Those that were stored once. */
  get stored() {
    return [...this.stock, ...this.sessions.filter((session) => session.model)];
  }

  /**
   * While it happens nobody knows what is stored. `then`: what it has made of each session. Resolves to what the action
   * does.
   */
  async uncertainly(action, then) {
    const all = this.stored;
    const before = all.map((session) => session.model.begin('a fault'));
    const result = await action();
    all.forEach((session, i) => then(session, before[i]));
    return result;
  }

  /** All sessions are gone with the servers' data, and the applications' users begin again. Resolves to when it was over. */
  loseEverything(action) {
    return this.#lose(action, (sids) => sids);
  }

  /** The same of those that are lost with the primary. */
  loseThePrimarys(action) {
    return this.#lose(action, (sids) => this.topology.lostWithPrimary(sids));
  }

  async #lose(action, ofThese) {
    // Else a session would be stored before and acknowledged after, and nobody would know that it is gone with the rest.
    const back = await this.quietly(async () => {
      const lost = new Set(await ofThese(this.stored.map(({ sid }) => sid)));
      this.passing = this.passing.filter(({ sid }) => !lost.has(sid));
      const over = await this.uncertainly(action, ({ sid, model }, before) => (lost.has(sid) ? model.removed() : model.resume(before)));
      return over ?? performance.now();
    });
    for (let i = this.ofKind('live').length; i > 0; i--) await this.#createAnyway('live');
    this.#forget();
    this.stock = [];
    await this.prepare();
    return back;
  }

  /** However often it takes. */
  #createAnyway(kind) {
    return waitFor('a session is stored', () => this.create(kind), { timeout: 30000 });
  }

  /** Runs something while no application writes and nobody logs out: what is acknowledged is where it is looked for. */
  async quietly(action) {
    this.quiet = true;
    await this.step;
    try {
      return await action();
    } finally {
      this.quiet = false;
    }
  }

  /** Another server was named the primary just now: whoever has not heard of it does not see what is stored from now on. */
  disagree() {
    this.agreedFrom = performance.now() + this.maxStaleness;
  }

  #forget() {
    const live = this.ofKind('live').slice(-kLive);
    const others = this.sessions.filter((session) => session.kind !== 'live' && session.model).slice(-kMost);
    const untouched = this.sessions.filter((session) => !session.model);
    const lost = this.ofKind('live').slice(0, -kLive).slice(-kLive);
    this.sessions = [...untouched, ...lost.map((session) => Object.assign(session, { kind: 'lost' })), ...others, ...live];
  }

  // --- what goes on all the time ---

  /** Sessions are made, used, and end in every way there is. */
  async #churn() {
    while (!this.stopped) {
      await pause(60);
      if (this.quiet) continue;
      this.step = this.#live();
      await this.step;
      if (this.sessions.length > kMost + 2 * kLive) this.#forget();
    }
  }

  async #live() {
    const session = await this.create(this.random.chance(0.25) ? 'expired' : 'passing');
    if (!session || session.kind === 'expired') return;
    this.passing.push(session);
    await pause(40);
    if (this.passing.length <= kPassing) return;
    const ending = this.passing.shift();
    if (this.random.chance(0.5)) await this.logOut(ending);
    else await this.destroy(ending);
  }

  /** Applications end, at once, what is in use for the time being: so sessiond must hear of it, or stop believing itself. */
  async revokePassing() {
    const isRevoked = (session) => this.destroy(session).then(() => session.kind === kRevoked);
    const all = this.passing.splice(0);
    await Promise.all(all.map((session) => waitFor('a session is revoked', () => isRevoked(session), { timeout: 30000 })));
  }

  async logOut(session) {
    session.model.begin('logout');
    const answer = await this.#request('POST', '/logout', session.cookie, { Accept: 'application/json' });
    if (answer?.status !== 204) return;
    session.kind = 'logged out';
    session.model.ended(this.instances.whose(answer));
  }

  /** Redis deletes what has ended by itself as soon as somebody asks for it. */
  async findExpired() {
    for (const { sid } of this.ofKind('expired')) await this.topology.command('EXISTS', `sess:${sid}`);
  }

  /** An application that has not heard of its end stores its copy of it. */
  async storeAgain({ sid, model }) {
    const isStored = () => this.topology.command('SET', `sess:${sid}`, value(sid), 'EX', 3600).then(() => true);
    await waitFor('the copy is stored', isStored, { timeout: 30000 });
    model.stored();
  }

  /** `heardAfter`: so many milliseconds later whoever asks must ask where it was done. */
  async destroy(session, { heardAfter = 0 } = {}) {
    session.model.begin('is destroyed');
    try {
      await this.topology.command('DEL', `sess:${session.sid}`);
      await pause(heardAfter);
      session.kind = kRevoked;
      session.model.removed();
    } catch {
      // Nobody knows.
    }
  }

  async #request(method, target, cookie, headers = {}) {
    try {
      return await this.client.request(method, target, { headers: { Cookie: cookie, ...headers } });
    } catch {
      return undefined;
    }
  }

  async #checkAny() {
    while (!this.stopped) {
      await this.#check(this.random.pick(this.sessions));
      await pause(2);
    }
  }

  async #checkNew() {
    while (!this.stopped) {
      const session = this.stock.find(({ isAsked }) => !isAsked);
      if (session) {
        session.isAsked = true;
        await this.#check(session);
      }
      // Not before: what happens to it meanwhile has to be known.
      this.stock = this.stock.filter((one) => one !== session);
      await pause(kNextNew);
    }
  }

  async #check(session) {
    const asked = this.#ask(session);
    const target = session.kind === 'expired' ? '/polling/' : '/api/'; // a check of the one would extend its life
    const answer = await this.#request('GET', target, session.cookie);
    const instance = this.instances.whose(answer);
    this.#judge(session, asked(instance), answer?.status ?? 0, instance);
  }

  /** Before it is sent; who will answer is known only then. */
  #ask(session) {
    const sent = performance.now();
    if (!session.model) return () => ({ sent, mustBeGone: session.gone });
    const asked = new Map([...this.instances.all, undefined].map((instance) => [instance, session.model.ask(instance)]));
    if (session.goneFrom !== undefined && sent > session.goneFrom)
      for (const one of asked.values()) one.mustBeGone ??= 'expired';
    return (instance) => asked.get(instance);
  }

  #judge(session, asked, status, instance) {
    const now = performance.now();
    const { counted } = this;
    counted.slowest = Math.max(counted.slowest, now - asked.sent);
    const unchanged = !session.model || asked.changes === session.model.changes;
    if (status === 200) {
      counted.allowed += 1;
      const certain = unchanged || asked.mustBeGone === 'logged out';
      if (asked.mustBeGone && certain) counted.wrongAllows.push(this.#describe(session, asked, asked.mustBeGone));
    } else if (status === 401) {
      counted.refused += 1;
      const lives = asked.mustLive && unchanged && !(now > session.livesUntil);
      if (lives) counted.wrongRefusals.push(this.#describe(session, asked, 'lives'));
    } else if (status === 503) {
      if (session.kind === 'new') counted.unavailableNew += 1;
      else counted.unavailable += 1;
      if (session.kind === 'live') noteOutage(this.outages, instance, asked.sent, now);
      if (session.kind === 'new') noteOutage(this.outagesOfNew, instance, asked.sent, now);
    } else {
      counted.other += 1;
    }
  }

  #describe(session, asked, why) {
    return `${session.kind} ${session.sid ?? session.cookie}: ${why}, sent at ${asked.sent.toFixed(1)}; ${session.model?.history.join('; ') ?? ''}`;
  }
}
