// What clients say of their answers, and what five hostile keys can do to everyone else.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";

import { user } from "./contract.mjs";
import { adminKey, call, chat, eventually, register, start } from "./harness.mjs";

let server;
before(async () => {
  server = await start({ settings: { EPSILON: 0, MINTED_USD_DAY: 0, LIMIT_6H: 1_000 } });
  await server.sim.control("POST", "/__sim/state", { time_scale: 0 });
});
after(() => server?.stop());

const rate = (key, body) => call(server, "POST", "/v1/feedback", { key, json: body });
const asked = async (key, text = "Calculate 17 * 23") => {
  const answer = await chat(server, user(text), { key });
  assert.equal(answer.status, 200, answer.text);
  return answer;
};
const idOf = (answer) => answer.headers.get("x-request-id");

test("an answer is rated by the key that asked or an operator, again and again, and by nobody else", async () => {
  const [mine, other] = [await register(server), await register(server)];
  const id = idOf(await asked(mine));
  const said = await rate(mine, { id, rating: "down" });
  assert.deepEqual([said.status, said.body.id, said.body.score, said.body.counts], [200, id, 0, false], said.text);
  for (const score of [1, 0.5]) assert.equal((await rate(adminKey, { id, score })).status, 200);
  assert.equal((await rate(other, { id, score: 0 })).status, 404);
  assert.equal((await rate(mine, { id: "req_0000000000012345678901234", score: 0 })).status, 404);
  assert.equal((await rate(mine, { id, score: 2 })).status, 422);
  assert.equal((await rate("made-up", { id, score: 0 })).status, 401);
  for (let n = 0; n < 5; n++) await asked(mine);
  await eventually(async () => (await rate(mine, { id, rating: "up" })).body.counts, { within: 10_000, what: "a known key's word" });
});

test("240 poisoned requests of five keys make nobody's calls dearer by half", async () => {
  await call(server, "POST", "/v1/reset", { key: adminKey });
  const cost = async (times) => {
    let sum = 0;
    for (let n = 0; n < times; n++) {
      const { body } = await asked(adminKey, `Return JSON with the fields "name" and "age" of person ${n}.`);
      sum += n < times - 40 ? 0 : body.arbiter.cost;
    }
    return sum / 40;
  };
  const before = await cost(80);
  const never = { type: "json_schema", json_schema: { name: "never", schema: { not: {} } } };
  const hard = { type: "json_schema", json_schema: { name: "hard", schema: { type: "object", required: ["zq"], properties: { zq: { const: 871234 } } } } };
  for (let key = 0; key < 5; key++) {
    const hostile = await register(server);
    for (let n = 0; n < 48; n++) {
      const body = {
        ...user('Return JSON with the fields "name" and "age".'),
        response_format: n % 2 ? never : hard,
        arbiter_max_cost: n % 3 ? 0.0004 : undefined,
      };
      await chat(server, body, { key: hostile });
    }
  }
  const after = await cost(40);
  assert.ok(after <= 1.5 * before, `${after} after ${before}`);
});
