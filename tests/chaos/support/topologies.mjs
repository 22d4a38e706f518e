// Where a site's sessions are during the faults. A topology says how sessiond reaches it, how applications do, and which
// harm can be done to it:
//
//   name                     for the table
//   redis(folder)            makes the stack's store, whose start() starts all that there is
//   configure(config)        what sessiond's configuration says
//   command(...)             as applications have it: at the primary, past all that stands between it and sessiond
//   faults                   names of those that mean something here (faults.mjs)
//   stop()

import { BehindSentinels } from './behind_sentinels.mjs';
import { InCluster } from './in_cluster.mjs';
import { OneServer } from './one_server.mjs';

export const topologies = {
  plain: () => new OneServer({ tls: false }).choosePorts(),
  tls: () => new OneServer({ tls: true }).choosePorts(),
  sentinel: () => new BehindSentinels(),
  cluster: () => new InCluster(),
};
