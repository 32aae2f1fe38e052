#!/usr/bin/env node
// Fires a mixed workload at a running deployment of Arbiter and shows what it
// learned: which model each task converged on, what that saves, and how fast it
// answers. Node 20 or later, no packages.

import { parseArgs } from "node:util";
import { ask, call } from "./bench/client.mjs";
import { Progress } from "./bench/progress.mjs";
import { workload } from "./bench/prompts.mjs";
import { summarise, table } from "./bench/summary.mjs";
import { generator } from "./sim/random.mjs";

const HELP = `Fires a mixed workload at a running Arbiter and shows what it learned.

usage: node scripts/bench.mjs [options]

  --url URL         the deployment (http://127.0.0.1:8787)
  --key KEY         an Arbiter key; else ARBITER_KEY, else the first of ARBITER_API_KEYS,
                    else one is registered (such keys are limited, to 50 calls by default)
  --n N             how many calls (300)
  --concurrency N   how many at a time (8)
  --stream          streamed answers, with the time to the first byte
  --fresh           reset what was learned first, and check that every call is counted
  --seed N          which prompts in which order (1)
  --baseline ID     the baseline model, for the table (gpt-4o)
  --tolerance X     the routing rule's quality tolerance, for the table (0.05)
  --timeout S       seconds for one call (150)
  --settle S        how long the report may take to count the last calls (10)
  --json            the result as JSON on stdout
  --help

Exit status: 0 when every call was answered (and, with --fresh, counted exactly once);
1 when not; 2 when it could not begin; 130 when it was stopped by ctrl-C.
`;

/** Something that the user can put right before a bench can run. */
class CannotBegin extends Error {}

function readOptions() {
  let values;
  try {
    ({ values } = parseArgs({
      options: {
        url: { type: "string", default: "http://127.0.0.1:8787" },
        key: { type: "string" },
        n: { type: "string", default: "300" },
        concurrency: { type: "string", default: "8" },
        seed: { type: "string", default: "1" },
        baseline: { type: "string", default: "gpt-4o" },
        tolerance: { type: "string", default: "0.05" },
        timeout: { type: "string", default: "150" },
        settle: { type: "string", default: "10" },
        stream: { type: "boolean", default: false },
        fresh: { type: "boolean", default: false },
        json: { type: "boolean", default: false },
        help: { type: "boolean", short: "h", default: false },
      },
    }));
  } catch (error) {
    throw new CannotBegin(`${error.message} (--help lists the options)`);
  }
  const whole = (name, low) => {
    const value = Number(values[name]);
    if (!Number.isInteger(value) || value < low) throw new CannotBegin(`--${name}: a whole number of at least ${low} is expected`);
    return value;
  };
  const positive = (name) => {
    const value = Number(values[name]);
    if (!Number.isFinite(value) || value < 0) throw new CannotBegin(`--${name}: a number is expected`);
    return value;
  };
  return {
    ...values,
    url: values.url.replace(/\/+$/, "").replace(/\/v1$/, ""),
    n: whole("n", 1),
    concurrency: whole("concurrency", 1),
    seed: whole("seed", 0),
    tolerance: positive("tolerance"),
    timeoutMs: positive("timeout") * 1000,
    settleMs: positive("settle") * 1000,
  };
}

const say = (line) => process.stderr.write(`${line}\n`);

/** The key to use, known to be valid and to allow that many calls. */
async function findKey({ url, key, n }) {
  let chosen = key || process.env.ARBITER_KEY || process.env.ARBITER_API_KEYS?.split(",")[0].trim();
  if (!chosen) {
    say("no key was given (--key, ARBITER_KEY or ARBITER_API_KEYS): registering one");
    chosen = (await ask(url, "/v1/register", { method: "POST", body: { email: "bench@example.com" } })).api_key;
  }
  const status = await ask(url, "/v1/key", { key: chosen });
  if (status.limit_6h == null) return chosen;
  const left = Math.min(status.limit_6h - status.used_6h, status.limit_week - status.used_week);
  if (left >= n) return chosen;
  throw new CannotBegin(
    `this key may make ${left} more calls now and ${n} are wanted: use an operator key (dev.sh prints one; or set ARBITER_API_KEYS), or --n ${Math.max(1, left)}`,
  );
}

