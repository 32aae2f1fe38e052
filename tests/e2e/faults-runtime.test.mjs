// A runtime that is away is not a model that is bad, and an id that it does not know takes nothing down.

import assert from "node:assert/strict";
import { after, before, beforeEach, test } from "node:test";

import { call, chat, sse, start, startSim } from "./harness.mjs";

const SUM = { messages: [{ role: "user", content: "Calculate 17 * 23" }] };
const PICTURE = { type: "image_url", image_url: { url: "https://example.com/cat.png" } };
let server;
let sim;
before(async () => {
  server = await start({ settings: { EPSILON: 0, REQUEST_TIMEOUT: 8 } });
  sim = server.sim;
});
after(() => server?.stop());
beforeEach(async () => {
  await sim.control("POST", "/__sim/reset");
  await sim.control("POST", "/__sim/state", { time_scale: 0 });
  await call(server, "POST", "/v1/reset", { key: server.adminKey });
});
const faults = (...rules) => sim.control("POST", "/__sim/faults", rules);
const asked = async () => (await sim.control("GET", "/__sim/requests?role=chat")).requests.map(({ model }) => model);
const overview = async () => (await call(server, "GET", "/v1/overview")).body;
const quarantined = async () => Object.keys((await overview()).quarantined);
const status = async () => (await call(server, "GET", "/v1/status")).body;

// Enough answers that the winner is settled.
async function learn(times = 40) {
  for (let n = 0; n < times; n++) assert.equal((await chat(server, SUM)).status, 200);
}

for (const code of [401, 402, 403]) {
  for (const stream of [false, true]) {
    const ask = () => (stream ? sse(server, SUM) : chat(server, SUM));
    test(`${code} of all models reaches ${stream ? "a stream" : "a plain call"} after exactly one other was tried`, async () => {
      await faults({ fault: { kind: "status", code, body: { error: { message: "as it was said" } } } });
      const answer = await ask();
      assert.equal(answer.status, code);
      assert.match(answer.body.error.message, code === 401 ? /not yours: as it was said$/ : /^as it was said$/);
      assert.equal((await asked()).length, 2);
      assert.deepEqual(await quarantined(), []);
      if (code === 402) assert.equal(answer.headers.get("x-should-retry"), "false");
      await faults();
      assert.equal((await ask()).status, 200);
    });
  }

  test(`${code} of one model is that model's own`, async () => {
    await faults({ times: 1, fault: { kind: "status", code } });
    assert.equal((await chat(server, SUM)).status, 200);
    const [first] = await asked();
    assert.deepEqual(await quarantined(), [first]);
    assert.equal((await overview()).quarantined[first].unknown, true);
  });
}

for (const fault of ["reset", { kind: "status", code: 503 }]) {
  test(`an outage by ${fault.kind ?? fault} puts no model out, and after it the winner is the one before`, async () => {
    // All are good: the cheapest wins, and nothing but the outage could change that.
    const { data } = (await call(server, "GET", "/v1/models")).body;
    const models = Object.fromEntries(data.filter(({ id }) => id !== "auto").map(({ id }) => [id, { skill: 1 }]));
    await sim.control("POST", "/__sim/state", { models });
    await learn();
    const winner = (await chat(server, SUM)).body.arbiter.model;
    await faults({ fault });
    const during = await Promise.all(Array.from({ length: 30 }, () => chat(server, SUM)));
    for (const answer of during) {
      assert.ok([502, 503].includes(answer.status), `${answer.status}`);
      assert.ok(Number(answer.headers.get("retry-after")) >= 1, "when to come again");
    }
    const told = await status();
    assert.ok(told.runtimes_away.default >= 1, JSON.stringify(told));
    assert.ok(told.reasons.some(({ code }) => code === "runtime_away"));
    assert.deepEqual(await quarantined(), []);
    await faults();
    const later = await Promise.all(Array.from({ length: 10 }, () => chat(server, SUM)));
    assert.deepEqual([...new Set(later.map(({ body }) => body.arbiter?.model))], [winner]);
    assert.deepEqual(await quarantined(), []);
    assert.deepEqual((await status()).runtimes_away, {});
  });
}

