// Every statement of the store is prepared and run against the migrated schema: a wrong column
// fails here, not on the edge. D1 is SQLite; Node brings one.

import assert from "node:assert/strict";
import { readFileSync, readdirSync } from "node:fs";
import { DatabaseSync } from "node:sqlite";
import { test } from "node:test";
import { fileURLToPath } from "node:url";

const root = new URL("../../", import.meta.url);
const read = (path) => readFileSync(fileURLToPath(new URL(path, root)), "utf8");
const statements = readdirSync(new URL("src/edge/store/sql/", root)).filter((name) => name.endsWith(".sql"));
const sql = (name) => read(`src/edge/store/sql/${name}.sql`);

const migrations = readdirSync(new URL("migrations/", root)).sort();
const migrate = (db, names) => names.forEach((name) => db.exec(read(`migrations/${name}`)));

function migrated() {
  const db = new DatabaseSync(":memory:");
  migrate(db, migrations);
  return db;
}

const book = (db, epoch, seq, open = null, model = "m") =>
  db.prepare(sql("write_book")).run("math", model, epoch, seq, seq, seq, 0.5, null, `{"seq":${seq}}`, open && JSON.stringify(open)).changes;
const epochOf = (db) => db.prepare(sql("epoch")).get().epoch;

for (const name of statements) {
  test(`${name} fits the schema`, () => {
    const db = migrated();
    const text = read(`src/edge/store/sql/${name}`);
    const holes = new Set(text.match(/\?\d+/g) ?? []).size;
    assert.doesNotThrow(() => db.prepare(text));
    for (let hole = 1; hole <= holes; hole += 1) assert.ok(text.includes(`?${hole}`), `?${hole} is used`);
  });
}

test("the epoch begins at the making of the database and only rises", () => {
  const db = migrated();
  const first = epochOf(db);
  assert.ok(Math.abs(first - Date.now() / 1000) < 60);
  const second = db.prepare(sql("reset_epoch")).get().epoch;
  const third = db.prepare(sql("reset_epoch")).get().epoch;
  assert.ok(second > first && third > second);
});

test("a book is written only over an older copy, and only in its own epoch", () => {
  const db = migrated();
  const epoch = epochOf(db);
  assert.equal(book(db, epoch, 2), 1);
  assert.equal(book(db, epoch, 2), 0, "the same again");
  assert.equal(book(db, epoch, 1), 0, "an older copy");
  assert.equal(book(db, epoch, 3), 1);
  assert.equal(book(db, epoch - 1, 9), 0, "an older epoch");
  assert.equal(book(db, epoch + 1, 9), 0, "an epoch that has not begun");
  assert.deepEqual(
    db
      .prepare(sql("books"))
      .all(0)
      .map((row) => row.book),
    ['{"seq":3}'],
  );
});

test("after a reset nothing of the old epoch is read or comes back", () => {
  const db = migrated();
  const old = epochOf(db);
  book(db, old, 1);
  db.prepare(sql("reset_epoch")).get();
  assert.equal(db.prepare(sql("books")).all(0).length, 0, "even before the rows are gone");
  db.exec(sql("clear_policy"));
  assert.equal(book(db, old, 5), 0, "a flush that was late");
  assert.equal(db.prepare(sql("books")).all(0).length, 0);
});

test("a revoked key stays revoked whatever races it", () => {
  const db = migrated();
  db.prepare(sql("insert_key")).run("h", "1234", "a@b.co", 1, "key_1", '{"label":"l"}');
  const set = (status) => db.prepare(sql("set_key_status")).get("h", status, '{"total":7}')?.status;
  assert.equal(set("paused"), "paused");
  assert.equal(set("paused"), "paused", "twice is no error");
  assert.equal(set("active"), "active");
  assert.equal(set("revoked"), "revoked");
  assert.equal(set("active"), undefined);
  assert.deepEqual(
    { ...db.prepare(sql("account")).get("h") },
    { id: "key_1", email: "a@b.co", status: "revoked", revision: 4, terms: '{"label":"l"}', spent: '{"total":7}', rotated: "[]" },
  );
});

