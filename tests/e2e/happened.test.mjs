// What happened, asked for afterwards: series, single decisions, the export, the status, metrics.

import assert from "node:assert/strict";
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { after, before, test } from "node:test";

import { POOL, SUM, VAGUE, pico, refused } from "./contract.mjs";
import { adminKey, call, chat, eventually, register, sse, start } from "./harness.mjs";

let server;
before(async () => {
  server = await start({ settings: { EPSILON: 0, METRICS_TOKEN: "the-scraper" } });
  await server.sim.control("POST", "/__sim/state", { time_scale: 0 });
});
after(() => server?.stop());

const view = async (path, key) => {
  const answer = await call(server, "GET", path, { key });
  assert.equal(answer.status, 200, answer.text);
  return answer.body;
};
const report = () => view("/v1/report");
const series = async (query = "") => (await view(`/v1/timeseries${query}`)).points;
const sum = (points, field) => points.reduce((sum, point) => sum + pico(point[field]), 0n);
/** The export, all its pages. */
async function exported(key, query = "") {
  const rows = [];
  let cursor = "";
  do {
    const answer = await call(server, "GET", `/v1/export?${query}&cursor=${cursor}`, { key });
    assert.equal(answer.status, 200, answer.text);
    rows.push(
      ...answer.text
        .split("\n")
        .filter(Boolean)
        .map((line) => JSON.parse(line)),
    );
    cursor = answer.headers.get("x-arbiter-cursor") ?? "";
  } while (cursor);
  return rows;
}

test("an export of a key goes on behind what a page looked through, and what nobody asked is looked up only so often", async () => {
  const server = await start({});
  try {
    const [own, other] = [await register(server), await register(server)];
    await chat(server, SUM, { key: own });
    await eventually(async () => (await call(server, "GET", "/v1/export", { key: own })).text, { what: "its decision" });
    await server.kill();
    const find = (folder) =>
      readdirSync(folder, { withFileTypes: true, recursive: true })
        .filter(({ name }) => name.endsWith(".sqlite"))
        .map(({ parentPath, name }) => join(parentPath, name));
    let filled = 0;
    for (const file of find(server.persistTo)) {
      const db = new DatabaseSync(file);
      if (db.prepare("select 1 from sqlite_master where name = 'decisions'").get()) {
        const columns = "epoch, ts, task, model, outcome, key, weight, alert, json";
        // Older ones of others, and some of its own before them.
        const fill = `insert into decisions (id, ${columns}) with recursive c(x) as (select 1 union all select x + 1 from c where x < 12000)
          select 'req_000' || printf('%08x', x), ${columns.replace("key", "iif(x > 3, 'key_else', key)")} from c, (select ${columns} from decisions limit 1)`;
        filled += Number(db.prepare(fill).run().changes);
      }
      db.close();
    }
    assert.equal(filled, 12_000);
    await server.restart();
    const pages = async (key) => {
      const found = [];
      for (let cursor = ""; cursor !== null; ) {
        const page = await call(server, "GET", `/v1/export?cursor=${cursor}`, { key });
        found.push(page.text.split("\n").filter(Boolean).length);
        cursor = page.headers.get("x-arbiter-cursor");
      }
      return found;
    };
    assert.deepEqual(await pages(own), [3, 0, 1]);
    assert.deepEqual(await pages(other), [0, 0, 0]);
    assert.equal((await pages(adminKey)).length, 13);
    const asked = await Promise.all(Array.from({ length: 100 }, (_, n) => call(server, "GET", `/v1/recent?limit=1&min_quality=0.${n + 100}`)));
    const [answered, late] = [200, 429].map((status) => asked.filter((it) => it.status === status));
    assert.equal(answered.length + late.length, 100);
    assert.ok(answered.length >= 8 && answered.length <= 40, `${answered.length} answered`);
    assert.equal(late[0].headers.get("retry-after"), "1");
    assert.equal((await chat(server, SUM)).status, 200);
    await eventually(async () => (await call(server, "GET", "/v1/recent?limit=2")).status === 200, { what: "room" });
  } finally {
    await server.stop();
  }
});

