// From outcomes, policy and report to what the bench concludes, and its table.

const LAST = 10;
const TASKS = ["code", "math", "structured", "factual", "open"];

/** The value below which a share `p` of a list lies (nearest rank); null for an empty list. */
export function percentile(values, p) {
  if (!values.length) return null;
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.max(0, Math.ceil(p * sorted.length) - 1)];
}

const spread = (values) => ({ p50: percentile(values, 0.5), p90: percentile(values, 0.9), p99: percentile(values, 0.99) });

/** The routing rule on a task's rows: the cheapest whose mean quality is within `tolerance` of the best. */
export function byRule(rows, tolerance, minSamples = 2) {
  const known = rows.filter((row) => row.n >= minSamples && row.quality !== null && row.avg_cost !== null);
  if (!known.length) return null;
  const best = Math.max(...known.map((row) => row.quality));
  const enough = known.filter((row) => row.quality >= best - tolerance - 1e-9);
  return enough.reduce((a, b) => (b.avg_cost < a.avg_cost ? b : a));
}

const most = (list) => {
  const counts = new Map();
  for (const item of list) counts.set(item, (counts.get(item) ?? 0) + 1);
  return [...counts].sort((a, b) => b[1] - a[1])[0]?.[0] ?? null;
};

const numberIn = (text) => {
  const found = text.replace(/,(?=\d{3})/g, "").match(/-?\d+(?:\.\d+)?/g);
  return found ? Number(found.at(-1)) : null;
};

/** How often the bench's own check of sums agrees with the quality that was reported. */
function sums(outcomes) {
  const checked = outcomes.filter(({ ok, prompt, arbiter }) => ok && prompt.value !== null && arbiter.quality !== null);
  const rows = checked.map(({ prompt, text, arbiter }) => {
    const given = numberIn(text);
    const right = given !== null && Math.abs(given - prompt.value) < 1e-6 * Math.max(1, Math.abs(prompt.value));
    return { right, agreed: right === arbiter.quality >= 0.5 };
  });
  return { checked: rows.length, right: rows.filter(({ right }) => right).length, agreed: rows.filter(({ agreed }) => agreed).length };
}

const mean = (values) => (values.length ? values.reduce((sum, value) => sum + value, 0) / values.length : null);

/** What is expected of a model: the belief, where the deployment tells it, else the mean of its grades. */
const believed = (row) => row.belief ?? row.quality;

const WELL_KNOWN = 5;

/** The same, but of a model with a few answers only what is to be expected of it at least. */
const atLeast = (row) => believed(row) - (row.n < WELL_KNOWN ? (row.doubt ?? 0) : 0);

/**
 * The best model with enough samples. Not by bare means: of nine models, most of them with two grades, the
 * luckiest stands at 1.000 nearly always, whatever it is worth.
 */
const bestOf = (rows, minSamples = 2) => {
  const known = rows.filter((row) => row.n >= minSamples && row.quality !== null);
  return known.length ? known.reduce((a, b) => (atLeast(b) > atLeast(a) ? b : a)) : null;
};

/**
 * What the saving cost in quality: the mean of the models that the tasks came to, weighted by
 * calls, beside what the baseline and the best model of each task would have given. Tasks of which
 * one of the three is not known are left out.
 */
function qualityOverall(tasks, tolerance) {
  const known = tasks.filter((row) => row.quality !== null && row.baseline_quality !== null && row.best_quality !== null);
  const calls = known.reduce((sum, row) => sum + row.calls, 0);
  const weighed = (field) => (calls ? known.reduce((sum, row) => sum + row.calls * row[field], 0) / calls : null);
  return {
    tasks: known.length,
    chosen: weighed("quality"),
    baseline: weighed("baseline_quality"),
    best: weighed("best_quality"),
    below_best: known.filter((row) => row.expected_quality < row.best_quality - tolerance - 1e-9).map(({ task }) => task),
    windows: tasks.reduce((sum, { floor }) => sum + floor.windows, 0),
    below_floor: tasks.reduce((sum, { floor }) => sum + floor.below, 0),
  };
}

