// What rows a request writes and reads, by the platform's own counters, part by part: the worker with
// tests/e2e/rows-entry.mjs around it, in front of the simulated runtime. Prints tables; asserts nothing.
//
//   node_modules/.bin/node scripts/rows.mjs [--seconds 20] [--rate 300] [--only TEXT] [--json]

import { parseArgs } from "node:util";

import { call, chat, eventually, start } from "../tests/e2e/harness.mjs";

const { values } = parseArgs({
  options: {
    seconds: { type: "string", default: "20" },
    rate: { type: "string", default: "300" },
    only: { type: "string", default: "" },
    json: { type: "boolean", default: false },
    help: { type: "boolean", default: false },
  },
});
if (values.help) {
  console.log(`Usage: node scripts/rows.mjs [--seconds 20] [--rate 300] [--only TEXT] [--json]

Rows written and read a request, as the platform counts them: books that have learned, one request a second
and then --rate a second, with an operator's key and with a minted one, one kind of task and five. The fast ones
go out in waves, a quarter of a second's requests each; where the machine does not keep up, the next wave waits
for the one before, and the rate that was reached stands in the table. What is written after the last answer is
waited for, and counts. Build first: scripts/build.sh
  --seconds N   how long each kind lasts
  --only TEXT   only the kinds whose name holds TEXT (--only minted)`);
  process.exit(0);
}
const seconds = Number(values.seconds);
const QUARTER = 250;
/** Nothing is written any more once nothing was for so long: longer than anything is put off. */
const STILL = 15_000;
const pause = (millis) => new Promise((resolve) => setTimeout(resolve, millis));

const PROMPTS = [
  "Calculate 17 * 23",
  'Return JSON: {"a": 1}',
  "Write a Python function that adds two numbers.",
  "Translate to German: Good morning, my friend.",
  "Summarize in one sentence: The quick brown fox jumps over the lazy dog, and the dog sleeps on.",
];
const ask = (n) => ({ messages: [{ role: "user", content: PROMPTS[n] }], max_tokens: 60 });

const server = await start({
  entry: "rows-entry.mjs",
  settings: { EPSILON: 0, MAX_CONCURRENT: 10_000, REQUEST_TIMEOUT: 60 },
});

async function rows() {
  return (await fetch(`${server.url}/__rows`)).json();
}
const written = (sums) => Object.values(sums).reduce((sum, part) => sum + part.written, 0);

/** The sums once nothing is written any more. */
async function still() {
  let [last, since] = [await rows(), performance.now()];
  return eventually(
    async () => {
      await pause(500);
      const now = await rows();
      if (written(now) !== written(last)) since = performance.now();
      last = now;
      return performance.now() - since > STILL && now;
    },
    { within: 300_000, what: "the end of all writing" },
  );
}

async function one(n, kinds, key) {
  const answer = await chat(server, ask(n % kinds), { key });
  if (answer.status !== 200) throw new Error(`answered ${answer.status}: ${answer.text}`);
}

/** Sends `rate` a second for so long; gives how many, and how many a second it came to. */
async function drive(rate, kinds, key) {
  const wave = rate > 4 ? Math.round(rate / (1_000 / QUARTER)) : 1;
  const each = rate > 4 ? QUARTER : 1_000 / rate;
  const waves = Math.round((seconds * 1_000) / each);
  const from = performance.now();
  for (let w = 0; w < waves; w++) {
    await pause(from + w * each - performance.now());
    await Promise.all(Array.from({ length: wave }, (_, n) => one(w * wave + n, kinds, key)));
  }
  const took = Math.max(performance.now() - from, waves * each) / 1_000;
  return { requests: waves * wave, reached: (waves * wave) / took };
}

try {
  await server.sim.control("POST", "/__sim/state", { time_scale: 0 });
  const minting = await call(server, "POST", "/v1/keys", {
    key: server.adminKey,
    json: { label: "measurement", limit_6h: 100_000, limit_week: 100_000 },
  });
  if (minting.status !== 200) throw new Error(`no key was minted: ${minting.text}`);
  // Young books are told and written at once: they learn first, and the key gets its part of the day's money.
  for (let round = 0; round < 30; round++) {
    await Promise.all(Array.from({ length: 40 }, (_, n) => one(n, PROMPTS.length, n % 8 ? server.adminKey : minting.body.api_key)));
  }
  const results = [];
  for (const rate of [1, Number(values.rate)]) {
    for (const [whose, key] of Object.entries({ operator: server.adminKey, minted: minting.body.api_key })) {
      for (const kinds of [1, PROMPTS.length]) {
        const kind = `${whose}, ${rate} a second, ${kinds === 1 ? "one kind of task" : `${kinds} kinds`}`;
        if (!kind.includes(values.only)) continue;
        const before = await still();
        const { requests, reached } = await drive(rate, kinds, key);
        const after = await still();
        const parts = {};
        const all = { written: 0, read: 0 };
        for (const [part, sums] of Object.entries(after)) {
          const per = {};
          for (const name of ["written", "read", "messages"]) per[name] = (sums[name] - (before[part]?.[name] ?? 0)) / requests;
          if (per.written + per.read + per.messages > 0) parts[part] = per;
          all.written += per.written;
          all.read += per.read;
        }
        results.push({ kind, requests, reached, parts, all });
        if (values.json) continue;
        console.log(`\n${kind}: ${requests} requests, ${reached.toFixed(reached < 10 ? 1 : 0)} a second`);
        console.log("| part | rows written a request | rows read a request | messages a request |\n|---|---|---|---|");
        const line = (name, { written, read, messages }) =>
          console.log(`| ${name} | ${written.toFixed(3)} | ${read.toFixed(3)} | ${messages?.toFixed(3) ?? ""} |`);
        for (const [part, per] of Object.entries(parts).sort(([a], [b]) => a.localeCompare(b))) line(part, per);
        line("all", all);
      }
    }
  }
  if (values.json) console.log(JSON.stringify(results));
} finally {
  await server.stop();
}
