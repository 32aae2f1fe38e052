// A conversation stays with its model, whichever protocol it is told in, and leaves it where it has to.

import assert from "node:assert/strict";
import { after, before, beforeEach, test } from "node:test";

import { adminKey, call, chat, eventually, register, sse, start } from "./harness.mjs";

let server;
before(async () => {
  server = await start({ entry: "hanging-entry.mjs", settings: { MIN_SAMPLES: 1, EPSILON: 1, SESSION_IDLE: 60, QUARANTINE_SECONDS: 1 } });
  await server.sim.control("POST", "/__sim/state", { time_scale: 0 });
});
after(() => server?.stop());
beforeEach(async () => {
  await server.sim.control("DELETE", "/__sim/faults");
  await hang("none");
});

const hang = (door, how = "hangs", ms = 0) => call(server, "POST", `/__hang?door=${door}&how=${how}&ms=${ms}`);
const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
const messages = (turns) => [
  { role: "user", content: "Calculate 17 * 23" },
  ...Array.from({ length: turns }, (_, turn) => [
    { role: "assistant", content: `That is ${turn}.` },
    { role: "user", content: `Calculate ${turn} + 23` },
  ]).flat(),
];

/** One turn of a conversation that stays whatever it costs, whole; gives what is told of it and its model. */
async function turn(session, turns, more = {}, options = {}) {
  const answer = await chat(server, { messages: messages(turns), arbiter_session: session, arbiter_affinity: "sticky", ...more }, options);
  assert.equal(answer.status, 200, answer.text);
  const { session: told, model, mode, reason } = answer.body.arbiter;
  assert.equal(answer.headers.get("x-arbiter-session"), told?.decision ?? null);
  return { ...told, model, mode, reason, ms: answer.ms };
}

test("the first turn is routed, and all later ones stay with its model", async () => {
  const session = crypto.randomUUID();
  const first = await turn(session, 0);
  assert.equal(first.decision, "start");
  assert.equal(first.from, "arbiter_session");
  for (let turns = 1; turns < 8; turns++) {
    const { decision, model, mode, reason } = await turn(session, turns);
    assert.deepEqual([decision, model, mode], ["stay", first.model, "exploit"]);
    assert.match(reason, /stays/);
  }
  const marked = await eventually(
    async () => {
      const { body } = await call(server, "GET", "/v1/recent");
      const marked = body.filter(({ reason_code }) => reason_code === "stays");
      return marked.length === 7 && marked;
    },
    { what: "the decisions" },
  );
  for (const { mode, propensity, session } of marked) assert.deepEqual([mode, propensity, session], ["exploit", 1, undefined]);
});

test("a request that is no conversation is told of none, and neither is one that wants none", async () => {
  const single = await chat(server, { messages: messages(0) });
  assert.equal(single.body.arbiter.session, undefined);
  assert.equal(single.headers.get("x-arbiter-session"), null);
  assert.equal((await turn(crypto.randomUUID(), 3, { arbiter_affinity: "none" })).decision, undefined);
});

test("whose it is, is read where clients write it, and known again by how it begins", async () => {
  const id = crypto.randomUUID();
  const by = async (more, headers) => {
    const { body } = await chat(server, { messages: messages(1), arbiter_affinity: "sticky", ...more }, { headers });
    return body.arbiter.session;
  };
  assert.equal((await by({}, { "x-session-id": id })).decision, "start");
  // The same id is the same conversation, wherever it is written.
  assert.deepEqual([(await by({ prompt_cache_key: id })).from, (await by({ prompt_cache_key: id })).decision], ["prompt_cache_key", "stay"]);
  assert.equal((await by({}, { "x-claude-code-session-id": id })).decision, "stay");
  assert.equal((await by({}, { "session-id": id })).decision, "stay");
  assert.equal((await by({ metadata: { user_id: JSON.stringify({ session_id: id }) } })).decision, "stay");
  const unique = [{ role: "system", content: id }, ...messages(2)];
  const plain = async (count) => (await chat(server, { messages: unique.slice(0, count), arbiter_affinity: "sticky" })).body.arbiter.session;
  assert.equal(await plain(2), undefined, "nothing tells it from a single question");
  assert.deepEqual([(await plain(4)).from, (await plain(6)).decision], ["fingerprint", "stay"]);
});

test("the same conversation through every protocol, whole and streamed", async () => {
  const id = crypto.randomUUID();
  const headers = { authorization: `Bearer ${adminKey}`, "content-type": "application/json" };
  const post = async (path, body) => {
    const response = await fetch(server.url + path, { method: "POST", headers, body: JSON.stringify({ ...body, arbiter_affinity: "sticky" }) });
    const text = await response.text();
    assert.equal(response.status, 200, text);
    return { header: response.headers.get("x-arbiter-session"), text };
  };
  assert.equal((await turn(id, 0)).decision, "start");
  const input = messages(1);
  const user_id = JSON.stringify({ session_id: id });
  for (const [path, body] of [
    ["/v1/responses", { input, prompt_cache_key: id }],
    ["/v1/messages", { max_tokens: 500, messages: input, metadata: { user_id } }],
    ["/v1/chat/completions", { messages: input, arbiter_session: id }],
  ]) {
    for (const stream of [false, true]) {
      const { header, text } = await post(path, { ...body, stream, model: "auto" });
      assert.equal(header, "stay", path);
      assert.match(text, /"session":\{[^}]*"decision":"stay"/, `${path} ${stream}`);
    }
  }
});

