// The runtime is away for a minute under load: clients are told, no model is put out, and afterwards all is
// as it was.

import assert from "node:assert/strict";
import { test } from "node:test";

import { workload } from "../../scripts/bench/prompts.mjs";
import { generator } from "../../scripts/sim/random.mjs";
import { call, chat, sse, start } from "./harness.mjs";

const AWAY = 60_000;
const CLIENTS = 6;
const PAUSE = 100;

test("a minute without the runtime costs its calls and nothing else", { timeout: 240_000 }, async (t) => {
  const server = await start({ settings: { EPSILON: 0, CLASSIFIER_MODEL: "none", JUDGE_MODEL: "none" } });
  t.after(() => server.stop());
  const { sim } = server;
  const { data } = (await call(server, "GET", "/v1/models")).body;
  const pool = data.map(({ id }) => id).filter((id) => id !== "auto");
  // The cheapest is no good, the others are: who wins is plain, and is no mere matter of price.
  const skills = Object.fromEntries(pool.map((id) => [id, { skill: id.startsWith("mistral-small") ? 0.1 : 1 }]));
  await sim.control("POST", "/__sim/state", { time_scale: 0, models: skills });
  const prompts = workload(240, generator(11)).map(({ body }) => body);
  const ask = (body, n) => (n % 2 ? sse(server, body) : chat(server, body));
  const told = (answer) => answer.body?.arbiter ?? answer.events.at(-1).json;

  // Who answers most of each task, and what a thousand calls cost.
  async function course() {
    const answers = [];
    for (const [n, body] of prompts.entries()) {
      const answer = await ask(body, n);
      assert.equal(answer.status, 200, answer.text);
      answers.push(told(answer));
    }
    const tasks = Map.groupBy(answers, ({ task }) => task);
    const winners = [...tasks].map(([task, list]) => {
      const models = [...Map.groupBy(list, ({ model }) => model)].sort(([, a], [, b]) => b.length - a.length);
      return [task, models[0][0]];
    });
    return { winners: Object.fromEntries(winners), cost: (answers.reduce((sum, { cost }) => sum + cost, 0) / answers.length) * 1_000 };
  }
  await course();
  const before = await course();

  const statuses = {};
  const until = performance.now() + AWAY;
  const over = () => performance.now() >= until;
  const pause = () => new Promise((resolve) => setTimeout(resolve, PAUSE));
  await sim.control("POST", "/__sim/faults", [{ fault: "reset" }]);
  const turn = setTimeout(() => sim.control("POST", "/__sim/faults", [{ fault: { kind: "status", code: 503 } }]), AWAY / 2);
  t.after(() => clearTimeout(turn));
  await Promise.all(
    Array.from({ length: CLIENTS }, async (_, client) => {
      for (let n = client; !over(); n += CLIENTS) {
        const answer = await ask(prompts[n % prompts.length], n);
        statuses[answer.status] = (statuses[answer.status] ?? 0) + 1;
        assert.ok(Number(answer.headers.get("retry-after")) >= 1, `${answer.status} says when to come again`);
        await pause();
      }
    }),
  );
  assert.deepEqual(Object.keys(statuses).filter((status) => !["502", "503"].includes(status)), [], JSON.stringify(statuses));
  const during = (await call(server, "GET", "/v1/status")).body;
  assert.ok(during.runtimes_away.default >= 1, JSON.stringify(during.runtimes_away));
  const quarantined = async () => (await call(server, "GET", "/v1/overview")).body.quarantined;
  assert.deepEqual(await quarantined(), {}, "a runtime that is away is not a model that is bad");
  const reached = (await sim.control("GET", "/__sim/requests?role=chat&limit=10000")).requests.length;

  await sim.control("DELETE", "/__sim/faults");
  const after = await course();
  t.diagnostic(JSON.stringify({ statuses, reached, before, after }));
  assert.deepEqual(after.winners, before.winners);
  assert.ok(after.cost <= before.cost * 1.2, `${after.cost} USD a thousand, ${before.cost} before`);
  assert.deepEqual(await quarantined(), {});
  assert.deepEqual((await call(server, "GET", "/v1/status")).body.runtimes_away, {});
});
