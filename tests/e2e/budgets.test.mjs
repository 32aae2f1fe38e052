// What a key may spend, what one request of it may ask for, and what trying costs.

import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { after, before, beforeEach, test } from "node:test";

import { SUM, fault, refused } from "./contract.mjs";
import { call, chat, eventually, register, sse, start, startSim } from "./harness.mjs";

let sim;
before(async () => {
  sim = await startSim();
  await sim.control("POST", "/__sim/state", { time_scale: 0 });
});
after(() => sim?.stop());
beforeEach(() => sim.control("DELETE", "/__sim/faults"));

async function served(settings, work) {
  const server = await start({ sim, settings: { QUARANTINE_SECONDS: 0, ...settings } });
  try {
    await work(server);
  } finally {
    await server.stop();
  }
}

const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
const show = async (server, key) => (await call(server, "GET", "/v1/key", { key })).body;
/** Once nothing is set aside any more: what the key's account says that it has spent. */
const settled = (server, key) =>
  eventually(
    async () => {
      const shown = await show(server, key);
      return shown.budget.reserved === 0 && shown;
    },
    { what: "the end of all requests" },
  );

test("a budget holds under 200 calls at once, whole, streamed and of several answers: what is spent stays within it", () =>
  served({ BUDGET_USD_KEY: 0.05, BUDGET_PERIOD_KEY: "day", LIMIT_6H: 1_000, MAX_CONCURRENT: 50, MINTED_USD_DAY: 0 }, async (server) => {
    const key = await register(server);
    // Every answer is charged more than a model's tokens cost: nine of them are all that the budget holds.
    await sim.control("POST", "/__sim/faults", [{ fault: { kind: "headers", headers: { "x-btl-customer-charge": "0.005" } } }]);
    const asks = [() => chat(server, SUM, { key }), () => sse(server, SUM, { key }), () => chat(server, { ...SUM, n: 4 }, { key })];
    const answers = await Promise.all(Array.from({ length: 200 }, (_, n) => asks[n % 3]()));
    const statuses = new Set(answers.map(({ status }) => status));
    assert.ok(
      [...statuses].every((status) => [200, 402, 429].includes(status)),
      [...statuses].join(),
    );
    const exceeded = answers.find(({ status }) => status === 402);
    const { detail, error } = refused(exceeded, 402);
    assert.equal(error.code, "budget_exceeded");
    assert.equal(detail.limit, 0.05);
    assert.ok(detail.spent + detail.reserved > 0 && detail.resets_at > Date.now() / 1_000);
    assert.equal(exceeded.headers.get("x-should-retry"), "false");
    const { budget, spent } = await settled(server, key);
    assert.equal(budget.spent, spent);
    const report = (await call(server, "GET", "/v1/report")).body;
    assert.ok(Math.abs(report.actual_spend + report.overhead_spend - spent) < 1e-9, `${report.actual_spend} and ${spent}`);
    // Each of those under way at the end may have been charged 0.005 at the most for what it had set aside.
    assert.ok(spent <= 0.05 + 50 * 0.005, `${spent}`);
    assert.equal((await chat(server, SUM)).status, 200, "an operator has no budget");
  }));

test("with little left only what fits it is eligible", () =>
  served({ BUDGET_USD_KEY: 0.01, MINTED_USD_DAY: 0 }, async (server) => {
    const key = await register(server);
    // The dearest models would cost more than the budget for that many tokens.
    const answer = await chat(server, { ...SUM, max_tokens: 4_000 }, { key });
    assert.equal(answer.status, 200);
    assert.ok(answer.body.arbiter.eligible_models < 9 && answer.body.arbiter.eligible_models > 0, `${answer.body.arbiter.eligible_models}`);
    assert.equal(answer.body.arbiter.budget_max_cost ?? null, null, "the client set no ceiling");
    const { budget } = await settled(server, key);
    assert.deepEqual([budget.limit, budget.spent > 0], [0.01, true]);
  }));

