// A deployment with a past: decisions, hours and books written straight into its database, as the
// Learners would have. The same numbers make the same past.

import { readdirSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";

const tasks = ["code", "math", "structured", "factual", "open"];
/** Id, how good it is, what a call costs, USD, which part of the choices falls on it. */
const models = [
  ["mistral-small-3.2-24b-instruct-2506", 0.84, 0.00002, 0.53],
  ["gpt-4o-mini", 0.86, 0.00009, 0.2],
  ["gemini-2.5-flash", 0.88, 0.0003, 0.12],
  ["gpt-4.1", 0.9, 0.0012, 0.05],
  ["gpt-4o", 0.89, 0.0016, 0.03],
  ["deepseek-chat-v3", 0.78, 0.00006, 0.02],
  ["llama-3.1-70b-instruct", 0.7, 0.00004, 0.02],
  ["gpt-4.1-mini", 0.86, 0.00015, 0.02],
  ["gemini-2.5-pro", 0.91, 0.0014, 0.01],
];
const HOUR = 3_600;
const pico = (usd) => Math.round(usd * 1e12);

/** Random numbers of 0..1, the same each time. */
function numbers(seed) {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}

/** Writes `many` decisions over the last `hours` into the database of a server, which is restarted for that. */
export async function seed(server, { many, hours }) {
  await server.kill();
  const file = readdirSync(server.persistTo, { recursive: true })
    .map(String)
    .find((name) => name.endsWith(".sqlite") && isDatabase(join(server.persistTo, name)));
  if (!file) throw new Error("no D1 database");
  const db = new DatabaseSync(join(server.persistTo, file), { timeout: 5_000 });
  try {
    db.exec("begin");
    fill(db, many, hours);
    db.exec("commit");
  } finally {
    db.close();
  }
  await server.restart();
}

function isDatabase(path) {
  const db = new DatabaseSync(path, { timeout: 5_000 });
  try {
    return db.prepare("select count(*) as n from sqlite_master where name = 'd1_migrations'").get().n > 0;
  } finally {
    db.close();
  }
}

function fill(db, many, hours) {
  const epoch = db.prepare("select value from meta where key = 'epoch'").get().value;
  const random = numbers(7);
  const now = Date.now() / 1000;
  const decision = db.prepare("insert into decisions (id, epoch, ts, task, model, outcome, key, weight, alert, json) values (?, ?, ?, ?, ?, ?, ?, 1.0, 0, ?)");
  const sums = new Map();
  for (let n = 0; n < many; n += 1) {
    const ts = now - 60 - ((many - n) / many) * hours * HOUR;
    const task = tasks[Math.floor(random() * tasks.length)];
    let drawn = random();
    const [model, skill, price] = models.find(([, , , share]) => (drawn -= share) < 0) ?? models[0];
    const failed = random() < 0.01;
    const quality = failed || random() < 0.3 ? null : Math.min(1, Math.max(0, skill + (random() - 0.5) * 0.3));
    const cost = failed ? 0 : price * (0.6 + 0.8 * random());
    const ms = 200 + random() * 1_800;
    const id = `req_${Math.floor(ts * 1_000)
      .toString(16)
      .padStart(11, "0")}${n.toString(16).padStart(16, "0")}`;
    const key = `key_${(n % 7).toString(16).padStart(16, "0")}`;
    const row = {
      ts,
      task,
      classified_by: "rules",
      model,
      mode: random() < 0.06 ? "explore" : "exploit",
      quality,
      cost,
      saved: failed ? null : 0.0016 - cost,
      cost_estimated: false,
      propensity: 0.94,
      outcome: failed ? "failed" : "finished",
      id,
      reason_code: "cheapest_within",
      status: failed ? 502 : 200,
      cost_source: "charge",
      baseline: 0.0016,
      in_tokens: 300,
      out_tokens: 120,
      first_ms: ms / 3,
      total_ms: ms,
      graded_by: quality === null ? undefined : "check",
      key,
    };
    decision.run(id, epoch, ts, task, model, row.outcome, key, JSON.stringify(row));
    const hour = Math.floor(ts / HOUR) * HOUR;
    const name = `${hour} ${task} ${model}`;
    const sum = sums.get(name) ?? { hour, task, model, calls: 0, failed: 0, spend: 0, graded: 0, quality: 0, whole: Array(12).fill(0) };
    sums.set(name, sum);
    sum.calls += failed ? 0 : 1;
    sum.failed += failed ? 1 : 0;
    sum.spend += cost;
    sum.graded += quality === null ? 0 : 1;
    sum.quality += quality ?? 0;
    sum.whole[[400, 800, 1_500, Infinity].findIndex((most) => ms < most) + 3] += 1;
  }
  const history = db.prepare(
    "insert into history (hour, task, model, epoch, seq, calls, dropped, failed, failovers, spend, estimated, baseline, overhead, quality_n, quality_sum, in_tokens, cached_tokens, out_tokens, first, whole) values (?, ?, ?, ?, 1, ?, 0, ?, 0, ?, 0, ?, 0, ?, ?, ?, 0, ?, ?, ?)",
  );
  const books = new Map();
  for (const { hour, task, model, calls, failed, spend, graded, quality, whole } of sums.values()) {
    history.run(
      hour,
      task,
      model,
      epoch,
      calls,
      failed,
      pico(spend),
      pico(calls * 0.0016),
      graded,
      quality,
      calls * 300,
      calls * 120,
      JSON.stringify(whole),
      JSON.stringify(whole),
    );
    const name = `${task} ${model}`;
    const book = books.get(name) ?? { task, model, calls: 0, failed: 0, spend: 0, graded: 0, quality: 0 };
    books.set(name, book);
    for (const [field, value] of Object.entries({ calls, failed, spend, graded, quality })) book[field] += value;
  }
  const policy = db.prepare("insert into policy (task, model, epoch, seq, calls, n, quality, avg_cost, book, updated) values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)");
  for (const { task, model, calls, failed, spend, graded, quality } of books.values()) {
    const seq = calls + failed;
    const skill = {
      n: graded,
      sum: quality,
      squares: (quality * quality) / Math.max(1, graded) + graded * 0.0075,
      recent_n: Math.min(36, graded),
      recent_sum: (quality / Math.max(1, graded)) * Math.min(36, graded),
    };
    const row = {
      n: calls,
      quality_n: graded,
      quality_sum: quality,
      cost_n: calls,
      cost_sum: spend,
      skill,
      grades: { check: graded, form: 0, judge: 0, feedback: 0 },
    };
    const book = { epoch, seq, row, calls, spend: pico(spend), failed, classified: { rules: seq, model: 0, "model-fallback": 0 } };
    policy.run(task, model, epoch, seq, calls, calls, quality / Math.max(1, graded), spend / Math.max(1, calls), JSON.stringify(book), now);
  }
}
