// A model check of revocation: thousands of random schedules of what browsers, applications and operators do to
// sessions, against real Redis servers and two instances of sessiond with caches; what each check is answered is held
// against a reference model (tests/support/session_model.mjs).
//
//   node tests/soak/revocation.mjs SECONDS [SEED]
//
// The seed is printed; with it the schedules are the same again (not the moments at which things meet). The last line
// says how much was tried; exit status 1 when an answer was wrong.

import { Random } from '../support/random.mjs';
import { SessionModel } from '../support/session_model.mjs';
import { pause } from '../support/waiting.mjs';
import { Disturber } from './support/disturber.mjs';
import { kGrace, kLatestWriter, kLife, kMaxStaleness, kSameMoment, World } from './support/world.mjs';

const seconds = Number(process.argv[2] ?? 20);
const seed = Number(process.argv[3] ?? Math.floor(Math.random() * 2 ** 32));
const kAtOnce = 6;

const figures = { schedules: 0, steps: 0, valid: 0, refused: 0, unavailable: 0, logouts: 0, applicationsEnded: 0, endedSoon: 0, othersEnded: 0, disturbances: 0 };
const faults = [];

/** A session as an application stores it, of a user whom no other schedule has, nor the password file. */
function stored(number) {
  return JSON.stringify({
    cookie: { originalMaxAge: kLife * 1000, expires: new Date(Date.now() + kLife * 1000), httpOnly: true, path: '/' },
    user: { id: `of schedule ${number}`, name: 'somebody' },
  });
}

/** The one user who logs in by sessiond, in all schedules that run. */
class Crowd {
  constructor(schedules) {
    this.schedules = schedules;
    this.ending = 0;
    this.lastEnded = -Infinity;
  }

  sessions() {
    return [...this.schedules].flatMap((schedule) => schedule.sessions.filter((session) => session.ofSessiond));
  }

  async whileOthersEnd(action) {
    this.ending += 1;
    try {
      await action();
    } finally {
      this.ending -= 1;
      this.lastEnded = performance.now();
    }
  }

  othersEndedSince(moment) {
    return this.ending > 0 || this.lastEnded >= moment;
  }
}

/** Sessions of one schedule, and what may happen to them. */
class Schedule {
  constructor(world, random, number, crowd) {
    this.world = world;
    this.random = random;
    this.number = number;
    this.crowd = crowd;
    this.everywhereAt = -Infinity; // when the applications' user was logged out everywhere
    this.sessions = [];
    this.copies = []; // what slow requests of applications still hold: {session, value}
    this.background = new Set();
  }

  instance() {
    return this.random.pick(this.world.instances);
  }

  session() {
    return this.random.pick(this.sessions);
  }

  async run() {
    await this.start();
    const steps = 10 + this.random.below(30);
    for (let i = 0; i < steps; i++) {
      const step = this.random.weighted({
        check: 40, burst: 6, hold: 10, saveLate: 10, save: 4, start: 5, logIn: 2, logOut: 6, logOutTwice: 3,
        logOutEverywhere: 2, endOthers: 1, destroy: 3, regenerate: 2, wait: 4,
      });
      figures.steps += 1;
      await this[step]();
    }
    await Promise.all(this.background);
    await this.end();
    figures.schedules += 1;
  }

  /** Everything that could still write has written, and every copy and tombstone has ended. */
  async end() {
    await this.checkAll();
    for (const copy of this.copies) await this.saveCopy(copy);
    await this.checkAll();
  }

  async checkAll() {
    for (const session of this.sessions) {
      while (!(await this.checkEverywhere(session)) && session.model.mustHaveEnded() && faults.length === 0) await pause(20);
    }
  }

  mayStillWrite(session) {
    const end = Math.min(session.endedAt ?? Infinity, session.goneAt ?? Infinity);
    return this.world.now() - end < (kLatestWriter - 2) * 1000;
  }

  add(sid, { secret = 0 } = {}) {
    const model = new SessionModel(sid, kMaxStaleness);
    const session = { sid, model, cookie: this.world.cookie(sid, secret), seenBy: new Map() }; // instance: {starts, at}
    this.sessions.push(session);
    return session;
  }

  fault(session, what) {
    faults.push({ schedule: this.number, sid: session.sid, what, history: session.model.history });
  }

  /** Was it refused? */
  async check(session = this.session(), instance = this.instance()) {
    const asked = session.model.ask(instance.name);
    const { starts } = instance;
    const { status, reason } = await this.world.check(instance, session.cookie);
    if (status === 204 && asked.changes === session.model.changes) session.seenBy.set(instance, { starts, at: asked.sent });
    if (status === 204) figures.valid += 1;
    else if (status === 401) figures.refused += 1;
    else figures.unavailable += 1;
    const wrong = session.model.judge(asked, status);
    if (wrong) this.fault(session, `${wrong} (${reason} at ${instance.name}, sent at ${asked.sent.toFixed(1)})`);
    return status === 401;
  }

