// What a failing model costs a client: nothing but time, and that is bounded.

import assert from "node:assert/strict";
import { after, before, beforeEach, test } from "node:test";

import { call, chat, eventually, sse, start } from "./harness.mjs";

const SUM = { messages: [{ role: "user", content: "Calculate 17 * 23" }] };
const TIMEOUT = 4;

let server;
let sim;
before(async () => {
  server = await start({
    settings: { REQUEST_TIMEOUT: TIMEOUT, STREAM_IDLE_TIMEOUT: 1.5, CLASSIFIER_TIMEOUT: 1, JUDGE_TIMEOUT: 1, EPSILON: 0 },
  });
  sim = server.sim;
  await sim.control("POST", "/__sim/state", { time_scale: 0 });
});
after(() => server?.stop());
beforeEach(async () => {
  await sim.control("DELETE", "/__sim/faults");
  await call(server, "POST", "/v1/reset", { key: server.adminKey });
  await sim.control("DELETE", "/__sim/requests");
});

const fault = (kind, rest = {}) => sim.control("POST", "/__sim/faults", [{ match: { role: "chat" }, times: 1, fault: kind, ...rest }]);
const chatCalls = async () => (await sim.control("GET", "/__sim/requests?role=chat")).requests;
const view = async (path) => (await call(server, "GET", path)).body;
const report = () => view("/v1/report");
const quarantined = async () => Object.keys((await view("/v1/overview")).quarantined);

async function theNextRequestIsFine(stream) {
  await sim.control("DELETE", "/__sim/faults");
  const next = stream ? await sse(server, SUM) : await chat(server, SUM);
  assert.equal(next.status, 200);
  if (stream) assert.match(next.text, /data: \[DONE\]/);
}

// Kinds that are the model's doing where the answer should begin; the last number bounds the answer in seconds.
const before_answer = [
  ...[429, 500, 502, 503, 529].map((code) => [{ kind: "status", code }, 2]),
  [{ kind: "status", code: 302, headers: { location: "https://example.com/" } }, 2],
  ["reset", 2],
  ["hang_before_head", TIMEOUT],
  ["html", 2],
  ["empty", 2],
  ["array", 2],
  ["error_200", 2],
  [{ kind: "json", body: { choices: [] } }, 2],
];
const plain_only = [
  ["truncated", 2],
  ["reset_mid", 2],
  ["end_mid", 2],
];
const stream_only = [
  ["error_frame_first", 2],
  [{ kind: "reset_mid", after_chunks: 0 }, 2],
  [{ kind: "end_mid", after_chunks: 0 }, 2],
  [{ kind: "hang_mid", after_chunks: 0 }, TIMEOUT],
];

for (const [stream, kinds] of [
  [false, [...before_answer, ...plain_only]],
  [true, [...before_answer, ...stream_only]],
]) {
  for (const [kind, bound] of kinds) {
    const name = typeof kind === "string" ? kind : `${kind.kind} ${kind.code ?? JSON.stringify(kind)}`;
    test(`${stream ? "a stream" : "a plain call"} that meets ${name} is answered by the next model`, async () => {
      await fault(kind);
      const answer = stream ? await sse(server, SUM) : await chat(server, SUM);
      assert.equal(answer.status, 200, answer.text);
      const took = answer.endedAt ?? answer.ms;
      assert.ok(took < bound * 1000 + 800, `took ${took} ms`);

      const calls = await chatCalls();
      assert.equal(calls.length, 2);
      const told = stream ? answer.events.find(({ event }) => event === "arbiter").json : answer.body.arbiter;
      assert.deepEqual(told.failover_from, [calls[0].model]);
      // The headers of a stream do not wait for a silent model: the last event tells who answered.
      const early = stream && bound === TIMEOUT;
      assert.equal(answer.headers.get("x-arbiter-model"), calls[early ? 0 : 1].model);
      assert.equal(told.model, calls[1].model);
      await eventually(async () => (await chatCalls()).every(({ open }) => !open), { what: "the end of the first call" });
      if (["hang_before_head", "hang_mid", "drip"].includes(kind.kind ?? kind)) {
        assert.ok((await chatCalls())[0].aborted, "the hanging call was aborted");
      }

      // That a whole answer outlasts its time says little of its model.
      assert.deepEqual(await quarantined(), kind === "hang_before_head" && !stream ? [] : [calls[0].model]);
      assert.equal((await report()).calls, 1);
      const rows = Object.values(await view("/v1/policy")).flat();
      assert.deepEqual(
        rows.map((row) => [row.model, row.n]),
        [[calls[1].model, 1]],
      );
      const recent = await view("/v1/recent");
      assert.deepEqual(
        recent.map(({ model, outcome }) => [model, outcome]),
        [[calls[1].model, "finished"]],
      );
      await theNextRequestIsFine(stream);
    });
  }
}

for (const kind of ["hang_mid", "drip", { kind: "slow_body", ms: 500 }]) {
  test(`a plain call that meets ${kind.kind ?? kind} is not cut short, and puts nobody out`, async () => {
    await fault(kind);
    const answer = await chat(server, SUM);
    assert.equal(answer.status, 504, answer.text);
    assert.ok(answer.ms > TIMEOUT * 1000 - 300, `${answer.ms} ms`);
    assert.deepEqual(await quarantined(), []);
    assert.equal((await chatCalls()).length, 1);
    await theNextRequestIsFine(false);
  });
}

