// A model that its runtime does not know is out until the pool or the catalogue changes.

import assert from "node:assert/strict";
import { after, before, beforeEach, test } from "node:test";

import { adminKey, call, chat, eventually, sse, start } from "./harness.mjs";

const SUM = { messages: [{ role: "user", content: "Calculate 17 * 23" }] };
let server;
let sim;
before(async () => {
  server = await start({ settings: { EPSILON: 0, MIN_SAMPLES: 1, CLASSIFIER_MODEL: "none", JUDGE_MODEL: "none" } });
  sim = server.sim;
});
after(() => server?.stop());
beforeEach(async () => {
  await sim.control("POST", "/__sim/reset");
  await sim.control("POST", "/__sim/state", { time_scale: 0 });
  await call(server, "POST", "/v1/reset", { key: adminKey });
});

const known = async () => (await sim.control("GET", "/__sim/state")).models;
const pool = async () => (await call(server, "GET", "/v1/pool")).body;
const unknown = async () => {
  const { quarantined } = (await call(server, "GET", "/v1/overview")).body;
  return Object.keys(quarantined).filter((model) => quarantined[model].unknown).sort();
};
const asked = async (model) => (await sim.control("GET", `/__sim/requests?model=${model}`)).requests.length;
const write = (method, path, json, version) =>
  call(server, method, path, { key: adminKey, json, headers: version === undefined ? {} : { "if-match": String(version) } });

// The runtime forgets these models, and each is asked once.
async function forget(...models) {
  const before = await known();
  await sim.control("POST", "/__sim/state", { models: Object.fromEntries(models.map((model) => [model, null])) });
  await eventually(async () => {
    assert.equal((await chat(server, SUM)).status, 200);
    return (await unknown()).length === models.length;
  }, { what: `${models} to be out` });
  return (model) => sim.control("POST", "/__sim/state", { models: { [model]: before[model] } });
}

async function answersAgain(model) {
  await eventually(async () => (await chat(server, { ...SUM, arbiter_models: [model] })).body.arbiter?.model === model, { what: `an answer of ${model}` });
}

test("a row that is written is asked again, by every request that may, and one that is the same stays out", async () => {
  const learn = await forget("gpt-4.1-mini", "gpt-4o-mini");
  await learn("gpt-4.1-mini");
  await learn("gpt-4o-mini");
  const before = await pool();
  const row = before.models.find(({ id }) => id === "gpt-4.1-mini");
  const written = await write("PUT", "/v1/pool/gpt-4.1-mini", { ...row, tags: ["mended"] }, before.version);
  assert.equal(written.status, 200, written.text);
  assert.deepEqual(await unknown(), ["gpt-4o-mini"]);
  // Its failed sample counts no more: it is owed its first.
  await eventually(async () => (await chat(server, SUM)).body.arbiter.model === "gpt-4.1-mini", { what: "its first sample" });
  assert.equal(await asked("gpt-4o-mini"), 1, "not asked again");

  const again = await pool();
  const same = again.models.find(({ id }) => id === "gpt-4o-mini");
  assert.equal((await write("PUT", "/v1/pool/gpt-4o-mini", same, again.version)).status, 200);
  assert.deepEqual(await unknown(), [], "who writes it anew wants it asked, whatever has changed");
  await answersAgain("gpt-4o-mini");
});

test("a file that is applied lets in what is another by it only", async () => {
  const learn = await forget("gpt-4.1-mini", "gpt-4o-mini");
  await learn("house-mini");
  await sim.control("POST", "/__sim/state", { models: { "house-mini": { in_price: 1, out_price: 1 } } });
  const before = await pool();
  const models = before.models.map((model) => (model.id === "gpt-4.1-mini" ? { ...model, upstream_id: "house-mini" } : model));
  assert.equal((await write("PUT", "/v1/pool", { models }, before.version)).status, 200);
  assert.deepEqual(await unknown(), ["gpt-4o-mini"]);
  await answersAgain("gpt-4.1-mini");
  const after = await pool();
  const back = after.models.map((model) => ({ ...model, upstream_id: model.id }));
  assert.equal((await write("PUT", "/v1/pool", { models: back }, after.version)).status, 200);
});

test("an import lets in what the catalogue lists by then, and not what it still lacks", async () => {
  const learn = await forget("gpt-4.1-mini", "gpt-4o-mini");
  const early = await write("POST", "/v1/pool/import", {});
  assert.deepEqual(early.body.asked_again, []);
  await learn("gpt-4.1-mini");
  const told = await write("POST", "/v1/pool/import", {});
  assert.deepEqual(told.body.asked_again, ["gpt-4.1-mini"], told.text);
  assert.deepEqual(await unknown(), ["gpt-4.1-mini", "gpt-4o-mini"], "told, not done");
  const done = await write("POST", "/v1/pool/import", { apply: true });
  assert.equal(done.status, 200, done.text);
  assert.deepEqual(await unknown(), ["gpt-4o-mini"]);
  await answersAgain("gpt-4.1-mini");
  const after = await pool();
  const back = after.models.map((model) => ({ ...model, enabled: true }));
  assert.equal((await write("PUT", "/v1/pool", { models: back }, after.version)).status, 200);
});

test("a model that failed otherwise stays out whatever is written", async () => {
  await sim.control("POST", "/__sim/faults", [{ match: { model: "gpt-4.1-mini" }, fault: { kind: "status", code: 429, headers: { "retry-after": "600" } } }]);
  const out = async () => "gpt-4.1-mini" in (await call(server, "GET", "/v1/overview")).body.quarantined;
  await eventually(async () => {
    assert.equal((await chat(server, SUM)).status, 200);
    return out();
  }, { what: "it to be out" });
  const before = await pool();
  const row = before.models.find(({ id }) => id === "gpt-4.1-mini");
  assert.equal((await write("PUT", "/v1/pool/gpt-4.1-mini", { ...row, tags: ["other"] }, before.version)).status, 200);
  assert.ok(await out());
});

// Two of nine, in the words of each runtime that there is.
for (const way of ["400", "404", "401", "402", "403", "context", "200", "choice"]) {
  test(`two ids of nine that are not known, said by ${way}: all is answered, and each is tried once`, async () => {
    const lost = ["gpt-4.1-mini", "llama-3.1-70b-instruct"];
    await sim.control("POST", "/__sim/state", { unknown: way, models: Object.fromEntries(lost.map((model) => [model, null])) });
    for (let n = 0; n < 30; n++) {
      const answer = n % 2 ? await sse(server, SUM) : await chat(server, SUM);
      // Two that say 401, 402 or 403 one after the other may be an account's doing: that is told.
      if (n >= 4) assert.equal(answer.status, 200, answer.text);
    }
    for (const model of lost) assert.ok((await asked(model)) <= 1, `${model} was asked ${await asked(model)} times`);
    const { quarantined } = (await call(server, "GET", "/v1/overview")).body;
    assert.ok(Object.keys(quarantined).every((model) => lost.includes(model)), JSON.stringify(quarantined));
  });
}
