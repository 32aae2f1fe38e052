// node scripts/lib/ready.mjs URL PID: waits until URL answers 200; exits 1 when process PID is gone first.

const [url, pid] = process.argv.slice(2);

function alive() {
  try {
    process.kill(Number(pid), 0);
    return true;
  } catch {
    return false;
  }
}

for (;;) {
  try {
    const answer = await fetch(url, { signal: AbortSignal.timeout(5000) });
    await answer.arrayBuffer();
    if (answer.ok) process.exit(0);
  } catch {
    // Not listening yet.
  }
  if (!alive()) process.exit(1);
  await new Promise((resolve) => setTimeout(resolve, 100));
}
