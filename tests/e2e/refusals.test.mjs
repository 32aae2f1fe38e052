// Every way to say no has its status, one body, and says what was wrong.

import assert from "node:assert/strict";
import { after, before, beforeEach, test } from "node:test";

import { SUM, fault, refused } from "./contract.mjs";
import { adminKey, call, chat, register, sse, start } from "./harness.mjs";

let server;
let sim;
before(async () => {
  server = await start({ settings: { MAX_ATTEMPTS: 1, QUARANTINE_SECONDS: 0, MAX_BODY_BYTES: 50_000 } });
  sim = server.sim;
  await sim.control("POST", "/__sim/state", { time_scale: 0 });
});
after(() => server?.stop());
beforeEach(() => sim.control("DELETE", "/__sim/faults"));

const raw = (body, headers) => call(server, "POST", "/v1/chat/completions", { key: adminKey, body, headers });
const upstreamCalls = async () => (await sim.control("GET", "/__sim/ledger")).by_role.chat.calls;

test("401: without a valid key, with what to send", async () => {
  const paths = [
    ["POST", "/v1/chat/completions"],
    ["POST", "/v1/reset"],
    ["POST", "/v1/simulate-price"],
    ["GET", "/v1/key"],
    ["POST", "/v1/key/pause"],
    ["POST", "/v1/key/resume"],
    ["POST", "/v1/key/revoke"],
  ];
  for (const [method, path] of paths) {
    for (const authorization of [
      undefined,
      "Bearer",
      "Bearer ",
      "Bearer nonsense",
      `Basic ${adminKey}`,
      adminKey,
      `Bearer ${adminKey} x`,
      "Bearer arb_0000000000000000",
    ]) {
      const answer = await call(server, method, path, { headers: authorization === undefined ? {} : { authorization } });
      refused(answer, 401);
      assert.equal(answer.headers.get("www-authenticate"), "Bearer");
    }
  }
  for (const scheme of ["Bearer", "bearer", "BEARER", "bEaReR"]) {
    assert.equal((await call(server, "GET", "/v1/key", { headers: { authorization: `${scheme} ${adminKey}` } })).status, 200, scheme);
  }
});

test("404: an unknown path under /v1, naming where chat is", async () => {
  for (const [method, path] of [
    ["POST", "/v1/embeddings"],
    ["POST", "/v1/completions"],
    ["POST", "/v1/embeddings"],
    ["POST", "/v1/chat"],
    ["GET", "/v1/none"],
    ["GET", "/v1"],
    ["GET", "/v1/"],
    ["DELETE", "/v1/files/x"],
    ["POST", "/v1/chat/completions/"],
    ["GET", "/v1/%00%0d%0a"],
  ]) {
    refused(await call(server, method, path, { key: adminKey }), 404, { named: "/v1/chat/completions" });
  }
  refused(await call(server, "GET", "/v1/models/no-such-model"), 404);
  refused(await call(server, "GET", "/v1/models/deepseek-v4-pro"), 404);
});

test("404: a path that a client of an API means is told where it is, and a browser gets a page", async () => {
  const found = "/v1/chat/completions";
  for (const [method, path, named] of [
    ["GET", "/models", "/v1/models"],
    ["GET", "/openai/v1/models", "/v1/models"],
    ["GET", "/api/tags", "/v1/models"],
    ["POST", "/api/show", "/v1/models"],
    ["POST", "/api/chat", found],
    ["POST", "/api/generate", found],
    ["POST", "/completions", found],
    ["POST", "/v1beta/models/gemini-2.5-flash:generateContent", found],
    ["POST", "/openai/deployments/gpt-4o/chat/completions?api-version=2024-10-21", found],
    ["POST", "/responses", "/v1/responses"],
    ["POST", "/embeddings", "is not served"],
    ["POST", "/v1/audio/transcriptions", "is not served"],
    ["PUT", "/anything", found],
  ]) {
    const answer = await call(server, method, path, { key: adminKey, json: method === "GET" ? undefined : {} });
    refused(answer, 404, { named });
  }
  const messages = await call(server, "POST", "/messages", { key: adminKey, json: {} });
  assert.deepEqual([messages.status, messages.body.type], [404, "error"], "in the words of its protocol");
  const asked = await call(server, "OPTIONS", "/chat/completions", { headers: { "access-control-request-headers": "authorization" } });
  assert.equal(asked.status, 204, "a web page reads it too");
  for (const path of ["/models", "/no-such-page"]) {
    const page = await call(server, "GET", path, { headers: { accept: "text/html,*/*" } });
    assert.equal(page.status, 404);
    assert.match(page.headers.get("content-type"), /^text\/html/, path);
  }
  refused(await call(server, "GET", "/no-such-page", { headers: { accept: "application/json" } }), 404);
});

