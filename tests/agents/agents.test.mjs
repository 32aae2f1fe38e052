// The agents themselves, headless, through the worker and the simulated runtime: what they send
// changes monthly, and no client of ours would notice. They are 660 MB, and installed apart:
// `npm install --prefix tests/agents`; ARBITER_AGENTS names another folder that holds them.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, beforeEach, test } from "node:test";

import { call, chat, register, start } from "../e2e/harness.mjs";
import { agents, clearHomes, skip } from "./agents.mjs";

const TASK = "Write hello.py that prints the word hello, then run it.";
const PICTURE = Buffer.from("iVBORw0KGgoAAAANSUhEUgAAABAAAAAQCAIAAACQkWg2AAAAFklEQVR42mP4z8BAEmIY1TCqYfhqAACQ+f8B8u7oVwAAAABJRU5ErkJggg==", "base64");

let server;
before(async () => {
  if (skip) return;
  // Nothing is explored once each model has answered a little: what is left is the conversation's own.
  server = await start({ settings: { MIN_SAMPLES: 1, EPSILON: 0, QUARANTINE_SECONDS: 0, LIMIT_6H: 1_000 } });
  // Nor does a model slip: one that is stuck is left.
  const { models } = await server.sim.control("GET", "/__sim/state");
  const sure = Object.fromEntries(Object.keys(models).map((id) => [id, { skill: { code: 1, math: 1, structured: 1, factual: 1, open: 1 } }]));
  await server.sim.control("POST", "/__sim/state", { time_scale: 0, models: sure });
  const one = (n) => ({ messages: [{ role: "user", content: `Write a Python function that adds ${n} to a number.` }] });
  for (let n = 0; n < 20; n++) await chat(server, one(n));
});
after(async () => {
  await server?.stop();
  clearHomes();
});
beforeEach(() => server?.sim.control("DELETE", "/__sim/faults"));

/** The calls of models that `work` made, as the runtime got them. */
async function calls(work) {
  await server.sim.control("DELETE", "/__sim/requests");
  const ended = await work();
  const requests = await server.sim.control("GET", "/__sim/requests?role=chat");
  return { ...ended, requests: requests.requests ?? requests };
}

/** A key on terms of its own. */
async function minted(terms) {
  const { body } = await call(server, "POST", "/v1/keys", { key: server.adminKey, json: terms });
  return body.api_key;
}

for (const [name, run] of Object.entries(agents)) {
  const agent = (key, task, more) => run(server.url, key, task, more);

  test(`${name} writes a file, runs it and concludes; its conversation does not wander, and every call is counted`, { skip }, async () => {
    const key = await register(server);
    const { calls: counted } = (await call(server, "GET", "/v1/report")).body;
    const { code, said, work, requests } = await calls(() => agent(key, TASK));
    assert.equal(code, 0, said);
    assert.match(readFileSync(join(work, "hello.py"), "utf8"), /hello/, said);
    const { used_6h: used } = (await call(server, "GET", "/v1/key", { key })).body;
    assert.ok(used >= 6, `${used} turns: ${said}`);
    assert.equal((await call(server, "GET", "/v1/report")).body.calls - counted, used);
    const turns = requests.filter(({ body }) => body.tools?.length);
    assert.ok(turns.length >= 6);
    // Where a dear model was tried first, the rest may be worth a move: one, and none back.
    const models = turns.map(({ model }) => model);
    const moves = models.filter((model, at) => at > 0 && model !== models[at - 1]);
    assert.ok(moves.length <= 1, models.join());
  });

  test(`${name} goes on with a conversation where it was`, { skip }, async () => {
    const first = await calls(() => agent(server.adminKey, TASK));
    const at = { path: join(first.work, ".."), work: first.work };
    const second = await calls(() => agent(server.adminKey, "Write more.py that prints the word more, then run it.", { at, goOn: true }));
    assert.equal(second.code, 0, second.said);
    assert.match(readFileSync(join(first.work, "more.py"), "utf8"), /print/);
    const models = [...first.requests, ...second.requests].filter(({ body }) => body.tools?.length).map(({ model }) => model);
    assert.equal(new Set(models).size, 1, models.join());
  });

  test(`${name} calls tools side by side`, { skip }, async () => {
    const { code, said, work, requests } = await calls(() => agent(server.adminKey, `${TASK} [[parallel]]`));
    assert.equal(code, 0, said);
    assert.match(readFileSync(join(work, "hello.py"), "utf8"), /hello/, said);
    assert.ok(requests.some(({ body }) => body.messages.some(({ tool_calls }) => tool_calls?.length > 1)));
  });

  test(`${name} shows a picture`, { skip }, async () => {
    const { code, said, requests } = await calls(() => agent(server.adminKey, TASK, { picture: PICTURE }));
    assert.equal(code, 0, said);
    assert.ok(requests.some(({ raw }) => raw.includes("data:image/png;base64,")), "the picture reached the model");
    assert.match(said, /looked at the picture/);
  });

  test(`${name} takes a long answer that is cut`, { skip }, async () => {
    const { said } = await calls(() => agent(server.adminKey, "Tell me about rivers at length. [[long]] [[cut=300]]"));
    assert.match(said, /Point 1|max_output_tokens|output token|incomplete/i);
  });

  test(`${name} says in words what is wrong: a wrong key, a used budget, a full window`, { skip }, async () => {
    assert.match((await agent("arb_wrong", TASK)).said, /invalid key|authentic/i);
    assert.match((await agent(await minted({ budget_usd: 0.000001 }), TASK)).said, /budget/i);
    const full = await calls(async () => agent(await minted({ limit_6h: 2 }), TASK));
    assert.match(full.said, /limit|quota|rate/i);
    assert.ok(full.requests.length <= 2, "what was refused was not called");
  });

  test(`${name} says in words what is wrong: a runtime that is down, or dies in the middle`, { skip }, async () => {
    const died = await agent(server.adminKey, `${TASK} [[die-mid]]`);
    assert.match(died.said, /stream|connection|broke|interrupted|closed|error/i);
    await server.sim.control("POST", "/__sim/faults", [{ fault: { kind: "status", code: 503 } }]);
    const down = await agent(server.adminKey, TASK);
    assert.match(down.said, /503|529|overloaded|unavailable/i);
  });

  test(`${name} lives through one turn that dies, and one that is told to wait`, { skip }, async () => {
    for (const word of ["[[die-mid@3*1]]", "[[status=429@2*1]]"]) {
      const { code, said, work } = await agent(server.adminKey, `${TASK} ${word}`);
      assert.equal(code, 0, said);
      assert.match(readFileSync(join(work, "hello.py"), "utf8"), /hello/, said);
    }
  });
}
