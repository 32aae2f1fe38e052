// One real worker in workerd, in a process that a test can kill.
//
// Takes one line of JSON on stdin, {persistTo, settings, port, assets, entry, build}, says where it
// listens, and serves until its stdin ends: a test run that dies takes it along. Bindings are those
// of wrangler.toml; `build` is the folder of another build of the worker.

import { once } from "node:events";
import { readFileSync, mkdirSync } from "node:fs";
import { createRequire } from "node:module";
import { createInterface } from "node:readline";
import { resolve } from "node:path";
import { fileURLToPath } from "node:url";

import { bindings } from "./bindings.mjs";

// An import of CommonJS parses all of it twice, and it is large: a second of CPU.
const { Miniflare, Log, LogLevel, convertV4MiniflareOptions } = createRequire(import.meta.url)("miniflare");
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
const worker = {
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
};
// Brings the database up to date from within: from here it takes three times the CPU.
const migrating = {
  name: "migrations",
  routes: ["migrations.invalid/*"],
  compatibilityDate: workerOptions.compatibilityDate,
  d1Databases: workerOptions.d1Databases,
  modules: [{ type: "ESModule", path: "migrate-entry.mjs", contents: readFileSync(new URL("migrate-entry.mjs", import.meta.url), "utf8") }],
};
miniflare = new Miniflare(
  convertV4MiniflareOptions({
    workers: [worker, migrating],
    host: "127.0.0.1",
    port,
    cf: false,
    log: new Log(LogLevel.WARN),
    handleStructuredLogs: ({ level, message }) => process.stderr.write(`[${level}] ${message}\n`),
    resourcePersistencePath: persistTo,
  }),
);

const url = await miniflare.ready;
const migrated = await miniflare.dispatchFetch("http://migrations.invalid/", { method: "POST", body: JSON.stringify(migrations) });
if (!migrated.ok) throw new Error(await migrated.text());
console.log(`worker listening on ${url.origin}`);
