// A worker that does nothing: what the platform itself costs. Speaks on stdout like
// tests/e2e/worker.mjs, and serves until its stdin ends.

import { once } from "node:events";
import { createInterface } from "node:readline";

import { Miniflare, convertV4MiniflareOptions } from "miniflare";

const lines = createInterface({ input: process.stdin });
const [line] = await once(lines, "line");
const { upstream } = JSON.parse(line);
const contents = `export default {
  fetch(request) {
    return fetch("${upstream}/chat/completions", { method: "POST", headers: request.headers, body: request.body });
  },
};`;
const miniflare = new Miniflare(
  convertV4MiniflareOptions({
    name: "passthrough",
    modules: [{ type: "ESModule", path: "passthrough.mjs", contents }],
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
console.log(`worker listening on ${(await miniflare.ready).origin}`);
