// Catalogues that come in pages: read to their end, at one address only, and what is missing is said.

import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer } from "node:http";
import { after, test } from "node:test";

import { offered } from "../../scripts/pool.mjs";
import { adminKey, call, start, startBefore, startSim } from "./harness.mjs";

process.env.GATEWAY_API_KEY = "key-of-the-runtime";
const stops = [];
after(async () => {
  for (const stop of stops.reverse()) await stop();
});

async function before(dialect) {
  const sim = await startSim({ dialect });
  stops.push(() => sim.stop());
  const server = await start({ sim });
  stops.push(() => server.stop());
  return server;
}

const imported = async (server, json = {}) => {
  const answer = await call(server, "POST", "/v1/pool/import", { key: adminKey, json });
  assert.equal(answer.status, 200, answer.text);
  return answer.body;
};
const idsOf = ({ offered }) => offered.map(({ id }) => id);

test("a runtime that gives its catalogue in pages is read to the last one", async () => {
  const server = await before("openrouter");
  const whole = await imported(server);
  assert.equal(whole.incomplete, null);
  assert.ok(whole.offered.length > 20);

  await server.sim.control("POST", "/__sim/state", { catalogue_page: 7 });
  await server.sim.control("DELETE", "/__sim/requests");
  const last = whole.offered.at(-1).id;
  const paged = await imported(server, { ids: [last] });
  assert.deepEqual([idsOf(paged), paged.incomplete], [idsOf(whole), null]);
  assert.deepEqual(
    paged.added.map(({ id }) => id),
    [last],
    "a model of the last page",
  );
  const { requests: pages } = await server.sim.control("GET", "/__sim/requests?path=/api/v1/models");
  assert.deepEqual(
    pages.map(({ query }) => query),
    pages.map((_, n) => (n === 0 ? "" : `?offset=${n * 7}`)),
  );
  await server.sim.control("POST", "/__sim/state", { catalogue_page: 0 });
  const all = await offered(server.sim.base);
  assert.equal(pages.length, Math.ceil(all.length / 7));
  await server.sim.control("POST", "/__sim/state", { catalogue_page: 7 });
  assert.deepEqual(await offered(server.sim.base), all, "as a pool is proposed by");
});

test("where a later page fails, what was read stays, it is said, and no model counts as gone", async () => {
  const server = await before("openrouter");
  const { offered } = await imported(server);
  const last = offered.at(-1).id;
  const pool = {
    models: [
      { id: "gpt-4o", in_price: 2.5, out_price: 10 },
      { id: last, price_from: "catalogue" },
    ],
  };
  assert.equal((await call(server, "PUT", "/v1/pool", { key: adminKey, json: pool })).status, 200);
  await server.sim.control("POST", "/__sim/state", { catalogue_page: 7 });
  await server.sim.control("POST", "/__sim/faults", [{ match: { role: "models", contains: "offset=14" }, fault: { kind: "status", code: 500 } }]);
  const cut = await imported(server, { apply: true });
  assert.deepEqual(idsOf(cut), idsOf({ offered }).slice(0, cut.offered.length));
  assert.ok(cut.offered.length > 7 && cut.offered.length <= 14);
  assert.match(cut.incomplete, /could not be read/);
  assert.deepEqual(cut.gone, []);
  const { models } = (await call(server, "GET", "/v1/pool")).body;
  assert.ok(
    models.every(({ enabled }) => enabled),
    "none is switched off",
  );

  await server.sim.control("POST", "/__sim/faults", []);
  const all = await imported(server, { apply: true });
  assert.deepEqual([all.incomplete, all.gone], [null, ["gpt-4o"]], "OpenRouter has no such id");
});

test("a next page at another address is not asked, and gets no key", async () => {
  const asked = [];
  const elsewhere = createServer((request, response) => {
    asked.push(request.headers);
    response.end('{"data":[{"id":"stolen"}]}');
  });
  elsewhere.listen(0, "127.0.0.1");
  await once(elsewhere, "listening");
  stops.push(() => elsewhere.close());
  let next = `http://127.0.0.1:${elsewhere.address().port}/v1/models`;
  const runtime = createServer((request, response) => {
    response.setHeader("content-type", "application/json");
    response.end(JSON.stringify({ data: [{ id: "gpt-4o" }, { id: new URL(request.url, "http://h").searchParams.get("p") ?? "first" }], links: { next } }));
  });
  const server = await startBefore(runtime);
  stops.push(() => server.stop());
  const foreign = await imported(server);
  assert.deepEqual([idsOf(foreign), asked], [["gpt-4o", "first"], []]);
  assert.match(foreign.incomplete, /another address/);

  next = "/v1/models?p=second";
  const round = await imported(server);
  assert.deepEqual(idsOf(round), ["gpt-4o", "first", "second"]);
  assert.match(round.incomplete, /read already/);
});
