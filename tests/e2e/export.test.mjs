// What is exported is what is reported: `examples/replay` adds up the export as it is, and comes to the same figures.

import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

import { workload } from "../../scripts/bench/prompts.mjs";
import { generator } from "../../scripts/sim/random.mjs";
import { BASELINE, fault, pico } from "./contract.mjs";
import { adminKey, call, chat, eventually, sse, start } from "./harness.mjs";

const CALLS = 210;
/** No answer, and a charge for it all the same. */
const CHARGED = { kind: "status", code: 500, headers: { "x-btl-customer-charge": "0.000123" } };
const root = fileURLToPath(new URL("../../", import.meta.url));

let server;
let folder;
before(async () => {
  server = await start({ settings: { DECISIONS_PER_SECOND: 10_000 } });
  await server.sim.control("POST", "/__sim/state", { time_scale: 0 });
  folder = await mkdtemp(join(tmpdir(), "arbiter-export-"));
});
after(async () => {
  await server?.stop();
  if (folder) await rm(folder, { recursive: true, force: true });
});

async function exported() {
  const pages = [];
  let cursor = "";
  do {
    const page = await call(server, "GET", `/v1/export?cursor=${cursor}`, { key: adminKey });
    assert.equal(page.status, 200, page.text);
    pages.push(page.text);
    cursor = page.headers.get("x-arbiter-cursor") ?? "";
  } while (cursor);
  return pages.join("");
}

/** A report whose means, unlike its sums, hang on the order of adding up: by the picodollar. */
function summed(report) {
  const tasks = Object.entries(report.tasks).map(([task, told]) => [task, { ...told, baseline_cost: pico(told.baseline_cost) }]);
  return { ...report, tasks: Object.fromEntries(tasks) };
}

test("the export of a bench run, replayed, is the report to the last digit", async () => {
  const prompts = workload(CALLS, generator(7));
  for (const [n, { body }] of prompts.entries()) {
    // A price that moves, models that fail and are charged for it, clients that leave.
    if (n === 120) await call(server, "POST", "/v1/simulate-price", { key: adminKey, json: { model: BASELINE, multiplier: 8 } });
    if (n % 30 === 10) await fault(server, [CHARGED, "reset", "truncated"][Math.floor(n / 30) % 3], { times: 1 });
    if (n % 20 === 5) await sse(server, body, { until: (text) => text.includes("data:") });
    else await (n % 4 ? chat : sse)(server, body);
  }
  const text = await eventually(
    async () => {
      const text = await exported();
      return text.split("\n").filter(Boolean).length === CALLS && text;
    },
    { within: 30_000, what: `${CALLS} decisions in the export` },
  );
  const file = join(folder, "export.ndjson");
  await writeFile(file, text);
  // As the tests of the core have built it.
  const args = ["run", "--locked", "--quiet", "--profile", "test", "--example", "replay", "--", "--export", file, "--baseline", BASELINE, "--json"];
  const { stdout, stderr } = await promisify(execFile)("cargo", args, { cwd: root, timeout: 900_000 });
  assert.equal(stderr, "");
  // What the judge took, and what the pool says of prices, stand in no row.
  const { overhead_spend: _, like_for_like: _like, ...report } = (await call(server, "GET", "/v1/report")).body;
  assert.deepEqual(summed(JSON.parse(stdout)), summed(report));
  assert.ok(report.calls > 150 && report.saved > 0 && Object.keys(report.tasks).length === 5, JSON.stringify(report));
  const rows = text
    .split("\n")
    .filter(Boolean)
    .map((line) => JSON.parse(line));
  for (const [what, has] of Object.entries({
    failover: (row) => row.failover_from,
    dropped: (row) => row.outcome === "dropped",
    estimate: (row) => row.cost_estimated,
    charge: (row) => row.cost_source === "charge",
    waste: (row) => row.wasted === 0.000123,
  })) {
    assert.ok(rows.some(has), `no ${what} among them`);
  }
});
