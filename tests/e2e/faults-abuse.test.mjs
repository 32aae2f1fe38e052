// What somebody who does not belong here meets, and what nobody may ever read.

import assert from "node:assert/strict";
import { readFileSync, readdirSync } from "node:fs";
import { connect } from "node:net";
import { join } from "node:path";
import { after, before, beforeEach, test } from "node:test";

import { startRuntime } from "./contract.mjs";
import { adminKey, call, chat, eventually, register, sse, start } from "./harness.mjs";

const GATEWAY = "gateway-key-canary-5d1";
const PROMPT = "prompt-canary-77c Calculate 17 * 23";
const ANSWER = "answer-canary-0be";
const SUM = { messages: [{ role: "user", content: PROMPT }] };

let server;
let sim;
before(async () => {
  server = await start({ settings: { GATEWAY_API_KEY: GATEWAY, MAX_BODY_BYTES: 20_000, REGISTER_LIMIT: 5 } });
  sim = server.sim;
  await sim.control("POST", "/__sim/state", { time_scale: 0 });
});
after(() => server?.stop());
beforeEach(() => sim.control("DELETE", "/__sim/faults"));

const post = (path, options) => call(server, "POST", path, options);
const fault = (kind) => sim.control("POST", "/__sim/faults", [{ times: 1, fault: kind }]);

test("a body that is too large is refused before it is parsed, announced or not", async () => {
  const large = JSON.stringify({ messages: [{ role: "user", content: "x".repeat(30_000) }] });
  const announced = await post("/v1/chat/completions", { key: adminKey, body: large });
  assert.equal(announced.status, 413);
  const garbage = await post("/v1/chat/completions", { key: adminKey, body: "[".repeat(30_000) });
  assert.equal(garbage.status, 413, "its size is told before its nonsense");
  const response = await fetch(`${server.url}/v1/chat/completions`, {
    method: "POST",
    duplex: "half",
    headers: { authorization: `Bearer ${adminKey}` },
    body: new ReadableStream({
      pull(controller) {
        controller.enqueue(new Uint8Array(8_000).fill(0x20));
        if ((this.sent = (this.sent ?? 0) + 1) > 6) controller.close();
      },
    }),
  });
  assert.equal(response.status, 413);
  await response.text();
});

test("nesting and the number of messages are bounded", async () => {
  const deep = `{"messages":[{"role":"user","content":"x"}],"a":${"[".repeat(500)}${"]".repeat(500)}}`;
  assert.equal((await post("/v1/chat/completions", { key: adminKey, body: deep })).status, 422);
  const many = `{"messages":[${Array(600).fill('{"role":"user"}').join(",")}]}`;
  assert.equal((await post("/v1/chat/completions", { key: adminKey, body: many })).status, 200, "600 are fine");
  const fields = `{"messages":[{"role":"user"}],${Array.from({ length: 300 }, (_, n) => `"f${n}":1`).join(",")}}`;
  assert.equal((await post("/v1/chat/completions", { key: adminKey, body: fields })).status, 422);
});

test("whatever is no key is refused alike", async () => {
  const real = await register(server);
  const last = real.at(-1) === "a" ? "b" : "a";
  const bad = ["", "x", "arb_", `${real}x`, real.slice(0, -1) + last, "a".repeat(3_000), GATEWAY, `${adminKey}x`, adminKey.slice(0, -1)];
  const bodies = new Set();
  for (const key of bad) {
    const answer = await chat(server, SUM, { key: undefined, headers: { authorization: `Bearer ${key}` } });
    assert.equal(answer.status, 401, key);
    assert.equal(answer.headers.get("www-authenticate"), "Bearer");
    bodies.add(answer.text);
    if (key.length > 4) assert.ok(!answer.text.includes(key));
  }
  assert.equal(bodies.size, 1);
  assert.equal((await chat(server, SUM, { key: real })).status, 200);
});

test("registration tells nothing of who is known, and is limited", async () => {
  const { url } = server;
  const from = (address, email) => call({ url }, "POST", "/v1/register", { json: { email }, headers: { "cf-connecting-ip": address } });
  const first = await from("203.0.113.9", "known@example.com");
  const second = await from("203.0.113.9", "known@example.com");
  const third = await from("203.0.113.9", "unknown@example.com");
  for (const answer of [first, second, third]) {
    assert.equal(answer.status, 200);
    assert.deepEqual(Object.keys(answer.body), ["api_key"]);
  }
  assert.notEqual(first.body.api_key, second.body.api_key);
  const answers = await Promise.all(Array.from({ length: 8 }, (_, n) => from("203.0.113.9", `x${n}@example.com`)));
  const limited = answers.filter(({ status }) => status === 429);
  assert.ok(limited.length >= 1, "over the limit");
  assert.ok(Number(limited[0].headers.get("retry-after")) > 60);
});