test("an agent that allows itself 128,000 tokens sets aside what a turn costs, and has every model to choose from", () =>
  served({ BUDGET_USD_KEY: 1, MINTED_USD_DAY: 0 }, async (server) => {
    const key = await register(server);
    const agent = (path, json) => call(server, "POST", path, { key, json });
    for (const ask of [
      () => agent("/v1/messages", { ...SUM, model: "auto", max_tokens: 128_000 }),
      () => agent("/v1/responses", { input: "Calculate 17 * 23", model: "auto", max_output_tokens: 128_000 }),
      () => chat(server, { ...SUM, max_tokens: 30_000 }, { key }),
    ]) {
      await sim.control("POST", "/__sim/faults", [{ times: 1, fault: { kind: "hang_before_head", ms: 1_500 } }]);
      const answering = ask();
      const { reserved } = await eventually(
        async () => {
          const { budget } = await show(server, key);
          return budget.reserved > 0 && budget;
        },
        { what: "what is set aside" },
      );
      // 2,048 tokens of the dearest, at $10 a million, and little for the request.
      assert.ok(reserved > 0.0204 && reserved < 0.0215, `${reserved} USD`);
      const answer = await answering;
      assert.equal(answer.status, 200, answer.text);
      assert.equal(answer.body.arbiter.eligible_models, 9);
      await settled(server, key);
    }
  }));

test("all minted keys together spend no more than their cap, whatever each may", () =>
  served({ MINTED_USD_DAY: 0.1, LIMIT_6H: 1_000, REGISTER_LIMIT: 100 }, async (server) => {
    const keys = await Promise.all(Array.from({ length: 5 }, () => register(server)));
    await sim.control("POST", "/__sim/faults", [{ fault: { kind: "headers", headers: { "x-btl-customer-charge": "0.01" } } }]);
    const answers = await Promise.all(Array.from({ length: 100 }, (_, n) => chat(server, SUM, { key: keys[n % 5] })));
    const count = (wanted) => answers.filter(({ status }) => status === wanted).length;
    assert.ok(count(200) > 0 && count(402) > 0, answers.map(({ status }) => status).join());
    assert.match(answers.find(({ status }) => status === 402).body.error.message, /all minted keys/);
    await eventually(async () => (await call(server, "GET", "/v1/report")).body.calls === count(200), { what: "all settlements" });
    const spent = (await Promise.all(keys.map((key) => show(server, key)))).reduce((sum, { spent }) => sum + spent, 0);
    assert.ok(Math.abs(spent - count(200) * 0.01) < 1e-9);
    // Leases never sum up to more than the cap; a call may cost more than it had set aside.
    assert.ok(count(200) <= 16, `${count(200)} of 0.01 USD`);
    refused(await chat(server, SUM, { key: await register(server) }), 402);
    assert.equal((await chat(server, SUM)).status, 200, "operators go on");
  }));

test("a key that is revoked gives back what it was leased", () =>
  served({ MINTED_USD_DAY: 0.5, REGISTER_LIMIT: 100 }, async (server) => {
    const other = await register(server);
    for (let n = 0; n < 30; n++) {
      const key = await register(server);
      assert.equal((await chat(server, SUM, { key })).status, 200, `after ${n} keys that spent next to nothing`);
      assert.equal((await call(server, "POST", "/v1/key/revoke", { key })).status, 200);
    }
    assert.equal((await chat(server, SUM, { key: other })).status, 200);
  }));

test("no key believes itself leased what the ledger may give to others, whichever answer is late", async () => {
  const server = await start({ sim, entry: "ledger-entry.mjs", settings: { MINTED_USD_DAY: 1, MAX_CONCURRENT: 100, LIMIT_6H: 1_000 } });
  try {
    const key = await register(server);
    const name = createHash("sha256").update(key).digest("hex");
    const late = (ms) => call(server, "POST", `/__late?ms=${ms}`);
    const ring = async () => assert.equal((await call(server, "POST", `/__alarm?of=${name}`)).status, 204);
    assert.equal((await chat(server, SUM, { key })).status, 200);
    // What is said to the ledger while it is asked for more, and the answer to that comes first.
    await late(800);
    const asking = chat(server, { ...SUM, n: 4, max_tokens: 8_000 }, { key });
    await pause(300);
    await Promise.all([ring(), asking]);
    assert.equal((await asking).status, 200);
    const leased = () => {
      const [one] = rowsOf(server, "select granted from leases");
      const [{ json }] = rowsOf(server, "select json from money where one = 1").filter(({ json }) => JSON.parse(json).leased > 0);
      return [JSON.parse(json).leased, one.granted];
    };
    const holds = (what) => {
      const [own, granted] = leased();
      assert.ok(own <= granted, `${what}: ${own} of ${granted}`);
    };
    holds("two questions at once");
    // What is handed back, and the answer does not come in time.
    assert.equal((await chat(server, SUM, { key })).status, 200);
    await late(1_500);
    await ring();
    await pause(1_000);
    holds("an answer that did not come");
    // The ledger is asked again two seconds later.
    await eventually(async () => (await chat(server, SUM, { key })).status === 200, { what: "a request after it" });
    holds("the next request");
  } finally {
    await server.stop();
  }
});

