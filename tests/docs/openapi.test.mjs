// The description of the API is that of the code: its routes, its fields, its refusals.

import assert from "node:assert/strict";
import { readFileSync, readdirSync } from "node:fs";
import { test } from "node:test";
import { fileURLToPath } from "node:url";

import { openapi } from "../../scripts/lib/openapi.mjs";

const root = fileURLToPath(new URL("../../", import.meta.url));
const read = (path) => readFileSync(root + path, "utf8");
const api = openapi();

/** Source files below a folder, tests left out. */
const rust = (folder) =>
  readdirSync(root + folder, { recursive: true })
    .map((path) => `${folder}/${String(path).replaceAll("\\", "/")}`)
    .filter((path) => path.endsWith(".rs") && !/\/tests(\.rs|\/)/.test(path))
    .map((path) => read(path).split("#[cfg(test)]")[0]);
const sources = rust("src");

/** `GET /v1/report`, as the table of routes has them. */
function routes() {
  const table = read("src/edge/http/mod.rs");
  const named = Object.fromEntries([...table.matchAll(/^const ([A-Z_]+): &str = "([^"]*)";/gm)].map(([, name, value]) => [name, value]));
  const body = (name) => table.match(new RegExp(`fn ${name}\\(path: &str\\)[^{]*\\{([\\s\\S]*?)\\n\\}`))[1];
  const value = (text) => named[text] ?? text.replaceAll('"', "");
  const found = [];
  const add = (path, allow) => {
    assert.ok(named[allow], `tests/docs/openapi.test.mjs can't read the methods of ${path}: ${allow}`);
    for (const method of named[allow].split(", ")) if (!["HEAD", "OPTIONS"].includes(method)) found.push(`${method} ${path}`);
  };
  for (const [, pattern, allow] of body("allowed").matchAll(/([^,{}]+?)=>\s*Some\(([A-Z_]+)\)/g)) {
    const prefixes = [...pattern.matchAll(/starts_with\(([A-Z_]+)\)/g)].map(([, name]) => `${named[name]}{id}`);
    const whole = prefixes.length ? [] : pattern.split("|").map((part) => value(part.trim()));
    for (const path of [...prefixes, ...whole]) {
      assert.ok(path.startsWith("/"), `tests/docs/openapi.test.mjs can't read the route \`${pattern.trim()}\``);
      add(path, allow);
    }
  }
  add(`${named.KEYS}{id}`, "PATCH");
  for (const [, word] of body("key_of").matchAll(/Some\(\(id, "([a-z]+)"\)\)/g)) add(`${named.KEYS}{id}/${word}`, "POST");
  return found;
}

const operations = Object.entries(api.paths).flatMap(([path, item]) =>
  Object.keys(item).map((method) => ({ path, method, name: `${method.toUpperCase()} ${path}`, operation: item[method] })),
);

test("every route is described, and nothing else", () => {
  const served = routes();
  assert.ok(served.length >= 40, `${served.length} routes were read`);
  const described = operations.map(({ name }) => name);
  const missing = served.filter((route) => !described.includes(route));
  const more = described.filter((route) => !served.includes(route));
  assert.deepEqual(missing, [], "describe these routes of src/edge/http/mod.rs under `paths` of a file in docs/openapi/");
  assert.deepEqual(more, [], "these stand in docs/openapi/ and are not served: take them out");
});

test("an operation has a name of its own, a known tag, a 200 and a refusal, and its path's parameters", () => {
  const tags = api.tags.map(({ name }) => name);
  const ids = new Set();
  for (const { path, name, operation } of operations) {
    assert.ok(operation.operationId && !ids.has(operation.operationId), `${name}: operationId`);
    ids.add(operation.operationId);
    assert.ok(operation.tags.length === 1 && tags.includes(operation.tags[0]), `${name}: tags`);
    assert.ok(operation.responses["200"] && operation.responses.default, `${name}: responses`);
    const own = (operation.parameters ?? []).map(({ $ref, ...own }) => ($ref ? resolve($ref) : own));
    assert.deepEqual(
      own.filter((parameter) => parameter.in === "path").map((parameter) => parameter.name),
      [...path.matchAll(/\{(\w+)\}/g)].map(([, id]) => id),
      `${name}: parameters`,
    );
  }
});

test("every field of the router's own is described, and no other", () => {
  const own = new Set(
    sources
      .flatMap((text) => [...text.matchAll(/"(arbiter_[a-z_]+)"/g)].map(([, name]) => name))
      .filter((name) => name !== "arbiter_" && !read("src/domain/books/metrics.rs").includes(`"${name}"`)),
  );
  assert.deepEqual(
    Object.keys(api.components.schemas.Wishes.properties).sort(),
    [...own].sort(),
    "describe the request's `arbiter_…` fields in docs/openapi/answers.yaml, `Wishes`",
  );
});

test("every header of the router's own that a browser may read is described", () => {
  const [, exposed] = read("src/edge/http/reply.js").match(/const EXPOSED = \[([^;]*);/);
  const described = new Set(operations.flatMap(({ operation }) => Object.keys(operation.responses["200"].headers ?? {})));
  for (const name of exposed.match(/X-Arbiter-[A-Za-z-]+/g))
    assert.ok(described.has(name), `describe ${name} in docs/openapi/, in the headers of the answers that carry it`);
});

test("every code of a refusal is described, and no other", () => {
  const [, codes] = read("src/domain/refusal/mod.rs").match(/pub fn code\(&self\)[^{]*\{([\s\S]*?)\n {4}\}/);
  const own = [...codes.matchAll(/=> "([a-z_]+)"/g)].map(([, code]) => code);
  const texts = [...sources, ...rust("crates/protocols/src")];
  const given = texts.flatMap((text) => [...text.matchAll(/(?:Unserved|Barred|Wrong) \{[^}]*?code: (?:Some\()?"([a-z_]+)"/g)].map(([, code]) => code));
  assert.ok(own.length >= 30 && given.length >= 5);
  const { enum: described, description } = api.components.schemas.RefusalCode;
  assert.deepEqual(described, [...new Set([...own, ...given])].sort(), "list the codes of refusals in docs/openapi/openapi.yaml, `RefusalCode`");
  for (const code of described)
    if (code !== "client_gone") assert.ok(description.includes(`\`${code}\``), `say the status of ${code} in the description of \`RefusalCode\``);
});

test("every reason of a choice is described, and no other", () => {
  const [, codes] = read("src/domain/reason.rs").match(/pub fn code\(self\)[^{]*\{([\s\S]*?)\n {4}\}/);
  const { enum: described, description } = api.components.schemas.ReasonCode;
  assert.deepEqual(
    described,
    [...codes.matchAll(/=> "([a-z_]+)"/g)].map(([, code]) => code),
    "docs/openapi/happened.yaml, `ReasonCode`",
  );
  for (const code of described) assert.ok(description.includes(`\`${code}\``), `say what ${code} means in the description of \`ReasonCode\``);
});

test("every field of a decision and of the arbiter object is described", () => {
  const fields = (file, name) =>
    [
      ...read(file)
        .match(new RegExp(`pub struct ${name}[^{]*\\{([\\s\\S]*?)\\n\\}`))[1]
        .matchAll(/^ {4}pub ([a-z_]+):/gm),
    ].map(([, field]) => field);
  const described = (name) => Object.keys(api.components.schemas[name].properties).sort();
  const decision = [...fields("src/domain/books/feed.rs", "Decision"), ...fields("src/domain/books/feed.rs", "Detail")].filter((field) => field !== "detail");
  assert.deepEqual(described("Decision"), decision.sort(), "docs/openapi/happened.yaml, `Decision`");
  assert.deepEqual(described("Candidate"), fields("src/domain/considered.rs", "Considered").sort(), "docs/openapi/happened.yaml, `Candidate`");
  assert.deepEqual(described("DryRun"), fields("src/pipeline/dry_run.rs", "DryRun").sort(), "docs/openapi/answers.yaml, `DryRun`");
  const report = [...fields("src/domain/books/report.rs", "Report"), "like_for_like"];
  assert.deepEqual(described("Report"), report.sort(), "docs/openapi/views.yaml, `Report`");
  assert.deepEqual(described("LikeForLike"), fields("src/domain/books/like_for_like.rs", "LikeForLike").sort(), "docs/openapi/views.yaml, `LikeForLike`");
  assert.deepEqual(described("PolicyRow"), fields("src/domain/books/report.rs", "PolicyRow").sort(), "docs/openapi/views.yaml, `PolicyRow`");
  assert.deepEqual(described("Point"), fields("src/domain/books/series.rs", "Point").sort(), "docs/openapi/happened.yaml, `Point`");
  assert.deepEqual(described("Verdict"), fields("src/domain/surface/arbiter.rs", "Arbiter").sort(), "docs/openapi/answers.yaml, `Verdict`");
});

test("what is referred to is there, and what is there is referred to", () => {
  const used = new Set();
  const visit = (value) => {
    if (value === null || typeof value !== "object") return;
    if (typeof value.$ref === "string") {
      assert.ok(resolve(value.$ref), value.$ref);
      used.add(value.$ref);
    }
    Object.values(value).forEach(visit);
  };
  visit(api);
  // Those of streams and of lines are only named in words.
  const words = JSON.stringify(api);
  for (const [kind, entries] of Object.entries(api.components)) {
    if (kind === "securitySchemes") continue;
    for (const name of Object.keys(entries))
      assert.ok(used.has(`#/components/${kind}/${name}`) || words.includes(`\`${name}\``), `${kind}/${name} is not used`);
  }
});

function resolve(ref) {
  return ref
    .slice(2)
    .split("/")
    .reduce((value, key) => value?.[key], api);
}
