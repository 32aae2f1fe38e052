// VIEWS=operator: what happened is told to operators only; what is a key's own stays its own.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";

import { SUM, refused } from "./contract.mjs";
import { adminKey, call, chat, eventually, register, start } from "./harness.mjs";

const CLOSED = ["/v1/report", "/v1/policy", "/v1/recent", "/v1/recent?task=math", "/v1/overview", "/v1/alerts", "/v1/timeseries", "/v1/live"];
const OPEN = ["/health", "/v1/models", "/v1/models/auto", "/v1/pricing", "/v1/pricing/history?model=gpt-4o", "/v1/pool"];
let server;
before(async () => {
  server = await start({ settings: { EPSILON: 0, VIEWS: "operator" } });
  await server.sim.control("POST", "/__sim/state", { time_scale: 0 });
});
after(() => server?.stop());

test("views that tell what happened open with an operator's key only", async () => {
  const minted = await register(server);
  for (const path of CLOSED) {
    const answer = await call(server, "GET", path);
    refused(answer, 401);
    assert.equal(answer.body.error.code, "views_closed", path);
    refused(await call(server, "GET", path, { key: "made up" }), 401);
    if (path.startsWith("/v1/recent")) continue;
    refused(await call(server, "GET", path, { key: minted }), 401);
    assert.equal((await call(server, "HEAD", path, { key: adminKey })).status, 200, path);
  }
  for (const path of OPEN) assert.equal((await call(server, "GET", path)).status, 200, path);
});

test("a key still sees its own, and nothing of others", async () => {
  const [own, other] = [await register(server), await register(server)];
  const id = (await chat(server, SUM, { key: own })).headers.get("x-request-id");
  const recent = async (key) => (await call(server, "GET", "/v1/recent", { key })).body.map((row) => row.id);
  await eventually(async () => (await recent(own)).length === 1, { what: "its decision" });
  assert.deepEqual([await recent(own), await recent(other)], [[id], []]);
  assert.ok((await recent(adminKey)).includes(id));
  assert.equal((await call(server, "GET", `/v1/decisions/${id}`, { key: own })).status, 200);
  assert.equal((await call(server, "GET", "/v1/export", { key: own })).text.trim().split("\n").length, 1);
  assert.equal((await call(server, "GET", "/v1/key", { key: own })).body.used_6h, 1);
});

test("the status tells everyone how things stand, and operators why", async () => {
  const put = await call(server, "PUT", "/v1/serve", { key: adminKey, json: { to: "operators", why: "a secret reason" } });
  assert.equal(put.status, 200);
  const open = await eventually(
    async () => {
      const { body } = await call(server, "GET", "/v1/status");
      return body.status === "degraded" && body;
    },
    { what: "that it is degraded" },
  );
  assert.deepEqual(open, { status: "degraded", reasons: [] });
  const whole = (await call(server, "GET", "/v1/status", { key: adminKey })).body;
  assert.ok(whole.reasons.some(({ message }) => message.includes("a secret reason")) && "requests_5m" in whole);
  await call(server, "PUT", "/v1/serve", { key: adminKey, json: { to: "all" } });
});
