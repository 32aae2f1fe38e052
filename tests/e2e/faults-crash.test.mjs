// Kill -9, and a database that is away: what a Learner acknowledged is still there, once.

import assert from "node:assert/strict";
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { after, before, test } from "node:test";

import { call, chat, eventually, register, sse, start } from "./harness.mjs";

const PROMPTS = ["Calculate 17 * 23", 'Return JSON: {"a": 1}', "Write a Python function that adds two numbers.", "Who wrote Faust?", "Tell me a story."];
const ask = (n) => ({ messages: [{ role: "user", content: PROMPTS[n % PROMPTS.length] }] });
const TABLES = ["meta", "policy", "price_overrides", "quarantine", "keys", "secrets", "decisions", "history", "undelivered"];

let server;
let sim;
before(async () => {
  server = await start();
  sim = server.sim;
  await sim.control("POST", "/__sim/state", { time_scale: 0 });
});
after(() => server?.stop());

const view = async (path) => (await call(server, "GET", path)).body;

/** Ids of the requests whose settlement a Learner has acknowledged: their line is written after it. */
function acknowledged(log) {
  const lines = log.split("\n").filter((line) => line.includes('"outcome":"finished"'));
  return lines.map((line) => JSON.parse(line.slice(line.indexOf("{"))).id);
}

// The database as a file, through a connection of our own.
function database(work) {
  const files = readdirSync(server.persistTo, { recursive: true }).filter((name) => name.endsWith(".sqlite"));
  for (const file of files) {
    const db = new DatabaseSync(join(server.persistTo, file), { timeout: 5_000 });
    try {
      const has = db.prepare("select count(*) as n from sqlite_master where name in ('d1_migrations')").get();
      if (has.n > 0) return work(db);
    } finally {
      db.close();
    }
  }
  throw new Error(`no D1 database among ${files.join(", ")}`);
}
const d1Away = () => database((db) => TABLES.forEach((table) => db.exec(`alter table ${table} rename to ${table}_away`)));
const d1Back = () => database((db) => TABLES.forEach((table) => db.exec(`alter table ${table}_away rename to ${table}`)));

/** The books after a restart, once they have stopped moving: without asking any model. */
async function theBooksHold(ids, sent) {
  const recent = await eventually(
    async () => {
      const { body } = await call(server, "GET", "/v1/recent");
      const report = await view("/v1/report");
      const there = new Set(body.map(({ id }) => id));
      return ids.every((id) => there.has(id)) && report.calls === body.length && body;
    },
    { within: 30_000, what: "everything acknowledged in the books" },
  );
  assert.equal(new Set(recent.map(({ id }) => id)).size, recent.length, "once");
  assert.ok(recent.length <= sent, `${recent.length} of ${sent}`);
  const report = await view("/v1/report");
  const pico = (usd) => BigInt(Math.round(usd * 1e12));
  assert.equal(
    pico(report.actual_spend),
    recent.reduce((sum, { cost }) => sum + pico(cost), 0n),
    "to the unit",
  );
  const n = Object.values(await view("/v1/policy"))
    .flat()
    .reduce((sum, row) => sum + row.n, 0);
  assert.equal(n, recent.length, "folded exactly once");
}

test("a kill between requests loses nothing", async () => {
  await call(server, "POST", "/v1/reset", { key: server.adminKey });
  for (let n = 0; n < 8; n++) assert.equal((await (n % 2 ? sse : chat)(server, ask(n))).status, 200);
  await eventually(() => acknowledged(server.log()).length === 8, { what: "eight settlements" });
  const ids = acknowledged(server.log());
  await server.restart();
  await theBooksHold(ids, 8);
});

test("a kill in the middle of requests loses nothing that was acknowledged", async () => {
  await call(server, "POST", "/v1/reset", { key: server.adminKey });
  const already = acknowledged(server.log()).length;
  const sent = 48;
  const asked = Array.from({ length: sent }, (_, n) => (n % 3 ? chat : sse)(server, ask(n)).catch(() => null));
  await eventually(() => acknowledged(server.log()).length >= already + 12, { what: "some settlements" });
  await server.kill();
  await Promise.all(asked);
  const ids = acknowledged(server.log()).slice(already);
  await server.restart();
  await theBooksHold(ids, sent);
  assert.equal((await chat(server, ask(0))).status, 200);
});

