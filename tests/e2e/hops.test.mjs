// What a request costs: the questions that it asks the platform before the runtime is called.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";

import { SUM } from "./contract.mjs";
import { adminKey, call, chat, eventually, register, sse, start } from "./harness.mjs";

let server;
before(async () => {
  server = await start({ entry: "counting-entry.mjs" });
  await server.sim.control("POST", "/__sim/state", { time_scale: 0 });
});
after(() => server?.stop());

const ARRIVED = "arrived /v1/chat/completions";
const CHAT = "runtime /v1/chat/completions";
const hops = () =>
  server
    .log()
    .split("\n")
    .flatMap((line) => line.match(/hop: (.*)$/)?.[1] ?? []);

/** The hops of one request, those before the runtime's apart. */
async function count(request) {
  const from = hops().length;
  const answer = await request();
  assert.equal(answer.status, 200, answer.text);
  const own = await eventually(
    () => {
      // The log may still bring what came before: this request's part begins where it arrived.
      const told = hops().slice(from);
      const own = told.slice(told.indexOf(ARRIVED) + 1);
      // The settlement is the last thing that a request does.
      // What its Learner writes and tells the Feed is not to fall into the next request's count.
      return told.includes(ARRIVED) && own.includes("learner") && own.includes("feed") && own;
    },
    { what: "the settlement" },
  );
  const at = own.indexOf(CHAT);
  assert.ok(at >= 0, own.join());
  return { before: own.slice(0, at), after: own.slice(at + 1) };
}

test("before the runtime is called a request asks its account once, and D1 at the most for what is old", async () => {
  const key = await register(server);
  // The first request of a while asks the ledger of all keys for its part of what they may spend.
  await count(() => chat(server, SUM, { key }));
  assert.ok(hops().length > 0, "the doors are counted");
  const from = performance.now();
  let reads = 0;
  for (const ask of [chat, sse, chat, chat, sse, chat, chat, chat, chat, chat]) {
    const { before } = await count(() => ask(server, SUM, { key }));
    reads += before.filter((hop) => hop === "d1").length;
    // What all share is read once a second; the key, which is known, is not.
    assert.ok(reads <= 1 + (performance.now() - from) / 1_000, `${reads} reads, ${before}`);
    assert.deepEqual(
      before.filter((hop) => hop !== "d1"),
      ["account"],
    );
  }
});

test("also the first request of a new isolate", async () => {
  const key = await register(server);
  await count(() => chat(server, SUM, { key }));
  await server.restart();
  const { before } = await count(() => chat(server, SUM, { key }));
  assert.deepEqual(before.sort(), ["account", "d1"]);
});

test("an operator's request asks no account, and D1 once at the most", async () => {
  for (let n = 0; n < 3; n++) {
    const { before } = await count(() => chat(server, SUM));
    assert.ok(before.length <= 1 && before.every((hop) => hop === "d1"), before.join());
  }
});

test("after it one Learner is told, and nobody else", async () => {
  const key = await register(server);
  const { after } = await count(() => chat(server, SUM, { key }));
  assert.deepEqual(
    after.filter((hop) => hop === "learner"),
    ["learner"],
  );
});

test("a turn of a conversation asks that beside its account, at the same time", async () => {
  const key = await register(server);
  const talk = { ...SUM, arbiter_session: crypto.randomUUID(), arbiter_affinity: "sticky" };
  const { before: first, after: told } = await count(() => chat(server, talk, { key }));
  assert.deepEqual(
    first.filter((hop) => hop === "session"),
    ["session"],
  );
  assert.deepEqual(
    told.filter((hop) => hop === "session"),
    ["session"],
    "the first turn is kept",
  );
  for (let turn = 0; turn < 3; turn++) {
    const from = server.log().length;
    const { before, after } = await count(() => chat(server, talk, { key }));
    assert.deepEqual(before.filter((hop) => hop !== "d1").sort(), ["account", "session"]);
    assert.ok(!after.includes("session"), "a turn that changes nothing is told nobody");
    // What the turn before still had to tell may be answered until this one arrives.
    const log = server.log().slice(from);
    const lines = log
      .slice(log.indexOf(ARRIVED))
      .split("\n")
      .filter((line) => /hop: (?:account|session)|answered: session/.test(line));
    assert.match(lines.slice(0, 2).join(), /hop: .*hop: /, `one is asked before the other answers: ${lines}`);
  }
  const alone = await count(() => chat(server, { ...talk, arbiter_affinity: "none" }, { key }));
  assert.ok(![...alone.before, ...alone.after].includes("session"), "one that wants none asks none");
});

test("what is asked on the side of a conversation looks at it beside its account, and tells it nothing", async () => {
  const key = await register(server);
  const title = { messages: [{ role: "user", content: "Generate a concise title for this conversation." }] };
  const session = crypto.randomUUID();
  await count(() => chat(server, { ...SUM, arbiter_session: session }, { key }));
  const { before, after } = await count(() => chat(server, { ...title, arbiter_session: session }, { key }));
  assert.deepEqual(before.filter((hop) => hop !== "d1").sort(), ["account", "session"]);
  assert.ok(!after.includes("session"), after.join());
  const alone = await count(() => chat(server, title, { key }));
  assert.ok(![...alone.before, ...alone.after].includes("session"), "of no conversation that is named");
});

test("what is refused at the gate asks nobody for long", async () => {
  const from = hops().length;
  assert.equal((await chat(server, SUM, { key: "nonsense" })).status, 401);
  assert.equal((await call(server, "POST", "/v1/chat/completions", { key: adminKey, body: "{" })).status, 422);
  // Whatever the two asked stands in the log before the next request that arrives.
  await call(server, "GET", "/health");
  const told = await eventually(
    () => {
      const told = hops().slice(from);
      return told.includes("arrived /health") && told.slice(told.indexOf(ARRIVED), told.indexOf("arrived /health"));
    },
    { what: "the third request in the log" },
  );
  assert.deepEqual(told, [ARRIVED, ARRIVED]);
});
