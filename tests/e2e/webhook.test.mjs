// What an owner's webhook is told: by the clock, signed, once, and again until it is taken.

import assert from "node:assert/strict";
import { createHmac } from "node:crypto";
import { once } from "node:events";
import { createServer } from "node:http";
import { after, before, beforeEach, test } from "node:test";

import { SUM, refused } from "./contract.mjs";
import { adminKey, call, chat, eventually, start } from "./harness.mjs";

const SECRET = "a-secret-of-the-webhook-of-32-bytes";
const MINUTE = 60;

/** What arrived, and what the next ones are answered with: 200 where nothing is said. */
const inbox = [];
const answers = [];
const receiver = createServer(async (request, response) => {
  let body = "";
  for await (const chunk of request) body += chunk;
  inbox.push({ path: request.url, method: request.method, headers: request.headers, body });
  const { status = 200, headers = {} } = answers.shift() ?? {};
  response.writeHead(status, headers).end("thank you");
});

let server;
let at;
before(async () => {
  receiver.listen(0, "127.0.0.1");
  await once(receiver, "listening");
  server = await start({
    entry: "clock-entry.mjs",
    settings: { EPSILON: 0, WEBHOOK_URL: `http://127.0.0.1:${receiver.address().port}/told?of=arbiter`, WEBHOOK_SECRET: SECRET },
  });
  await server.sim.control("POST", "/__sim/state", { time_scale: 0 });
  at = Date.now() / 1_000;
  await round();
});
after(async () => {
  await server?.stop();
  receiver.closeAllConnections();
  receiver.close();
});
beforeEach(() => {
  inbox.length = answers.length = 0;
});

/** The clock goes on by so many seconds; gives what was told by it. */
async function round(seconds = 0) {
  at += seconds;
  inbox.length = 0;
  assert.equal((await call(server, "POST", `/__clock?at=${at}`)).status, 204);
  return inbox.map(({ body }) => JSON.parse(body));
}
const kinds = (events) => events.map(({ type, subject }) => `${type} ${subject}`);
const faults = (...rules) => server.sim.control("POST", "/__sim/faults", rules);
const decided = (count) =>
  eventually(async () => (await call(server, "GET", "/v1/recent?limit=200")).body.length >= count, { what: `${count} decisions in the database` });
const answered = () => eventually(async () => (await chat(server, SUM)).status === 200, { what: "an answer", within: 30_000 });

test("a runtime that is down is told, signed, again until it is taken, and then that it is up", async () => {
  await faults({ fault: { kind: "status", code: 503 } });
  for (let n = 0; n < 4; n++) await chat(server, SUM);
  await decided(2);
  answers.push({ status: 500 }, { status: 302, headers: { location: "/elsewhere" } });
  const tries = [];
  for (const wait of [0, MINUTE, 5 * MINUTE]) {
    assert.deepEqual(kinds(await round(wait)), ["runtime.down default"]);
    tries.push(...inbox);
    assert.deepEqual(await round(1), [], "not before its time");
  }
  const [{ body }] = tries;
  const times = new Set();
  for (const { path, method, headers, body: again } of tries) {
    assert.deepEqual([path, method, again], ["/told?of=arbiter", "POST", body]);
    assert.equal(headers["content-type"], "application/json");
    const [, time, hex] = headers["x-arbiter-signature"].match(/^t=(\d+),v1=([0-9a-f]{64})$/);
    assert.equal(hex, createHmac("sha256", SECRET).update(`${time}.${body}`).digest("hex"));
    times.add(time);
  }
  const { id, type, subject, time, text, data, ...rest } = JSON.parse(body);
  assert.match(id, /^evt_[0-9a-f]+_\d+$/);
  assert.deepEqual([type, subject, data, rest], ["runtime.down", "default", {}, {}]);
  assert.ok(Math.abs(time - at) < 10 * MINUTE && text.includes("default"));
  assert.deepEqual(await round(MINUTE), [], "once");

  await faults();
  await answered();
  assert.deepEqual(
    await eventually(async () => ((await round(1)).length ? kinds(inbox.map(({ body }) => JSON.parse(body))) : null), { what: "that it is up" }),
    ["runtime.up default"],
  );
  assert.ok(!server.log().includes(SECRET) && !server.log().includes("/told"), "no secret and no address in the log");
});

