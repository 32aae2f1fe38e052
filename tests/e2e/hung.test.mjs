// Stores and objects that hung: nobody waits for them twice, and nothing is left behind once they are back.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";

import { SUM, refused } from "./contract.mjs";
import { call, chat, eventually, register, start, startSim } from "./harness.mjs";

let sim;
before(async () => {
  sim = await startSim();
  await sim.control("POST", "/__sim/state", { time_scale: 0 });
});
after(() => sim?.stop());

const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

/** A worker behind hanging-entry.mjs: `hang(door, how)` is what is asked of that. */
async function served(settings, work) {
  const server = await start({ sim, entry: "hanging-entry.mjs", settings: { EPSILON: 0, MINTED_USD_DAY: 0, ...settings } });
  try {
    await work(server, (door, how = "hangs", ms = 0) => call(server, "POST", `/__hang?door=${door}&how=${how}&ms=${ms}`));
  } finally {
    await sim.control("DELETE", "/__sim/faults");
    await server.stop();
  }
}

test("a Learner that hangs is waited for once, and for a second, by those who look on", () =>
  served({}, async (server, hang) => {
    assert.equal((await chat(server, SUM)).status, 200);
    for (const path of ["/v1/report", "/v1/policy", "/v1/recent", "/v1/overview", "/v1/alerts"]) {
      await eventually(async () => (await call(server, "GET", path)).ms < 500, { what: `${path} at once` });
      await hang("learner");
      assert.equal((await chat(server, SUM)).status, 200);
      const took = [];
      for (let n = 0; n < 4; n++) took.push((await call(server, "GET", path)).ms);
      assert.ok(took[0] < 1_900, `${path}: ${took}`);
      assert.ok(took.filter((ms) => ms > 900).length <= 2, `${path}: ${took}`);
      await hang("none");
    }
  }));

test("an account that answered late holds no place, no money and no window of requests that were refused", () =>
  served({ MAX_CONCURRENT: 2, BUDGET_USD_KEY: 1, BUDGET_PERIOD_KEY: "day" }, async (server, hang) => {
    const key = await register(server);
    assert.equal((await chat(server, SUM, { key })).status, 200);
    await hang("account", "late", 1_500);
    for (let n = 0; n < 2; n++) {
      refused(await chat(server, SUM, { key }), 503);
      // It is asked by one in two seconds.
      await pause(2_100);
    }
    await hang("none");
    const shown = () => call(server, "GET", "/v1/key", { key });
    const { body } = await eventually(
      async () => {
        const answer = await shown();
        return answer.body?.budget?.reserved === 0 && answer;
      },
      { what: "nothing set aside" },
    );
    assert.equal(body.used_6h, 1, "those were not answered");
    assert.equal((await chat(server, SUM, { key })).status, 200);
  }));

test("an account that is back is asked at once, whoever still waits for what it was told while it hung", () =>
  served({}, async (server, hang) => {
    const key = await register(server);
    await sim.control("POST", "/__sim/faults", [{ times: 1, fault: { kind: "hang_before_head", ms: 1_000 } }]);
    const asking = chat(server, SUM, { key });
    await eventually(async () => (await sim.control("GET", "/__sim/requests?limit=0")).open === 1, { what: "a call under way" });
    await hang("account");
    assert.equal((await asking).status, 200);
    // What it cost is told for five seconds.
    await pause(3_000);
    await hang("none");
    for (let n = 0; n < 20; n++) {
      assert.equal((await chat(server, SUM, { key })).status, 200, `${n}`);
      await pause(200);
    }
  }));

test("what was answered while its account hung is paid for once it is back", () =>
  served({ BUDGET_USD_KEY: 1, BUDGET_PERIOD_KEY: "day" }, async (server, hang) => {
    const key = await register(server);
    assert.equal((await chat(server, SUM, { key })).status, 200);
    await sim.control("POST", "/__sim/faults", [{ fault: { kind: "hang_before_head", ms: 1_000 } }]);
    const asking = [chat(server, SUM, { key }), chat(server, SUM, { key })];
    await eventually(async () => (await sim.control("GET", "/__sim/requests?role=chat&limit=10")).requests.length >= 3, { what: "two calls under way" });
    await hang("account");
    for (const answer of await Promise.all(asking)) assert.equal(answer.status, 200);
    await pause(8_000);
    await hang("none");
    const { spent } = await eventually(
      async () => {
        const { body } = await call(server, "GET", "/v1/key", { key });
        return body?.budget?.reserved === 0 && body;
      },
      { what: "the end of all requests" },
    );
    const { actual_spend: all } = (await call(server, "GET", "/v1/report")).body;
    assert.ok(Math.abs(spent - all) < 1e-12, `${spent} of ${all}`);
  }));