test("registration can be closed, or restricted to domains", async () => {
  const other = await start({ sim, settings: { REGISTER_DOMAINS: "example.com,example.org" } });
  try {
    const ask = (email) => call(other, "POST", "/v1/register", { json: { email } });
    assert.equal((await ask("a@example.org")).status, 200);
    assert.equal((await ask("a@evil-example.org")).status, 403);
    await other.restart({ REGISTER_OPEN: "false" });
    assert.equal((await ask("a@example.org")).status, 403);
  } finally {
    await other.stop();
  }
});

test("upstream goes what is meant for it and nothing else", async () => {
  await sim.control("DELETE", "/__sim/requests");
  const headers = {
    cookie: "session=client-cookie-canary",
    "x-forwarded-for": "203.0.113.77",
    forwarded: "for=203.0.113.77",
    "x-real-ip": "203.0.113.77",
    "openai-organization": "org-canary",
    referer: "https://example.com/referer-canary",
    "user-agent": "agent-canary",
    "x-anything": "header-canary",
  };
  assert.equal((await chat(server, SUM, { headers })).status, 200);
  const { requests } = await sim.control("GET", "/__sim/requests");
  for (const request of requests) {
    assert.equal(request.headers.authorization, `Bearer ${GATEWAY}`);
    const all = JSON.stringify(request.headers);
    assert.doesNotMatch(all, /canary(?!-5d1)|203\.0\.113\.77|operator-key/);
    const allowed = [
      "accept",
      "accept-encoding",
      "authorization",
      "content-length",
      "content-type",
      "host",
      "user-agent",
      "connection",
      "transfer-encoding",
      "cf-worker",
      "cf-ew-via",
      "cdn-loop",
      "accept-language",
      "sec-fetch-mode",
    ];
    for (const name of Object.keys(request.headers)) assert.ok(allowed.includes(name), `${name} went upstream`);
  }
});

test("a runtime that sends its caller elsewhere is not followed: its key goes nowhere else", async () => {
  const elsewhere = await startRuntime((_, response) => response.end("{}"));
  const runtime = await startRuntime((_, response) => response.writeHead(307, { location: `${elsewhere.url}/v1/chat/completions` }).end());
  const other = await start({ sim: false, settings: runtime.settings });
  try {
    for (const ask of [chat, sse]) assert.equal((await ask(other, SUM)).status, 502);
    assert.ok(runtime.requests.length >= 2);
    assert.deepEqual(elsewhere.requests, []);
  } finally {
    await other.stop();
    await Promise.all([runtime.stop(), elsewhere.stop()]);
  }
});

test("of the runtime's headers only a few come back, cleaned", async () => {
  const hostile = {
    "set-cookie": "runtime=cookie-canary",
    "x-powered-by": "runtime-canary",
    "x-btl-request-id": `rid ${"y".repeat(300)}`,
    server: "server-canary",
    "content-security-policy": "default-src *",
    "access-control-allow-credentials": "true",
    "x-arbiter-model": "forged-canary",
    "x-request-id": "forged-canary",
  };
  for (const ask of [chat, sse]) {
    await fault({ kind: "headers", headers: hostile });
    const answer = await ask(server, SUM);
    assert.equal(answer.status, 200);
    for (const [name, value] of answer.headers) assert.doesNotMatch(`${name}: ${value}`, /canary|credentials|content-security/);
    assert.ok(answer.headers.get("x-btl-request-id").length <= 128);
  }
});

test("an error that quotes the runtime's key is passed on without it", async () => {
  const error = { message: `Incorrect API key provided: ${GATEWAY}.`, type: "invalid_request_error", code: "invalid_api_key" };
  // Another model is asked once: by its answer the first would be at fault.
  await sim.control("POST", "/__sim/faults", [{ times: 2, fault: { kind: "status", code: 401, body: { error } } }]);
  const plain = await chat(server, SUM);
  assert.equal(plain.status, 401);
  assert.match(plain.body.error.message, /Incorrect API key provided/);
  await sim.control("POST", "/__sim/faults", [{ times: 2, fault: { kind: "error_frame_first", error: { ...error, code: 401 } } }]);
  const first = await sse(server, SUM);
  await fault({ kind: "error_frame_mid", error });
  const mid = await sse(server, SUM);
  for (const { text } of [plain, first, mid]) {
    assert.ok(!text.includes(GATEWAY), text);
    assert.match(text, /\[redacted\]/);
  }
});

