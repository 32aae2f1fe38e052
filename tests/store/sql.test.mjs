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

function migrated() {
  const db = new DatabaseSync(":memory:");
  for (const name of readdirSync(new URL("migrations/", root)).sort()) db.exec(read(`migrations/${name}`));
  return db;
}

const book = (db, epoch, seq, calls = seq) =>
  db.prepare(sql("write_book")).run("math", "m", epoch, seq, calls, calls, 0.5, null, `{"seq":${seq}}`).changes;
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
  assert.deepEqual(db.prepare(sql("books")).all(0).map((row) => row.book), ['{"seq":3}']);
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
  assert.deepEqual({ ...db.prepare(sql("account")).get("h") }, { id: "key_1", email: "a@b.co", status: "revoked", revision: 4, terms: '{"label":"l"}', spent: '{"total":7}' });
});

test("a second failure never shortens a quarantine", () => {
  const db = migrated();
  db.prepare(sql("set_quarantine")).run("m", 900, 1, 1);
  db.prepare(sql("set_quarantine")).run("m", 300, 2, 2);
  assert.deepEqual({ ...db.prepare(sql("quarantine")).get() }, { model: "m", until: 900, failed_at: 2, failures: 2 });
  db.prepare(sql("drop_quarantine")).run("m", 1);
  assert.ok(db.prepare(sql("quarantine")).get(), "a success that began before the failure lifts nothing");
  db.prepare(sql("drop_quarantine")).run("m", 2);
  assert.equal(db.prepare(sql("quarantine")).get(), undefined);
});