test("a deed stands in the audit table exactly where it was done, and for good", () => {
  const db = migrated();
  const tell = (deed) => db.prepare(sql("audited")).run(deed, "ada", "key_1", '{"a":1}').changes;
  db.prepare(sql("insert_key")).run("h", "1234", "a@b.co", 1, "key_1", "{}");
  assert.equal(tell("mint"), 1);
  db.prepare(sql("set_key_status")).get("h", "revoked", "{}");
  assert.equal(tell("revoke"), 1);
  db.prepare(sql("set_key_status")).get("h", "active", "{}");
  assert.equal(tell("resume"), 0, "nothing was done");
  db.prepare(sql("reset_epoch")).get();
  assert.equal(tell("reset"), 1);
  const page = (before, many) =>
    db
      .prepare(sql("audit"))
      .all(before, many)
      .map(({ id, deed, who }) => [id, deed, who]);
  assert.deepEqual(page(2 ** 53, 2), [
    [3, "reset", "ada"],
    [2, "revoke", "ada"],
  ]);
  assert.deepEqual(page(2, 9), [[1, "mint", "ada"]]);
  assert.throws(() => db.exec("update audit set who = 'bob'"), /only added to/);
  assert.throws(() => db.exec("delete from audit"), /only added to/);
});

test("a limit is told until it is over, the newest of it", () => {
  const db = migrated();
  db.prepare(sql("set_limit")).run("m", "window", 4096, 100);
  db.prepare(sql("set_limit")).run("m", "window", 2048, 200);
  db.prepare(sql("set_limit")).run("r", "no_stream_options", null, 50);
  const told = (now) =>
    db
      .prepare(sql("limits"))
      .all(now)
      .map((row) => ({ ...row }));
  assert.deepEqual(told(60), [{ subject: "m", what: "window", tokens: 2048, until: 200 }]);
  db.prepare(sql("prune_limits")).run(60);
  assert.equal(told(0).length, 1);
  db.prepare(sql("clear_limits")).run();
  assert.deepEqual(told(0), []);
});

test("a second failure never shortens a quarantine", () => {
  const db = migrated();
  db.prepare(sql("set_quarantine")).run("m", 900, 1, 1, 0);
  db.prepare(sql("set_quarantine")).run("m", 300, 2, 2, 1);
  assert.deepEqual({ ...db.prepare(sql("quarantine")).get() }, { model: "m", until: 900, failed_at: 2, failures: 2, unknown: 1 });
  db.prepare(sql("drop_quarantine")).run("m", 1);
  assert.ok(db.prepare(sql("quarantine")).get(), "a success that began before the failure lifts nothing");
  db.prepare(sql("drop_quarantine")).run("m", 2);
  assert.equal(db.prepare(sql("quarantine")).get(), undefined);
});

const decision = (n, more = {}) => ({ id: `req_${String(n).padStart(11, "0")}`, ts: n, task: "math", model: "m", outcome: "finished", cost: 0.5, ...more });
const decide = (db, epoch, rows) => db.prepare(sql("write_decisions")).run(epoch, JSON.stringify(rows)).changes;
const hour = (start, calls, spend) => ({
  start,
  calls,
  dropped: 0,
  failed: 0,
  failovers: 0,
  spend,
  estimated: 0,
  baseline: spend,
  overhead: 0,
  quality_n: 0,
  quality_sum: 0.5,
  in_tokens: 1,
  cached_tokens: 0,
  out_tokens: 1,
  first: Array(12).fill(0),
  whole: [0, calls, ...Array(10).fill(0)],
});
const count = (db, epoch, seq, ...hours) => db.prepare(sql("write_history")).run("math", "m", epoch, seq, JSON.stringify(hours)).changes;
const series = (db, step, by) => db.prepare(sql("timeseries")).all(0, 1e9, step, by, 100);

