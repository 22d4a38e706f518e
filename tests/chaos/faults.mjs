// The harm that is done. Each fault gets {topology, population} and is over when Redis can answer again, or gives back the
// moment from which it could, or another server led; `lasts`: as long as it lasts nobody need be served, whether Redis can answer or
// not; `short`: it is in the short form, on these topologies.

import fs from 'node:fs';
import path from 'node:path';

import { pause, waitFor } from '../support/waiting.mjs';

/** Milliseconds: how long a server loads; until what a name leads to now is known, whoever is connected where it led before. */
const kLoading = 4000;
const kRenamed = 1000;

async function during(milliseconds, every, action) {
  const until = performance.now() + milliseconds;
  while (performance.now() < until) {
    await action();
    await pause(every);
  }
}

/** What a server has on its disk is that of `keep(folder)`; it is down meanwhile. */
async function restartWith(server, keep) {
  await server.stop('SIGKILL');
  keep(path.join(server.data, 'appendonlydir'));
  await server.start();
}

const isStored = ({ model }) => model.lives !== Infinity && model.deleted === Infinity && !model.isLoggedOut;
/** As of one whose logout had no answer. */
const isUncertain = ({ model }) => model.lives === Infinity && model.deleted === Infinity && !model.isLoggedOut;

async function olderData({ topology, population }) {
  const saved = path.join(topology.folder, 'saved');
  const lost = new Set();
  const stored = new Set();
  const uncertain = new Set();
  // Quiet first: what an application has begun is not to end in the midst of it.
  await population.quietly(async () => {
    await population.revokePassing(); // a logout of one that comes back is known to no other instance
    await population.uncertainly(
      () => topology.withoutFailover(() => restartWith(topology.primary, (data) => fs.cpSync(data, saved, { recursive: true }))),
      (session, before) => session.model.resume(before),
    );
    for (const session of population.stored) {
      if (isStored(session)) stored.add(session);
      if (isUncertain(session)) uncertain.add(session);
    }
  });
  await pause(1500); // sessions are made and end
  const back = (session, before) => {
    if (uncertain.has(session) || !lost.has(session.sid)) session.model.resume(before);
    else if (stored.has(session)) session.model.stored();
    else session.model.removed();
  };
  return population.quietly(async () => {
    for (const sid of await topology.lostWithPrimary(population.stored.map((session) => session.sid))) lost.add(sid);
    return population.uncertainly(
      () =>
        topology.withoutFailover(() =>
          restartWith(topology.primary, (data) => {
            fs.rmSync(data, { recursive: true });
            fs.cpSync(saved, data, { recursive: true });
            fs.rmSync(saved, { recursive: true });
          }),
        ),
      back,
    );
  });
}

/** Some seconds of loading: by a key's delay, which a restart has to know from the command line. */
async function loading({ primary: server }) {
  // What the file holds are the keys, and not all that was ever done to them.
  await server.command('BGREWRITEAOF');
  await waitFor('the file is written anew', async () => /aof_rewrite_in_progress:0[^]*aof_rewrite_scheduled:0/.test(await server.command('INFO', 'persistence')), { timeout: 30000 });
  const delay = Math.round(kLoading * 1000 / (await server.command('DBSIZE')));
  await server.stop();
  const args = server.args;
  server.args = [...args, '--key-load-delay', String(delay), '--loading-process-events-interval-bytes', '1024'];
  try {
    await server.start(); // answers when it is through
  } finally {
    server.args = args;
  }
  await server.command('CONFIG', 'SET', 'key-load-delay', '0');
}

/** Resolves to the moment from which Redis can answer again. */
function anotherPrimary({ topology, population }, harm) {
  return population.quietly(async () => {
    const back = await topology.failOver(harm);
    population.disagree();
    return back;
  });
}

/**
 * The primary becomes another one by some harm, and the one before stays for a while as the harm has left it, for whoever
 * still believes it. `harm(primary, topology)` gives back what mends it.
 */
function failingOver(harm, { short } = {}) {
  return {
    short,
    async harm({ topology, population }) {
      let mend;
      const back = await anotherPrimary({ topology, population }, async (primary) => {
        mend = await harm(primary, topology);
      });
      await Promise.all([population.revokePassing(), pause(2500)]);
      await mend();
      await topology.group.allFollow();
      return back;
    },
  };
}

/** New sessions that are gone, or older than they were, when the primary is lost. */
async function sessionsOfPrimary({ topology, population }, count) {
  const found = [];
  while (found.length < count) {
    const session = await population.create('passing');
    if (session && (await topology.lostWithPrimary([session.sid])).length > 0) found.push(session);
  }
  return found;
}