test("405: the wrong method, with those that are right", async () => {
  const posts = ["/v1/chat/completions", "/v1/reset", "/v1/simulate-price", "/v1/register", "/v1/key/pause", "/v1/key/resume", "/v1/key/revoke"];
  const gets = ["/health", "/v1/report", "/v1/policy", "/v1/recent", "/v1/overview", "/v1/pricing", "/v1/alerts", "/v1/models", "/v1/models/auto", "/v1/key"];
  for (const [paths, right, wrong] of [
    [posts, "POST", ["GET", "PUT", "DELETE", "PATCH"]],
    [gets, "GET", ["POST", "PUT", "DELETE", "PATCH"]],
  ]) {
    for (const path of paths) {
      for (const method of wrong) {
        const answer = await call(server, method, path, { key: adminKey });
        refused(answer, 405);
        assert.ok(answer.headers.get("allow").split(/, */).includes(right), `${method} ${path}`);
      }
    }
  }
});

test("405: a method that is not served anywhere is not taken for GET", async () => {
  for (const method of ["PROPFIND", "REPORT", "LOCK", "SEARCH", "PURGE"]) {
    for (const path of ["/v1/report", "/v1/key", "/v1/chat/completions", "/health"]) {
      const answer = await call(server, method, path, { key: adminKey });
      refused(answer, 405);
      assert.ok(answer.headers.get("allow").includes("OPTIONS"));
    }
  }
});

test("413: a body that is too large", async () => {
  refused(await raw(JSON.stringify({ messages: [{ role: "user", content: "x".repeat(60_000) }] })), 413);
  assert.equal((await chat(server, { messages: [{ role: "user", content: `Calculate 1 + 1 ${" ".repeat(40_000)}` }] })).status, 200);
});

test("422: what is no JSON object", async () => {
  for (const body of ["", " ", "null", "[]", "1", '"x"', "{", '{"messages":', "{'messages':[]}", '{"messages":[{"role":"user","content":"x"}]} x', "\u0000"])
    refused(await raw(body), 422);
  refused(await raw(Buffer.from('{"messages":[{"role":"user","content":"\xff\xfe"}]}', "latin1")), 422);
});

test("422: a field that is missing or of the wrong kind is named", async () => {
  const message = '{"role":"user","content":"hi"}';
  for (const [body, field] of [
    ["{}", "messages"],
    ['{"messages":null}', "messages"],
    ['{"messages":[]}', "messages"],
    ['{"messages":{}}', "messages"],
    ['{"messages":"hi"}', "messages"],
    ['{"messages":["hi"]}', "messages"],
    ['{"messages":[null]}', "messages"],
    ['{"messages":[[]]}', "messages"],
    ['{"messages":[{"content":"hi"}]}', "messages"],
    [`{"messages":[${message},{"role":1,"content":"hi"}]}`, "messages"],
    ['{"messages":[{"role":null}]}', "messages"],
    [`{"messages":[${message}],"stream":"yes"}`, "stream"],
    [`{"messages":[${message}],"stream":1}`, "stream"],
    [`{"messages":[${message}],"max_tokens":"many"}`, "max_tokens"],
    [`{"messages":[${message}],"max_tokens":-1}`, "max_tokens"],
    [`{"messages":[${message}],"max_completion_tokens":1.5}`, "max_completion_tokens"],
    [`{"messages":[${message}],"temperature":1e400}`, "temperature"],
    [`{"messages":[${message}],"temperature":NaN}`, "temperature"],
    [`{"messages":[${message}],"x_other":[{"y":-1e999}]}`, "x_other"],
  ]) {
    const before = await upstreamCalls();
    refused(await raw(body), 422, { field });
    assert.equal(await upstreamCalls(), before, "the runtime was not asked");
  }
});

test("null is what SDKs send for absent", async () => {
  const nothing = {
    max_tokens: null,
    max_completion_tokens: null,
    stream: null,
    stream_options: null,
    temperature: null,
    tools: null,
    response_format: null,
    arbiter_max_cost: null,
  };
  assert.equal((await chat(server, { ...SUM, ...nothing })).status, 200);
});

test("no content type is needed", async () => {
  const body = JSON.stringify(SUM);
  for (const type of ["application/json", "text/plain", "application/json; charset=utf-8", "application/x-www-form-urlencoded"])
    assert.equal((await raw(body, { "content-type": type })).status, 200, type);
});