test("a decision is written once, in its own epoch, and its alert is found", () => {
  const db = migrated();
  const epoch = epochOf(db);
  const rows = [decision(1), decision(2, { detail: 1, weight: 7, key: "key_1", alert: { old_unit: 1, new_unit: 2 } })];
  assert.equal(decide(db, epoch, rows), 2);
  assert.equal(decide(db, epoch, [...rows, decision(3)]), 1, "said again, only what is new");
  assert.equal(decide(db, epoch - 1, [decision(4)]), 0, "an older epoch");
  assert.equal(decide(db, epoch + 1, [decision(5)]), 0, "one that has not begun");
  const ids = (rows) => rows.map(({ json }) => JSON.parse(json).id);
  assert.deepEqual(ids(db.prepare(sql("newest_decisions")).all(2)), [decision(3).id, decision(2).id]);
  assert.deepEqual(ids(db.prepare(sql("newest_alerts")).all(9)), [decision(2).id]);
  const page = (after, key, many, looked = many) =>
    db
      .prepare(sql("export"))
      .all(after, "req_9", key, many, looked)
      .flatMap(({ id }) => id ?? []);
  assert.deepEqual(page("req_", null, 2), [decision(1).id, decision(2).id]);
  assert.deepEqual(page(decision(2).id, null, 2), [decision(3).id]);
  assert.deepEqual(page("req_", "key_1", 9), [decision(2).id]);
  // Of a key that has none, no more are read than are looked through; how far that was is told.
  assert.deepEqual(
    db
      .prepare(sql("export"))
      .all("req_", "req_9", "key_9", 9, 2)
      .map((row) => ({ ...row })),
    [{ many: 2, last: decision(2).id, id: null, json: null }],
  );
  decide(db, epoch, [decision(6, { mode: "explore", quality: 0.4, outcome: "failed", tags: { '$.a"b': "x", team: "blue" } })]);
  const found = ({ before = "req_z", looked = 9, model = null, outcome = null, key = null, mode = null, low = null, many = 9, tag = [null, null] }) =>
    db.prepare(sql("find_decisions")).all("req_", before, looked, null, model, outcome, key, mode, low, null, many, ...tag);
  const [d1, d2, d3, d6] = [1, 2, 3, 6].map((n) => decision(n).id);
  assert.deepEqual(
    found({}).map(({ id }) => id),
    [d6, d3, d2, d1],
  );
  assert.deepEqual(
    found({ before: d6, many: 1 }).map(({ id }) => id),
    [d3],
  );
  for (const [asked, id] of [
    [{ outcome: "failed" }, d6],
    [{ key: "key_1" }, d2],
    [{ mode: "explore" }, d6],
    [{ low: 0.3 }, d6],
    [{ tag: ["team", "blue"] }, d6],
    [{ tag: ['$.a"b', "x"] }, d6],
  ])
    assert.deepEqual(
      found(asked).map(({ id }) => id),
      [id],
      JSON.stringify(asked),
    );
  assert.deepEqual(
    found({ model: "other", looked: 2 }).map((row) => ({ ...row })),
    [{ many: 2, last: d3, id: null, json: null }],
    "none, but there is more to look through",
  );
  assert.deepEqual(
    found({ tag: ["team", "red"] }).map(({ id }) => id),
    [null],
  );
  assert.deepEqual(page("req_", "key_1", 9), [decision(2).id]);
  db.prepare(sql("reset_epoch")).get();
  assert.deepEqual(page("req_", null, 9), [], "after a reset they are not shown");
  assert.equal(JSON.parse(db.prepare(sql("decision")).get(decision(1).id).json).cost, 0.5, "but kept");
});