for (const code of [400, 413, 422]) {
  for (const stream of [false, true]) {
    test(`${code} is passed on at once to ${stream ? "a stream" : "a plain call"}`, async () => {
      await fault({ kind: "status", code, body: { error: { message: "as it was said", type: "t", code: "c" } } });
      const answer = stream ? await sse(server, SUM) : await chat(server, SUM);
      assert.equal(answer.status, code);
      assert.equal(answer.body.error.message, "as it was said");
      assert.equal(answer.body.detail.upstream, "btl_runtime");
      assert.equal((await chatCalls()).length, 1);
      assert.equal(answer.body.detail.model, (await chatCalls())[0].model);
      assert.deepEqual(await quarantined(), []);
      assert.equal((await report()).calls, 0);
      await theNextRequestIsFine(stream);
    });
  }
}

for (const stream of [false, true]) {
  test(`after three attempts ${stream ? "a stream" : "a plain call"} gets the last status`, async () => {
    await sim.control("POST", "/__sim/faults", [
      { times: 1, fault: { kind: "status", code: 500 } },
      { times: 1, fault: "reset" },
      { fault: { kind: "status", code: 429, headers: { "retry-after": "7" } } },
    ]);
    const answer = stream ? await sse(server, SUM) : await chat(server, SUM);
    assert.equal(answer.status, 429);
    assert.equal(answer.headers.get("retry-after"), "7");
    const calls = await chatCalls();
    assert.equal(calls.length, 3);
    assert.deepEqual(
      answer.body.detail.failover_from,
      calls.slice(0, 2).map(({ model }) => model),
    );
    assert.equal((await quarantined()).length, 3);
    await theNextRequestIsFine(stream);
  });
}

test("a runtime that hangs whatever the model is answered with 504 in time", async () => {
  await fault("hang_before_head", { times: 9 });
  const answer = await chat(server, SUM);
  assert.equal(answer.status, 504);
  assert.ok(answer.ms < TIMEOUT * 1000 + 800, `${answer.ms} ms`);
  await eventually(async () => (await chatCalls()).every(({ aborted }) => aborted), { what: "the abort of all attempts" });
  await theNextRequestIsFine(false);
});

const ERROR_AT_END = /data: \{"error":\{[^\n]*\}\n\n$/;
for (const [kind, bound] of [
  [{ kind: "reset_mid", after_chunks: 3 }, 2],
  [{ kind: "end_mid", after_chunks: 3 }, 2],
  [{ kind: "hang_mid", after_chunks: 3 }, 3],
  ["error_frame_mid", 2],
  ["no_done", 2],
]) {
  test(`a stream that meets ${kind.kind ?? kind} in its middle ends with an error and is not learned from`, async () => {
    await fault(kind);
    const answer = await sse(server, SUM);
    assert.equal(answer.status, 200);
    assert.match(answer.text, ERROR_AT_END);
    assert.doesNotMatch(answer.text, /\[DONE\]/);
    assert.ok(answer.endedAt < bound * 1000 + 800, `${answer.endedAt} ms`);
    const calls = await chatCalls();
    assert.equal(calls.length, 1, "no other model after the first byte");
    await eventually(async () => (await chatCalls()).every(({ open }) => !open));
    if (kind.kind === "hang_mid") assert.ok((await chatCalls())[0].aborted);
    assert.deepEqual(await view("/v1/policy"), {});
    assert.deepEqual(await quarantined(), [calls[0].model]);
    await theNextRequestIsFine(true);
  });
}

test("a stream that goes on is healthy, however long it takes", async () => {
  await fault({ kind: "chunk_delay", ms: 1_200 });
  const answer = await sse(server, { messages: [{ role: "user", content: "Calculate 17 * 23" }] });
  assert.match(answer.text, /\[DONE\]/);
  assert.ok(answer.endedAt > TIMEOUT * 1000, `it took only ${answer.endedAt} ms: nothing was shown`);
});

for (const role of ["classifier", "judge"]) {
  for (const kind of ["hang_before_head", "reset", "html", "drip", { kind: "status", code: 500 }]) {
    test(`a ${role} that meets ${kind.kind ?? kind} does not hold the answer`, async () => {
      await sim.control("POST", "/__sim/faults", [{ match: { role }, fault: kind }]);
      const open = { messages: [{ role: "user", content: "Tell me something about the sea and its moods." }] };
      const plain = await chat(server, open);
      assert.equal(plain.status, 200);
      assert.ok(plain.ms < 3_000, `${plain.ms} ms`);
      const streamed = await sse(server, open);
      assert.match(streamed.text, /\[DONE\]/);
      assert.ok(streamed.endedAt < 3_000, `${streamed.endedAt} ms`);
      assert.deepEqual(await quarantined(), []);
      assert.equal((await report()).calls, 2);
      await eventually(async () => (await sim.control("GET", `/__sim/requests?role=${role}`)).requests.every(({ open }) => !open));
    });
  }
}