const WINDOW = 200;
const LEAST_WINDOW = 10;
// One in twenty means of a window lies below its expectation by more standard errors by chance.
const BY_CHANCE = 1.645;

/**
 * Floor compliance: of the windows of 200 answers of a task, in the order in which they ended, those whose
 * mean quality is below best - tolerance beyond chance. A task with fewer answers is one window.
 */
export function floorOf(outcomes, rows, tolerance) {
  const best = bestOf(rows);
  const qualities = outcomes.map(({ arbiter }) => arbiter.quality).filter((quality) => quality != null);
  if (!best || qualities.length < LEAST_WINDOW) return { windows: 0, below: 0 };
  const size = Math.min(WINDOW, qualities.length);
  const windows = Array.from({ length: Math.floor(qualities.length / size) }, (_, i) => qualities.slice(i * size, (i + 1) * size));
  const isBelow = (window) => {
    const own = mean(window);
    const variance = window.reduce((sum, quality) => sum + (quality - own) ** 2, 0) / (size - 1);
    return own + BY_CHANCE * Math.sqrt(variance / size + (best.doubt ?? 0) ** 2) < believed(best) - tolerance;
  };
  return { windows: windows.length, below: windows.filter(isBelow).length };
}

/** What one task came to. `outcomes` are its calls in the order in which they ended. */
function taskRow(task, outcomes, rows, { baseline, tolerance }) {
  const ruled = byRule(rows, tolerance);
  const last = outcomes.slice(-LAST);
  const exploiting = last.filter(({ arbiter }) => arbiter.mode === "exploit");
  const settled = most(exploiting.map(({ arbiter }) => arbiter.model));
  const chosen = rows.find((row) => row.model === settled) ?? ruled;
  const base = rows.find((row) => row.model === baseline);
  const best = bestOf(rows);
  const known = chosen?.avg_cost != null && base?.avg_cost != null && base.n > 0 && base.avg_cost > 0;
  return {
    task,
    calls: outcomes.length,
    by_rule: ruled?.model ?? null,
    by_answers: settled,
    exploit_of_last: exploiting.length,
    last: last.length,
    last_mode: last.at(-1)?.arbiter.mode ?? null,
    quality: chosen?.quality ?? null,
    expected_quality: chosen ? believed(chosen) : null,
    baseline_quality: base?.n > 0 ? base.quality : null,
    best_quality: best ? atLeast(best) : null,
    // Of the answers that came, exploring ones included.
    answers_quality: mean(outcomes.map(({ arbiter }) => arbiter.quality).filter((quality) => quality != null)),
    floor: floorOf(outcomes, rows, tolerance),
    avg_cost: chosen?.avg_cost ?? null,
    baseline_cost: base?.n > 0 ? base.avg_cost : null,
    saved_pct: known ? Math.round(1000 * (1 - chosen.avg_cost / base.avg_cost)) / 10 : null,
  };
}

/** Everything that the bench found out, as one object (this is what `--json` prints). */
export function summarise({ outcomes, policy, report, options, seconds, expected, half }) {
  const good = outcomes.filter(({ ok }) => ok);
  const errors = {};
  for (const { status, message, prompt, ok } of outcomes) {
    if (ok) continue;
    errors[status] ??= { count: 0, example: message, task: prompt.task };
    errors[status].count += 1;
  }
  const seen = new Set([...Object.keys(policy).filter((task) => policy[task].length), ...good.map(({ arbiter }) => arbiter.task)]);
  const tasks = TASKS.filter((task) => seen.has(task)).map((task) =>
    taskRow(
      task,
      good.filter(({ arbiter }) => arbiter.task === task),
      policy[task] ?? [],
      options,
    ),
  );
  return {
    sent: outcomes.length,
    answered: good.length,
    failed: outcomes.length - good.length,
    seconds: Math.round(seconds * 10) / 10,
    per_second: seconds > 0 ? Math.round((outcomes.length / seconds) * 10) / 10 : null,
    tasks,
    quality: qualityOverall(tasks, options.tolerance),
    latency_ms: spread(good.map(({ ms }) => ms)),
    first_byte_ms: options.stream ? spread(good.map(({ firstMs }) => firstMs).filter((ms) => ms !== null)) : null,
    explored: good.filter(({ arbiter }) => arbiter.mode === "explore").length,
    classified_as_meant: good.filter(({ arbiter, prompt }) => arbiter.task === prompt.task).length,
    sums: sums(good),
    errors,
    report,
    saved_pct_halfway: half,
    counted: expected === null ? null : { expected, reported: report.calls, exact: report.calls === expected },
  };
}