  /** Was it refused by all? */
  async checkEverywhere(session) {
    const refused = await Promise.all(this.world.instances.map((instance) => this.check(session, instance)));
    return refused.every(Boolean);
  }

  /** Checks that go on beside whatever comes next. */
  burst() {
    const session = this.session();
    const checks = Array.from({ length: 8 }, () => this.check(session));
    const all = Promise.all(checks).finally(() => this.background.delete(all));
    this.background.add(all);
  }

  /** An application makes a session. */
  async start() {
    const session = this.add(`s${this.number}-${this.sessions.length}-${this.random.below(1e9)}`, {
      secret: this.random.below(2),
    });
    session.value = stored(this.number);
    await this.write(session, 'is made', () => this.world.save(session.sid, session.value), (model) => this.made(model));
  }

  made(model) {
    model.stored({ fresh: true });
    if (performance.now() - this.everywhereAt < kSameMoment) model.doubt('it was made right after a logout everywhere');
  }

  /** One write by an application; nothing is known of the session when it fails. */
  async write(session, what, action, done) {
    session.model.begin(what);
    try {
      await this.world.write(action);
      done(session.model);
    } catch {
      session.model.note(`${what} failed`);
    }
  }

  async logIn() {
    const before = this.random.chance(0.5) ? this.session() : undefined;
    if (before) before.model.begin('login over it');
    const session = await this.newLogin(before?.cookie);
    // A login stands even when the session before it could not be ended, so that one is called ended only when it is.
    if (before && session) await this.logOut(before);
    else before?.model.doubt('a login over it failed');
  }

  /** The session of a login; undefined: there was none. */
  async newLogin(cookie) {
    let began;
    const sid = await this.world.write(() => {
      began = performance.now();
      return this.world.logIn(this.instance(), cookie);
    });
    if (sid === undefined) return undefined;
    const session = this.add(sid);
    session.model.stored({ fresh: true });
    session.ofSessiond = true;
    if (this.crowd.othersEndedSince(began)) session.model.doubt('it was made while others were ended');
    return session;
  }

  /** An application begins a request: it has read the session and will save it some time. */
  async hold() {
    const session = this.session();
    const value = await this.world.command('GET', `sess:${session.sid}`).catch(() => null);
    if (value !== null) this.copies.push({ session, value });
  }

  async saveLate() {
    if (this.copies.length === 0) return;
    const [copy] = this.copies.splice(this.random.below(this.copies.length), 1);
    await this.saveCopy(copy);
  }

  /** As late as applications may, and no later. */
  async saveCopy({ session, value }) {
    const save = () => {
      if (!this.mayStillWrite(session)) throw new Error('too late');
      return this.world.save(session.sid, value);
    };
    await this.write(session, 'a copy is saved', save, (model) => model.stored());
  }

  async save() {
    const session = this.session();
    if (session.value && !session.model.isLoggedOut) await this.saveCopy({ session, value: session.value });
  }

  async destroy() {
    const session = this.session();
    this.world.noteGone(session);
    await this.write(session, 'is destroyed', () => this.world.command('DEL', `sess:${session.sid}`), (model) => model.removed());
  }

  /** req.session.regenerate(): the same data under a new id, the old one deleted. */
  async regenerate() {
    const session = this.session();
    if (!session.value || session.model.isLoggedOut) return;
    this.world.noteGone(session);
    const next = this.add(`${session.sid}r${this.sessions.length}`);
    next.value = session.value;
    await this.write(session, 'is regenerated', () => this.world.command('DEL', `sess:${session.sid}`), (model) => model.removed());
    await this.write(next, 'is made of another', () => this.world.save(next.sid, next.value), (model) => this.made(model));
  }

  async logOut(session = this.session(), options = {}) {
    session.model.begin('logout');
    for (let attempt = 0; attempt < 100; attempt++) {
      const instance = this.instance();
      const status = await this.world.write(() => this.world.logOut(instance, session.cookie, options));
      if (status === 204) {
        session.endedAt ??= this.world.now();
        session.model.ended(instance.name);
        figures.logouts += 1;
        return;
      }
      await pause(20); // refused as long as Redis is away: the user tries again
    }
    this.fault(session, 'could not be logged out in 100 attempts');
  }

  async logOutTwice() {
    const session = this.session();
    await Promise.all([this.logOut(session), this.logOut(session)]);
  }

