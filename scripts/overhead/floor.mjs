// Two workers that do little: one passes requests through, the other does beside it what a service
// that counts cannot do without: one read of D1 and one call of an object that writes a row. Both have
// Arbiter's static assets in front of them, since whatever is deployed beside a web app has: what looks for
// a file first is the platform's.
// Speaks on stdout like tests/e2e/worker.mjs, and serves until its stdin ends.

import { once } from "node:events";
import { mkdirSync } from "node:fs";
import { createRequire } from "node:module";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";

import { Miniflare, convertV4MiniflareOptions } from "miniflare";

const { unstable_getMiniflareWorkerOptions } = createRequire(import.meta.url)("wrangler");
const root = fileURLToPath(new URL("../../", import.meta.url));
mkdirSync(`${root}site/dist`, { recursive: true });
const { assets } = unstable_getMiniflareWorkerOptions(`${root}wrangler.toml`).workerOptions;

const lines = createInterface({ input: process.stdin });
const [line] = await once(lines, "line");
const { upstream, counting, persistTo } = JSON.parse(line);
const pass = `fetch("${upstream}/chat/completions", { method: "POST", headers: request.headers, body: request.body })`;
const through = `export default {
  fetch(request) {
    return ${pass};
  },
};`;
const counted = `import { DurableObject } from "cloudflare:workers";

export class Counter extends DurableObject {
  constructor(state, env) {
    super(state, env);
    this.sql = state.storage.sql;
    this.sql.exec("create table if not exists calls (id integer primary key, at real not null) strict");
  }

  count(at) {
    this.sql.exec("insert into calls (at) values (?)", at);
    return true;
  }
}

export default {
  async fetch(request, env) {
    await env.DB.prepare("select name from keys where hash = ?").bind("0a1b2c").first();
    await env.COUNTER.get(env.COUNTER.idFromName("one")).count(Date.now());
    return ${pass};
  },
};`;
const miniflare = new Miniflare(
  convertV4MiniflareOptions({
    name: "floor",
    modules: [{ type: "ESModule", path: "floor.mjs", contents: counting ? counted : through }],
    assets,
    ...(counting && {
      d1Databases: { DB: "floor" },
      d1Persist: persistTo,
      durableObjects: { COUNTER: { className: "Counter", useSQLite: true } },
      durableObjectsPersist: persistTo,
    }),
    compatibilityDate: "2026-11-01",
    cf: false,
    host: "127.0.0.1",
    port: 0,
  }),
);
lines.once("close", async () => {
  await miniflare.dispose();
  process.exit(0);
});
const { origin } = await miniflare.ready;
if (counting) {
  const db = await miniflare.getD1Database("DB");
  await db.exec("create table keys (hash text primary key, name text not null) strict");
  await db.exec("insert into keys (hash, name) values ('0a1b2c', 'a key')");
}
console.log(`worker listening on ${origin}`);
