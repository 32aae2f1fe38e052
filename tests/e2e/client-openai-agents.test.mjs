// OpenAI's agents SDK runs its loop against Arbiter: tools, typed output, streams, errors.

import assert from "node:assert/strict";
import { after, before, beforeEach, test } from "node:test";

import { Agent, OpenAIResponsesModel, Runner, tool } from "@openai/agents";
import OpenAI from "openai";
import { z } from "zod";

import { fault, saying } from "./contract.mjs";
import { adminKey, start } from "./harness.mjs";

let server;
let runner;
before(async () => {
  server = await start({ settings: { MAX_ATTEMPTS: 1, QUARANTINE_SECONDS: 0, MIN_SAMPLES: 1, EPSILON: 0 } });
  await server.sim.control("POST", "/__sim/state", { time_scale: 0 });
  runner = new Runner({ tracingDisabled: true });
});
after(() => server?.stop());
beforeEach(() => server.sim.control("DELETE", "/__sim/faults"));

const model = (apiKey = adminKey) => new OpenAIResponsesModel(new OpenAI({ baseURL: `${server.url}/v1`, apiKey, maxRetries: 0 }), "auto");
const City = z.object({ name: z.string(), people: z.number() });
const CALL = { match: { role: "chat" }, times: 1, fault: { kind: "tool_call", name: "weather", arguments: '{"city":"Turin"}' } };

function reporter(more = {}) {
  const cities = [];
  const weather = tool({
    name: "weather",
    description: "The weather.",
    parameters: z.object({ city: z.string() }),
    execute: ({ city }) => (cities.push(city), "rain"),
  });
  return { cities, agent: new Agent({ name: "Reporter", instructions: "Report the weather.", model: model(), tools: [weather], ...more }) };
}

test("an agent calls its tool and concludes", async () => {
  await server.sim.control("POST", "/__sim/faults", [CALL, { match: { role: "chat" }, fault: { kind: "content", text: "It rains in Turin." } }]);
  const { agent, cities } = reporter();
  const result = await runner.run(agent, "How is the weather in Turin?");
  assert.deepEqual([result.finalOutput, cities], ["It rains in Turin.", ["Turin"]]);
});

test("the same as a stream", async () => {
  await server.sim.control("POST", "/__sim/faults", [CALL, { match: { role: "chat" }, fault: { kind: "content", text: "It rains in Turin." } }]);
  const { agent, cities } = reporter();
  const result = await runner.run(agent, "How is the weather in Turin?", { stream: true });
  let text = "";
  for await (const event of result) {
    if (event.type === "raw_model_stream_event" && event.data.type === "output_text_delta") text += event.data.delta;
  }
  await result.completed;
  assert.deepEqual([text, result.finalOutput, cities], ["It rains in Turin.", "It rains in Turin.", ["Turin"]]);
});

test("typed output", async () => {
  await fault(server, saying(JSON.stringify({ name: "Turin", people: 850_000 })));
  const { agent } = reporter({ outputType: City, tools: [] });
  const result = await runner.run(agent, "Tell me about Turin.");
  assert.deepEqual(result.finalOutput, { name: "Turin", people: 850_000 });
});

test("an agent hands over to another", async () => {
  const expert = new Agent({ name: "Expert", instructions: "Answer.", model: model() });
  const desk = Agent.create({ name: "Desk", instructions: "Hand over.", model: model(), handoffs: [expert] });
  await server.sim.control("POST", "/__sim/faults", [
    { match: { role: "chat" }, times: 1, fault: { kind: "tool_call", name: "transfer_to_Expert", arguments: "{}" } },
    { match: { role: "chat" }, fault: { kind: "content", text: "17 * 23 = 391" } },
  ]);
  const result = await runner.run(desk, "Calculate 17 * 23");
  assert.deepEqual([result.finalOutput, result.lastAgent.name], ["17 * 23 = 391", "Expert"]);
});

test("a refusal is an error with its status and message", async () => {
  const { agent } = reporter({ model: model("arb_wrong") });
  await assert.rejects(runner.run(agent, "Hello"), (error) => {
    assert.equal(error.status, 401);
    assert.match(error.message, /key/);
    return true;
  });
});