test("two callers with the same id never meet", async () => {
  const [session, one, two] = [crypto.randomUUID(), await register(server), await register(server)];
  assert.equal((await turn(session, 0, {}, { key: one })).decision, "start");
  assert.equal((await turn(session, 1, {}, { key: two })).decision, "start");
  assert.equal((await turn(session, 1, {}, { key: one })).decision, "stay");
  assert.equal((await turn(session, 1)).decision, "start", "nor does an operator");
});

test("a model that fails, or that cannot take the request, is left for good", async () => {
  const session = crypto.randomUUID();
  const { model } = await turn(session, 0);
  await server.sim.control("POST", "/__sim/faults", [{ match: { model }, fault: { kind: "status", code: 503 } }]);
  const moved = await turn(session, 1);
  assert.equal(moved.decision, "move");
  assert.notEqual(moved.model, model);
  await server.sim.control("DELETE", "/__sim/faults");
  const after = await turn(session, 2);
  assert.deepEqual([after.decision, after.model], ["stay", moved.model]);
  const small = ["gpt-4o", "gpt-4o-mini", "deepseek-chat-v3", "mistral-small-3.2-24b-instruct-2506", "llama-3.1-70b-instruct"];
  const large = await turn(session, 3, { max_tokens: 400_000 });
  assert.equal(large.decision, small.includes(moved.model) ? "move" : "stay");
  assert.ok(!small.includes(large.model));
});

test("a price that rises drives a conversation out, unless it is sticky", async () => {
  const session = crypto.randomUUID();
  const { model } = await turn(session, 0);
  await call(server, "POST", "/v1/simulate-price", { key: adminKey, json: { model, multiplier: 50 } });
  const moved = await eventually(
    async () => {
      assert.equal((await turn(session, 1)).model, model);
      const answer = await turn(session, 1, { arbiter_affinity: "adaptive" });
      return answer.decision === "move" && answer;
    },
    { what: "the move" },
  );
  assert.notEqual(moved.model, model);
  assert.match(moved.reason, /costs less/);
  await call(server, "POST", "/v1/simulate-price", { key: adminKey, json: { model, multiplier: 1 } });
});

test("what is asked on the side leaves the conversation where it is", async () => {
  const session = crypto.randomUUID();
  const title = { messages: [{ role: "user", content: "Generate a concise title for this conversation." }], arbiter_session: session };
  const { body } = await chat(server, title);
  assert.deepEqual([body.arbiter.session, body.arbiter.task], [undefined, "open"]);
  const first = await turn(session, 0);
  assert.equal(first.decision, "start");
  const beside = (await chat(server, title)).body.arbiter;
  assert.deepEqual([beside.session.from, beside.session.decision, beside.task], ["arbiter_session", "stay", "open"]);
  assert.equal(beside.session.why, `asked on the side: the conversation, math, stays with ${first.model}`);
  assert.doesNotMatch(beside.reason, /stays/, "it is routed by itself");
  const other = (await chat(server, title, { key: await register(server) })).body.arbiter;
  assert.equal(other.session, undefined, "nobody else hears of it");
  const next = await turn(session, 1);
  assert.deepEqual([next.decision, next.model], ["stay", first.model]);
});

test("turns at the same moment start one conversation", async () => {
  const session = crypto.randomUUID();
  await Promise.all(Array.from({ length: 8 }, () => turn(session, 0)));
  const { decision, model } = await turn(session, 1);
  assert.equal(decision, "stay");
  assert.equal((await turn(session, 2)).model, model);
});

test("a conversation that cannot be had is decided as without, and nobody waits for it", async () => {
  const session = crypto.randomUUID();
  await turn(session, 0);
  const usual = (await turn(session, 1)).ms;
  for (const how of ["hangs", "fails"]) {
    await hang("session", how);
    for (let n = 0; n < 3; n++) {
      const answer = await turn(session, 1);
      assert.equal(answer.decision, undefined, how);
      // What hangs is waited for 50 ms, and left alone then; the rest is the machine's own.
      assert.ok(answer.ms < usual + 1_000, `${how}: ${answer.ms} ms`);
    }
    const streamed = await sse(server, { messages: messages(1), arbiter_session: session });
    assert.equal(streamed.status, 200);
    assert.equal(streamed.cut, null);
    await hang("none");
  }
  const back = await eventually(
    async () => {
      const answer = await turn(session, 1);
      return answer.decision === "stay" && answer;
    },
    { what: "the conversation" },
  );
  assert.equal(back.decision, "stay");
});

test("a conversation that was told too late costs that turn only, not the ones after it", async () => {
  const session = crypto.randomUUID();
  const first = await turn(session, 0);
  await hang("session", "late", 400);
  assert.equal((await turn(session, 1)).decision, undefined);
  // By then it has answered: nobody has to wait until what hangs is asked again.
  await pause(450);
  await hang("none");
  const next = await turn(session, 2);
  assert.deepEqual([next.decision, next.model], ["stay", first.model]);
});

test("a conversation may take as long as the account beside it", async () => {
  const session = crypto.randomUUID();
  const key = await register(server);
  const first = await turn(session, 0, {}, { key });
  await hang("session", "late", 300);
  await hang("account", "late", 700);
  const next = await turn(session, 1, {}, { key });
  assert.deepEqual([next.decision, next.model], ["stay", first.model]);
});

test("a conversation lives through the death of the worker", async () => {
  const session = crypto.randomUUID();
  const first = await turn(session, 0);
  await turn(session, 1);
  await server.restart();
  const next = await turn(session, 2);
  assert.deepEqual([next.decision, next.model], ["stay", first.model]);
});