/**
 * Logouts that no replica has heard of when the primary is lost. That takes one that goes on without replicas: with
 * min-replicas-to-write it does so only until it has noticed.
 */
async function logOutAlone(primary, { topology, population }) {
  const sessions = await sessionsOfPrimary({ topology, population }, 6);
  await topology.group.allFollow();
  await primary.command('CONFIG', 'SET', 'min-replicas-to-write', 0);
  await topology.group.cutOff(primary, { from: 'replicas' });
  await waitFor('it has no replica', async () => (await primary.command('INFO', 'replication')).includes('connected_slaves:0'));
  for (const session of sessions) {
    await waitFor('a logout is answered', async () => {
      await population.logOut(session);
      return session.model.isLoggedOut;
    });
  }
  await primary.stop('SIGKILL');
  return sessions;
}

function emptied({ topology, population }, command) {
  return population.loseEverything(async () => {
    for (const primary of await topology.primaries()) await primary.command(command);
  });
}

/** For so many milliseconds the network does harm, and of what ends as soon as it begins sessiond hears late, or never. */
async function unheard({ topology: { relays }, population }, harm, milliseconds) {
  for (const relay of relays) {
    Object.assign(relay, harm);
    if (harm.refuses) relay.reset();
  }
  await Promise.all([population.revokePassing(), pause(milliseconds)]);
  for (const relay of relays) Object.assign(relay, { delay: 0, swallows: false, refuses: false });
}

/** One of several is away for a while. */
async function away(one) {
  await one.stop('SIGKILL');
  await pause(2000);
  await one.start();
}

