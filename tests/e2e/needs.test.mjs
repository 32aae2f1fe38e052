// A pool of three in which one model takes no pictures and one holds a sixteenth of what its row says:
// nobody has told the router, and whatever is asked ends at a model that can.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";

import { SUM, user } from "./contract.mjs";
import { adminKey, call, chat, start } from "./harness.mjs";

const [ABLE, BLIND, SMALL] = ["gpt-4o", "gpt-4o-mini", "mistral-small-3.2-24b-instruct-2506"];
const PICTURE = { type: "image_url", image_url: { url: "data:image/png;base64,iVBORw0KGgo=" } };
const TOOL = { type: "function", function: { name: "weather", parameters: { type: "object", properties: { city: { type: "string" } } } } };
const SCHEMA = {
  type: "json_schema",
  json_schema: { name: "person", schema: { type: "object", properties: { name: { type: "string" } }, required: ["name"] } },
};

let server;
before(async () => {
  server = await start({ settings: { EPSILON: 0, MIN_SAMPLES: 1, BASELINE_MODEL: ABLE, CLASSIFIER_MODEL: "none", JUDGE_MODEL: "none" } });
  const models = { [ABLE]: { skill: 1, images: true }, [BLIND]: { skill: 1, images: false }, [SMALL]: { skill: 1, context: 8_192, images: true } };
  await server.sim.control("POST", "/__sim/state", { time_scale: 0, models });
  const priced = (id, price) => ({ id, in_price: price, out_price: price, context: 128_000 });
  const pool = [priced(ABLE, 10), priced(BLIND, 0.2), priced(SMALL, 0.1)];
  const put = await call(server, "PUT", "/v1/pool", { key: adminKey, json: { models: pool } });
  assert.equal(put.status, 200, put.text);
});
after(() => server?.stop());

/** Who answers, of `count` requests alike. */
async function answerers(body, count) {
  const models = [];
  for (let n = 0; n < count; n++) {
    const answer = await chat(server, body);
    assert.equal(answer.status, 200, answer.text);
    models.push(answer.body.arbiter.model);
  }
  return models;
}

test("pictures, tools, schemas and long texts end at a model that can, and nobody else's routing changes", async () => {
  const before = (await answerers(SUM, 12)).at(-1);
  const picture = { messages: [{ role: "user", content: [{ type: "text", text: "What is on this picture?" }, PICTURE] }] };
  const long = user(`把下面的文字总结成一句话：${"天地玄黄宇宙洪荒".repeat(3_750)}`);
  const asked = async (model) => (await server.sim.control("GET", `/__sim/requests?model=${model}`)).requests.length;

  for (const [body, unable] of [
    [picture, BLIND],
    [long, SMALL],
  ]) {
    const had = await asked(unable);
    const models = await answerers(body, 10);
    assert.ok(!models.includes(unable), `${models}`);
    assert.ok((await asked(unable)) - had <= 1, "found out by asking once");
  }
  await answerers({ ...user("What is the weather in Paris?"), tools: [TOOL] }, 6);
  await answerers({ ...user("Make up a person."), response_format: SCHEMA }, 6);

  assert.deepEqual(new Set(await answerers(SUM, 6)), new Set([before]));
  assert.deepEqual((await call(server, "GET", "/v1/overview")).body.quarantined, {});
});