const ms = (value) => (value === null ? "-" : value < 1000 ? `${Math.round(value)} ms` : `${(value / 1000).toFixed(2)} s`);
export const dollars = (value) => (value == null ? "-" : `$${value.toFixed(Math.abs(value) < 0.01 ? 6 : 4)}`);
const grade = (value) => (value == null ? "-" : value.toFixed(3));
const percent = (value) => (value == null ? "-" : `${value.toFixed(1)} %`);

function columns(rows) {
  const widths = rows[0].map((_, i) => Math.max(...rows.map((row) => String(row[i]).length)));
  return rows.map((row) =>
    row
      .map((cell, i) => String(cell).padEnd(widths[i]))
      .join("  ")
      .trimEnd(),
  );
}

/** The closing table, as text. */
export function table(result) {
  const head = ["task", "calls", "converged on", "by the rule", "last calls", "quality", "baseline's", "best's", "mean cost", "baseline's", "saving"];
  const rows = result.tasks.map((row) => [
    row.task,
    row.calls,
    row.by_answers ?? "(exploring)",
    row.by_rule === row.by_answers ? "same" : (row.by_rule ?? "-"),
    `${row.exploit_of_last}/${row.last} exploit`,
    grade(row.quality),
    grade(row.baseline_quality),
    grade(row.best_quality),
    dollars(row.avg_cost),
    dollars(row.baseline_cost),
    percent(row.saved_pct),
  ]);
  const { report, latency_ms: all, first_byte_ms: first } = result;
  const half = result.saved_pct_halfway === null ? "" : ` (${percent(result.saved_pct_halfway)} at half time)`;
  const lines = [
    "",
    ...columns([head, ...rows]),
    "",
    `calls     ${result.answered} answered, ${result.failed} failed, ${result.explored} exploring, in ${result.seconds} s (${result.per_second ?? "-"}/s)`,
    `latency   p50 ${ms(all.p50)}   p90 ${ms(all.p90)}   p99 ${ms(all.p99)}`,
    ...(first ? [`1st byte  p50 ${ms(first.p50)}   p90 ${ms(first.p90)}   p99 ${ms(first.p99)}`] : []),
    `spend     ${dollars(report.actual_spend)} instead of ${dollars(report.baseline_spend)} on the baseline: saved ${dollars(report.saved)}, ${percent(report.saved_pct)}${half}`,
    `quality   ${grade(result.quality.chosen)} of what the tasks came to, ${grade(result.quality.baseline)} on the baseline, ${grade(result.quality.best)} expected of each task's best; expected more than the tolerance below it: ${result.quality.below_best.join(", ") || "none"}`,
    `floor     ${result.quality.below_floor} of ${result.quality.windows} windows of a task (${WINDOW} answers, or all where there are fewer) lie below best - tolerance beyond chance`,
    `tasks     ${result.classified_as_meant} of ${result.answered} prompts classified as they were meant`,
    `sums      ${result.sums.right} of ${result.sums.checked} right; the reported quality agrees with the bench on ${result.sums.agreed}`,
  ];
  for (const [status, { count, example, task }] of Object.entries(result.errors)) {
    lines.push(`error     ${status} × ${count}, for example (${task}): ${example}`);
  }
  if (result.counted) {
    const { expected, reported, exact } = result.counted;
    lines.push(exact ? `report    counts exactly ${reported} calls` : `report    counts ${reported} calls, but ${expected} were answered`);
  }
  return `${lines.join("\n")}\n`;
}
