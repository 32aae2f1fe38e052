// What rows a request writes, by the platform's own counters.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";

import { SUM } from "./contract.mjs";
import { chat, eventually, register, start } from "./harness.mjs";

// Every request has its decision kept: so what is on its way is known. No money is leased: what that writes depends
// on how much is spent, not on how many ask.
const settings = { MINTED_USD_DAY: 0, EPSILON: 0, LIMIT_6H: 100_000, LIMIT_WEEK: 100_000, MAX_CONCURRENT: 100, DECISIONS_PER_SECOND: 10_000 };

let server;
before(async () => {
  server = await start({ entry: "rows-entry.mjs", settings });
  await server.sim.control("POST", "/__sim/state", { time_scale: 0 });
  // Books that have learned are told in batches.
  for (let round = 0; round < 6; round++) await many(20);
});
after(() => server?.stop());

async function many(count, key) {
  const answers = await Promise.all(Array.from({ length: count }, () => chat(server, SUM, { key: key ?? server.adminKey })));
  for (const { status, text } of answers) assert.equal(status, 200, text);
}
const rows = async () => (await fetch(`${server.url}/__rows`)).json();
const none = { read: 0, written: 0, messages: 0 };

/** What a part has written and was told since, once `enough` of it. */
async function since(before, part, enough) {
  return eventually(
    async () => {
      const [now, then] = [(await rows())[part] ?? none, before[part] ?? none];
      const more = { written: now.written - then.written, read: now.read - then.read, messages: now.messages - then.messages };
      return enough(more) && more;
    },
    { what: `rows of ${part}` },
  );
}

/** Nothing of them is on its way any more: their decisions are in D1, a row each. */
async function settled(requests, before) {
  await since(before, "d1 decisions", ({ written }) => written >= requests);
}

test("a minted key's request writes two rows in its account: one that counts it, and one of what it cost; many together few for all", async () => {
  const key = await register(server);
  // The first one makes the tables.
  let was = await rows();
  await many(1, key);
  await settled(1, was);
  for (let n = 0; n < 3; n++) {
    was = await rows();
    await many(1, key);
    const { written, read, messages } = await since(was, "account", (more) => more.messages === 2 && more.written >= 2);
    assert.deepEqual({ written, messages }, { written: 2, messages: 2 });
    assert.ok(read <= 2, `${read} rows are read: those places are looked at that are written`);
    await settled(1, was);
  }
  was = await rows();
  await many(64, key);
  await settled(64, was);
  await since(was, "account", (more) => more.messages >= 128);
  // What the last of them cost waits a quarter of a second to be stored.
  await new Promise((resolve) => setTimeout(resolve, 1_000));
  const { written } = await since(was, "account", () => true);
  assert.ok(written <= 64 / 2, `${written} rows`);
});

test("an operator's request writes none there, and in D1 no key is looked for", async () => {
  const was = await rows();
  await many(1);
  await settled(1, was);
  const now = await rows();
  for (const part of ["account", "d1 keys"]) assert.deepEqual(now[part], was[part], part);
});

test("75 at once write few rows beside their decisions, their account too", async () => {
  const key = await register(server);
  let was = await rows();
  await many(1, key);
  await settled(1, was);
  for (const whose of [undefined, key]) {
    was = await rows();
    await many(75, whose);
    await settled(75, was);
    const now = await rows();
    const written = (part) => (now[part] ?? none).written - (was[part] ?? none).written;
    const others = Object.keys(now).filter((part) => part !== "d1 decisions");
    const sum = others.reduce((sum, part) => sum + written(part), 0);
    // How often the Learner is told depends on how long the 75 take: every quarter of a second.
    assert.ok(sum <= 0.5 * 75, `${sum} rows: ${others.map((part) => `${part} ${written(part)}`)}`);
  }
});
