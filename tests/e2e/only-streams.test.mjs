// Where everything is streamed and no charge is named anywhere, as with most agents and chat apps,
// costs are computed: the baseline is known all the same, and what is saved is told.

import assert from "node:assert/strict";
import { test } from "node:test";

import { workload } from "../../scripts/bench/prompts.mjs";
import { generator } from "../../scripts/sim/random.mjs";
import { BASELINE, fault } from "./contract.mjs";
import { call, sse, start, startSim } from "./harness.mjs";

const CALLS = 150;

test("streams alone, charged nowhere, make a known baseline and a saving", async (t) => {
  const sim = await startSim();
  t.after(() => sim.stop());
  await sim.control("POST", "/__sim/state", { time_scale: 0 });
  await fault({ sim }, { kind: "cost_missing" });
  const server = await start({ sim, settings: { EPSILON: 0, MIN_SAMPLES: 1, CLASSIFIER_MODEL: "none", JUDGE_MODEL: "none" } });
  t.after(() => server.stop());
  const sources = new Set();
  for (const { body } of workload(CALLS, generator(11))) {
    const answer = await sse(server, body);
    assert.equal(answer.status, 200, answer.text);
    sources.add(answer.events.at(-1).json.cost_source);
  }
  const { body: report } = await call(server, "GET", "/v1/report");
  t.diagnostic(JSON.stringify(report));
  assert.deepEqual([...sources], ["computed"]);
  assert.equal(report.calls, CALLS);
  assert.equal(report.computed_spend, report.actual_spend);
  for (const [task, { baseline_cost }] of Object.entries(report.tasks)) assert.ok(baseline_cost > 0, `${BASELINE} on ${task}`);
  assert.ok(report.saved > 0 && report.saved_pct > 50, JSON.stringify(report));
  // The runtime's own prices for the tokens that it counted.
  const { charged_usd } = (await sim.control("GET", "/__sim/ledger")).by_role.chat;
  assert.ok(Math.abs(report.actual_spend - Number(charged_usd)) < CALLS * 1e-6, `${report.actual_spend}, ${charged_usd}`);
});