test("the runtime's own refusal is passed on, with its error and the model tried", async () => {
  for (const code of [400, 401, 402, 403, 404, 409, 413, 422, 429, 500, 503, 529]) {
    const error = { message: `refused with ${code}`, type: "some_error", code, param: { odd: true }, extra: 1 };
    for (const ask of [chat, sse]) {
      await fault(server, { kind: "status", code, body: { error }, headers: { "retry-after": "7" } });
      const answer = await ask(server, SUM);
      const { detail, error: shown } = refused(answer, code);
      assert.deepEqual(detail.error, error);
      const ours = code === 401 ? "the runtime refused the key of this deployment, not yours: " : "";
      assert.deepEqual([shown.message, shown.type], [ours + error.message, "some_error"]);
      if (code === 429) assert.equal(answer.headers.get("retry-after"), "7");
      if (code === 402) assert.equal(answer.headers.get("x-should-retry"), "false");
    }
  }
  await fault(server, { kind: "status", code: 400, body: "<html>no</html>" });
  refused(await chat(server, SUM), 400);
});

test("502: no connection, or nonsense instead of an answer", async () => {
  const nonsense = [
    "html",
    "empty",
    "truncated",
    "array",
    "error_200",
    "reset",
    "reset_mid",
    "end_mid",
    { kind: "json", body: {} },
    { kind: "json", body: { choices: [] } },
    { kind: "json", body: { choices: "x" } },
    { kind: "json", body: { choices: [null] } },
    { kind: "json", body: null },
    { kind: "json", body: "ok" },
    { kind: "status", code: 302, headers: { location: "/v1/models" } },
  ];
  for (const kind of nonsense) {
    await fault(server, kind);
    const answer = await chat(server, SUM);
    assert.ok(refused(answer, 502).detail.model, JSON.stringify(kind));
  }
  await sim.control("DELETE", "/__sim/faults");
  const other = await start({ sim: false, settings: { GATEWAY_API_KEY: "k", BTL_BASE_URL: "http://127.0.0.1:1/v1" } });
  try {
    refused(await chat(other, SUM), 502);
    refused(await sse(other, SUM), 502);
  } finally {
    await other.stop();
  }
});

test("a failed call is never folded into the policy", async () => {
  await call(server, "POST", "/v1/reset", { key: adminKey });
  for (const kind of ["html", { kind: "status", code: 400 }, "truncated"]) {
    await fault(server, kind);
    await chat(server, SUM);
  }
  const policy = (await call(server, "GET", "/v1/policy")).body;
  assert.deepEqual(
    Object.values(policy)
      .flat()
      .filter(({ n }) => n > 0),
    [],
  );
  const report = (await call(server, "GET", "/v1/report")).body;
  assert.equal(report.calls, 0);
  // What the runtime says it charged all the same is spent; no saving is claimed for it.
  assert.equal(report.saved, 0);
});

test("503 and 504: a setting that is missing or bad is named; silence ends in time", async () => {
  const other = await start({ sim, settings: { REQUEST_TIMEOUT: 1, MAX_ATTEMPTS: 1 } });
  try {
    await fault(server, "hang_before_head");
    refused(await chat(other, SUM), 504);
    // A stream's headers are out within a second: silence then ends in an event.
    const { status, events } = await sse(other, SUM);
    assert.equal(status, 200);
    assert.equal(events.at(-1).json.error.code, "upstream_timeout");
    await sim.control("DELETE", "/__sim/faults");
    await other.restart({ GATEWAY_API_KEY: undefined });
    const key = await register(other);
    for (const [ask, options] of [
      [chat, {}],
      [sse, {}],
      [chat, { key }],
    ])
      refused(await ask(other, SUM, options), 503, { named: "GATEWAY_API_KEY" });
    assert.equal((await call(other, "GET", "/v1/report")).status, 200, "the views need no runtime");
    refused(await call(other, "POST", "/v1/chat/completions", { body: "{}" }), 401);
    for (const [name, value] of [
      ["EPSILON", "often"],
      ["REQUEST_TIMEOUT", "-1"],
      ["CONTROL_SCOPE", "all"],
      ["MIN_SAMPLES", "2.5"],
      ["BTL_BASE_URL", "nowhere"],
    ]) {
      await other.restart({
        GATEWAY_API_KEY: "k",
        EPSILON: undefined,
        REQUEST_TIMEOUT: undefined,
        CONTROL_SCOPE: undefined,
        MIN_SAMPLES: undefined,
        BTL_BASE_URL: undefined,
        [name]: value,
      });
      refused(await chat(other, SUM), 503, { named: name });
    }
  } finally {
    await other.stop();
  }
});

test("an answer that is no error has no error key", async () => {
  const { body } = await chat(server, SUM);
  assert.ok(!("error" in body) && !("detail" in body));
  for (const { json } of (await sse(server, SUM)).events) assert.ok(json === undefined || !("error" in json));
});
