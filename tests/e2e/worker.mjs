// One real worker in workerd, in a process that a test can kill.
//
// Takes one line of JSON on stdin, {persistTo, settings, port, assets, entry, build}, says where it
// listens, and serves until its stdin ends: a test run that dies takes it along. Bindings are those
// of wrangler.toml; `build` is the folder of another build of the worker.

import { once } from "node:events";
import { readFileSync, mkdirSync } from "node:fs";
import { createInterface } from "node:readline";
import { resolve } from "node:path";
import { fileURLToPath } from "node:url";

import { Miniflare, Log, LogLevel, convertV4MiniflareOptions } from "miniflare";

import { bindings } from "./bindings.mjs";

const root = fileURLToPath(new URL("../../", import.meta.url));

const lines = createInterface({ input: process.stdin });
let miniflare;
const [firstLine] = await once(lines, "line");
const { persistTo, settings, port, assets, entry, build = "build" } = JSON.parse(firstLine);
const built = resolve(root, build);
lines.once("close", async () => {
  await miniflare?.dispose();
  process.exit(0);
});

mkdirSync(`${root}site/dist`, { recursive: true });
const { workerOptions, vars, renamed, migrations } = bindings();
if (assets === "none") {
  workerOptions.assets.directory = `${persistTo}/no-site`;
  mkdirSync(workerOptions.assets.directory, { recursive: true });
}
// A class that was renamed goes on with what it had stored, as it does where it is deployed.
for (const { from, to } of renamed) {
  for (const object of Object.values(workerOptions.durableObjects)) {
    if (object.className === to) object.unsafeUniqueKey = `arbiter-${from}`;
  }
}
miniflare = new Miniflare(
  convertV4MiniflareOptions({
    ...workerOptions,
    name: "arbiter",
    modulesRoot: built,
    modules: [
      // A module around the worker stands in front of it, under a name in the build.
      ...(entry ? [{ type: "ESModule", path: `${built}/${entry}`, contents: readFileSync(new URL(entry, import.meta.url), "utf8") }] : []),
      { type: "ESModule", path: `${built}/index.js` },
      { type: "CompiledWasm", path: `${built}/index_bg.wasm` },
    ],
    bindings: { ...vars, ...settings },
    host: "127.0.0.1",
    port,
    cf: false,
    log: new Log(LogLevel.WARN),
    handleStructuredLogs: ({ level, message }) => process.stderr.write(`[${level}] ${message}\n`),
    resourcePersistencePath: persistTo,
  }),
);

// The table of applied migrations is the one that wrangler keeps.
async function migrate() {
  const db = await miniflare.getD1Database("DB");
  await db.exec(
    "create table if not exists d1_migrations (id integer primary key autoincrement, name text unique, applied_at timestamp default current_timestamp not null)",
  );
  const { results } = await db.prepare("select name from d1_migrations").all();
  const applied = new Set(results.map((row) => row.name));
  for (const { name, statements } of migrations.filter(({ name }) => !applied.has(name))) {
    await db.batch([...statements.map((statement) => db.prepare(statement)), db.prepare("insert into d1_migrations (name) values (?)").bind(name)]);
  }
}

const url = await miniflare.ready;
await migrate();
console.log(`worker listening on ${url.origin}`);
