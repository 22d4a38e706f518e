// What the benchmark says while it runs, with the time since it began.

const begin = Date.now();

export function say(text) {
  const seconds = Math.round((Date.now() - begin) / 1000);
  process.stderr.write(`[${String(Math.floor(seconds / 60)).padStart(2)}:${String(seconds % 60).padStart(2, '0')}] ${text}\n`);
}