for (const way of ["400", "404", "401", "402", "403", "context", "200", "choice"]) {
  test(`one id of nine that is not known, said by ${way}, takes nothing down`, async () => {
    await sim.control("POST", "/__sim/state", { unknown: way, models: { "gpt-4.1-mini": null } });
    const answers = [];
    for (let n = 0; n < 24; n++) answers.push((n % 3 === 0 ? await sse(server, SUM) : await chat(server, SUM)).status);
    assert.deepEqual(
      answers.filter((code) => code !== 200),
      [],
    );
    const tries = (await asked()).concat((await sim.control("GET", "/__sim/requests?model=gpt-4.1-mini")).requests.map(({ model }) => model));
    assert.ok(tries.filter((model) => model === "gpt-4.1-mini").length <= 1, "tried once");
    const out = await quarantined();
    assert.ok(
      out.every((model) => model === "gpt-4.1-mini"),
      `${out}`,
    );
  });
}

test("what one model cannot do is asked of another, remembered, and puts nobody out", async () => {
  const ask = { messages: [{ role: "user", content: [{ type: "text", text: "What animal is this?" }, PICTURE] }] };
  const blind = { error: { message: "No endpoints found that support image input", code: 404 } };
  await faults({ times: 1, fault: { kind: "status", code: 404, body: blind } });
  assert.equal((await chat(server, ask)).status, 200);
  assert.deepEqual(await quarantined(), []);
});

test("a runtime that refuses stream_options is asked again without, and then no more with", async () => {
  await sim.control("POST", "/__sim/state", { refuse_stream_options: true });
  for (let n = 0; n < 3; n++) {
    const answer = await sse(server, SUM);
    assert.equal(answer.status, 200);
    assert.match(answer.text, /\[DONE\]/);
  }
  const bodies = (await sim.control("GET", "/__sim/requests")).requests.map(({ body }) => body).filter((body) => body?.stream);
  assert.equal(bodies.filter((body) => body.stream_options !== undefined).length, 1);
  assert.deepEqual(await quarantined(), []);
});

test("of two runtimes each is sent its own key only, as it wants it", async () => {
  const [near, far] = await Promise.all([startSim(), startSim()]);
  const runtimes = [
    { name: "near", base_url: near.base, key: "NEAR_KEY", headers: { "x-team": "search" } },
    { name: "far", base_url: `${far.base}/`, key: "FAR_KEY", auth: "x-api-key" },
  ];
  const listed = (list) => ({ RUNTIMES: JSON.stringify(list), NEAR_KEY: "key-of-near", FAR_KEY: "key-of-far" });
  const two = await start({ sim: false, settings: listed(runtimes) });
  try {
    for (const it of [near, far]) await it.control("POST", "/__sim/state", { time_scale: 0 });
    const seen = async (it) => (await it.control("GET", "/__sim/requests")).requests.map(({ headers }) => headers);
    assert.equal((await chat(two, SUM)).status, 200);
    await two.restart(listed(runtimes.toReversed()));
    assert.equal((await chat(two, SUM)).status, 200, "the first is the default");
    for (const [it, own, other] of [
      [near, "key-of-near", "key-of-far"],
      [far, "key-of-far", "key-of-near"],
    ]) {
      const all = await seen(it);
      assert.ok(all.length > 0);
      for (const headers of all) {
        const said = JSON.stringify(headers);
        assert.ok(said.includes(own) && !said.includes(other), said);
        assert.equal(headers["x-team"], it === near ? "search" : undefined);
        assert.equal(headers[it === near ? "authorization" : "x-api-key"], it === near ? `Bearer ${own}` : own);
      }
    }
  } finally {
    await two.stop();
    await Promise.all([near.stop(), far.stop()]);
  }
});

test("a bad entry of RUNTIMES is refused by its place and field, and a key that is missing by its name", async () => {
  const bad = await start({ sim: false, settings: { RUNTIMES: '[{"name":"a","base_url":"ftp://h"}]' } });
  try {
    const answer = await chat(bad, SUM);
    assert.equal(answer.status, 503);
    assert.match(answer.body.error.message, /RUNTIMES\[0\]\.base_url/);
    await bad.restart({ RUNTIMES: '[{"name":"a","base_url":"http://127.0.0.1:9","key":"A_KEY"}]' });
    const missing = await chat(bad, SUM);
    assert.equal(missing.status, 503);
    assert.match(missing.body.error.message, /A_KEY is missing: a cannot be called/);
  } finally {
    await bad.stop();
  }
});