test("series and export add up to the report, to the last digit", async () => {
  for (let n = 0; n < 18; n++) assert.equal((await (n % 3 ? chat : sse)(server, n % 2 ? SUM : VAGUE)).status, 200);
  const { calls, actual_spend, charged_spend, computed_spend, estimated_spend, overhead_spend } = await report();
  assert.equal(calls, 18);
  assert.equal(pico(charged_spend) + pico(computed_spend) + pico(estimated_spend), pico(actual_spend));
  await eventually(async () => (await series()).reduce((n, { calls }) => n + calls, 0) === 18, { what: "18 calls in the history" });
  for (const by of ["total", "task", "model"]) {
    const points = await series(`?by=${by}&step=${by === "task" ? "day" : "hour"}`);
    assert.equal(sum(points, "spend"), pico(actual_spend), by);
    for (const [name, part] of Object.entries({ charged: charged_spend, computed: computed_spend, estimated: estimated_spend })) {
      assert.equal(sum(points, name), pico(part), `${by}: ${name}`);
    }
    assert.equal(sum(points, "overhead"), pico(overhead_spend), by);
    assert.ok(
      points.every(({ at }) => at % 3_600 === 0),
      "aligned to the clock",
    );
    assert.ok(by === "total" || points.every(({ name }) => name), "named");
    assert.ok(points.every(({ total_ms }) => total_ms.p50 !== null && total_ms.p95 >= total_ms.p50));
  }
  const rows = await exported(adminKey);
  assert.equal(rows.length, 18);
  assert.equal(new Set(rows.map(({ id }) => id)).size, 18);
  assert.equal(
    rows.reduce((sum, { cost }) => sum + pico(cost), 0n),
    pico(actual_spend),
  );
  const whole = await view(`/v1/decisions/${rows[3].id}`, adminKey);
  assert.deepEqual(whole, rows[3]);
});

test("a key sees its own decisions, and no other's", async () => {
  const [own, other] = [await register(server), await register(server)];
  const { headers } = await chat(server, SUM, { key: own });
  const id = headers.get("x-request-id");
  await eventually(async () => (await call(server, "GET", `/v1/decisions/${id}`, { key: own })).status === 200, { what: "the decision" });
  refused(await call(server, "GET", `/v1/decisions/${id}`, { key: other }), 404);
  refused(await call(server, "GET", `/v1/decisions/${id}`), 401);
  assert.equal((await view(`/v1/decisions/${id}`, adminKey)).id, id);
  assert.deepEqual(
    (await exported(own)).map((row) => row.id),
    [id],
  );
  assert.deepEqual(await exported(other), []);
  refused(await call(server, "GET", "/v1/export"), 401);
  const { text, headers: told } = await call(server, "GET", "/v1/export?format=csv", { key: own });
  assert.equal(told.get("content-type"), "text/csv; charset=utf-8");
  const [head, line, ...rest] = text.trim().split("\n");
  assert.deepEqual([head.split(",").length, rest.length], [line.split(",").length, 0]);
  const recent = await view("/v1/recent");
  assert.ok(
    recent.every((row) => !("key" in row) && !("tags" in row)),
    "nobody's key in the open",
  );
});

