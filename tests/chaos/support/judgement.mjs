// How long living sessions may get 503. What the servers themselves are away for is theirs to say, and measured beside it
// (probe.mjs); sessiond has a second more.

const kPromise = 1000;

/**
 * What the servers were away for. `harm`: {began, ended, back, lasts}; `back`: from when on another server led, if it was
 * that; `lasts`: while there is harm nobody need be served, whether the probe is or not. The result is in milliseconds:
 * `own`: so long; `restored`: from that moment on they served again; `standstill`: as the probe has it.
 */
export function timesOf({ began, ended, back, lasts }, probe) {
  const { outage, standstill } = probe;
  const away = outage ? outage.to - outage.from : 0;
  return {
    own: lasts ? Math.max(away, ended - began) : away,
    restored: Math.max(back ?? ended, outage?.to ?? 0),
    standstill,
  };
}

/** What was too long, in words; of one {from, to} in which an instance gave 503. */
export function tooLong({ from, to }, { own, restored, standstill }) {
  const limit = kPromise + standstill;
  const judged = [
    ['nobody could tell for', to - from - own, `longer than the servers' own ${(own / 1000).toFixed(2)} s`],
    ['somebody was told 503', to - restored, 'after they served again'],
  ];
  return judged
    .filter(([, excess]) => excess > limit)
    .map(([what, excess, than]) => `${what} ${(excess / 1000).toFixed(2)} s ${than}; at most ${(limit / 1000).toFixed(2)} s`);
}
