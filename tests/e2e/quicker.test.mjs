// Models that cost nothing are told apart by how long they take.

import assert from "node:assert/strict";
import { test } from "node:test";

import { adminKey, call, chat, eventually, sse, start, startSim } from "./harness.mjs";

const SUM = { messages: [{ role: "user", content: "Calculate 17 * 23" }] };
const [FIRST, SECOND] = ["qwen3:32b", "gemma3:27b"];
const speed = (first_ms) => ({ skill: 1, first_ms, tps: 2_000 });

// A worker before Ollama, with two free models as good as each other; `ask` gives what is said of an answer.
async function served(t, models, stream = false) {
  const sim = await startSim({ dialect: "ollama" });
  t.after(() => sim.stop());
  await sim.control("POST", "/__sim/state", { models });
  const server = await start({
    sim,
    settings: { EPSILON: 0, MIN_SAMPLES: 2, BASELINE_MODEL: FIRST, CLASSIFIER_MODEL: "none", JUDGE_MODEL: "none" },
  });
  t.after(() => server.stop());
  const rows = [FIRST, SECOND].map((id) => ({ id, in_price: 0, out_price: 0, context: 32_000 }));
  const put = await call(server, "PUT", "/v1/pool", { key: adminKey, json: { models: rows } });
  assert.equal(put.status, 200, put.text);
  const ask = async () => {
    const answer = await (stream ? sse : chat)(server, SUM);
    assert.equal(answer.status, 200, answer.text);
    return stream ? answer.events.at(-1).json : answer.body.arbiter;
  };
  await eventually(async () => (await ask()).mode === "exploit", { what: "exploit" });
  return { sim, ask };
}

for (const [slow, quick] of [[FIRST, SECOND], [SECOND, FIRST]]) {
  for (const stream of [false, true]) {
    test(`of two free models as good as each other ${quick} wins, ${stream ? "streamed" : "whole"}, where ${slow} takes longer`, async (t) => {
      const { ask } = await served(t, { [slow]: speed(400), [quick]: speed(40) }, stream);
      const chosen = [];
      for (let n = 0; n < 12; n++) chosen.push((await ask()).model);
      assert.deepEqual(new Set(chosen), new Set([quick]));
    });
  }
}

test("a free model that becomes slow loses to the one that has become quicker than it", { timeout: 120_000 }, async (t) => {
  const { sim, ask } = await served(t, { [FIRST]: speed(400), [SECOND]: speed(40) });
  assert.equal((await ask()).model, SECOND);
  await sim.control("POST", "/__sim/state", { models: { [FIRST]: speed(10), [SECOND]: speed(900) } });
  await eventually(async () => (await ask()).model === FIRST, { within: 60_000, what: "the one that is quicker now" });
  for (let n = 0; n < 5; n++) assert.equal((await ask()).model, FIRST);
});