test("a minted key's decision is one row, too, and how many were answered before that is counted once", () => {
  const db = new DatabaseSync(":memory:");
  const counted = migrations.indexOf("0091_answered.sql");
  migrate(db, migrations.slice(0, counted));
  for (const id of ["key_1", "key_2"]) {
    const named = db.prepare("insert into keys (hash, hint, email, status, created, id) values (?, '', '', 'active', 0, ?)");
    named.run(`hash of ${id}`, id);
  }
  const decide = (id, key, outcome) =>
    db.prepare(sql("write_decisions")).run(epochOf(db), JSON.stringify([{ id, ts: 1, task: "math", model: "m", outcome, key }]));
  decide("req_1", "key_1", "finished");
  decide("req_2", "key_1", "failed");
  decide("req_3", "ops", "finished");
  for (let n = 0; n < 9; n++) decide(`req_9${n}`, "key_2", "finished");
  migrate(db, migrations.slice(counted));
  const before = (key) => db.prepare(sql("answered_before")).get(key).n;
  assert.deepEqual([before("key_1"), before("key_2")], [1, 5], "five are enough");
  const indexes = db.prepare("select name, sql from sqlite_master where type = 'index' and tbl_name = 'decisions' and sql is not null").all();
  assert.deepEqual(
    indexes.map(({ name }) => name),
    ["decisions_alerts"],
  );
});

test("old decisions go, and those beyond the newest so many", () => {
  const db = migrated();
  decide(
    db,
    epochOf(db),
    Array.from({ length: 10 }, (_, n) => decision(n + 1)),
  );
  const left = () => db.prepare("select count(*) as n from decisions").get().n;
  db.prepare(sql("prune_decisions")).run(3, 1_000);
  assert.equal(left(), 8, "from before the third second");
  db.prepare(sql("prune_decisions")).run(0, 5);
  assert.ok(left() === 5 || left() === 6, `${left()}`);
  assert.ok(db.prepare(sql("decision")).get(decision(10).id), "the newest stay");
});

test("what was spent in a day is what its hours say, however often they are written, and whatever is reset", () => {
  const db = migrated();
  const today = Math.floor(Date.now() / 86_400_000) * 86_400;
  const now = () => {
    const { day_spend, day_overhead, day_judged, month_spend } = db.prepare(sql("standing")).get();
    return [day_spend, day_overhead, day_judged, month_spend].map(Number);
  };
  const at = (start, spend) => ({ ...hour(start, 1, spend), overhead: 3, judged: 2 });
  assert.deepEqual(now(), [0, 0, 0, 0]);
  count(db, epochOf(db), 1, at(today, 5), at(today - 40 * 86_400, 100));
  count(db, epochOf(db), 1, at(today, 5));
  assert.deepEqual(now(), [5, 3, 2, 5]);
  count(db, epochOf(db), 2, at(today, 9), at(today + 3_600, 1));
  assert.deepEqual(now(), [10, 6, 4, 10]);
  db.prepare(sql("reset_epoch")).get();
  count(db, epochOf(db), 1, at(today, 7));
  assert.deepEqual(now(), [17, 9, 6, 17]);
  const { day_spend, whom } = db.prepare(sql("standing")).get();
  assert.deepEqual([day_spend, whom], ["17", "all"]);
});

