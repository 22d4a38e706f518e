// What a running sessiond says of itself.

import { checkParams, encodeRequest, FastCgiClient } from '../../support/fastcgi_client.mjs';

/** A metric without labels. */
export async function metricOf(daemon, name) {
  const client = await FastCgiClient.connect(daemon.socket);
  const text = await client.answer(encodeRequest({ ...checkParams(''), SESSIOND_ENDPOINT: 'metrics' }));
  client.close();
  return Number(text.match(new RegExp(`^${name} (\\S+)`, 'm'))[1]);
}
