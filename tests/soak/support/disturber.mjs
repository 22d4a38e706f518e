// What befalls the model check's world: time that passes, restarts, failovers.

import { pause } from '../../support/waiting.mjs';

/** What happens to everybody, between schedules and in the midst of them. */
export class Disturber {
  constructor(world, random, schedules, count) {
    this.world = world;
    this.random = random;
    this.schedules = schedules;
    this.count = count;
  }

  async run(until) {
    while (performance.now() < until) {
      await pause(100 + this.random.below(400));
      const what = this.random.weighted({ passTime: 12, restartInstance: 2, restartRedis: 1, failOver: 1, nothing: 4 });
      if (what === 'nothing') continue;
      this.count();
      await this[what]();
    }
  }

  live() {
    return [...this.schedules].flatMap((schedule) => schedule.sessions);
  }

  /** Sessions end by it; whoever might have been among them is not held to live while it happens. */
  passTime() {
    const by = (5 + this.random.below(60)) * 1000;
    return this.world.exclusively(async () => {
      const sessions = this.live();
      const before = sessions.map((session) => session.model.begin(`${by / 1000} s pass`));
      // What has to end by a logout must not seem to have, because its time was over.
      const staying = sessions.filter(({ model }) => model.mustHaveEnded()).map(({ sid }) => sid);
      const gone = await this.world.passTime(by, staying).catch(() => undefined);
      if (gone === undefined) return; // Redis is away: it may have happened or not
      sessions.forEach((session, i) => {
        if (gone.includes(session.sid)) this.world.noteGone(session);
        if (!gone.includes(session.sid)) session.model.resume(before[i]);
      });
    });
  }

  async restartInstance() {
    await this.random.pick(this.world.instances).restart(this.random.pick(['SIGTERM', 'SIGKILL']));
  }

  async restartRedis() {
    await this.world.restartRedis(this.random.pick(['SIGTERM', 'SIGKILL']));
  }

  failOver() {
    return this.world.failOver();
  }
}