test("decisions are found by what they were, a page at a time", async () => {
  const own = await register(server);
  for (let n = 0; n < 3; n++) await chat(server, SUM, { key: own });
  const find = async (query, key) => {
    const answer = await call(server, "GET", `/v1/recent?${query}`, { key });
    assert.equal(answer.status, 200, answer.text);
    return { rows: answer.body, cursor: answer.headers.get("x-arbiter-cursor") };
  };
  await eventually(async () => (await find("limit=9", own)).rows.length === 3, { what: "three decisions" });
  const { rows } = await find("task=math&outcome=finished", own);
  assert.equal(rows.length, 3);
  assert.ok(
    rows.every(
      ({ key, candidates, status, first_ms, total_ms, reason_code, ms }) =>
        key && candidates.length === POOL.length && status === 200 && first_ms <= total_ms && reason_code && ms.runtime >= 0,
    ),
  );
  assert.deepEqual((await find("task=code", own)).rows, []);
  const [{ key, model }] = rows;
  assert.equal((await find(`key=${key}`, adminKey)).rows.length, 3);
  assert.ok((await find(`model=${model}&min_quality=0.5&max_quality=1`, adminKey)).rows.every((row) => row.model === model && row.quality >= 0.5));
  const first = await find("limit=2", own);
  const second = await find(`limit=2&cursor=${first.cursor}`, own);
  assert.deepEqual([...first.rows, ...second.rows], rows);
  const open = await find("task=math&limit=200");
  assert.ok(open.rows.length >= 3 && open.rows.every((row) => !("key" in row) && !("candidates" in row)));
  refused(await call(server, "GET", `/v1/recent?key=${key}`), 401);
  refused(await call(server, "GET", "/v1/recent?task=poetry"), 422);
});

test("an answer is among those that are asked for at once, also where its model has had many", async () => {
  const key = await register(server);
  for (let n = 0; n < 24; n++) assert.equal((await chat(server, SUM, { headers: { "x-arbiter-tags": "many=1" } })).status, 200);
  // Of a book that has as many D1 is told every two seconds.
  for (let n = 0; n < 4; n++) {
    const answer = await chat(server, SUM, { key });
    const id = answer.headers.get("x-request-id");
    const { task, model } = answer.body.arbiter;
    const own = await call(server, "GET", `/v1/decisions/${id}`, { key });
    assert.equal(own.status, 200, own.text);
    assert.equal(own.body.id, id);
    for (const [query, as] of [
      [`task=${task}&model=${model}`, undefined],
      ["limit=3", key],
      ["limit=3", adminKey],
    ]) {
      const { body } = await call(server, "GET", `/v1/recent?${query}`, { key: as });
      assert.equal(body[0].id, id, query);
      assert.equal(body.filter((row) => row.id === id).length, 1, query);
      assert.equal("key" in body[0], as !== undefined, "to everyone nothing of whose it was");
    }
    const other = task === "math" ? "code" : "math";
    const { body } = await call(server, "GET", `/v1/recent?task=${other}`);
    assert.ok(body.every((row) => row.id !== id));
  }
});

test("tags are found again by whoever may see them, whichever way they came", async () => {
  const own = await register(server);
  const ask = (path, json, headers) => call(server, "POST", path, { key: own, json, headers });
  const prompt = SUM.messages;
  const sent = [
    await ask("/v1/chat/completions", { messages: prompt }, { "x-arbiter-tags": "team=blue, run=a:b" }),
    await ask("/v1/chat/completions", { messages: prompt, metadata: { team: "red", n: 1, user_id: "ada" } }),
    await ask("/v1/responses", { input: prompt[0].content, metadata: { team: "red" } }),
    await ask("/v1/messages", { messages: prompt, max_tokens: 100, metadata: { team: "red", user_id: "ada" } }),
  ];
  for (const { status, text } of sent) assert.equal(status, 200, text);
  const ids = sent.map(({ headers }) => headers.get("x-request-id"));
  const found = async (tag, key = own) => (await view(`/v1/recent?tag=${encodeURIComponent(tag)}`, key)).map(({ id }) => id).sort();
  await eventually(async () => (await exported(own)).length === 4, { what: "four decisions" });
  assert.deepEqual(await found("team:red"), ids.slice(1).sort());
  assert.deepEqual(await found("run:a:b", adminKey), [ids[0]]);
  assert.deepEqual(await found("user_id:ada"), []);
  assert.deepEqual((await view(`/v1/decisions/${ids[0]}`, own)).tags, { run: "a:b", team: "blue" });
  assert.deepEqual(
    Object.fromEntries((await exported(own)).map(({ id, tags }) => [id, tags.team])),
    Object.fromEntries(ids.map((id, n) => [id, n ? "red" : "blue"])),
  );
  assert.match((await call(server, "GET", "/v1/export?format=csv", { key: own })).text, /,tags\n[^]*""team"":""blue""/);
  refused(await call(server, "GET", "/v1/recent?tag=team:red"), 401);
  assert.ok(
    (await view("/v1/recent")).every((row) => !("tags" in row)),
    "nobody's tags in the open",
  );
  refused(await ask("/v1/chat/completions", { messages: prompt }, { "x-arbiter-tags": "blue" }), 422, { field: "X-Arbiter-Tags" });
});

