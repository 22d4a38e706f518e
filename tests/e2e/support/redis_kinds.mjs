// Where Redis may be, beside the unix socket that all other tests use: name → what makes a stack's Redis in this folder.

import { ClusterGroup } from '../../support/cluster.mjs';
import { RedisByTcp, RedisByTls } from '../../support/redis_by_port.mjs';
import { SentinelGroup } from '../../support/sentinels.mjs';

export const kCluster = 'a Redis Cluster';

/** Several servers, of which another one may become the primary. */
export const kindsOfGroups = {
  'a primary behind sentinels': (folder) => new SentinelGroup(folder, { downAfter: 15000 }),
  [kCluster]: (folder) => new ClusterGroup(folder, { nodeTimeout: 15000 }),
};

export const kindsOfRedis = {
  'Redis over TCP': (folder) => new RedisByTcp(folder),
  'Redis over TLS': (folder) => new RedisByTls(folder),
  ...kindsOfGroups,
};