test("of one kind and subject no more than one is told in ten minutes", async () => {
  await faults({ fault: { kind: "status", code: 503 } });
  const down = async () => (await call(server, "GET", "/v1/recent?outcome=failed&limit=200")).body.length;
  const before = await down();
  await eventually(
    async () => {
      await chat(server, SUM);
      return (await down()) >= before + 3;
    },
    { what: "three more failures", within: 30_000 },
  );
  // The one of the test before was told some seven minutes ago, and answers as young as a minute hold.
  await faults();
  assert.deepEqual(
    kinds(await round(1)).filter((it) => it.startsWith("runtime.down")),
    [],
  );
  await answered();
  await round(1);
});

test("a price that moved is told, and the winner that it made", async () => {
  // What is told is younger than an hour: the clock of this test has not run ahead that far yet.
  await call(server, "POST", "/v1/reset", { key: adminKey });
  // All answer alike, at length: a unit price takes some tokens to be known.
  const text = `${"Seventeen times twenty-three, worked out step by step. ".repeat(8)}17 * 23 = 391`;
  const costs = [
    [{ model: "gpt-4o-mini" }, "0.000100"],
    [{ model: "deepseek-chat-v3" }, "0.000300"],
    [{}, "0.000900"],
  ];
  await faults(
    ...costs.map(([match, value]) => ({
      match: { role: "chat", ...match },
      fault: [
        { kind: "content", text },
        { kind: "cost_header", value },
      ],
    })),
  );
  const reaches = (model) =>
    eventually(
      async () => {
        const { arbiter } = (await chat(server, SUM)).body;
        return arbiter.mode === "exploit" && arbiter.model === model;
      },
      { within: 30_000, what: `${model} chosen` },
    );
  await reaches("gpt-4o-mini");
  // The winner of the tests before is told by now, whichever it was.
  for (const wait of [11 * MINUTE, MINUTE, MINUTE]) await round(wait);
  assert.equal((await call(server, "POST", "/v1/simulate-price", { key: adminKey, json: { model: "gpt-4o-mini", multiplier: 8 } })).status, 200);
  await reaches("deepseek-chat-v3");
  at += 11 * MINUTE;
  const told = [];
  await eventually(
    async () => {
      told.push(...(await round(1)));
      return told.length >= 2;
    },
    { what: "price and winner" },
  );
  const [price, winner] = ["price.shifted", "winner.changed"].map((type) => told.find((event) => event.type === type));
  assert.equal(price.subject, "math/gpt-4o-mini");
  assert.ok(price.data.new_unit > 7.9 * price.data.old_unit && price.data.direction === "up");
  assert.deepEqual([winner.subject, winner.data], ["math", { from: "gpt-4o-mini", to: "deepseek-chat-v3" }]);
  assert.equal(told.length, 2);
  await faults();
});

test("a model is told once it has been out for ten minutes, and that it is back", async () => {
  const model = "gpt-4o-mini";
  // First samples are gathered of every model, of this one too.
  await call(server, "POST", "/v1/reset", { key: adminKey });
  await faults({ match: { model }, fault: { kind: "status", code: 429, headers: { "retry-after": "3600" } } });
  await eventually(
    async () => {
      await chat(server, SUM);
      return model in (await call(server, "GET", "/v1/overview")).body.quarantined;
    },
    { what: "the model out" },
  );
  const out = async (seconds) => kinds(await round(seconds)).filter((it) => it.startsWith("model."));
  assert.deepEqual(await out(1), []);
  assert.deepEqual(await out(9 * MINUTE), []);
  assert.deepEqual(await out(2 * MINUTE), [`model.out ${model}`]);
  assert.deepEqual(await out(30 * MINUTE), []);
  await faults();
  await call(server, "POST", "/v1/reset", { key: adminKey });
  assert.deepEqual(await out(MINUTE), [`model.back ${model}`]);
});

