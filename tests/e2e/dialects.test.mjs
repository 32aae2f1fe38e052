// Every kind of runtime, with the pool that scripts/pool.mjs proposes for it: calls whole and streamed
// by turns are all counted, what was spent is what the runtime's own ledger says, no model that works
// is put out, and one that the runtime does not know is found out by asking once, in whatever words it
// says so.
//
//   DIALECT_CALLS=90 node --test tests/e2e/dialects.test.mjs      fewer than the 300 of a bench: a first look

import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

import { workload } from "../../scripts/bench/prompts.mjs";
import { generator } from "../../scripts/sim/random.mjs";
import { adminKey, call, chat, eventually, sse, start, startSim } from "./harness.mjs";

const CALLS = Number(process.env.DIALECT_CALLS ?? 300);
const script = fileURLToPath(new URL("../../scripts/pool.mjs", import.meta.url));
const run = promisify(execFile);
const pool = (args, env = {}) => run(process.execPath, [script, ...args], { env: { ...process.env, ...env } });

/** USD per 1M tokens, in and out, where only the operator can say. */
const OWN = [0.2, 0.4];
/** Where the costs of a dialect are from. */
const SOURCES = {
  btl: ["charge", "computed"],
  openrouter: ["charge"],
  openai: ["computed"],
  litellm: ["charge"],
  ollama: ["computed"],
  vllm: ["computed"],
};

/** Where all models cost alike there is nothing to save. */
const ALIKE = ["ollama", "vllm"];

/** Mean quality of all that was graded. */
function quality(policy) {
  const rows = Object.values(policy)
    .flat()
    .filter((row) => row.quality !== null);
  const n = rows.reduce((sum, row) => sum + row.n, 0);
  return rows.reduce((sum, row) => sum + row.quality * row.n, 0) / n;
}

/** What the script proposes for a runtime; BTL has the built-in pool. */
async function propose(dialect, base) {
  if (dialect === "btl") return { baseline: "gpt-4o" };
  const { stdout } = await pool(["propose", base], { GATEWAY_API_KEY: "key-of-the-tests" });
  const proposed = JSON.parse(stdout);
  assert.ok(proposed.models.length >= 2, stdout);
  return proposed;
}

for (const dialect of ["btl", "openrouter", "openai", "litellm", "ollama", "vllm"]) {
  test(`${dialect}: ${CALLS} calls are counted and cost what the runtime says`, { timeout: 300_000 }, async (t) => {
    const sim = await startSim({ dialect });
    const folder = await mkdtemp(join(tmpdir(), "arbiter-pool-"));
    t.after(async () => {
      await sim.stop();
      await rm(folder, { recursive: true, force: true });
    });
    await sim.control("POST", "/__sim/state", { time_scale: 0 });
    const proposed = await propose(dialect, sim.base);
    const file = join(folder, "pool.json");
    await writeFile(file, JSON.stringify(proposed));
    const server = await start({
      sim,
      settings: { EPSILON: 0, MIN_SAMPLES: 1, BASELINE_MODEL: proposed.baseline, CLASSIFIER_MODEL: "none", JUDGE_MODEL: "none" },
    });
    t.after(() => server.stop());
    if (proposed.models) await pool(["apply", file, "--yes", "--url", server.url, "--key", adminKey]);
    const { body: live } = await call(server, "GET", "/v1/pool");
    const ids = (models) => models.map(({ id }) => id).sort();
    if (proposed.models) assert.deepEqual(ids(live.models), ids(proposed.models));
    // A self-hosted runtime names no price: its operator does.
    for (const model of live.models.filter((model) => model.in_price === null)) {
      await pool(["price", model.id, ...OWN.map(String), "--url", server.url, "--key", adminKey]);
    }

    const prompts = workload(CALLS, generator(7));
    const sources = {};
    const modes = {};
    for (const [at, { body }] of prompts.entries()) {
      const answer = at % 2 ? await sse(server, body) : await chat(server, body);
      assert.equal(answer.status, 200, answer.text);
      const said = at % 2 ? answer.events.at(-1).json : answer.body.arbiter;
      modes[said.task] = said.mode;
      sources[said.cost_source] = (sources[said.cost_source] ?? 0) + 1;
    }
    const { body: report } = await call(server, "GET", "/v1/report");
    const ledger = await sim.control("GET", "/__sim/ledger");
    const main = ledger.by_role.chat;
    const overview = (await call(server, "GET", "/v1/overview")).body;
    const graded = quality((await call(server, "GET", "/v1/policy")).body);
    t.diagnostic(JSON.stringify({ calls: report.calls, spent: report.actual_spend, ledger: main, saved: report.saved_pct, quality: graded, sources, modes }));
    assert.equal(report.calls, CALLS);
    const charges = SOURCES[dialect].includes("charge");
    assert.equal(report.charged_spend > 0, charges, "what nobody named is not called charged");
    if (dialect !== "btl") assert.equal(report.computed_spend > 0, !charges && report.actual_spend > 0, "nor the other way round");
    const own = (main.prompt_tokens * OWN[0] + main.completion_tokens * OWN[1]) / 1e6;
    const spent = dialect === "vllm" ? own : Number(main.charged_usd);
    if (dialect === "btl") {
      // It rounds each charge up to a millionth, and names none on a stream: that is computed.
      assert.ok(Math.abs(report.actual_spend - spent) < CALLS * 1e-6 + spent * 0.02, `${report.actual_spend}, ${spent}`);
    } else {
      assert.equal(report.actual_spend.toFixed(12), spent.toFixed(12), "to the last digit");
    }
    assert.deepEqual(Object.keys(sources), SOURCES[dialect]);
    // Nine models on five tasks, each tried once: fewer calls are not enough for all.
    if (CALLS >= 300) assert.deepEqual(new Set(Object.values(modes)), new Set(["exploit"]), JSON.stringify(modes));
    // As the built-in pool does before BTL: four fifths saved, at a quality of 0.93.
    if (CALLS >= 300 && !ALIKE.includes(dialect)) {
      assert.ok(report.saved_pct > 75, `${report.saved_pct} % saved`);
      assert.ok(graded > 0.85, `a quality of ${graded}`);
    }
    assert.deepEqual(overview.quarantined, {}, "no model that works is out");

    const { version } = live.models.some((model) => model.in_price === null) ? (await call(server, "GET", "/v1/pool")).body : live;
    const row = { upstream_id: "no-such-model", in_price: 0, out_price: 0, context: 128_000 };
    const put = await call(server, "PUT", "/v1/pool/nobody", { key: adminKey, json: row, headers: { "if-match": String(version) } });
    assert.equal(put.status, 200, put.text);
    const asked = async () => (await sim.control("GET", "/__sim/requests?model=no-such-model")).requests.length;
    // As cheap as nothing, and owed samples of every task.
    await eventually(
      async () => {
        assert.equal((await chat(server, prompts[0].body)).status, 200);
        return (await asked()) > 0;
      },
      { what: "its first call" },
    );
    for (const { body } of prompts.slice(0, 20)) {
      for (const ask of [chat, sse]) assert.equal((await ask(server, body)).status, 200);
    }
    assert.equal(await asked(), 1, "asked once");
    const { quarantined } = (await call(server, "GET", "/v1/overview")).body;
    assert.deepEqual(
      Object.entries(quarantined).map(([model, { unknown }]) => [model, unknown]),
      [["nobody", true]],
    );
  });
}
