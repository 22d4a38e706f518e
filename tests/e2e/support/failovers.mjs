// How a primary comes to be replaced, of a group that has somebody to take over: name → what does it to this primary. Its
// result mends what it broke.

export const failovers = {
  'by hand': async (primary, group) => {
    await group.failOver(primary);
    return () => {};
  },
  'of a primary that is frozen, and wakes later': async (primary) => {
    primary.freeze();
    return () => primary.thaw();
  },
  'of a primary that has died': async (primary) => {
    await primary.stop('SIGKILL');
    return () => primary.start();
  },
};