test("a budget is told at 80 % and when it is spent, also over a restart", async () => {
  const spent = async () => {
    const { actual_spend, overhead_spend } = (await call(server, "GET", "/v1/report")).body;
    return actual_spend + overhead_spend;
  };
  const reset = await call(server, "POST", "/v1/reset", { key: adminKey });
  assert.equal(reset.status, 200);
  const day = () => call(server, "GET", "/v1/timeseries?step=day");
  await eventually(async () => (await day()).status === 200);
  // What was spent before the reset counts too: the status says how much of it is spent.
  await server.restart({ BUDGET_USD_DAY: 0.000001 });
  const percent = (text) => Number(text.match(/^(\d+) % of BUDGET_USD_DAY/)?.[1]);
  await chat(server, SUM);
  const reason = await eventually(async () => (await call(server, "GET", "/v1/status")).body.reasons.find(({ code }) => code === "budget"), {
    what: "the budget",
  });
  const all = (percent(reason.message) / 100) * 0.000001;
  assert.ok(all > (await spent()));
  await server.restart({ BUDGET_USD_DAY: all / 0.9 });
  const budgets = async (seconds) => (await round(seconds)).filter(({ type }) => type.startsWith("budget."));
  const [warning, ...more] = await eventually(
    async () => {
      const told = await budgets(1);
      return told.length ? told : null;
    },
    { what: "the warning" },
  );
  assert.deepEqual([warning.type, warning.subject, more], ["budget.warning", "BUDGET_USD_DAY", []]);
  assert.ok(warning.data.spent >= 0.8 * warning.data.limit && warning.data.spent < warning.data.limit);
  await server.restart({ BUDGET_USD_DAY: all / 1.5 });
  const [full] = await eventually(
    async () => {
      const told = await budgets(1);
      return told.length ? told : null;
    },
    { what: "that it is spent" },
  );
  assert.deepEqual([full.type, full.subject], ["budget.spent", "BUDGET_USD_DAY"]);
  assert.deepEqual(await budgets(20 * MINUTE), []);
});

test("a bad address or secret is refused by its name", async () => {
  for (const [name, value] of [
    ["WEBHOOK_URL", "http://hooks.example/"],
    ["WEBHOOK_SECRET", "short"],
  ]) {
    const bad = await start({ sim: false, settings: { [name]: value } });
    try {
      const answer = await call(bad, "GET", "/v1/report");
      refused(answer, 503);
      assert.match(answer.body.error.message, new RegExp(`^setting ${name} must`));
    } finally {
      await bad.stop();
    }
  }
});

test("where no address is set the clock asks for nothing more", async () => {
  // A round of its own, counted by the doors of the worker around it.
  const quiet = await start({ entry: "counting-entry.mjs", sim: server.sim, settings: { EPSILON: 0 } });
  try {
    const hops = async () => {
      const before = quiet.log().length;
      assert.equal((await call(quiet, "POST", "/__clock")).status, 204);
      return eventually(
        () =>
          quiet.log().slice(before).includes("hop: done") &&
          quiet
            .log()
            .slice(before)
            .match(/hop: \S+/g),
        { what: "the round" },
      );
    };
    assert.deepEqual(await hops(), ["hop: arrived", "hop: d1", "hop: d1", "hop: done"], "the first notes the built-in prices");
    assert.deepEqual(await hops(), ["hop: arrived", "hop: d1", "hop: done"]);
    await quiet.restart({ WEBHOOK_URL: "http://127.0.0.1:9/" });
    assert.deepEqual(await hops(), ["hop: arrived", ...Array(5).fill("hop: d1"), "hop: done"], "three for it, and again the prices");
  } finally {
    await quiet.stop();
  }
});