/** The rows of whichever accounts have such a table. */
function rowsOf(server, statement) {
  const folder = join(server.persistTo, "do/arbiter-Limiter");
  const files = readdirSync(folder).filter((name) => /^[0-9a-f]{64}\.sqlite$/.test(name));
  return files.flatMap((name) => {
    const db = new DatabaseSync(join(folder, name), { timeout: 5_000 });
    try {
      return db.prepare(statement).all();
    } catch (error) {
      if (/no such table/.test(error.message)) return [];
      throw error;
    } finally {
      db.close();
    }
  });
}

test("one request asks for no more than it may: n, output tokens, and how many at once", () =>
  served({ MAX_CONCURRENT: 2, MAX_OUTPUT_TOKENS: 100 }, async (server) => {
    const key = await register(server);
    refused(await chat(server, { ...SUM, n: 5 }, { key }), 422, { field: "n" });
    refused(await chat(server, { ...SUM, max_tokens: 101 }, { key }), 422, { field: "max_tokens" });
    refused(await chat(server, { ...SUM, max_completion_tokens: 101 }, { key }), 422, { field: "max_tokens" });
    assert.equal((await chat(server, { ...SUM, n: 4, max_tokens: 100 }, { key })).status, 200);
    assert.equal((await chat(server, { ...SUM, n: 5, max_tokens: 101 })).status, 200, "an operator may");
    // Longer than a request waits for its turn.
    await fault(server, { kind: "hang_before_head", ms: 12_000 });
    const answers = await Promise.all(Array.from({ length: 4 }, () => chat(server, SUM, { key })));
    const limited = answers.filter(({ status }) => status === 429);
    assert.equal(limited.length, 2, answers.map(({ status }) => status).join());
    assert.match(limited[0].body.detail.limit, /MAX_CONCURRENT/);
    assert.equal((await show(server, key)).used_6h, 3, "those were not counted");
  }));

test("what the runtime refuses is given back, but not for ever: attempts have a window of their own", () =>
  served({ LIMIT_6H: 10, MAX_ATTEMPTS: 1 }, async (server) => {
    const key = await register(server);
    const statuses = [];
    for (let n = 0; n < 70; n++) {
      await sim.control("POST", "/__sim/faults", [{ times: 1, fault: { kind: "status", code: [403, 422][n % 2] } }]);
      statuses.push((await chat(server, SUM, { key })).status);
    }
    assert.deepEqual([...new Set(statuses.slice(0, 60))].sort(), [403, 422]);
    assert.deepEqual([...new Set(statuses.slice(60))], [429]);
    assert.equal((await show(server, key)).used_6h, 0);
  }));

test("a budget and what is set aside live through a restart", () =>
  served({ BUDGET_USD_KEY: 1 }, async (server) => {
    const key = await register(server);
    for (let n = 0; n < 3; n++) assert.equal((await chat(server, SUM, { key })).status, 200);
    const before = await settled(server, key);
    await server.restart();
    assert.deepEqual(await show(server, key), {
      ...before,
      frees_6h_seconds: (await show(server, key)).frees_6h_seconds,
      frees_week_seconds: (await show(server, key)).frees_week_seconds,
    });
    assert.ok(before.spent > 0);
  }));

test("of many that are told at once before each is stored, each counts through a kill, and what is set aside for it", () =>
  served({ BUDGET_USD_KEY: 10, MINTED_USD_DAY: 0, LIMIT_6H: 2_000, MAX_CONCURRENT: 100, REQUEST_TIMEOUT: 60 }, async (server) => {
    const key = await register(server);
    await fault(server, { kind: "hang_before_head", ms: 60_000 });
    const under = Array.from({ length: 80 }, () => chat(server, SUM, { key }).catch(() => null));
    await eventually(async () => (await sim.control("GET", "/__sim/requests?limit=0")).open === 80, { what: "80 at the runtime" });
    await server.kill();
    await Promise.all(under);
    await server.restart();
    const { used_6h, budget } = await show(server, key);
    // A twentieth of what was left may count beside them.
    assert.ok(used_6h >= 80 && used_6h <= 80 + 2_000 / 20, `${used_6h}`);
    assert.ok(budget.reserved > 0, `${budget.reserved}`);
  }));

