// What Prometheus makes of /metrics, by the parser of its own Python client, and that nobody can make its labels grow.

import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { after, before, test } from "node:test";

import { SUM, TASKS, VAGUE } from "./contract.mjs";
import { adminKey, call, chat, register, sse, start } from "./harness.mjs";
import { missing, python } from "./python.mjs";

const PARSE = `
import json, sys
from prometheus_client.parser import text_string_to_metric_families as families
print(json.dumps([{"name": family.name, "type": family.type, "help": family.documentation,
  "samples": [[sample.name, sample.labels, sample.value] for sample in family.samples]} for family in families(sys.stdin.read())]))
`;
/** Labels, and what they may say; `model` and `le` are checked by themselves. */
const WORDS = { task: TASKS, outcome: ["finished", "dropped", "failed"], source: ["charged", "computed", "estimated"] };
/** Ids that an operator may give, and that would end a label, a line or a comment where they stood bare. */
const HOSTILE = ['m"},task="x"}', "back\\slash\\n", "#TYPE{", "le=+Inf,"];

let server;
before(async () => {
  server = await start({ settings: { EPSILON: 0 } });
  await server.sim.control("POST", "/__sim/state", { time_scale: 0 });
});
after(() => server?.stop());

test("Prometheus reads the metrics, and hostile ids, models and tags add no label and no line", async (t) => {
  const skip = await missing();
  if (skip) {
    t.skip(skip);
    return;
  }
  const upstream = { upstream_id: "gpt-4o-mini", tier: "small", context: 128_000, in_price: 0.15, out_price: 0.6 };
  const models = [{ id: "gpt-4o", tier: "large", context: 128_000, in_price: 2.5, out_price: 10 }, ...HOSTILE.map((id) => ({ id, ...upstream }))];
  const put = await call(server, "PUT", "/v1/pool", { key: adminKey, json: { models } });
  assert.equal(put.status, 200, put.text);
  const key = await register(server);
  for (let n = 0; n < 40; n++) {
    const hostile = `"} ${n}\n# TYPE x counter\nx`;
    const request = { ...(n % 2 ? SUM : VAGUE), model: hostile, user: hostile, metadata: { tag: hostile } };
    const headers = { "x-arbiter-tags": `team=a"} ${n}, b${n}=${n}`, "x-session-id": `s"${n}` };
    const { status, text } = await (n % 3 ? chat : sse)(server, request, { headers, ...(n % 4 ? {} : { key }) });
    assert.ok(status === 200 || status === 422, text);
  }
  assert.equal((await chat(server, { ...SUM, arbiter_models: ['none"}'] })).status, 422);
  await server.sim.control("POST", "/__sim/faults", [{ match: { role: "chat" }, times: 20, fault: { kind: "status", code: 500 } }]);
  for (let n = 0; n < 5; n++) await chat(server, SUM);

  const { text } = await call(server, "GET", "/metrics", { key: adminKey });
  const families = JSON.parse(execFileSync(python, ["-c", PARSE], { input: text, encoding: "utf8" }));
  assert.deepEqual(
    families.map(({ name, type }) => [name, type]),
    [
      ["arbiter_requests", "counter"],
      ["arbiter_spend_usd", "counter"],
      ["arbiter_overhead_usd", "counter"],
      ["arbiter_price_shifts", "counter"],
      ["arbiter_observations", "gauge"],
      ["arbiter_quality", "gauge"],
      ["arbiter_first_byte_seconds", "histogram"],
      ["arbiter_request_seconds", "histogram"],
    ],
  );
  const samples = families.flatMap((family) => family.samples);
  assert.equal(samples.length, text.split("\n").filter((line) => line && !line.startsWith("#")).length, "one sample a line");
  const values = {};
  for (const [, labels, value] of samples) {
    assert.ok(Number.isFinite(value) && value >= 0, JSON.stringify(labels));
    for (const [label, word] of Object.entries(labels)) (values[label] ??= new Set()).add(word);
  }
  assert.deepEqual(Object.keys(values).sort(), ["le", "model", "outcome", "source", "task"]);
  const known = models.map(({ id }) => id);
  assert.deepEqual(
    [...values.model].filter((id) => !known.includes(id)),
    [],
    "models of the pool and no other",
  );
  assert.ok(
    HOSTILE.every((id) => values.model.has(id)),
    `${[...values.model]}`,
  );
  for (const [label, words] of Object.entries(WORDS))
    assert.ok(
      [...values[label]].every((word) => words.includes(word)),
      label,
    );
  assert.ok(values.le.size <= 32 && values.le.has("+Inf"), `${values.le.size} bounds`);
  for (const { name, type, samples } of families.filter(({ type }) => type === "histogram")) {
    const rows = Map.groupBy(samples, ([, { le, ...own }]) => JSON.stringify(own));
    for (const row of rows.values()) {
      const buckets = row.filter(([sample]) => sample === `${name}_bucket`).map(([, { le }, value]) => [le === "+Inf" ? Infinity : Number(le), value]);
      assert.ok(
        buckets.every(([le, value], at) => at === 0 || (le > buckets[at - 1][0] && value >= buckets[at - 1][1])),
        `${type} ${name}`,
      );
      const of = (ending) => row.find(([sample]) => sample === name + ending)[2];
      assert.equal(buckets.at(-1)[1], of("_count"));
      assert.ok(of("_sum") >= 0);
    }
  }
});
