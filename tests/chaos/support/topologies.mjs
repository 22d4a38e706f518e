// Where a site's sessions are during the faults. A topology says how sessiond reaches it, how applications do, and which
// harm can be done to it:
//
//   name                     for the table
//   redis(folder)            makes the stack's store, whose start() starts all that there is
//   hosts                    the names that sessiond knows (private_hosts.mjs), or nothing
//   configure(config)        what sessiond's configuration says
//   command(...)             as applications have it: at the primary, past all that stands between it and sessiond
//   staleness                milliseconds: how old may be what a sessiond answers that remembers nothing: as long as it may
//                            take another server for the primary
//   withoutFailover(action)  does it while nobody makes another one the primary; resolves to when it was done, or to nothing
//   lostWithPrimary(sids)    those of these sessions that are gone when the primary has lost its data
//   primaries()              all of them
//   serves()                 resolves once the server that sessiond ought to ask for a session has answered, or rejects
//   relays                   all that sessiond's bytes go through
//   clockOfServers           of all of them
//   without                  faults that make no sense here (faults.mjs), and why
//   stop()

import { BehindSentinels } from './behind_sentinels.mjs';
import { InCluster } from './in_cluster.mjs';
import { OneServer } from './one_server.mjs';

/** `rights`: what everybody's user may besides, or may not: words of an ACL. */
export const topologies = {
  unix: (rights) => new OneServer('unix', rights).choosePorts(),
  tcp: (rights) => new OneServer('tcp', rights).choosePorts(),
  tls: (rights) => new OneServer('tls', rights).choosePorts(),
  sentinel: (rights) => new BehindSentinels(rights),
  cluster: (rights) => new InCluster(rights),
};