test("an hour is written absolutely: the same again changes nothing, an older copy neither", () => {
  const db = migrated();
  const epoch = epochOf(db);
  // More picodollars than a double holds to the unit.
  const spend = 9_007_199_254_740_993n;
  const write = (seq, calls) =>
    db.prepare(sql("write_history")).run("math", "m", epoch, seq, JSON.stringify([hour(3_600, calls, 0)]).replaceAll('"spend":0', `"spend":${spend}`)).changes;
  assert.equal(write(5, 2), 1);
  assert.equal(write(5, 2), 0);
  assert.equal(write(6, 2), 0, "nor is what a newer book says just so");
  assert.equal(write(4, 1), 0);
  assert.equal(series(db, 3_600, "total")[0].spend, String(spend));
  count(db, epoch, 6, hour(7_200, 3, 1));
  const [day] = series(db, 86_400, "model");
  assert.deepEqual([day.at, day.name, day.calls, day.spend], [0, "m", 5, String(spend + 1n)]);
  assert.deepEqual(JSON.parse(day.whole), [0, 5, ...Array(10).fill(0)]);
  const all = (from) =>
    db
      .prepare(sql("timeseries"))
      .all(from, 10_800, 10_800 - from, "total", 9)
      .map(({ at, calls }) => [at, calls]);
  assert.deepEqual([all(0), all(3_600), all(7_200)], [[[0, 5]], [[3_600, 5]], [[7_200, 3]]], "one step, wherever it begins");
  assert.equal(count(db, epoch - 1, 9, hour(3_600, 9, 9)), 0, "an older epoch");
});

const TODAY = Math.floor(Date.now() / 86_400_000) * 86_400;
/** What was spent today, and the calls of its hours since the last reset. */
const shown = (db) => {
  const rows = db.prepare(sql("timeseries")).all(TODAY, TODAY + 86_400, 3_600, "total", 100);
  return [Number(db.prepare(sql("standing")).get().day_spend), rows.map(({ at, calls }) => [(at - TODAY) / 3_600, calls])];
};
const h = (n, calls) => hour(TODAY + n * 3_600, calls, calls);
const past = (db) =>
  db
    .prepare("select (hour - ?) / 3600 as n, calls from history order by epoch, hour")
    .all(TODAY)
    .map(({ n, calls }) => [n, calls]);

test("the open hour of a book is seen before it is history, and counted once", () => {
  const db = migrated();
  const epoch = epochOf(db);
  assert.equal(book(db, epoch, 1, h(0, 1)), 1, "one row");
  assert.equal(book(db, epoch, 2, h(0, 2)), 1);
  book(db, epoch, 1, h(0, 9));
  assert.deepEqual(shown(db), [2, [[0, 2]]]);
  assert.deepEqual(past(db), [], "nothing was written but the book");
  book(db, epoch, 3, h(0, 2), "other");
  assert.deepEqual(shown(db), [4, [[0, 4]]]);
  // The next hour begins; the one before closes with what was counted since.
  book(db, epoch, 5, h(1, 1));
  count(db, epoch, 5, h(0, 3));
  assert.deepEqual(shown(db), [
    6,
    [
      [0, 5],
      [1, 1],
    ],
  ]);
  assert.deepEqual(past(db), [[0, 3]]);
  // One that was counted late, in the hour before.
  book(db, epoch, 6, h(1, 1));
  count(db, epoch, 6, h(0, 4));
  assert.deepEqual(shown(db), [
    7,
    [
      [0, 6],
      [1, 1],
    ],
  ]);
});

test("an hour that is replaced unwritten is put into the history by the database itself", () => {
  const db = migrated();
  const epoch = epochOf(db);
  book(db, epoch, 1, h(0, 7));
  book(db, epoch, 2, h(2, 1));
  assert.deepEqual(shown(db), [
    8,
    [
      [0, 7],
      [2, 1],
    ],
  ]);
  book(db, epoch, 3, null);
  assert.deepEqual(
    shown(db),
    [
      8,
      [
        [0, 7],
        [2, 1],
      ],
    ],
    "a book that knows of no hour takes none away",
  );
});

test("a reset hides the open hours too, and the day has what they were", () => {
  const db = migrated();
  const epoch = epochOf(db);
  book(db, epoch, 4, h(0, 4));
  const reset = () => {
    const { epoch } = db.prepare(sql("reset_epoch")).get();
    db.exec(sql("clear_policy"));
    return epoch;
  };
  const next = reset();
  assert.deepEqual(shown(db), [4, []]);
  assert.equal(book(db, epoch, 5, h(0, 5)), 0, "a late book of the old epoch");
  book(db, next, 1, h(0, 1));
  assert.deepEqual(shown(db), [5, [[0, 1]]]);
  reset();
  assert.deepEqual(shown(db), [5, []]);
  assert.deepEqual(past(db), [
    [0, 4],
    [0, 1],
  ]);
});