test("with the database away requests are answered, and counted once when it is back", async () => {
  await call(server, "POST", "/v1/reset", { key: server.adminKey });
  const key = await register(server);
  const unseen = await register(server);
  assert.equal((await chat(server, ask(0), { key })).status, 200);
  d1Away();
  try {
    for (let n = 0; n < 5; n++) {
      assert.equal((await chat(server, ask(n))).status, 200, "operator key");
      assert.equal((await chat(server, ask(n), { key })).status, 200, "its account knows the key");
      assert.match((await sse(server, ask(n))).text, /\[DONE\]/);
    }
    // What was read a second ago still serves.
    await eventually(async () => (await call(server, "GET", "/v1/report")).status === 503, { what: "a refusal" });
    // Garbage needs no look-up to be refused.
    assert.equal((await chat(server, ask(0), { key: `${key.slice(0, -1)}${key.endsWith("a") ? "b" : "a"}` })).status, 401);
    assert.equal((await chat(server, ask(0), { key: unseen })).status, 200, "also one that nobody has used yet");
    // A status that can't be written is no status: what it is now is asked again once the database is back.
    assert.equal((await call(server, "POST", "/v1/key/pause", { key: unseen })).status, 503);
  } finally {
    d1Back();
  }
  await theBooksHold(acknowledged(server.log()).slice(-17), 17);
  assert.equal((await view("/v1/report")).calls, 17);
});

test("what was learned while the database was away survives a kill, without another request", async () => {
  await call(server, "POST", "/v1/reset", { key: server.adminKey });
  const before = acknowledged(server.log()).length;
  await chat(server, ask(0));
  const already = before + 1;
  await eventually(() => acknowledged(server.log()).length === already, { what: "its settlement" });
  d1Away();
  try {
    for (let n = 0; n < 10; n++) assert.equal((await chat(server, ask(n))).status, 200);
    await eventually(() => acknowledged(server.log()).length === already + 10, { what: "ten settlements" });
  } finally {
    await server.kill();
    d1Back();
  }
  const ids = acknowledged(server.log()).slice(already);
  await server.restart();
  // Nothing but views from here on: the Learners' alarms bring the database up to date.
  await theBooksHold(ids, 11);
  assert.equal((await view("/v1/report")).calls, 11);
});

test("a cold start with the database away: what comes then is counted once, also by Learners that missed the last reset", async () => {
  const sum = ask(0);
  // Enough that every model has been asked: each has a Learner.
  for (let n = 0; n < 24; n++) assert.equal((await chat(server, sum)).status, 200);
  const learners = (await view("/v1/policy")).math.length;
  assert.ok(learners >= 5, `${learners} Learners`);
  await call(server, "POST", "/v1/reset", { key: server.adminKey });
  const ids = [];
  d1Away();
  try {
    for (const calls of [6, 1]) {
      await server.restart();
      for (let n = 0; n < calls; n++) assert.equal((await (n % 2 ? sse : chat)(server, sum)).status, 200);
      await eventually(() => acknowledged(server.log()).length === calls, { what: `${calls} settlements` });
      ids.push(...acknowledged(server.log()));
    }
  } finally {
    d1Back();
  }
  await theBooksHold(ids, 7);
  assert.equal((await view("/v1/report")).calls, 7);
});

test("a deployment whose database has never answered yet loses nothing either", async () => {
  const other = await start({ sim });
  const run = server;
  server = other;
  try {
    d1Away();
    try {
      for (let n = 0; n < 6; n++) assert.equal((await chat(server, ask(n))).status, 200);
      await eventually(() => acknowledged(server.log()).length === 6, { what: "six settlements" });
    } finally {
      d1Back();
    }
    await theBooksHold(acknowledged(server.log()), 6);
    assert.equal((await view("/v1/report")).calls, 6);
  } finally {
    server = run;
    await other.stop();
  }
});

test("a reset that fails changes nothing, and one that is repeated does", async () => {
  await call(server, "POST", "/v1/reset", { key: server.adminKey });
  const already = acknowledged(server.log()).length;
  for (let n = 0; n < 4; n++) assert.equal((await chat(server, ask(n))).status, 200);
  const before = await view("/v1/report");
  assert.equal(before.calls, 4);
  d1Away();
  try {
    assert.equal((await call(server, "POST", "/v1/reset", { key: server.adminKey })).status, 503);
    assert.equal((await chat(server, ask(4))).status, 200);
  } finally {
    d1Back();
  }
  await eventually(() => acknowledged(server.log()).length === already + 5, { what: "five settlements" });
  await theBooksHold(acknowledged(server.log()).slice(already), 5);
  assert.equal((await call(server, "POST", "/v1/reset", { key: server.adminKey })).status, 200);
  assert.equal((await view("/v1/report")).calls, 0);
  assert.deepEqual(await view("/v1/recent"), []);
});