/** Works on what the account of a key has stored, while no worker runs. */
function stored(server, work) {
  const folder = join(server.persistTo, "do/arbiter-Limiter");
  const files = readdirSync(folder).filter((name) => /^[0-9a-f]{64}\.sqlite$/.test(name));
  const worked = files.flatMap((name) => {
    const db = new DatabaseSync(join(folder, name));
    try {
      const tables = db.prepare("select name from sqlite_master where type = 'table'").all();
      return tables.some(({ name }) => name === "account") ? [work(db)] : [];
    } finally {
      db.close();
    }
  });
  assert.equal(worked.length, 1, "one key was registered");
  return worked[0];
}

test("what was spent is the checkpoint and the pages after it, once each, through kills and from the version before", () =>
  served({ BUDGET_USD_KEY: 10, BUDGET_PERIOD_KEY: "total", MINTED_USD_DAY: 0, LIMIT_6H: 1_000, MAX_CONCURRENT: 100 }, async (server) => {
    const key = await register(server);
    const COST = 0.001;
    await sim.control("POST", "/__sim/faults", [{ fault: { kind: "headers", headers: { "x-btl-customer-charge": `${COST}` } } }]);
    const ask = (count) => Promise.all(Array.from({ length: count }, () => chat(server, SUM, { key })));
    const spent = async () => Number(((await settled(server, key)).spent / COST).toFixed(6));
    await ask(5);
    assert.equal(await spent(), 5);
    await server.kill();
    const sums = "sum(json_array_length(json, '$.asked')) as requests, sum(json_array_length(json, '$.settled')) as settled";
    const counts = (db) => db.prepare(`select ${sums} from pages`).get();
    assert.deepEqual({ ...stored(server, counts) }, { requests: 5, settled: 5 });
    await server.restart();
    assert.equal(await spent(), 5, "no checkpoint was written: the pages have it all");
    await ask(70);
    assert.equal(await spent(), 75);
    await server.kill();
    const checkpoint = (db) => JSON.parse(db.prepare("select json from money").get().json);
    const { page } = stored(server, checkpoint);
    assert.ok(page > 0 && page <= stored(server, (db) => db.prepare("select max(number) as last from pages").get().last));
    await server.restart();
    assert.equal(await spent(), 75, "a checkpoint and what came after it");
    await server.kill();
    // As the version before had it: a row a request, each settlement with its number.
    const asked = "select value ->> 'id' as id, value ->> 'at' as at from pages, json_each(pages.json, '$.asked')";
    const paid = "select value ->> 'id' as id, value ->> 'spent' as spent, value ->> 'at' as settled from pages, json_each(pages.json, '$.settled')";
    stored(server, (db) => {
      db.exec(
        "create table accepted (id text not null, at real not null, reserved integer, given_back integer not null default 0, " +
          "number integer, spent integer, settled real, late integer not null default 0) strict",
      );
      db.exec(
        "insert into accepted (id, at, number, spent, settled) select id, at, row_number() over (order by settled), spent, settled " +
          `from (${asked}) join (${paid}) using (id)`,
      );
      db.exec("drop table pages; drop table money");
    });
    await server.restart();
    assert.equal(await spent(), 75, "seventy-five rows");
    await ask(2);
    assert.equal(await spent(), 77);
    await server.kill();
    // As one before that had it: no numbers, and all of it in the sums.
    stored(server, (db) => {
      const money = checkpoint(db);
      delete money.settled;
      delete money.page;
      money.spent.total = 77 * COST * 1e12;
      db.prepare("update money set json = ?").run(JSON.stringify(money));
      db.exec("create table before (id text not null, at real not null, reserved integer, given_back integer not null default 0) strict");
      db.exec(`insert into before (id, at) select id, at from accepted union all ${asked}`);
      db.exec("drop table pages; drop table accepted; alter table before rename to accepted");
    });
    await server.restart();
    assert.equal(await spent(), 77);
    await ask(3);
    assert.equal(await spent(), 80);
    await server.restart();
    assert.equal(await spent(), 80);
    const { used_week } = await show(server, key);
    assert.equal(used_week, 80);
  }));
