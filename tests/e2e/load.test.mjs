// Many at once: nothing is lost, nothing is counted twice, and the sums agree to the unit.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";

import { call, chat, eventually, sse, start } from "./harness.mjs";

const PROMPTS = [
  "Calculate 17 * 23",
  'Return JSON: {"a": 1}',
  "Write a Python function that adds two numbers.",
  "What is 5 + 6?",
  "Give me a JSON object with a name.",
];
const ask = (n) => ({ messages: [{ role: "user", content: PROMPTS[n % PROMPTS.length] }], max_tokens: 60 });
// The Feed keeps the newest only; what is summed here are the books.
const pico = (usd) => BigInt(Math.round(usd * 1e12));

let server;
let sim;
before(async () => {
  server = await start({ settings: { REQUEST_TIMEOUT: 60 } });
  sim = server.sim;
  await sim.control("POST", "/__sim/state", { time_scale: 0 });
});
after(() => server?.stop());

const view = async (path) => (await call(server, "GET", path)).body;

async function counted(calls) {
  return eventually(
    async () => {
      const report = await view("/v1/report");
      return report?.calls === calls && report;
    },
    { within: 30_000, what: `${calls} calls in the report` },
  );
}

test("200 streams at once are all whole", async () => {
  await sim.control("POST", "/__sim/faults", [{ match: { stream: true }, fault: { kind: "chunk_delay", ms: 20 } }]);
  const answers = await Promise.all(Array.from({ length: 200 }, (_, n) => sse(server, ask(n))));
  const told = answers.map((answer) => {
    assert.equal(answer.status, 200);
    assert.equal(answer.text.split("data: [DONE]").length, 2);
    return answer.events.find(({ event }) => event === "arbiter").json;
  });
  await sim.control("DELETE", "/__sim/faults");
  const report = await counted(200);
  const sum = told.reduce((sum, { cost }) => sum + pico(cost), 0n);
  assert.equal(pico(report.actual_spend), sum, "what was told adds up to what is reported");
  const n = Object.values(await view("/v1/policy"))
    .flat()
    .reduce((sum, row) => sum + row.n, 0);
  assert.equal(n, 200);
});

test("2,000 mixed calls are conserved to the unit", async () => {
  await call(server, "POST", "/v1/reset", { key: server.adminKey });
  const before = (await sim.control("GET", "/__sim/ledger")).by_role.chat;
  const total = 2_000;
  let next = 0;
  let plain = 0n;
  let streamed = 0n;
  const client = async () => {
    for (;;) {
      const n = next++;
      if (n >= total) return;
      if (n % 4 === 3) {
        const answer = await sse(server, ask(n));
        const told = answer.events.find(({ event }) => event === "arbiter")?.json;
        assert.ok(told, answer.text);
        streamed += pico(told.cost);
      } else {
        const answer = await chat(server, ask(n));
        assert.equal(answer.status, 200, answer.text);
        assert.equal(answer.body.arbiter.cost_estimated, false);
        plain += pico(answer.body.arbiter.cost);
      }
    }
  };
  await Promise.all(Array.from({ length: 50 }, client));
  const report = await counted(total);
  const ledger = (await sim.control("GET", "/__sim/ledger")).by_role.chat;
  assert.equal(ledger.calls - before.calls, total, "one call upstream each");
  assert.equal(BigInt(ledger.told_micro - before.told_micro) * 1_000_000n, plain, "as the runtime told it");
  assert.equal(pico(report.actual_spend), plain + streamed);
  const by_task = Object.values(report.tasks);
  assert.equal(
    by_task.reduce((sum, { calls }) => sum + calls, 0),
    total,
  );
  const overview = await view("/v1/overview");
  assert.equal(
    Object.values(overview.classifier).reduce((sum, n) => sum + n, 0),
    total,
  );
});