test("hours that the version before wrote are not counted beside the open one, nor is a stale one beside theirs", () => {
  const db = migrated();
  const epoch = epochOf(db);
  const { sql: trigger } = db.prepare("select sql from sqlite_schema where name = 'hour_is_over'").get();
  const before = (seq, ...hours) => {
    // As that version writes: the hour in the history, and of the book's row all but that column.
    const { hour = null } = db.prepare("select hour from policy").get() ?? {};
    db.exec("drop trigger hour_is_over");
    book(db, epoch, seq, null);
    db.prepare("update policy set hour = ?").run(hour);
    db.exec(trigger);
    count(db, epoch, seq, ...hours);
  };
  before(3, h(0, 3));
  assert.deepEqual(shown(db), [3, [[0, 3]]]);
  book(db, epoch, 4, h(0, 4));
  assert.deepEqual(shown(db), [4, [[0, 4]]]);
  before(6, h(0, 6));
  assert.deepEqual(shown(db), [6, [[0, 6]]]);
  // Its hour is over, and it writes newer books without it.
  before(7);
  assert.deepEqual(shown(db), [6, [[0, 6]]]);
  book(db, epoch, 8, h(1, 1));
  assert.deepEqual(past(db), [[0, 6]], "a stale hour takes no newer one's place");
  count(db, epoch, 8, h(0, 6));
  assert.deepEqual(shown(db), [
    7,
    [
      [0, 6],
      [1, 1],
    ],
  ]);
});

test("an open hour that is too old goes, and what was spent in it stays spent", () => {
  const db = migrated();
  book(db, epochOf(db), 2, h(0, 2));
  const prune = (before) => ["prune_open_hours", "prune_history"].map((name) => db.prepare(sql(name)).run(before).changes);
  prune(TODAY);
  assert.deepEqual(past(db), []);
  prune(TODAY + 1);
  assert.deepEqual(shown(db), [2, []]);
});

test("what was worked out from tokens is summed, and hours of before read as they were written", () => {
  const db = new DatabaseSync(":memory:");
  const names = readdirSync(new URL("migrations/", root)).sort();
  for (const name of names.filter((name) => name < "0071")) db.exec(read(`migrations/${name}`));
  const { value: epoch } = db.prepare("select value from meta where key = 'epoch'").get();
  const { start, first, whole, ...sums } = hour(3_600, 2, 5);
  const row = { hour: start, task: "math", model: "m", epoch, seq: 1, ...sums, first: JSON.stringify(first), whole: JSON.stringify(whole) };
  const columns = Object.keys(row);
  db.prepare(`insert into history (${columns}) values (${columns.map(() => "?")})`).run(...Object.values(row));
  for (const name of names.filter((name) => name >= "0071")) db.exec(read(`migrations/${name}`));
  const told = () => series(db, 3_600, "total").map(({ at, spend, computed }) => [at, spend, computed]);
  assert.deepEqual(told(), [[3_600, "5", "0"]]);
  count(db, epoch, 2, { ...hour(3_600, 3, 7), computed: 2 }, hour(7_200, 1, 1));
  assert.deepEqual(told(), [
    [3_600, "7", "2"],
    [7_200, "1", "0"],
  ]);
});