  /** Those that sessiond made are one user's; those that applications made are another's in each schedule. */
  async logOutEverywhere() {
    const living = this.sessions.filter(({ model }) => model.lives <= performance.now());
    const session = this.random.pick(living.length > 0 && this.random.chance(0.9) ? living : this.sessions);
    await this.world.exclusively(async () => {
      const instance = this.instance();
      const all = session.ofSessiond ? this.crowd.sessions() : this.sessions.filter((one) => !one.ofSessiond);
      // Some that another instance meets at this very moment, and has told nobody of yet.
      if (!session.ofSessiond && this.random.chance(0.5)) await Promise.all(all.map((one) => this.check(one)));
      const certain = session.model.lives <= performance.now();
      const met = new Map(all.map((one) => [one, [...one.seenBy]]));
      // What is gone says nothing of a user. An application's session is known from when an instance has let it in,
      // before this logout began; that one knows at once, others a moment later, and a killed one has taken what it
      // knew with it.
      const known = (one) => one === session || (certain && (one.ofSessiond || one.seenBy.get(instance)?.starts === instance.starts));
      for (const one of all) one.model.begin('logout everywhere');
      const status = await this.world.logOut(instance, session.cookie, { all: true });
      if (!session.ofSessiond) this.everywhereAt = performance.now();
      if (status === 204) figures.logouts += 1;
      for (const one of all) {
        if (status === 204 && known(one)) this.ended(one, instance);
        else if (status === 204 && certain) this.endsSoon(one, instance, met.get(one));
        else one.model.doubt(`a logout everywhere was answered with ${status}`);
      }
    });
  }

  ended(session, instance) {
    session.endedAt ??= this.world.now();
    session.model.ended(instance.name);
    if (!session.ofSessiond) figures.applicationsEnded += 1;
  }

  /** By those who had met it: [instance, {at}]. */
  endsSoon(session, instance, met) {
    session.endedAt ??= this.world.now();
    session.model.endsSoon(instance.name, kGrace, (by) => met.some(([one, { at }]) => one.outlived(at, by)));
    if (session.model.mustHaveEnded()) figures.endedSoon += 1;
  }

  /** All but a new one of whoever logs in by sessiond, while others log in and do the same. */
  async endOthers() {
    const own = await this.newLogin();
    if (own) await this.world.write(() => this.crowd.whileOthersEnd(() => this.endOthersOf(own)));
  }

  async endOthersOf(own) {
    const others = this.crowd.sessions().filter((one) => one !== own);
    for (const one of others) one.model.begin('all but another are ended');
    const instance = this.instance();
    const asked = own.model.ask(instance.name);
    const status = await this.world.endOthers(instance, own.cookie);
    const wrong = own.model.judge(asked, status);
    if (wrong) this.fault(own, `${wrong} (when it ended others at ${instance.name})`);
    if (status === 204) figures.othersEnded += 1;
    for (const one of others) {
      if (status === 204) this.ended(one, instance);
      else one.model.doubt(`all but another were to be ended, answered with ${status}`);
    }
    for (const one of this.crowd.sessions())
      if (one !== own && !others.includes(one)) one.model.doubt('it was made while others were ended');
  }

  async wait() {
    await pause(this.random.below(kMaxStaleness / 2));
  }
}

async function main() {
  console.log(`revocation: seed ${seed}, ${seconds} s`);
  const random = new Random(seed);
  const world = await new World().start();
  try {
    const until = performance.now() + seconds * 1000;
    const running = new Set();
    const crowd = new Crowd(running);
    const disturber = new Disturber(world, random.fork(), running, () => (figures.disturbances += 1));
    let number = 0;
    const lane = async (own) => {
      while (performance.now() < until && faults.length === 0) {
        const schedule = new Schedule(world, own.fork(), number++, crowd);
        running.add(schedule);
        await schedule.run();
        running.delete(schedule);
      }
    };
    await Promise.all([disturber.run(until), ...Array.from({ length: kAtOnce }, () => lane(random.fork()))]);
  } finally {
    await world.stop();
  }
  for (const fault of faults.slice(0, 5)) {
    console.log(`FAULT schedule ${fault.schedule}, session ${fault.sid}: ${fault.what}`);
    for (const line of fault.history) console.log(`    ${line}`);
  }
  console.log(
    `revocation: ${figures.schedules} schedules, ${figures.steps} steps, ${figures.logouts} logouts ` +
      `(${figures.applicationsEnded} sessions of applications ended everywhere, ${figures.endedSoon} more soon after), ` +
      `others ended ${figures.othersEnded} times, ${figures.disturbances} disturbances; checks: ${figures.valid} valid, ${figures.refused} refused, ` +
      `${figures.unavailable} unavailable; ${faults.length} wrong; seed ${seed}`,
  );
  const shown = [figures.valid, figures.refused, figures.logouts, figures.applicationsEnded, figures.othersEnded];
  const vacuous = shown.includes(0);
  if (vacuous) console.log('revocation: nothing was shown: no valid or no refused check, or no logout of some kind');
  process.exitCode = faults.length > 0 || vacuous ? 1 : 0;
}

await main();
