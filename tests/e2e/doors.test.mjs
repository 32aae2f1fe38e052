// Where a request comes from and to: what a web page may not do to a local server, and a stranger to any.

import assert from "node:assert/strict";
import { request } from "node:http";
import { after, before, test } from "node:test";

import { SUM } from "./contract.mjs";
import { adminKey, call, chat, eventually, register, start, startSim } from "./harness.mjs";

let sim;
before(async () => {
  sim = await startSim();
  await sim.control("POST", "/__sim/state", { time_scale: 0 });
});
after(() => sim?.stop());

async function served(settings, work) {
  const server = await start({ sim, settings });
  try {
    await work(server);
  } finally {
    await server.stop();
  }
}

/** A POST as fetch would not send it: with a `host` of one's own. */
function post(server, path, headers, body) {
  return new Promise((resolve, reject) => {
    const sent = request(server.url + path, { method: "POST", headers }, (response) => {
      let text = "";
      response.setEncoding("utf8").on("data", (piece) => (text += piece));
      response.on("end", () => resolve({ status: response.statusCode, code: JSON.parse(text).error?.code, headers: response.headers }));
    });
    sent.on("error", reject);
    sent.end(body === undefined ? undefined : JSON.stringify(body));
  });
}

const PRICE = { model: "gpt-4.1", multiplier: 2 };

test("a web page from elsewhere can neither register nor change anything on a local server; what is no browser goes on", () =>
  served({}, async (server) => {
    const key = await register(server);
    const auth = { authorization: `Bearer ${key}` };
    const port = new URL(server.url).port;
    const pages = [
      { origin: "https://evil.example", "sec-fetch-site": "cross-site" },
      { origin: "null" },
      { "sec-fetch-site": "cross-site" },
      { host: `evil.example:${port}`, origin: `http://evil.example:${port}`, "sec-fetch-site": "same-origin" },
    ];
    for (const page of pages) {
      assert.deepEqual(await post(server, "/v1/register", page, { email: "a@example.com" }).then(({ status, code }) => [status, code]), [
        403,
        "foreign_origin",
      ]);
      for (const path of ["/v1/reset", "/v1/key/pause", "/v1/key/revoke"])
        assert.equal((await post(server, path, { ...auth, ...page })).code, "foreign_origin");
      assert.equal((await post(server, "/v1/simulate-price", { ...auth, ...page }, PRICE)).code, "foreign_origin");
    }
    const own = { origin: "http://localhost:3000", "sec-fetch-site": "same-site" };
    assert.equal((await post(server, "/v1/register", own, { email: "a@example.com" })).status, 200);
    assert.equal((await post(server, "/v1/simulate-price", { ...auth, ...own }, PRICE)).status, 200);
    const container = { host: `host.docker.internal:${port}` };
    assert.equal((await post(server, "/v1/register", container, { email: "a@example.com" })).status, 200);
    assert.equal((await post(server, "/v1/key/pause", { ...auth, ...container })).status, 200);
    assert.equal(
      (await post(server, "/v1/chat/completions", { authorization: `Bearer ${adminKey}`, origin: "https://app.example" }, SUM)).status,
      200,
      "what it has a key for it may ask",
    );
    const deployed = { host: "arbiter.example", origin: "https://app.example", "cf-connecting-ip": "203.0.113.7" };
    assert.equal((await post(server, "/v1/register", deployed, { email: "a@example.com" })).status, 200, "a deployment is open to pages");
  }));

test("any key controls on this very machine only, unless it is said to be a public demonstration", () =>
  served({}, async (server) => {
    const key = await register(server);
    const there = { host: "arbiter.example", "cf-connecting-ip": "203.0.113.7" };
    const as = (key, headers = {}) => post(server, "/v1/reset", { authorization: `Bearer ${key}`, ...headers }).then(({ status }) => status);
    assert.deepEqual([await as(key), await as(key, there), await as(adminKey, there)], [200, 403, 200]);
    await server.restart({ CONTROL_SCOPE: "any-key-public" });
    assert.equal(await as(key, there), 200);
  }));

test("plain HTTP is refused where that is asked for, but on this very machine", () =>
  served({ REQUIRE_HTTPS: "true" }, async (server) => {
    const there = { host: "arbiter.example", authorization: `Bearer ${adminKey}` };
    assert.deepEqual(await post(server, "/v1/chat/completions", there, SUM).then(({ status, code }) => [status, code]), [403, "https_required"]);
    assert.equal((await chat(server, SUM)).status, 200);
  }));

test("answers over https tell browsers to stay with that, refusals too", async () => {
  const server = await start({ sim, entry: "https-entry.mjs", settings: { REQUIRE_HTTPS: "true" } });
  try {
    const there = { host: "arbiter.example", authorization: `Bearer ${adminKey}` };
    for (const [path, status] of [
      ["/v1/chat/completions", 200],
      ["/v1/key/pause", 400],
      ["/v1/none", 404],
    ]) {
      const answer = await post(server, path, there, SUM);
      assert.deepEqual([answer.status, answer.headers["strict-transport-security"]], [status, "max-age=31536000"], path);
    }
  } finally {
    await server.stop();
  }
  await served({}, async (plain) => assert.equal((await chat(plain, SUM)).headers.get("strict-transport-security"), null));
});

test("every line of the log says whose request it was, by an id that is not the key", () =>
  served({ ARBITER_API_KEYS: "ada:key-of-ada-for-tests,bare-key-for-tests" }, async (server) => {
    const key = await register(server);
    const { id } = (await call(server, "GET", "/v1/key", { key })).body;
    assert.match(id, /^key_[0-9a-f]{16}$/);
    const asked = [
      [await chat(server, SUM, { key }), id],
      [await chat(server, SUM, { key: "key-of-ada-for-tests" }), "ada"],
      [await chat(server, SUM, { key: "bare-key-for-tests" }), "operator-2"],
      [await call(server, "GET", "/v1/key", { key }), id],
      [await chat(server, SUM, { key: "nonsense" }), null],
    ];
    for (const [answer, name] of asked) {
      const request = answer.headers.get("x-request-id");
      const line = await eventually(
        () =>
          server
            .log()
            .split("\n")
            .find((line) => line.includes(request) && line.includes('"route":')),
        { what: "its line" },
      );
      assert.equal(JSON.parse(line.slice(line.indexOf("{"))).key, name);
    }
  }));