test("what could not be delivered is kept once, in the order of its line", () => {
  const db = migrated();
  const settlement = (n) => ({ epoch: 1, decision: decision(n) });
  const keep = (line, first, ...n) =>
    db.prepare(sql("keep_undelivered")).run("math", line.startsWith("a") ? "n" : "m", line, first, JSON.stringify(n.map(settlement))).changes;
  assert.equal(keep("b.1", 3, 3, 4), 2);
  assert.equal(keep("b.1", 3, 3, 4), 0);
  keep("a.1", 1, 1);
  const rows = (...but) =>
    db
      .prepare(sql("undelivered"))
      .all(9, JSON.stringify(but))
      .map(({ line, number }) => `${line}/${number}`);
  assert.deepEqual(rows(), ["a.1/1", "b.1/3", "b.1/4"]);
  assert.deepEqual(rows("math/n", "code/m"), ["b.1/3", "b.1/4"], "but of Learners that take nothing");
  assert.equal(db.prepare(sql("epoch")).get().undelivered, 3, "the status tells");
  db.prepare(sql("drop_undelivered")).run("b.1", 3, 4);
  assert.deepEqual(rows(), ["a.1/1"]);
  keep("b.2", 1, 5);
  const told = () => {
    const { undelivered, aside } = db.prepare(sql("epoch")).get();
    return [undelivered, aside];
  };
  db.prepare(sql("set_aside")).run(JSON.stringify([decision(1).id]));
  assert.deepEqual([rows(), told()], [["b.2/1"], [1, 1]], "what cannot be read waits apart");
  db.exec("update undelivered set aside = aside - 86401 where aside is not null");
  assert.deepEqual(rows(), ["a.1/1", "b.2/1"], "and is tried again a day later");
  db.prepare(sql("prune_aside")).run(Date.now() / 1_000 + 1);
  assert.deepEqual([rows(), told()], [["b.2/1"], [1, 0]], "but not for ever");
});

test("a database restored to before a reset says so until the next reset, which is newer than all", () => {
  const db = migrated();
  const epoch = epochOf(db);
  assert.deepEqual([db.prepare(sql("epoch")).get().ahead, db.prepare(sql("epoch")).get().reset_at], [null, null]);
  const ahead = epoch + 1_000_000;
  db.prepare(sql("set_ahead")).run(ahead);
  db.prepare(sql("set_ahead")).run(epoch);
  assert.equal(db.prepare(sql("epoch")).get().ahead, ahead, "it never goes back");
  assert.equal(db.prepare(sql("reset_epoch")).get().epoch, ahead + 1);
  db.exec(sql("reset_at"));
  db.exec(sql("clear_ahead"));
  const now = db.prepare(sql("epoch")).get();
  assert.equal(now.ahead, null);
  assert.ok(Math.abs(now.reset_at - Date.now()) < 60_000, "to the millisecond");
});

test("a model that its runtime did not know is asked again where it is named, and no other is let in", () => {
  const db = migrated();
  const out = (model, unknown) => db.prepare(sql("set_quarantine")).run(model, 9e9, 1, 1, unknown);
  out("mended", 1);
  out("unknown", 1);
  out("failing", 0);
  db.prepare(sql("forget_unknown")).run(JSON.stringify(["mended", "failing", "never-out"]));
  assert.deepEqual(
    db
      .prepare(sql("quarantine"))
      .all()
      .map(({ model }) => model),
    ["failing", "unknown"],
  );
});

test("the pool is read where its version is another one, in its order", () => {
  const db = migrated();
  const read = (known) =>
    db
      .prepare(sql("pool"))
      .all(known)
      .map((row) => JSON.parse(row.model));
  assert.deepEqual(read(-1), []);
  assert.equal(db.prepare(sql("epoch")).get().pool, 0);
  const model = {
    id: "b",
    runtime: "default",
    upstream_id: "vendor/b",
    enabled: false,
    tier: "mid",
    context: 8192,
    max_output: null,
    in_price: null,
    out_price: 0.4,
    cached_in_price: null,
    accepts: { tools: true, images: null },
    tags: ["eu"],
    price_from: "operator",
    position: 1,
  };
  const rows = [model, { ...model, id: "a", enabled: true, context: null, position: 0 }];
  db.prepare(sql("next_pool")).run(0);
  db.prepare(sql("fill_pool")).run(JSON.stringify(rows));
  assert.deepEqual(read(-1), [rows[1], rows[0]]);
  assert.deepEqual(read(0), [rows[1], rows[0]]);
  assert.deepEqual(read(1), []);
  assert.equal(db.prepare(sql("epoch")).get().pool, 1);
  assert.throws(() => db.prepare(sql("next_pool")).run(0), /NOT NULL/, "somebody else was first");
  db.prepare(sql("clear_pool")).run();
  assert.deepEqual(read(-1), []);
});

