// No test file takes longer, unless it says so: what hangs ends here, with its logs kept.

const kPatience = Number(process.env.PATIENCE_MS ?? 400000);
setTimeout(() => {
  console.error(`${process.argv[1]}: not done after ${kPatience} ms`);
  process.exit(1);
}, kPatience).unref();
