// The process dies again and again under load: what was acknowledged is there, once.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";

import { SUM, pico } from "./contract.mjs";
import { adminKey, call, chat, eventually, sse, start } from "./harness.mjs";

const CALLS = Number(process.env.KILL_CALLS ?? 600);
const KILLS = 4;

let server;
before(async () => {
  server = await start({ settings: { EPSILON: 0, DECISIONS_PER_SECOND: 10_000 } });
  await server.sim.control("POST", "/__sim/state", { time_scale: 0 });
});
after(() => server?.stop());

// A kill may leave half a line, with the next life's first line behind it: that one is not counted on.
const finished = (log) =>
  log.split("\n").flatMap((line) => {
    if (!line.includes('"outcome":"finished"')) return [];
    try {
      return [JSON.parse(line.slice(line.indexOf("{")))];
    } catch {
      return [];
    }
  });

async function exported() {
  const rows = [];
  let cursor = "";
  do {
    const answer = await call(server, "GET", `/v1/export?cursor=${cursor}`, { key: adminKey });
    if (answer.status !== 200) return [];
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

test(`${CALLS} calls under ${KILLS} kills: none that was acknowledged is lost, none is doubled`, async () => {
  await call(server, "POST", "/v1/reset", { key: adminKey });
  const acknowledged = new Map();
  const note = () => finished(server.log()).forEach((line) => acknowledged.set(line.id, line));
  let left = CALLS;
  for (let life = 0; life <= KILLS; life++) {
    const share = life === KILLS ? left : Math.floor(Math.random() * ((2 * left) / (KILLS - life + 1)));
    left -= share;
    const asking = Promise.all(Array.from({ length: share }, (_, n) => (n % 5 ? chat : sse)(server, SUM).catch(() => null)));
    if (life === KILLS) {
      await asking;
    } else {
      const enough = Math.floor(Math.random() * share * 0.8);
      await eventually(() => finished(server.log()).length >= enough, { within: 60_000, what: `${enough} of ${share} settlements` });
      await server.kill();
      await asking;
      note();
      await server.restart();
    }
  }
  const rows = await eventually(
    async () => {
      note();
      const rows = await exported();
      const there = new Set(rows.map(({ id }) => id));
      const { body: report } = await call(server, "GET", "/v1/report");
      const whole = rows.filter(({ outcome }) => outcome === "finished");
      return [...acknowledged.keys()].every((id) => there.has(id)) && report.calls === rows.length && whole.length > 0 && rows;
    },
    { within: 60_000, what: "everything acknowledged in the database" },
  );
  assert.equal(new Set(rows.map(({ id }) => id)).size, rows.length, "once");
  assert.ok(rows.length <= CALLS && acknowledged.size > 0);
  const report = (await call(server, "GET", "/v1/report")).body;
  assert.equal(
    pico(report.actual_spend),
    rows.reduce((sum, { cost }) => sum + pico(cost), 0n),
    "to the unit",
  );
  const { points } = (await call(server, "GET", "/v1/timeseries")).body;
  assert.equal(
    points.reduce((sum, { spend }) => sum + pico(spend), 0n),
    pico(report.actual_spend),
    "the hours too",
  );
});