test("what can't be asked is refused by name", async () => {
  for (const query of ["from=0&to=99999999", "step=minute", "by=key", "from=soon", "bucket_seconds=7"])
    refused(await call(server, "GET", `/v1/timeseries?${query}`), 422);
  refused(await call(server, "GET", "/v1/export?format=xml", { key: adminKey }), 422);
});

test("metrics are Prometheus text, behind a key or a token of their own", async () => {
  refused(await call(server, "GET", "/metrics"), 401);
  for (const key of [adminKey, "the-scraper"]) {
    const { status, text, headers } = await call(server, "GET", "/metrics", { key });
    assert.equal(status, 200, text);
    assert.match(headers.get("content-type"), /^text\/plain; version=0\.0\.4/);
    const lines = text.trim().split("\n");
    for (const line of lines) assert.match(line, /^(# (HELP|TYPE) [a-z_]+ .+|[a-z_]+\{[^}]*\} [-0-9.e+]+)$/, line);
    const total = lines
      .filter((line) => /^arbiter_requests_total.*outcome="finished"/.test(line))
      .reduce((sum, line) => sum + Number(line.split(" ").at(-1)), 0);
    assert.equal(total, (await report()).calls);
  }
});

test("a view that is known already is not sent again", async () => {
  for (const path of ["/v1/report", "/v1/policy", "/v1/recent", "/v1/overview"]) {
    const first = await call(server, "GET", path);
    assert.equal(first.headers.get("cache-control"), "max-age=1");
    const again = await call(server, "GET", path, { headers: { "if-none-match": first.headers.get("etag") } });
    assert.deepEqual([again.status, again.text], [304, ""], path);
  }
  const { headers } = await call(server, "GET", "/v1/report");
  await chat(server, SUM);
  const after = await call(server, "GET", "/v1/report", { headers: { "if-none-match": headers.get("etag") } });
  assert.equal(after.status, 200, "it changed");
});

test("the status tells what is wrong", async () => {
  assert.equal((await view("/v1/status")).status, "ok");
  // Each model for itself: 500 from all of them alike would be the runtime's doing.
  await server.sim.control("POST", "/__sim/faults", [{ match: { role: "chat" }, fault: { kind: "status", code: 429 } }]);
  try {
    for (let n = 0; n < 12; n++) await chat(server, SUM);
    const told = await view("/v1/status");
    assert.notEqual(told.status, "ok");
    assert.ok(
      told.reasons.some(({ code }) => code === "models_out"),
      JSON.stringify(told),
    );
    assert.ok(Object.keys(told.models_out).every((model) => POOL.includes(model)));
    assert.ok(told.failed_share_5m > 0 && told.last_error, JSON.stringify(told));
    const failed = (await view("/v1/recent")).filter(({ outcome }) => outcome === "failed");
    assert.ok(failed.length > 0 && failed.every(({ status, error }) => status >= 400 && error), "an outage shows as one");
    await eventually(async () => (await series()).some((point) => point.failed > 0), { what: "failures in the history" });
  } finally {
    await server.sim.control("DELETE", "/__sim/faults");
  }
});
