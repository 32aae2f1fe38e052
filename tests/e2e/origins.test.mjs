// A browser app on another origin may call /v1; the pages come from the same deployment.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";

import { SUM } from "./contract.mjs";
import { adminKey, call, chat, sse, start } from "./harness.mjs";

let server;
before(async () => {
  server = await start();
  await server.sim.control("POST", "/__sim/state", { time_scale: 0 });
});
after(() => server?.stop());

const origin = "https://app.example";
const list = (answer, name) => (answer.headers.get(name) ?? "").toLowerCase().split(/, */);

test("a preflight needs no key, and is told what it asked for", async () => {
  for (const path of ["/v1/chat/completions", "/v1/report", "/v1/key", "/v1/key/pause", "/v1/models/auto", "/v1/not-there"]) {
    const asked = "authorization, content-type, x-stainless-os, x-custom";
    const answer = await call(server, "OPTIONS", path, {
      headers: { origin, "access-control-request-method": "POST", "access-control-request-headers": asked },
    });
    assert.deepEqual([answer.status, answer.text], [204, ""]);
    assert.equal(answer.headers.get("access-control-allow-origin"), "*");
    assert.deepEqual(list(answer, "access-control-allow-headers"), asked.split(", "));
    for (const method of ["get", "post", "options"]) assert.ok(list(answer, "access-control-allow-methods").includes(method), method);
  }
  const bare = await call(server, "OPTIONS", "/v1/chat/completions");
  assert.equal(bare.status, 204);
});

test("a preflight cannot be made to write other headers", async () => {
  const answer = await call(server, "OPTIONS", "/v1/report", { headers: { "access-control-request-headers": `x-é, ${"a".repeat(10_000)}` } });
  assert.equal(answer.status, 204);
  assert.equal(answer.headers.get("set-cookie"), null);
});

test("every answer allows any origin and shows its headers, errors too", async () => {
  const headers = { origin };
  const answers = [
    await chat(server, SUM, { headers }),
    await sse(server, SUM, { headers }),
    await chat(server, SUM, { headers, key: "nonsense" }),
    await chat(server, {}, { headers }),
    await call(server, "GET", "/v1/nothing", { headers }),
    await call(server, "DELETE", "/v1/report", { headers }),
    ...(await Promise.all(
      ["report", "policy", "recent", "overview", "alerts", "pricing", "models", "models/auto"].map((name) => call(server, "GET", `/v1/${name}`, { headers })),
    )),
    await call(server, "GET", "/v1/key", { headers, key: adminKey }),
    await call(server, "POST", "/v1/register", { headers, json: { email: "ada@example.com" } }),
    await call(server, "POST", "/v1/reset", { headers, key: adminKey }),
  ];
  for (const answer of answers) {
    assert.equal(answer.headers.get("access-control-allow-origin"), "*");
    const exposed = list(answer, "access-control-expose-headers");
    for (const name of ["model", "task", "mode", "classified-by", "eligible"]) assert.ok(exposed.includes(`x-arbiter-${name}`), name);
    for (const name of ["x-request-id", "retry-after"]) assert.ok(exposed.includes(name), name);
    assert.ok(answer.headers.get("x-request-id"));
    assert.equal(answer.headers.get("access-control-allow-credentials"), null);
  }
});

test("the root is a page, and what is no page is no JSON either", async () => {
  const root = await call(server, "GET", "/");
  assert.equal(root.status, 200);
  assert.match(root.headers.get("content-type"), /^text\/html/);
  assert.match(root.text, /Arbiter/);
  const missing = await call(server, "GET", "/no-such-page");
  assert.equal(missing.status, 404);
  assert.match(missing.headers.get("content-type") ?? "text/html", /^text\/html/);
});

test("a view can be asked for its head", async () => {
  const answer = await call(server, "HEAD", "/v1/report");
  assert.deepEqual([answer.status, answer.text], [200, ""]);
});
