import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { after, afterEach, before, describe, it } from "node:test";
import { fileURLToPath } from "node:url";
import { eventsIn } from "../../scripts/lib/sse.mjs";
import { PROMPTS, workload } from "../../scripts/bench/prompts.mjs";
import { byRule, floorOf, percentile, summarise } from "../../scripts/bench/summary.mjs";
import { generator } from "../../scripts/sim/random.mjs";
import { startSim } from "../../scripts/sim/server.mjs";
import { startArbiter } from "./arbiter.mjs";

const bench = fileURLToPath(new URL("../../scripts/bench.mjs", import.meta.url));
let sim;
let arbiter;
before(async () => {
  sim = await startSim({ port: 0, seed: 2 });
  sim.state.patch({ time_scale: 0 });
});
afterEach(async () => {
  await arbiter?.stop();
  arbiter = null;
});
after(() => sim.stop());

async function run(args, { env = { ARBITER_KEY: "operator" }, options, onOutput } = {}) {
  arbiter = await startArbiter(sim, options);
  const { ARBITER_KEY: _, ARBITER_API_KEYS: __, ...clean } = process.env;
  const child = spawn(process.execPath, [bench, "--url", arbiter.url, ...args], { env: { ...clean, ...env } });
  const out = { stdout: "", stderr: "" };
  for (const name of ["stdout", "stderr"]) {
    child[name].on("data", (data) => {
      out[name] += data;
      onOutput?.(child, out);
    });
  }
  const code = await new Promise((resolve) => child.once("close", resolve));
  return { code, ...out };
}

describe("the bench", () => {
  it("ends with a table of what each task converged on", async () => {
    const { code, stdout, stderr } = await run(["--n", "100", "--fresh"]);
    assert.equal(code, 0, stderr + stdout);
    for (const task of ["code", "math", "structured", "factual", "open"]) {
      assert.match(stdout, new RegExp(`^${task} +\\d+ +gpt-4.1-mini +same +\\d+/10 exploit +0\\.970 +1\\.000 +1\\.000 +\\$\\S+ +\\$\\S+ +\\d+\\.\\d %`, "m"));
    }
    assert.match(stdout, /^quality +0\.970 of .*, 1\.000 on the baseline, 1\.000 expected of each .*: none$/m);
    assert.match(stdout, /^floor +0 of 5 windows of a task/m);
    assert.match(stdout, /latency +p50 \d/);
    assert.match(stdout, /report +counts exactly 100 calls/);
    assert.match(stderr, /^100\/100 calls, 0 failed, saved 61\.3 %/m);
    assert.deepEqual([arbiter.seen.resets, arbiter.seen.bodies.length, arbiter.seen.registered], [1, 100, 0]);
  });

  it("measures the first byte of streams, and says it all in JSON", async () => {
    const { code, stdout } = await run(["--n", "40", "--fresh", "--stream", "--json", "--concurrency", "4"]);
    const result = JSON.parse(stdout);
    assert.equal(code, 0);
    assert.ok(result.first_byte_ms.p50 > 0 && result.first_byte_ms.p50 <= result.latency_ms.p99);
    assert.deepEqual([result.answered, result.counted.exact], [40, true]);
    assert.ok(result.sums.checked > 0);
    assert.ok(arbiter.seen.bodies.every((body) => body.stream === true));
  });

  it("counts failures by status, shows one, and exits with 1", async () => {
    const { code, stdout } = await run(["--n", "20", "--fresh"], { options: { fail: (i) => (i % 5 === 0 ? 502 : null) } });
    assert.equal(code, 1);
    assert.match(stdout, /16 answered, 4 failed/);
    assert.match(stdout, /error +502 × 4, for example \(\w+\): no luck/);
  });

  it("takes a stream without [DONE] for a failure", async () => {
    const { code, stdout } = await run(["--n", "5", "--stream"], { options: { fail: (i) => (i === 2 ? "cut" : null) } });
    assert.equal(code, 1);
    assert.match(stdout, /error +stream × 1.*without \[DONE\]/);
  });

  it("notices a report that counts too few", async () => {
    const { code, stdout } = await run(["--n", "10", "--fresh", "--settle", "0.3"], { options: { lose: 2 } });
    assert.equal(code, 1);
    assert.match(stdout, /report +counts 8 calls, but 10 were answered/);
  });

  it("registers a key where it has none, and says when that is not enough", async () => {
    const few = await run(["--n", "10"], { env: {}, options: { limit: 50 } });
    assert.deepEqual([few.code, arbiter.seen.registered], [0, 1]);
    await arbiter.stop();
    const many = await run(["--n", "51"], { env: {}, options: { limit: 50 } });
    assert.equal(many.code, 2);
    assert.match(many.stderr, /50 more calls now and 51 are wanted.*operator key/);
    assert.equal(arbiter.seen.bodies.length, 0);
  });

  it("prints what it has when it is stopped", async () => {
    let stopped = false;
    const onOutput = (child, { stderr }) => {
      if (stopped || !/^40\/400/m.test(stderr)) return;
      stopped = true;
      child.kill("SIGINT");
    };
    const { code, stdout } = await run(["--n", "400", "--concurrency", "2"], { onOutput });
    assert.equal(code, 130);
    const [, answered] = /(\d+) answered, 0 failed/.exec(stdout);
    assert.ok(answered >= 40 && answered < 400, answered);
  });

  it("refuses bad options and an address where nobody is", async () => {
    assert.equal((await run(["--n", "many"])).code, 2);
    await arbiter.stop();
    assert.equal((await run(["--no-such"])).code, 2);
    await arbiter.stop();
    const nobody = await run(["--url", "http://127.0.0.1:9"]);
    assert.equal(nobody.code, 2);
    assert.match(nobody.stderr, /cannot be reached/);
  });
});

