// What wrangler makes of wrangler.toml and the migrations, as a worker of the tests starts with it. Loading wrangler
// takes more CPU than starting a worker does, so what it says is kept until one of its sources changes.

import { createHash } from "node:crypto";
import { mkdirSync, readFileSync, readdirSync, renameSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("../../", import.meta.url));
const config = `${root}wrangler.toml`;
const folder = `${root}node_modules/.cache/arbiter`;

/**
 * - `workerOptions`: options of Miniflare for this worker, without variables: a developer's own `.dev.vars` would be among them
 * - `vars`: the variables of wrangler.toml
 * - `renamed`: classes of objects that were renamed, `{from, to}` each
 * - `migrations`: `{name, statements}` each, in their order
 */
export function bindings() {
  const files = readdirSync(`${root}migrations`)
    .filter((name) => name.endsWith(".sql"))
    .sort();
  const hash = createHash("sha256").update(root);
  for (const path of [config, `${root}package-lock.json`, fileURLToPath(import.meta.url), ...files.map((name) => `${root}migrations/${name}`)]) {
    hash.update(path).update(readFileSync(path));
  }
  const kept = `${folder}/bindings-${hash.digest("hex").slice(0, 16)}.json`;
  try {
    return JSON.parse(readFileSync(kept, "utf8"));
  } catch {
    // Not read yet.
  }
  // Wrangler's typings promise ES modules, its package holds CommonJS.
  const { unstable_getMiniflareWorkerOptions, unstable_readConfig, unstable_splitSqlQuery } = createRequire(import.meta.url)("wrangler");
  const { workerOptions } = unstable_getMiniflareWorkerOptions(config);
  delete workerOptions.bindings;
  const { vars, migrations } = unstable_readConfig({ config });
  const read = {
    workerOptions,
    vars,
    renamed: migrations.flatMap((migration) => migration.renamed_classes ?? []),
    migrations: files.map((name) => ({ name, statements: unstable_splitSqlQuery(readFileSync(`${root}migrations/${name}`, "utf8")) })),
  };
  mkdirSync(folder, { recursive: true });
  // Two that start at once both write it: by a rename, so that nobody reads half of it.
  const mine = `${kept}.${process.pid}`;
  writeFileSync(mine, JSON.stringify(read));
  renameSync(mine, kept);
  return read;
}
