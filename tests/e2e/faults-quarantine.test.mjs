// Models that failed are left out, for everyone, until a probe lets them back in.

import assert from "node:assert/strict";
import { after, beforeEach, before, test } from "node:test";

import { call, chat, eventually, start } from "./harness.mjs";

const SUM = { messages: [{ role: "user", content: "Calculate 17 * 23" }] };
let server;
let sim;
before(async () => {
  server = await start({ settings: { EPSILON: 0, QUARANTINE_SECONDS: 60 } });
  sim = server.sim;
  await sim.control("POST", "/__sim/state", { time_scale: 0 });
});
after(() => server?.stop());
beforeEach(async () => {
  await sim.control("DELETE", "/__sim/faults");
  await call(server, "POST", "/v1/reset", { key: server.adminKey });
  await sim.control("DELETE", "/__sim/requests");
});
const quarantined = async () => (await call(server, "GET", "/v1/overview")).body.quarantined;
const asked = async () => (await sim.control("GET", "/__sim/requests?role=chat")).requests.map(({ model }) => model);
const pool = async () => (await call(server, "GET", "/v1/models")).body.data.slice(1).map(({ id }) => id);
const left = ({ until }) => until - Date.now() / 1000;

test("a longer Retry-After holds, is never shortened, and is known after a restart", async () => {
  await sim.control("POST", "/__sim/faults", [{ times: 1, fault: { kind: "status", code: 429, headers: { "retry-after": "600" } } }]);
  assert.equal((await chat(server, SUM)).status, 200);
  const [[model, first]] = Object.entries(await quarantined());
  assert.ok(left(first) > 590 && left(first) <= 600, `${left(first)} s`);

  await server.restart();
  const [[same, kept]] = Object.entries(await quarantined());
  assert.deepEqual([same, kept.until], [model, first.until], "another isolate knows it");

  // With every other model out it is tried again, fails again, with a shorter Retry-After.
  await sim.control("POST", "/__sim/faults", [{ fault: { kind: "status", code: 429, headers: { "retry-after": "1" } } }]);
  for (let tries = 0; tries < 6; tries++) await chat(server, SUM);
  await eventually(async () => (await asked()).filter((it) => it === model).length >= 2, { what: "another failure" });
  const again = (await quarantined())[model];
  assert.ok(again.until >= first.until, "never shortened");
  assert.ok(again.failures >= 2);

  for (let n = 0; n < 3; n++) await chat(server, SUM);
  const policy = (await call(server, "POST", "/v1/reset", { key: server.adminKey })).body;
  assert.equal(policy.status, "reset");
  assert.deepEqual(await quarantined(), {}, "a reset lifts it");
});

test("a model that is out is not asked, and /v1/policy says until when", async () => {
  assert.equal((await chat(server, SUM)).status, 200);
  const [model] = await asked();
  await sim.control("POST", "/__sim/faults", [{ match: { model }, fault: { kind: "status", code: 503 } }]);
  for (let n = 0; n < 25 && !(model in (await quarantined())); n++) await chat(server, SUM);
  const out = (await quarantined())[model];
  assert.ok(out, "it was asked again, and failed");
  const rows = Object.values((await call(server, "GET", "/v1/policy")).body).flat();
  assert.equal(rows.find((row) => row.model === model).quarantined_until, out.until);
  await sim.control("DELETE", "/__sim/requests");
  for (let n = 0; n < 10; n++) assert.equal((await chat(server, SUM)).status, 200);
  assert.ok(!(await asked()).includes(model));
});

test("when every model is out the least recently failed is tried rather than refusing", async () => {
  // Each for itself: 500 from all of them alike would be the runtime's doing.
  await sim.control("POST", "/__sim/faults", [{ fault: { kind: "status", code: 429 } }]);
  const all = await pool();
  for (let n = 0; n < 6 && Object.keys(await quarantined()).length < all.length; n++) await chat(server, SUM);
  const out = await quarantined();
  assert.deepEqual(Object.keys(out).sort(), all.toSorted());
  const oldest = all.toSorted((a, b) => out[a].failed_at - out[b].failed_at)[0];
  await sim.control("DELETE", "/__sim/faults");
  await sim.control("DELETE", "/__sim/requests");
  const answer = await chat(server, SUM);
  assert.equal(answer.status, 200);
  assert.deepEqual(await asked(), [oldest]);
  assert.ok(!(oldest in (await quarantined())), "it answered: it is back in");
});

test("after its time one probe at a time tries a model, and lets it back in", async () => {
  await server.restart({ QUARANTINE_SECONDS: 1 });
  try {
    await sim.control("POST", "/__sim/faults", [{ times: 1, fault: { kind: "status", code: 500 } }]);
    await chat(server, SUM);
    const [model] = await asked();
    await eventually(async () => !(model in (await quarantined())), { what: "the end of its time" });
    await sim.control("DELETE", "/__sim/requests");
    await sim.control("POST", "/__sim/faults", [{ match: { model }, times: 1, fault: { kind: "hang_before_head", ms: 1500 } }]);
    const answers = await Promise.all(Array.from({ length: 12 }, () => chat(server, SUM)));
    assert.ok(answers.every(({ status }) => status === 200));
    const probes = (await asked()).filter((it) => it === model).length;
    assert.ok(probes <= 1, `${probes} at a time`);
    await sim.control("DELETE", "/__sim/requests");
    await eventually(
      async () => {
        await chat(server, SUM);
        return (await asked()).filter((it) => it === model).length >= 1;
      },
      { what: "the model's return" },
    );
  } finally {
    await server.restart({ QUARANTINE_SECONDS: 60 });
  }
});

test("a caller's error never puts a model out", async () => {
  for (const code of [400, 413, 422]) {
    await sim.control("POST", "/__sim/faults", [{ times: 1, fault: { kind: "status", code } }]);
    assert.equal((await chat(server, SUM)).status, code);
  }
  assert.deepEqual(await quarantined(), {});
});
