// What the documents say can be checked: settings, links, scripts, endpoints, codes.

import assert from "node:assert/strict";
import { existsSync, readFileSync, readdirSync } from "node:fs";
import { dirname, join } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";

import { parse } from "yaml";

const root = fileURLToPath(new URL("../../", import.meta.url));
const read = (path) => readFileSync(join(root, path), "utf8");
const documents = [
  ...readdirSync(root).filter((name) => name.endsWith(".md")),
  ...readdirSync(join(root, "docs"), { recursive: true })
    .filter((name) => name.endsWith(".md"))
    .map((name) => `docs/${name}`),
];

const inExample = Object.fromEntries(
  read(".dev.vars.example")
    .split("\n")
    .map((line) => line.match(/^# ([A-Z0-9_]+)=(.*)$/))
    .filter(Boolean)
    .map(([, name, value]) => [name, value]),
);

test("the configuration page lists every setting with its default, and no other", () => {
  const rows = read("docs/configuration.md").matchAll(/^\| `([A-Z0-9_]+)` \| ([^|]+) \|/gm);
  // A default that is no value is said in words.
  const inPage = Object.fromEntries([...rows].map(([, name, cell]) => [name, cell.match(/^`([^`]*)`$/)?.[1] ?? ""]));
  assert.deepEqual(inPage, inExample);
  assert.ok(Object.keys(inPage).length > 20);
});

test("the code reads the settings that are documented, and no other", () => {
  const names = [
    ...read("src/domain/settings.rs").matchAll(
      /read\s*\.(?:header_text|secret|charge_from|url|model|role|whole|whole_if_set|number|list|one_of)\(\s*"([A-Z0-9_]+)"/g,
    ),
  ];
  // What belongs together is read in one place.
  const together = [...read("src/domain/settings.rs").matchAll(/self\.(?:text|url|secret)\("([A-Z0-9_]+)"|const (?:KEY|URL): &str = "([A-Z0-9_]+)"/g)].map(
    ([, name, key]) => name ?? key,
  );
  assert.deepEqual([...names.map(([, name]) => name), ...together].sort(), Object.keys(inExample).sort());
});

test("the configuration page gives the bounds that the code checks", () => {
  const product = (text) => text.split("*").reduce((value, factor) => value * Number(factor.replaceAll("_", "")), 1);
  const reads = read("src/domain/settings.rs").matchAll(
    /read\s*\.(?:whole|whole_if_set|number)\(\s*"([A-Z0-9_]+)",\s*(?:[^,]+?,\s*)?([^,]+?)\.\.=([^,)]+?),?\s*\)/g,
  );
  const inCode = Object.fromEntries([...reads].map(([, name, from, to]) => [name, [product(from), product(to)]]));
  const rows = read("docs/configuration.md").matchAll(/^\| `([A-Z0-9_]+)` \| [^|]+ \| ([\d.,]+) to ([\d.,]+)[^|]*\|/gm);
  const inPage = Object.fromEntries([...rows].map(([, name, ...bounds]) => [name, bounds.map((bound) => Number(bound.replaceAll(",", "")))]));
  assert.deepEqual(inPage, inCode);
  assert.ok(Object.keys(inPage).length >= 15);
});

test("the API reference names every path that is served and every code of a refusal", () => {
  const reference = read("docs/api-reference.md");
  const table = read("src/edge/http/mod.rs");
  const paths = new Set([...table.matchAll(/"(\/(?:v1|health)[a-z0-9/-]*)"/g)].map(([, path]) => path).filter((path) => path !== "/v1" && !path.endsWith("/")));
  assert.ok(paths.size >= 16);
  for (const path of paths) assert.ok(reference.includes(path), path);
  const [, codes] = read("src/domain/refusal/mod.rs").match(/pub fn code\(&self\)[^{]*\{([\s\S]*?)\n {4}\}/);
  const told = [...codes.matchAll(/=> "([a-z_]+)"/g)].map(([, code]) => code).filter((code) => code !== "client_gone");
  assert.ok(told.length >= 17);
  for (const code of told) assert.ok(reference.includes(`\`${code}\``), code);
});

test("the API reference explains every reason code, and no other", () => {
  const [, section] = read("docs/api-reference.md").match(/^### Reason codes\n([^#]*)/m);
  const told = [...section.matchAll(/^\| `([a-z_]+)` \|/gm)].map(([, code]) => code);
  const codes = [...read("src/domain/reason.rs").matchAll(/Reason::\w+ => "([a-z_]+)"/g)].map(([, code]) => code);
  assert.deepEqual(told, codes);
  assert.ok(codes.length >= 10);
});

test("the API reference names every field of the arbiter object", () => {
  const [, fields] = read("src/domain/surface/arbiter.rs").match(/struct Arbiter<'a> \{([\s\S]*?)\n\}/);
  const names = [...fields.matchAll(/^ {4}pub ([a-z_]+):/gm)].map(([, name]) => name);
  assert.ok(names.length >= 15);
  for (const name of names) assert.ok(read("docs/api-reference.md").includes(`\`${name}\``), name);
});

// As the pages of repositories make them.
const anchors = (text) =>
  new Set(
    [...text.matchAll(/^#+ +(.+)$/gm)].map(([, heading]) =>
      heading
        .toLowerCase()
        .replace(/[^\p{L}\p{N} _-]/gu, "")
        .trim()
        .replaceAll(" ", "-"),
    ),
  );

for (const document of documents) {
  test(`the links of ${document} lead somewhere`, () => {
    const links = [...read(document).matchAll(/\]\(([^)\s]+)\)/g)].map(([, target]) => target);
    for (const target of links.filter((target) => !/^(https?:|mailto:|\/)/.test(target))) {
      const [file, anchor] = target.split("#");
      const path = file === "" ? join(root, document) : join(root, dirname(document), file);
      assert.ok(existsSync(path), `${document} links to ${target}`);
      if (anchor) assert.ok(anchors(readFileSync(path, "utf8")).has(anchor), `${document} links to ${target}`);
    }
  });

  test(`${document} has no half of a merge in it`, () => assert.doesNotMatch(read(document), /^(?:<{7}|={7}|>{7})(?: |$)/m));

  test(`${document} has one title`, () => {
    const prose = read(document).replace(/^```[\s\S]*?^```/gm, "");
    assert.equal([...prose.matchAll(/^# \S/gm)].length, 1);
  });

  test(`the scripts that ${document} names exist`, () => {
    const named = [...read(document).matchAll(/\b(scripts\/[a-z0-9./-]*[a-z0-9])/g)].map(([, path]) => path);
    for (const path of named)
      assert.ok(existsSync(join(root, path)) || existsSync(join(root, dirname(document), path)) || existsSync(join(root, "site", path)), path);
  });
}

test("SECURITY.md names tests that exist", () => {
  const page = read("SECURITY.md");
  const known = ["tests/e2e", "tests/store", "tests/supply"].flatMap((folder) =>
    readdirSync(join(root, folder))
      .filter((name) => name.endsWith(".test.mjs"))
      .map((name) => `${folder}/${name}`),
  );
  let named = 0;
  for (const [, path, quoted] of page.matchAll(/`((?:[a-z0-9_]+\/)*[a-z0-9_-]+(?:\.test\.mjs|\.rs))`((?:: "[^"]+"(?:, "[^"]+")*)?)/g)) {
    const whole = existsSync(join(root, path)) ? path : known.find((name) => name.endsWith(`/${path}`));
    assert.ok(whole, path);
    const text = read(whole);
    for (const [, name] of quoted.matchAll(/"([^"]+)"/g)) {
      named += 1;
      const there = whole.endsWith(".rs") ? text.includes(`fn ${name}(`) : text.includes(`test("${name}"`);
      assert.ok(there, `${whole} has no test "${name}"`);
    }
  }
  assert.ok(named >= 20, `${named}`);
  const rows = [...page.matchAll(/^\| (.+) \|$/gm)].map(([, row]) => row.split(" | ")).filter(([first]) => !/^(promise|-+)/.test(first));
  assert.ok(rows.length >= 25, `${rows.length}`);
  for (const [promise, , test] of rows) assert.match(test ?? "", /": "|: "/, `the promise "${promise}" names no test`);
});

test("there is one version, and the checks of every change are those of the machine at home", () => {
  const [, version] = read("Cargo.toml").match(/\[workspace\.package\][^[]*?^version = "([^"]+)"/m);
  assert.equal(JSON.parse(read("package.json")).version, version);
  const { jobs } = parse(read(".github/workflows/ci.yml"));
  assert.ok(jobs.checks.steps.some(({ run }) => run === "./scripts/test.sh"));
});

test("the README names the two commands", () => {
  for (const path of ["./scripts/dev.sh", "./scripts/test.sh"]) assert.ok(read("README.md").includes(path), path);
});
