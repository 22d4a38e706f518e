// What may be answered about one session, by what has been done to it: the reference model of the check.
//
//   - Once a logout was answered, no check sent later to the same instance is ever `valid`, and none sent to another
//     one more than max_staleness later.
//   - Once it was deleted by others, no check sent more than max_staleness later is, unless somebody saved it again.
//   - Once a logout was answered that meant it as well, but at an instance which had not met it, it may live on for a
//     grace, until those that have met it hear of that. No check sent later is `valid`.
//   - While it lives, no check is refused. "Cannot tell" (503) is no refusal.
//
// All is judged by when a check was sent, and only checks during which nothing happened to the session are held to the
// last rule. Times are the test's own: an action counts from before it was sent (`begin`), and is certain from its
// answer on.

export class SessionModel {
  constructor(sid, maxStaleness) {
    this.sid = sid;
    this.maxStaleness = maxStaleness;
    this.loggedOut = new Map(); // instance: when it first answered a logout
    this.ending = Infinity; // when the first logout was answered anywhere
    this.deleted = Infinity; // when others' deletion was answered
    this.duties = []; // {by, isKnown}: logouts elsewhere that must have reached it by then
    this.isDoubtful = false; // nobody can say whether it has ended, so nothing lets it live for certain
    this.lives = Infinity; // from when on it must be let in
    this.changes = 0; // grows with all that happens
    this.history = [];
  }

  note(text) {
    this.history.push(`${performance.now().toFixed(1)} ${text}`);
  }

  /** Something begins that may end or revive it: until settled, it is neither alive for certain nor gone. */
  begin(what) {
    const before = { lives: this.lives, deleted: this.deleted };
    this.changes += 1;
    this.lives = Infinity;
    this.deleted = Infinity;
    this.note(`${what} begins`);
    return before;
  }

  /** What began has changed nothing. */
  resume({ lives, deleted }) {
    this.changes += 1;
    Object.assign(this, { lives: this.isDoubtful ? Infinity : lives, deleted });
    this.note('is as before');
  }

  /** It was stored. `fresh`: nobody ever saw it missing. */
  stored({ fresh = false } = {}) {
    this.changes += 1;
    this.deleted = Infinity;
    if (!this.isLoggedOut && !this.isDoubtful) this.lives = performance.now() + (fresh ? 0 : this.maxStaleness);
    this.note('is stored');
  }

  removed() {
    this.changes += 1;
    this.lives = Infinity;
    this.deleted = performance.now();
    this.note('is deleted by others');
  }

  /** A logout was answered with success. */
  ended(instance) {
    const now = performance.now();
    this.changes += 1;
    this.lives = Infinity;
    this.ending = Math.min(this.ending, now);
    if (!this.loggedOut.has(instance)) this.loggedOut.set(instance, now);
    this.note(`logout is answered by ${instance}`);
  }

  /** It may have ended for good, or may do so any time. */
  doubt(why) {
    this.changes += 1;
    this.lives = Infinity;
    this.isDoubtful = true;
    this.note(`may have ended: ${why}`);
  }

  /**
   * A logout was answered that must reach it within `grace` milliseconds. `isKnown(by)`: did somebody live until then who
   * had met it?
   */
  endsSoon(instance, grace, isKnown) {
    this.duties.push({ by: performance.now() + grace, isKnown });
    this.doubt(`it ends soon, after a logout at ${instance}`);
  }

  /** Must a logout that was answered elsewhere have reached it by that moment? Or by any: must it at all? */
  mustHaveEnded(moment = Infinity) {
    return this.duties.some(({ by, isKnown }) => moment > by && isKnown(by));
  }

  get isLoggedOut() {
    return this.ending !== Infinity;
  }

  /** Before a check is sent to an instance; the result is given to judge(). */
  ask(instance) {
    const sent = performance.now();
    const loggedOut = Math.min(this.loggedOut.get(instance) ?? Infinity, this.ending + this.maxStaleness);
    const mustBeGone =
      sent > loggedOut ? 'logged out'
      : this.mustHaveEnded(sent) ? 'ended elsewhere'
      : sent > this.deleted + this.maxStaleness ? 'deleted'
      : undefined;
    return { sent, changes: this.changes, mustLive: sent >= this.lives, mustBeGone };
  }

  /** What is wrong with the answer; undefined: nothing. */
  judge(asked, status) {
    if (status === 204 && asked.mustBeGone === 'logged out') return 'let in after its logout was answered';
    if (status === 204 && asked.mustBeGone === 'ended elsewhere') return 'let in long after a logout that meant it, too';
    if (status === 204 && asked.mustBeGone === 'deleted' && asked.changes === this.changes)
      return `let in ${(asked.sent - this.deleted).toFixed(0)} ms after it was deleted`;
    if (status === 401 && asked.mustLive && asked.changes === this.changes) return 'refused though it lives';
    if (![0, 204, 401, 503].includes(status)) return `answered with ${status}`;
    return undefined;
  }
}
