// arbiter_explain: the candidates in the answer, whichever protocol asks, and in none that does not ask.

import assert from "node:assert/strict";
import { after, before, beforeEach, test } from "node:test";

import { POOL, SUM, fault, refused } from "./contract.mjs";
import { adminKey, call, chat, events, start } from "./harness.mjs";

let server;
before(async () => {
  server = await start({ settings: { QUARANTINE_SECONDS: 0 } });
  await server.sim.control("POST", "/__sim/state", { time_scale: 0 });
});
after(() => server?.stop());
beforeEach(() => server.sim.control("DELETE", "/__sim/faults"));

const text = SUM.messages[0].content;
/** Each protocol: its path, a request, and where a stream's last event has what is told. */
const protocols = [
  ["/v1/chat/completions", SUM, (event) => event],
  ["/v1/responses", { input: text }, (event) => event.response.arbiter],
  ["/v1/messages", { messages: SUM.messages, max_tokens: 100 }, (event) => event.arbiter],
];
const ask = (path, json) => call(server, "POST", path, { key: adminKey, json });
const explained = { arbiter_explain: true, arbiter_exclude: ["gpt-4o"] };

function whole(candidates) {
  assert.deepEqual(candidates.map(({ model }) => model).sort(), [...POOL].sort());
  const sum = candidates.reduce((sum, { probability = 0 }) => sum + probability, 0);
  assert.ok(Math.abs(sum - 1) < 1e-9, `${sum}`);
  assert.equal(candidates.find(({ model }) => model === "gpt-4o").excluded, "arbiter_exclude");
}

for (const [path, request, told] of protocols) {
  test(`${path} tells the candidates to whoever asks, whole and streamed`, async () => {
    const answer = await ask(path, { ...request, ...explained });
    assert.equal(answer.status, 200, answer.text);
    whole(answer.body.arbiter.candidates);
    assert.ok(!("candidates" in (await ask(path, request)).body.arbiter));
    for (const asks of [true, false]) {
      const streamed = await ask(path, { ...request, stream: true, ...(asks && explained) });
      const last = told(events(streamed.text).at(-1).json);
      if (asks) whole(last.candidates);
      else assert.ok(last.task && !("candidates" in last), streamed.text);
    }
  });

  test(`${path} tells them beside a refusal, and refuses what is no boolean by its name`, async () => {
    await fault(server, { kind: "status", code: 400 });
    const failed = await ask(path, { ...request, ...explained });
    assert.ok(failed.status >= 400, failed.text);
    whole(failed.body.detail.candidates);
    assert.ok(!("candidates" in (await ask(path, request)).body.detail));
    await server.sim.control("DELETE", "/__sim/faults");

    const none = await ask(path, { ...request, arbiter_explain: true, arbiter_tags: ["eu"] });
    assert.equal(none.body.detail.error, "no_model_fits", none.text);
    assert.deepEqual(
      none.body.detail.candidates.map(({ excluded }) => excluded),
      POOL.map(() => "arbiter_tags"),
    );
    for (const value of [1, "true", {}]) {
      const wrong = await ask(path, { ...request, arbiter_explain: value });
      assert.equal(wrong.status, path === "/v1/chat/completions" ? 422 : 400, wrong.text);
      assert.equal(wrong.body.detail.field, "arbiter_explain");
    }
  });
}

test("a dry run takes the field as chat does", async () => {
  assert.equal((await ask("/v1/route", { ...SUM, ...explained })).status, 200);
  refused(await ask("/v1/route", { ...SUM, arbiter_explain: 1 }), 422, { field: "arbiter_explain" });
  assert.equal((await chat(server, { ...SUM, arbiter_explain: false })).body.arbiter.candidates, undefined);
});