test("a price is noted where it is another one, and what is over is dropped in the end", () => {
  const db = migrated();
  const row = (id, in_price, out_price = 2, cached_in_price = null) => ({ id, in_price, out_price, cached_in_price, price_from: "operator" });
  const note = (since, rows, builtIn = 0) => db.prepare(sql("note_prices")).run(JSON.stringify(rows), since, builtIn).changes;
  const told = (model, most = 200) =>
    db
      .prepare(sql("prices"))
      .all(model, most)
      .map(({ since, in_price }) => [since, in_price]);
  assert.equal(note(100, [row("a", 1), row("b", null, null)], 1), 1, "what nobody knows is not noted");
  assert.equal(note(200, [row("a", 1)]), 0, "the same price");
  assert.equal(note(200, [row("a", 1, 2, 0.5)]), 1, "that of cached input counts");
  assert.equal(note(300, [row("a", null, null)]), 1, "and that it is no longer known");
  assert.equal(note(400, [row("a", 4)]), 1);
  assert.deepEqual(told("a"), [
    [400, 4],
    [300, null],
    [200, 1],
    [100, 1],
  ]);
  assert.deepEqual(told("a", 1), [[400, 4]]);
  const prune = (before, most) => db.prepare(sql("prune_prices")).run(before, most).changes;
  assert.equal(prune(250, 200), 1);
  assert.deepEqual(told("a").at(-1), [200, 1], "it held at the beginning of what is kept");
  assert.equal(prune(1e9, 200), 2);
  assert.deepEqual(told("a"), [[400, 4]], "the present price stays, however old");
  for (let n = 1; n <= 5; n += 1) note(400 + n, [row("a", 4 + n)]);
  assert.equal(prune(0, 2), 4);
  assert.deepEqual(told("a"), [
    [405, 9],
    [404, 8],
  ]);
  db.prepare(sql("fill_pool")).run(
    JSON.stringify([{ ...row("b", 1), runtime: "default", upstream_id: "b", enabled: 1, tier: "mid", context: 1, accepts: {}, tags: [], position: 0 }]),
  );
  assert.equal(note(500, [row("c", 1)], 1), 0, "what is built in counts for as long as nothing is stored");
  note(500, [row("b", 1)]);
  prune(1e9, 200);
  assert.deepEqual([told("a"), told("b")], [[], [[500, 1]]], "of a model that was taken out nothing is kept for ever");
});

test("the migration takes the prices of the pool as they are", () => {
  const db = new DatabaseSync(":memory:");
  const names = readdirSync(new URL("migrations/", root)).sort();
  for (const name of names.filter((name) => name < "0070")) db.exec(read(`migrations/${name}`));
  db.exec(
    "insert into pool values ('a', 'r', 'a', 1, 'mid', 1, null, 1.0, 2.0, null, '{}', '[]', 'catalogue', 0), ('b', 'r', 'b', 1, 'mid', 1, null, null, null, null, '{}', '[]', 'operator', 1)",
  );
  for (const name of names.filter((name) => name >= "0070")) db.exec(read(`migrations/${name}`));
  assert.deepEqual(
    db
      .prepare("select model, in_price, price_from from prices")
      .all()
      .map((row) => Object.values(row)),
    [["a", 1, "catalogue"]],
  );
});
