// What the site has for programs: the API's description, llms.txt, and each document as Markdown.

import assert from "node:assert/strict";
import { existsSync, readFileSync, readdirSync } from "node:fs";
import { test } from "node:test";

import { openapi } from "../../scripts/lib/openapi.mjs";
import { dist, files, read } from "./dist.mjs";

test("the API's description is served as it is written", () => {
  assert.deepEqual(JSON.parse(read("openapi.json")), JSON.parse(JSON.stringify(openapi())));
});

test("the web app's types are made from it", () => {
  const types = readFileSync(new URL("../../site/src/api/openapi.d.ts", import.meta.url), "utf8");
  for (const name of Object.keys(openapi().components.schemas)) assert.match(types, new RegExp(`^ {8}${name}:`, "m"), `${name}: run \`node site/scripts/describe.mjs\``);
});

test("llms.txt names every document once, each is there as Markdown, and its links lead somewhere", () => {
  const guide = read("llms.txt");
  assert.match(guide, /^# Arbiter\n\n> \S.+\n/);
  const named = [...guide.matchAll(/^- \[[^\]]+\]\((\/[^)]+)\): \S/gm)].map(([, path]) => path);
  const docs = readdirSync(new URL("../../docs/", import.meta.url), { recursive: true }).filter((name) => name.endsWith(".md"));
  assert.equal(new Set(named).size, named.length);
  assert.equal(named.filter((path) => path.endsWith(".md")).length, docs.length);
  assert.ok(named.includes("/openapi.json"));
  for (const path of named) {
    const text = read(path);
    if (!path.endsWith(".md")) continue;
    assert.match(text, /^# \S/);
    assert.ok(existsSync(`${dist}${path.slice(1, -3)}/index.html`), `${path} has a page`);
    for (const [, target] of text.replace(/^```[\s\S]*?^```/gm, "").matchAll(/\]\((\/[^)#\s]*)/g)) assert.ok(existsSync(dist + target.slice(1)), `${path} links to ${target}`);
  }
});

test("nobody who opens the dashboard fetches what is for programs", () => {
  const worker = read("sw.js");
  for (const path of ["/openapi.json", "/llms.txt", ...files(".md").map((name) => `/${name}`)]) assert.ok(!worker.includes(`"${path}"`), path);
});
