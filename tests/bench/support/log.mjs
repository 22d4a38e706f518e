// What the benchmark says while it runs, with the time since it began.

const begin = Date.now();

export function say(text) {
  const elapsed = new Date(Date.now() - begin).toISOString().slice(14, 19);
  process.stderr.write(`[${elapsed}] ${text}\n`);
}
