// What stands in for what is gone, broken or from another time, and that nobody asks for it twice.

import assert from "node:assert/strict";
import { cpSync, existsSync, mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { after, before, test } from "node:test";

import { POOL, SUM, refused } from "./contract.mjs";
import { adminKey, call, chat, eventually, register, start, startSim } from "./harness.mjs";

let sim;
before(async () => {
  sim = await startSim();
  await sim.control("POST", "/__sim/state", { time_scale: 0 });
});
after(() => sim?.stop());

const view = async (server, path) => (await call(server, "GET", path)).body;
const codes = async (server) => (await view(server, "/v1/status")).reasons.map(({ code }) => code);

/** What the doors of a worker behind counting-entry.mjs were asked, in order. */
const hops = (server) =>
  server
    .log()
    .split("\n")
    .flatMap((line) => line.match(/hop: (.*)$/)?.[1] ?? []);

/** The hops of what `work` asks, and of nothing before or after it. */
async function during(server, name, work) {
  const mark = async (path) => {
    await call(server, "GET", path);
    await eventually(() => hops(server).includes(`arrived ${path}`), { what: path });
  };
  await mark(`/v1/${name}-begins`);
  await work();
  await mark(`/v1/${name}-ends`);
  const all = hops(server);
  return all.slice(all.indexOf(`arrived /v1/${name}-begins`) + 1, all.indexOf(`arrived /v1/${name}-ends`));
}

/** The files of a kind of object, or of D1 (`d1`), while the worker is down. */
function files(server, kind) {
  const folder = kind === "d1" ? server.persistTo : join(server.persistTo, "do", `arbiter-${kind}`);
  return readdirSync(folder, { recursive: true })
    .filter((name) => name.endsWith(".sqlite") && (kind !== "d1" || !name.startsWith("do/")))
    .map((name) => join(folder, name));
}

/** Asks each of them; what has no such table has nothing. */
function rows(paths, statement, ...values) {
  return paths.flatMap((path) => {
    const db = new DatabaseSync(path, { timeout: 5_000 });
    try {
      return db.prepare(statement).all(...values);
    } catch (error) {
      if (/no such table/.test(error.message)) return [];
      throw error;
    } finally {
      db.close();
    }
  });
}

test("a secret of one's own seals keys in place of the stored one: its keys are looked up wherever it is set, and nowhere else", async () => {
  const mine = "a-secret-of-ones-own-that-is-long-enough";
  const server = await start({ sim, entry: "counting-entry.mjs" });
  const [same, other] = [
    await start({ sim, entry: "counting-entry.mjs", settings: { KEY_SECRET: mine } }),
    await start({ sim, entry: "counting-entry.mjs", settings: { KEY_SECRET: `${mine}-another` } }),
  ];
  try {
    const stored = await register(server);
    await server.restart({ KEY_SECRET: mine });
    assert.equal((await chat(server, SUM, { key: stored })).status, 200, "a key of before goes on");
    const own = await register(server);
    assert.equal((await chat(server, SUM, { key: own })).status, 200);
    // Neither of the others has a row of it: whose seal it is shows in whether its account is asked.
    const asked = async (server, key) => {
      const told = await during(server, crypto.randomUUID(), async () => refused(await chat(server, SUM, { key }), 401));
      return told.includes("account");
    };
    assert.deepEqual([await asked(same, own), await asked(other, own)], [true, false]);
    assert.deepEqual([await asked(same, stored), await asked(other, stored)], [false, false]);
    // Without it what it sealed is a made-up key.
    await server.restart({ KEY_SECRET: undefined });
    refused(await chat(server, SUM, { key: own }), 401);
    assert.equal((await chat(server, SUM, { key: stored })).status, 200);
  } finally {
    for (const one of [server, same, other]) await one.stop();
  }
});

test("what no Learner takes is kept, told by the status, and folded once by the clock", async () => {
  const server = await start({ sim, entry: "hanging-entry.mjs" });
  try {
    assert.equal((await chat(server, SUM)).status, 200);
    await eventually(async () => (await view(server, "/v1/report")).calls === 1, { what: "a call that is told" });
    await call(server, "POST", "/__hang?door=learner&how=fails");
    for (let n = 0; n < 3; n++) assert.equal((await chat(server, SUM)).status, 200, "nobody waits for a Learner");
    const status = await eventually(
      async () => {
        const status = await view(server, "/v1/status");
        return status.undelivered === 3 && status;
      },
      { what: "what is kept" },
    );
    assert.ok(status.reasons.some(({ code }) => code === "undelivered"));
    assert.equal((await view(server, "/v1/report")).calls, 1);
    await call(server, "POST", "/__clock");
    assert.equal((await view(server, "/v1/status")).undelivered, 3, "what cannot be told yet stays");
    await call(server, "POST", "/__hang?door=none");
    for (let n = 0; n < 2; n++) await call(server, "POST", "/__clock");
    await eventually(async () => (await view(server, "/v1/status")).undelivered === 0, { what: "nothing that waits" });
    await eventually(async () => (await view(server, "/v1/report")).calls === 4, { what: "four calls" });
  } finally {
    await server.stop();
  }
});

test("what cannot be read of what was kept is set aside and said, and stands in the way of nothing", async () => {
  const server = await start({ sim, entry: "hanging-entry.mjs" });
  try {
    assert.equal((await chat(server, SUM)).status, 200);
    await eventually(async () => (await view(server, "/v1/report")).calls === 1, { what: "a call that is told" });
    await call(server, "POST", "/__hang?door=learner&how=fails");
    assert.equal((await chat(server, SUM)).status, 200);
    await eventually(async () => (await view(server, "/v1/status")).undelivered === 1, { what: "what is kept" });
    await server.kill();
    const [d1] = files(server, "d1").filter((path) => rows([path], "select 1 from undelivered").length > 0);
    const db = new DatabaseSync(d1);
    const insert = db.prepare("insert into undelivered (id, task, model, line, number, at, json) values (?, ?, 'm', '0', ?, ?, ?)");
    // More than one round takes, and before all others.
    for (let n = 0; n < 600; n++) insert.run(`req_${n}`, n % 2 ? "math" : "alchemy", n, Date.now() / 1_000, n % 2 ? "{}" : "no JSON");
    db.close();
    await server.restart();
    await call(server, "POST", "/__clock");
    await eventually(async () => (await view(server, "/v1/report")).calls === 2, { what: "the other" });
    const { undelivered, reasons } = await eventually(
      async () => {
        const status = await view(server, "/v1/status");
        return status.undelivered === 0 && status;
      },
      { what: "nothing that waits" },
    );
    assert.equal(undelivered, 0);
    assert.match(reasons.find(({ code }) => code === "set_aside").message, /^600 settlements/);
    await call(server, "POST", "/__clock");
    assert.equal((await view(server, "/v1/report")).calls, 2, "once");
  } finally {
    await server.stop();
  }
});

test("a Learner that takes nothing holds up no other when what was kept is folded", async () => {
  const server = await start({ sim, entry: "hanging-entry.mjs" });
  const undelivered = async () => (await view(server, "/v1/status")).undelivered;
  const asked = { math: SUM, code: { messages: [{ role: "user", content: "Write a Python function that reverses a string." }] } };
  try {
    for (const prompt of Object.values(asked)) assert.equal((await chat(server, prompt)).status, 200);
    for (const away of Object.keys(asked)) {
      await eventually(async () => (await undelivered()) === 0, { what: "nothing that waits" });
      await call(server, "POST", "/__hang?door=learner&how=fails");
      for (const prompt of Object.values(asked)) assert.equal((await chat(server, prompt)).status, 200);
      await eventually(async () => (await undelivered()) === 2, { what: "what is kept" });
      await call(server, "POST", `/__hang?door=learner&how=fails&name=${away}/`);
      const folded = async () => {
        await call(server, "POST", "/__clock");
        return (await undelivered()) === 1;
      };
      await eventually(folded, { what: `what is not ${away} is folded` });
      await call(server, "POST", "/__hang?door=none");
      const rest = async () => {
        await call(server, "POST", "/__clock");
        return (await undelivered()) === 0;
      };
      await eventually(rest, { what: `${away} is folded` });
    }
    assert.equal((await view(server, "/v1/report")).calls, 6);
  } finally {
    await server.stop();
  }
});

test("a Feed that has lost its ring shows the newest decisions and alerts of the database", async () => {
  const server = await start({ sim });
  try {
    const ids = [];
    for (let n = 0; n < 5; n++) ids.unshift((await chat(server, SUM)).headers.get("x-arbiter-id"));
    const kept = () => rows(files(server, "d1"), "select id from decisions");
    await eventually(() => kept().length === 5, { what: "five decisions in the database" });
    const before = await view(server, "/v1/recent");
    await server.kill();
    for (const path of files(server, "Feed")) for (const end of ["", "-wal", "-shm"]) rmSync(`${path}${end}`, { force: true });
    await server.restart();
    assert.deepEqual(await view(server, "/v1/recent"), before);
    assert.equal(before.length, 5);
  } finally {
    await server.stop();
  }
});

test("a cold isolate reads the store once, however many arrive at its gate", async () => {
  const server = await start({ sim, entry: "counting-entry.mjs", settings: { MAX_CONCURRENT: 100, LIMIT_6H: 6_000, SLOW_D1: 100 } });
  try {
    const key = await register(server);
    assert.equal((await chat(server, SUM, { key })).status, 200);
    const burst = async () => {
      await server.restart();
      const answers = await Promise.all(Array.from({ length: 60 }, () => chat(server, SUM, { key })));
      for (const answer of answers) assert.equal(answer.status, 200, JSON.stringify(answer.body));
      const called = () => hops(server).includes("runtime /v1/chat/completions") && hops(server);
      const all = await eventually(called, { what: "the first call" });
      const before = all.slice(0, all.indexOf("runtime /v1/chat/completions"));
      const reads = before.filter((hop) => hop === "d1").length;
      assert.ok(reads <= 2, `${reads} questions to D1`);
      return before.filter((hop) => hop.startsWith("arrived")).length;
    };
    let most = 0;
    for (let n = 0; n < 8 && most < 6; n++) most = Math.max(most, await burst());
    assert.ok(most >= 6, `${most} came before the first had read it`);
  } finally {
    await server.stop();
  }
});

test("five hundred views a second cost at most two reads of D1 a second", async () => {
  const server = await start({ sim, entry: "counting-entry.mjs" });
  try {
    assert.equal((await chat(server, SUM)).status, 200);
    await eventually(async () => (await view(server, "/v1/report")).calls === 1, { what: "the call" });
    const paths = ["/v1/report", "/v1/overview", "/v1/models"];
    let seconds = 0;
    const told = await during(server, "views", async () => {
      const from = performance.now();
      for (let n = 0; n < 1_000; n += 50) {
        await Promise.all(Array.from({ length: 50 }, (_, i) => call(server, "GET", paths[i % paths.length])));
      }
      seconds = (performance.now() - from) / 1_000;
    });
    const reads = told.filter((hop) => hop === "d1").length;
    assert.ok(reads <= 2 * seconds + 2, `${reads} reads in ${seconds.toFixed(1)} s: ${told.filter((hop) => !hop.startsWith("arrived"))}`);
    assert.ok(!told.some((hop) => !hop.startsWith("arrived") && hop !== "d1"), "and nothing else");

    // Those of what happened ask an object, too, and no more often.
    for (const path of [
      "/v1/timeseries",
      "/v1/recent?task=math",
      "/v1/pool",
      "/v1/recent",
      "/v1/policy",
      "/v1/alerts",
      `/v1/pricing/history?model=${POOL[0]}`,
    ]) {
      const told = await during(server, path.replace(/\W/g, ""), async () => {
        const from = performance.now();
        for (let n = 0; n < 300; n += 50) await Promise.all(Array.from({ length: 50 }, () => call(server, "GET", path)));
        seconds = (performance.now() - from) / 1_000;
      });
      const others = told.filter((hop) => !hop.startsWith("arrived") && hop !== "d1").length;
      const reads = told.filter((hop) => hop === "d1").length;
      assert.ok(reads <= 2 * seconds + 2, `${path}: ${reads} reads in ${seconds.toFixed(1)} s`);
      assert.ok(others <= seconds + 2, `${path}: ${others} questions to objects in ${seconds.toFixed(1)} s`);
    }
    // And yet whoever had an answer sees it.
    for (let n = 2; n < 5; n++) {
      assert.equal((await chat(server, SUM)).status, 200);
      for (const path of ["/v1/recent", "/v1/recent?task=math"]) assert.equal((await view(server, path)).length, n, path);
    }
  } finally {
    await server.stop();
  }
});

test("the catalogue is asked for once, however many want it, and so is one that does not come", async () => {
  const server = await start({ sim });
  const asked = async () => (await sim.control("GET", "/__sim/requests?role=models")).matched;
  const everyone = () => Promise.all(Array.from({ length: 20 }, () => call(server, "GET", "/v1/pricing")));
  try {
    await sim.control("DELETE", "/__sim/requests");
    await sim.control("POST", "/__sim/faults", [{ match: { role: "models" }, fault: { kind: "status", code: 500 } }]);
    for (let round = 0; round < 2; round++) {
      for (const { status, body } of await everyone()) {
        assert.equal(status, 200);
        assert.equal(body.length, POOL.length);
      }
      assert.equal(await asked(), 1, "a failure is kept for a minute");
    }
    await sim.control("DELETE", "/__sim/faults");

    // Nor does whoever asked first take it along by going; and nobody waits for all of its time.
    await sim.control("POST", "/__sim/faults", [{ match: { role: "models" }, fault: { kind: "hang_before_head", ms: 6_000 } }]);
    await server.restart();
    const leaving = new AbortController();
    const first = call(server, "GET", "/v1/pricing", { signal: leaving.signal });
    await eventually(async () => (await asked()) === 2, { what: "that it is asked for" });
    leaving.abort();
    await assert.rejects(first);
    for (const { body } of await everyone()) assert.equal(body.length, POOL.length);
    await eventually(async () => (await view(server, "/v1/pricing")).length > POOL.length, { what: "the catalogue" });
    assert.equal(await asked(), 2);
  } finally {
    await sim.control("DELETE", "/__sim/faults");
    await server.stop();
  }
});

test("a book that cannot be read is set aside and said, and its model goes on with a new one", async () => {
  const server = await start({ sim });
  try {
    for (let n = 0; n < 4; n++) assert.equal((await chat(server, SUM)).status, 200);
    await eventually(async () => (await view(server, "/v1/report")).calls === 4, { what: "four calls" });
    await server.kill();
    const books = files(server, "Learner");
    assert.ok(books.length > 0);
    for (const path of books) rows([path], "update kept set json = '{\"ledger\":7' where key = 'state' returning key");
    await server.restart();
    assert.ok(!(await codes(server)).includes("set_aside"));
    for (let n = 0; n < 12; n++) assert.equal((await chat(server, SUM)).status, 200);
    await eventually(async () => (await codes(server)).includes("set_aside"), { what: "a status that says so" });
    assert.match(server.log(), /is set aside/);
    assert.ok(rows(books, "select json from kept where key like 'aside/%'").every(({ json }) => json === '{"ledger":7'));
    assert.ok(rows(books, "select json from kept where key like 'aside/%'").length > 0, "it is kept");
    await eventually(async () => (await view(server, "/v1/report")).calls >= 12, { what: "what came since is counted" });
  } finally {
    await server.stop();
  }
});

test("a database that was restored to before a reset says so, and learns again after the next one", async () => {
  const server = await start({ sim });
  const copy = mkdtempSync(join(tmpdir(), "arbiter-e2e-"));
  const reset = () => call(server, "POST", "/v1/reset", { key: adminKey });
  try {
    assert.equal((await chat(server, SUM)).status, 200);
    await server.kill();
    const [database] = files(server, "d1").filter(
      (path) => rows([path], "select 1 from policy limit 1").length > 0 || rows([path], "select 1 from meta limit 1").length > 0,
    );
    const copied = ["", "-wal", "-shm"].filter((end) => existsSync(`${database}${end}`));
    for (const end of copied) cpSync(`${database}${end}`, join(copy, `d1${end}`));
    await server.restart();
    assert.equal((await reset()).status, 200);
    // Every Learner is to know of the reset.
    for (let n = 0; n < 24; n++) assert.equal((await chat(server, SUM)).status, 200);
    await eventually(async () => (await view(server, "/v1/report")).calls === 24, { what: "what came after it" });
    await server.kill();
    for (const end of ["", "-wal", "-shm"]) rmSync(`${database}${end}`, { force: true });
    for (const end of copied) cpSync(join(copy, `d1${end}`), `${database}${end}`);
    await server.restart();
    assert.equal((await chat(server, SUM)).status, 200);
    await eventually(async () => (await codes(server)).includes("restored"), { what: "a status that says so" });
    assert.equal((await reset()).status, 200);
    await eventually(async () => !(await codes(server)).includes("restored"), { what: "a status that is well" });
    assert.equal((await chat(server, SUM)).status, 200);
    await eventually(async () => (await view(server, "/v1/report")).calls === 1, { what: "a call that is counted" });
  } finally {
    await server.stop();
    rmSync(copy, { recursive: true, force: true });
  }
});

test("the object of a key that nobody uses any more deletes itself, and what it had spent stays with the key", async () => {
  const server = await start({ sim, entry: "clock-entry.mjs" });
  const live = (ago) => call(server, "POST", `/__clock?ago=${ago}`);
  const show = async (key) => (await call(server, "GET", "/v1/key", { key })).body;
  // Another key's object may hold the ledger of all keys, which stays as long as a lease may count.
  const held = () => rows(files(server, "Limiter"), "select json from account").length;
  try {
    // Its eight days end in a moment from now.
    await live(8 * 24 * 3_600 - 5);
    const key = await register(server);
    assert.equal((await chat(server, SUM, { key })).status, 200);
    const { spent } = await eventually(async () => (await show(key)).spent > 0 && show(key), { what: "what it spent" });
    assert.equal(held(), 1);
    await live(0);
    const empty = () => {
      try {
        return held() === 0;
      } catch (error) {
        // While it is deleted it cannot be read.
        if (error.errstr !== "disk I/O error") throw error;
        return false;
      }
    };
    await eventually(empty, { what: "an object that holds nothing" });
    assert.equal((await chat(server, SUM, { key })).status, 200, "a key is good for ever");
    await eventually(async () => (await show(key)).spent > spent, { what: "both requests in what it spent" });
  } finally {
    await server.stop();
  }
});