async function begin(options) {
  try {
    await ask(options.url, "/health");
    const key = await findKey(options);
    if (options.fresh) await ask(options.url, "/v1/reset", { method: "POST", key });
    return key;
  } catch (error) {
    if (error instanceof CannotBegin) throw error;
    const cause = error.cause?.code ?? error.cause?.message;
    throw new CannotBegin(cause ? `${options.url} cannot be reached (${cause}): is dev.sh running?` : error.message);
  }
}

/** All calls, `concurrency` at a time; outcomes in the order in which they ended. */
async function fire(prompts, options, key, progress, signal) {
  const outcomes = [];
  let next = 0;
  const worker = async () => {
    while (next < prompts.length && !signal.aborted) {
      const outcome = await call({ ...options, key, prompt: prompts[next++], signal });
      if (outcome.status === "stopped") return;
      outcomes.push(outcome);
      progress.counted(outcome.ok);
    }
  };
  await Promise.all(Array.from({ length: Math.min(options.concurrency, prompts.length) }, worker));
  return outcomes;
}

/** Keeps the running saving up to date; remembers what it was at half time. */
function watchReport(options, progress) {
  let half = null;
  let busy = false;
  const look = async () => {
    if (busy) return;
    busy = true;
    progress.report = await ask(options.url, "/v1/report").catch(() => progress.report);
    if (half === null && progress.done >= options.n / 2) half = progress.report?.saved_pct ?? null;
    busy = false;
    if (process.stderr.isTTY) progress.draw();
  };
  const timer = setInterval(look, 500);
  return { stop: () => clearInterval(timer), half: () => half };
}

/** The report, once it counts what is expected, or after some seconds as it is. */
async function settledReport({ url, settleMs }, expected) {
  const until = performance.now() + settleMs;
  for (;;) {
    const report = await ask(url, "/v1/report");
    if (expected === null || report.calls >= expected || performance.now() > until) return report;
    await new Promise((resolve) => setTimeout(resolve, 250));
  }
}

async function main() {
  const options = readOptions();
  if (options.help) {
    process.stdout.write(HELP);
    return 0;
  }
  const key = await begin(options);
  const prompts = workload(options.n, generator(`bench|${options.seed}`));
  const progress = new Progress(options.n);
  const stopper = new AbortController();
  process.once("SIGINT", () => stopper.abort());
  const watch = watchReport(options, progress);
  const began = performance.now();
  const outcomes = await fire(prompts, options, key, progress, stopper.signal);
  const seconds = (performance.now() - began) / 1000;
  watch.stop();
  const stopped = stopper.signal.aborted;

  // Calls that were cut off are settled too, or not: only a whole run can be counted.
  const answered = outcomes.filter(({ ok }) => ok).length;
  const expected = options.fresh && !stopped ? answered : null;
  const report = await settledReport(options, expected).catch(() => ({ calls: null }));
  const policy = await ask(options.url, "/v1/policy").catch(() => ({}));
  progress.report = report.calls === null ? progress.report : report;
  progress.draw(true);

  const result = summarise({ outcomes, policy, report, options, seconds, expected, half: watch.half() });
  process.stdout.write(options.json ? `${JSON.stringify(result, null, 2)}\n` : table(result));
  if (stopped) return 130;
  return result.failed > 0 || result.counted?.exact === false ? 1 : 0;
}

try {
  process.exitCode = await main();
} catch (error) {
  if (!(error instanceof CannotBegin)) throw error;
  say(`bench: ${error.message}`);
  process.exitCode = 2;
}