test("every answer has an id, chat tells its stages, and each request has one line in the log", async () => {
  const answers = [
    [await call(server, "GET", "/v1/report"), "/v1/report"],
    [await call(server, "GET", "/v1/models/nothing"), "/v1/models/{id}"],
    [await call(server, "GET", "/v1/none"), "other"],
    [await call(server, "OPTIONS", "/v1/report"), null],
    [await chat(server, SUM, { key: "nonsense" }), "/v1/chat/completions"],
    [await chat(server, {}), "/v1/chat/completions"],
    [await chat(server, SUM), "/v1/chat/completions"],
    [await sse(server, SUM), "/v1/chat/completions"],
  ];
  await fault({ kind: "status", code: 400 });
  answers.push([await chat(server, SUM), "/v1/chat/completions"]);
  const ids = answers.map(([answer]) => answer.headers.get("x-request-id"));
  assert.equal(new Set(ids).size, answers.length);
  assert.ok(ids.every((id) => /^req_[0-9a-f]{25}$/.test(id)));
  for (const [answer] of answers.slice(6)) {
    const timing = answer.headers.get("server-timing");
    for (const stage of ["gate", "classify", "route", "runtime", "total"]) assert.match(timing, new RegExp(`${stage};dur=\\d`));
  }
  assert.match(answers[6][0].headers.get("server-timing"), /grade;dur=\d/);
  const lines = () =>
    server
      .log()
      .split("\n")
      .filter((line) => line.includes('"route":'))
      .map((line) => JSON.parse(line.slice(line.indexOf("{"))));
  for (const [index, [answer, route]] of answers.entries()) {
    if (route === null) continue;
    const own = await eventually(() => {
      const found = lines().filter(({ id }) => id === ids[index]);
      return found.length > 0 && found;
    });
    assert.equal(own.length, 1);
    assert.deepEqual([own[0].route, own[0].status], [route, answer.status]);
    if (index >= 6) for (const field of ["task", "model", "mode", "cost", "ms"]) assert.ok(own[0][field] !== undefined, field);
  }
});

test("a request line or a header that is no HTTP harms nobody", async () => {
  const port = Number(new URL(server.url).port);
  for (const text of [
    "\u0000\u0001\u0002\r\n\r\n",
    `GET /v1/report HTTP/1.1\r\nhost: x\r\n${"a".repeat(200_000)}: b\r\n\r\n`,
    "POST /v1/chat/completions HTTP/1.1\r\nhost: x\r\ncontent-length: -5\r\n\r\n",
  ]) {
    await new Promise((resolve) => {
      const socket = connect(port, "127.0.0.1", () => socket.end(text));
      socket.on("error", resolve).on("close", resolve).resume();
    });
  }
  assert.equal((await chat(server, SUM)).status, 200);
});

test("no key, prompt or answer stands in the log, in a view, or in the state on disk", async () => {
  const key = await (async () => {
    const answer = await call(server, "POST", "/v1/register", { json: { email: "log@example.com" }, headers: { "cf-connecting-ip": "198.51.100.4" } });
    return answer.body?.api_key ?? register(server);
  })();
  for (const kind of [{ kind: "content", text: ANSWER }, "html", { kind: "content", text: ANSWER }]) {
    await fault(kind);
    await chat(server, SUM, { key });
    await fault(kind);
    await sse(server, SUM, { key });
  }
  await chat(server, { messages: [{ role: "user", content: PROMPT }], temperature: "1e999" }, { key });
  await post("/v1/chat/completions", { key, body: `{"messages": ${PROMPT}` });
  await call(server, "GET", `/v1/${key}`);
  const views = await Promise.all(["report", "policy", "recent", "overview", "alerts"].map((name) => call(server, "GET", `/v1/${name}`)));
  const log = server.log();
  assert.match(log, /"route":/, "there is a log");
  for (const text of [log, ...views.map((view) => view.text)]) {
    for (const secret of [GATEWAY, adminKey, key, "prompt-canary", "answer-canary"]) {
      assert.ok(!text.includes(secret), `${secret} was told`);
    }
  }
  const { id } = (await call(server, "GET", "/v1/key", { key })).body;
  const files = () =>
    readdirSync(server.persistTo, { recursive: true, withFileTypes: true })
      .filter((file) => file.isFile())
      .map((file) => readFileSync(join(file.parentPath, file.name)));
  await eventually(() => files().some((bytes) => bytes.includes(id)), { what: "the account on disk" });
  for (const secret of [GATEWAY, adminKey, key, "prompt-canary", "answer-canary"])
    for (const bytes of files()) assert.ok(!bytes.includes(secret), `${secret} was stored`);
});