describe("its parts", () => {
  it("mix the tasks evenly, use every prompt, and repeat under the same seed", () => {
    for (const list of Object.values(PROMPTS)) assert.equal(list.length, 30);
    const list = workload(150, generator("a"));
    for (const task of Object.keys(PROMPTS)) assert.equal(list.filter((prompt) => prompt.task === task).length, 30);
    assert.equal(new Set(list.map(({ body }) => JSON.stringify(body))).size, 150);
    assert.deepEqual(workload(150, generator("a")), list);
    assert.notDeepEqual(workload(150, generator("b")), list);
  });

  it("fill every slot", () => {
    for (const { task, body } of workload(600, generator("c"))) {
      if (task !== "code") assert.doesNotMatch(JSON.stringify(body.messages.map(({ content }) => content)), /\{[^"[]*[|-][^"]*\}/);
    }
  });

  it("apply the routing rule: the cheapest within tolerance of the best", () => {
    const row = (model, quality, avg_cost, n = 2) => ({ model, n, quality, avg_cost });
    const rows = [row("a", 0.9, 3), row("b", 0.86, 2), row("c", 0.84, 1), row("d", 1, 9, 1), row("e", null, null, 0)];
    assert.equal(byRule(rows, 0.05).model, "b");
    assert.equal(byRule([row("a", null, null, 0)], 0.05), null);
  });

  it("tell what the saving cost in quality", () => {
    const row = (model, quality, n = 5) => ({ model, n, quality, avg_cost: model === "gpt-4o" ? 9 : 1 });
    const policy = {
      math: [row("gpt-4o", 0.9), row("cheap", 0.8), row("good", 1), row("once", 1, 1)],
      code: [row("gpt-4o", 1), row("cheap", 0.97)],
      open: [row("cheap", 0.5)],
    };
    const outcome = (task, quality) => ({
      ok: true,
      ms: 1,
      firstMs: null,
      text: "",
      prompt: { task, value: null },
      arbiter: { task, mode: "exploit", model: "cheap", quality },
    });
    const outcomes = [outcome("math", 0.4), outcome("math", null), outcome("math", 0.6), outcome("code", 1), outcome("open", null)];
    const options = { baseline: "gpt-4o", tolerance: 0.05, stream: false };
    const result = summarise({ outcomes, policy, report: { calls: 5 }, options, seconds: 1, expected: null, half: null });
    const of = (task) => result.tasks.find((entry) => entry.task === task);
    assert.deepEqual([of("math").quality, of("math").baseline_quality, of("math").best_quality, of("math").answers_quality], [0.8, 0.9, 1, 0.5]);
    assert.deepEqual([of("open").baseline_quality, of("open").best_quality, of("open").answers_quality], [null, 0.5, null]);
    const { chosen, baseline, best, below_best, tasks } = result.quality;
    assert.deepEqual([tasks, below_best], [2, ["math"]]);
    const near = (got, wanted) => assert.ok(Math.abs(got - wanted) < 1e-9, `${got} ${wanted}`);
    near(chosen, (3 * 0.8 + 0.97) / 4);
    near(baseline, (3 * 0.9 + 1) / 4);
    near(best, 1);
  });

  it("hold what the tasks came to against what is expected of the best, not against the luckiest mean", () => {
    const row = (model, n, quality, belief) => ({ model, n, quality, belief, doubt: 0.05, avg_cost: 1 });
    const below = (rows) => {
      const outcome = {
        ok: true,
        ms: 1,
        firstMs: null,
        text: "",
        prompt: { task: "code", value: null },
        arbiter: { task: "code", mode: "exploit", model: "cheap" },
      };
      const options = { baseline: "gpt-4o", tolerance: 0.05, stream: false };
      const summary = { outcomes: [outcome], report: { calls: 1 }, options, seconds: 1, expected: null, half: null };
      return summarise({ ...summary, policy: { code: rows } });
    };
    const cheap = row("cheap", 40, 0.93, 0.93);
    const lucky = below([cheap, row("gpt-4o", 9, 0.97, 0.96), row("lucky", 2, 1, 0.99)]);
    assert.deepEqual([lucky.tasks[0].best_quality, lucky.quality.best, lucky.quality.below_best], [0.96, 0.96, []]);
    assert.deepEqual(below([cheap, row("gpt-4o", 5, 1, 0.99)]).quality.below_best, ["code"]);
    const starved = row("starved", 2, 1, 0.99);
    assert.deepEqual(below([row("cheap", 40, 0.8, 0.8), row("gpt-4o", 2, 1, 0.85), starved]).quality.below_best, ["code"]);
  });

  it("count the windows below the floor, but not those that are there by chance", () => {
    const answers = (list) => list.map((quality) => ({ arbiter: { quality } }));
    const wrong = (share, n) => answers(Array.from({ length: n }, (_, i) => (i % 100 < share ? 0 : 1)));
    const row = (quality, more) => ({ model: "m", n: 9, quality, ...more });
    const rows = [row(0.95), row(0.5), { ...row(1), n: 1 }];
    assert.deepEqual(floorOf([...wrong(4, 200), ...wrong(30, 200), ...wrong(90, 199)], rows, 0.05), { windows: 2, below: 1 });
    assert.deepEqual(floorOf(wrong(12, 200), rows, 0.05), { windows: 1, below: 0 }, "0.88 of 200 where 0.9 is due: chance");
    assert.deepEqual(floorOf(wrong(30, 60), rows, 0.05), { windows: 1, below: 1 }, "all there are");
    assert.deepEqual(floorOf([...wrong(30, 9), ...answers([null, null])], rows, 0.05), { windows: 0, below: 0 }, "too few to tell");
    const doubted = [row(1, { belief: 0.9, doubt: 0.1 })];
    assert.deepEqual(floorOf(wrong(20, 200), doubted, 0.05), { windows: 1, below: 0 }, "the best is not known so well");
    assert.deepEqual(floorOf(wrong(30, 200), [], 0.05), { windows: 0, below: 0 });
  });

  it("take percentiles by nearest rank", () => {
    const list = Array.from({ length: 100 }, (_, i) => 100 - i);
    assert.deepEqual([percentile(list, 0.5), percentile(list, 0.9), percentile(list, 0.99), percentile([], 0.5)], [50, 90, 99, null]);
  });

  it("read events in any split", async () => {
    const bytes = Buffer.from(': hi\r\n\r\ndata:{"a":"é🙂"}\r\n\r\nevent: arbiter\ndata: {"b":1}\n\n');
    for (const size of [1, 3, 1000]) {
      const pieces = Array.from({ length: Math.ceil(bytes.length / size) }, (_, i) => bytes.subarray(i * size, (i + 1) * size));
      const events = [];
      for await (const event of eventsIn(pieces)) events.push(event);
      assert.deepEqual(
        events,
        [
          { event: "message", data: '{"a":"é🙂"}' },
          { event: "arbiter", data: '{"b":1}' },
        ],
        String(size),
      );
    }
  });
});