export const faults = {
  nothing: { harm: () => pause(1000) },
  'killed, back after 0.5 s': {
    short: ['unix', 'tls'],
    harm: ({ topology }) =>
      topology.withoutFailover(async () => {
        await topology.primary.stop('SIGKILL');
        await pause(500);
        await topology.primary.start();
      }),
  },
  'restarted at once': {
    harm: ({ topology }) =>
      topology.withoutFailover(async () => {
        await topology.primary.stop();
        await topology.primary.start();
      }),
  },
  'frozen for 1 s': {
    short: ['unix', 'tls'],
    harm: ({ topology }) =>
      topology.withoutFailover(async () => {
        topology.primary.freeze();
        await pause(1000);
        topology.primary.thaw();
      }),
  },
  'frozen for 20 s': {
    async harm({ topology }) {
      topology.primary.freeze();
      await pause(20000);
      topology.primary.thaw();
    },
  },
  'restarted empty': {
    short: ['unix'],
    harm: ({ topology, population }) =>
      population.loseThePrimarys(() =>
        topology.withoutFailover(() => restartWith(topology.primary, (data) => fs.rmSync(data, { recursive: true }))),
      ),
  },
  'restarted with older data': { short: ['unix'], harm: olderData },
  'loading its file for 4 s': { harm: ({ topology }) => topology.withoutFailover(() => loading(topology)) },
  'full (noeviction)': {
    async harm({ topology, population }) {
      await topology.command('CONFIG', 'SET', 'maxmemory', '1');
      await Promise.all([population.revokePassing(), pause(1500)]);
      await topology.command('CONFIG', 'SET', 'maxmemory', '0');
    },
  },
  'paused for 1 s': {
    harm: ({ topology }) =>
      topology.withoutFailover(async () => {
        await topology.primary.command('CLIENT', 'PAUSE', 1000, 'ALL');
        await pause(1000);
      }),
  },
  'paused for 0.3 s': {
    async harm({ topology }) {
      await topology.command('CLIENT', 'PAUSE', 300, 'ALL');
      await pause(300);
    },
  },
  'subscription cut': {
    harm: ({ topology }) => during(1000, 150, () => topology.command('CLIENT', 'KILL', 'TYPE', 'pubsub', 'USER', 'default')),
  },
  'connections cut': {
    lasts: true,
    harm: ({ topology }) => during(1000, 100, () => topology.command('CLIENT', 'KILL', 'TYPE', 'normal', 'USER', 'default')),
  },
  'network: 100 ms late': { lasts: true, harm: (house) => unheard(house, { delay: 100 }, 2000) },
  'network: bytes are lost': {
    lasts: true,
    short: ['unix', 'tls', 'cluster'],
    harm: (house) => unheard(house, { swallows: true }, 1500),
  },
  // The connection stands, and whoever believes that changes would be told over it is wrong.
  'network: invalidations are lost': { harm: (house) => unheard(house, { swallows: 'invalidations' }, 2500) },
  'network: resets': {
    lasts: true,
    short: ['tls'],
    harm: ({ topology }) => during(1000, 40, () => topology.relays.forEach((relay) => relay.reset())),
  },
  'network: refuses': { lasts: true, harm: (house) => unheard(house, { refuses: true }, 1000) },
  'primary killed': failingOver(async (primary) => {
    await primary.stop('SIGKILL');
    return () => primary.start();
  }),
  'primary frozen until another serves, woken': failingOver((primary) => {
    primary.freeze();
    return () => primary.thaw();
  }),
  'primary frozen for 20 s': failingOver((primary) => {
    primary.freeze();
    const woken = pause(20000).then(() => primary.thaw());
    return () => woken;
  }),
  'primary cut off from the sentinels': failingOver(
    (primary, { group }) => group.cutOff(primary, { from: 'sentinels' }), { short: ['sentinel'] }),
  'primary cut off from the other nodes': failingOver(
    (primary, { group }) => group.cutOff(primary, { from: 'nodes' }), { short: ['cluster'] }),
  'primary cut off from its replicas': {
    async harm({ topology }) {
      const allow = await topology.group.cutOff(topology.primary, { from: 'replicas' });
      await pause(2000);
      await allow();
      await topology.group.allFollow();
    },
  },
  'logged out, and the primary lost with it': {
    short: ['sentinel'],
    async harm({ topology, population }) {
      let primary;
      let sessions;
      const back = await anotherPrimary({ topology, population }, async (lost) => {
        primary = lost;
        sessions = await logOutAlone(lost, { topology, population });
      });
      for (const session of sessions) await population.storeAgain(session);
      await pause(2500);
      await primary.start();
      await topology.group.allFollow();
      return back;
    },
  },
  'one sentinel gone': { harm: ({ topology }) => away(topology.group.sentinels[1]) },
  'one replica gone': {
    async harm({ topology }) {
      await away(await topology.group.replica());
      await topology.group.allFollow();
    },
  },
  'slots are moved': {
    short: ['cluster'],
    async harm({ topology, population }) {
      for (const { sid } of population.ofKind('live')) await topology.moveSlotOf(sid);
    },
  },
  'all sentinels frozen for 1.5 s': {
    async harm({ topology }) {
      for (const sentinel of topology.group.sentinels) sentinel.freeze();
      await pause(1500);
      for (const sentinel of topology.group.sentinels) sentinel.thaw();
    },
  },
  'failed over by hand': {
    short: ['unix', 'tls', 'sentinel', 'cluster'],
    async harm(house) {
      const back = await anotherPrimary(house);
      await house.population.revokePassing();
      return back;
    },
  },
  "sessiond's clock jumps by an hour": {
    short: ['unix'],
    async harm({ topology }) {
      for (const hours of [1, -1, 0]) {
        topology.clock.set(hours * 3600);
        await pause(1200);
      }
    },
  },
  'the address leads to another server': {
    harm: ({ topology, population }) => population.loseEverything(() => topology.moveToEmpty()),
  },
  'the name leads elsewhere, the old server lives on': {
    async harm({ topology, population }) {
      const sessions = await sessionsOfPrimary({ topology, population }, 6);
      await pause(500); // they are in memory
      await population.quietly(async () => {
        await topology.leadElsewhere();
        await Promise.all(sessions.map((session) => population.destroy(session, { heardAfter: kRenamed })));
        await pause(population.maxStaleness);
      });
      await pause(3000);
      await topology.follow();
    },
  },
  "Redis's clock jumps by an hour": {
    // After all failovers: nodes of a cluster whose clocks went back do not notice for an hour that one of them is silent.
    harm: ({ topology, population }) =>
      topology.withoutFailover(async () => {
        await population.loseEverything(() => topology.clockOfServers.set(3601)); // so long do they live
        await pause(1500);
        await population.quietly(async () => {
          await pause(1000); // what ends by itself has ended, and not an hour later
          await population.findExpired();
          topology.clockOfServers.set(0);
        });
        await pause(1500);
      }),
  },
  'FLUSHALL': { harm: (house) => emptied(house, 'FLUSHALL') },
  'FLUSHDB': { harm: (house) => emptied(house, 'FLUSHDB') },
  'SWAPDB': {
    short: ['unix'],
    harm: ({ topology, population }) => population.loseEverything(() => topology.command('SWAPDB', 0, 1)),
  },
};
