// What the documents say can be checked: settings, links, scripts.

import assert from "node:assert/strict";
import { existsSync, readFileSync, readdirSync } from "node:fs";
import { dirname, join } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("../../", import.meta.url));
const read = (path) => readFileSync(join(root, path), "utf8");
const documents = [
  ...readdirSync(root).filter((name) => name.endsWith(".md")),
  ...readdirSync(join(root, "docs")).filter((name) => name.endsWith(".md")).map((name) => `docs/${name}`),
];

const inExample = Object.fromEntries(
  read(".dev.vars.example")
    .split("\n")
    .map((line) => line.match(/^# ([A-Z0-9_]+)=(.*)$/))
    .filter(Boolean)
    .map(([, name, value]) => [name, value]),
);

test("the configuration page lists every setting with its default, and no other", () => {
  const rows = read("docs/configuration.md").matchAll(/^\| `([A-Z0-9_]+)` \| (?:`([^`]*)`|none) \|/gm);
  const inPage = Object.fromEntries([...rows].map(([, name, value]) => [name, value ?? ""]));
  assert.deepEqual(inPage, inExample);
  assert.ok(Object.keys(inPage).length > 20);
});

for (const document of documents) {
  test(`the links of ${document} lead somewhere`, () => {
    const links = [...read(document).matchAll(/\]\(([^)\s]+)\)/g)].map(([, target]) => target);
    for (const target of links.filter((target) => !/^(https?:|mailto:|#|\/)/.test(target))) {
      const path = join(root, dirname(document), target.split("#")[0]);
      assert.ok(existsSync(path), `${document} links to ${target}`);
    }
  });
}

test("the commands of the README exist", () => {
  const named = [...read("README.md").matchAll(/(?:\.\/|node )(scripts\/[a-z./-]+)/g)].map(([, path]) => path);
  assert.ok(named.length >= 3);
  for (const path of named) assert.ok(existsSync(join(root, path)), path);
});
