// node scripts/lib/ready.mjs URL PID: waits until URL answers; exits 1 when process PID is gone first.
// An answer that stays other than 200 for a while is shown: it tells of a bad setting, for example.

const [url, pid] = process.argv.slice(2);

function alive() {
  try {
    process.kill(Number(pid), 0);
    return true;
  } catch {
    return false;
  }
}

for (let refusals = 0; ; ) {
  try {
    const answer = await fetch(url, { signal: AbortSignal.timeout(5000) });
    const text = await answer.text();
    refusals += 1;
    if (answer.ok || refusals === 20) {
      if (!answer.ok) console.error(`warning: ${url} answers ${answer.status}: ${text.slice(0, 2000)}`);
      process.exit(0);
    }
  } catch {
    // Not listening yet.
  }
  if (!alive()) process.exit(1);
  await new Promise((resolve) => setTimeout(resolve, 100));
}
