// Where everything comes from that is built in or run: what the lock files say, and on what terms it
// is given. Known flaws are asked of the two registries, where they can be reached.

import assert from "node:assert/strict";
import { execFileSync, spawnSync } from "node:child_process";
import { existsSync, readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("../../", import.meta.url));
const read = (path) => readFileSync(join(root, path), "utf8");

/** Licences that a worker may be built from and given away with. */
const FREE = [
  ...read("deny.toml")
    .match(/^allow = \[([^\]]*)\]/m)[1]
    .matchAll(/"([^"]+)"/g),
].map(([, licence]) => licence);

/** Is one of the choices that an expression leaves made of free licences only. */
function isFree(expression) {
  const tidy = expression.replaceAll("/", " OR ").replace(/[()]/g, " ");
  return tidy.split(/ OR /).some((choice) => choice.split(/ AND /).every((licence) => FREE.includes(licence.trim().replace(/\s+/g, " "))));
}

const metadata = JSON.parse(
  execFileSync("cargo", ["metadata", "--format-version", "1", "--locked", "--filter-platform", "wasm32-unknown-unknown"], {
    cwd: root,
    maxBuffer: 1 << 28,
    stdio: ["ignore", "pipe", "ignore"],
  }),
);
const byId = new Map(metadata.packages.map((pack) => [pack.id, pack]));

/** The crates that are linked into the worker: no tools of the tests, no scripts of a build. */
function linked() {
  const nodes = new Map(metadata.resolve.nodes.map((node) => [node.id, node]));
  const seen = new Set();
  const visit = (id) => {
    if (seen.has(id)) return;
    seen.add(id);
    for (const { pkg, dep_kinds: kinds } of nodes.get(id).deps) if (kinds.some(({ kind }) => kind === null)) visit(pkg);
  };
  visit(metadata.packages.find((pack) => pack.name === "arbiter" && pack.source === null).id);
  return [...seen].map((id) => byId.get(id)).filter((pack) => pack.source !== null);
}

test("every crate comes from the crates index, with its hash, or stands in this repository", () => {
  for (const [lock, own, least] of [
    ["Cargo.lock", "arbiter", 100],
    ["scripts/bind/Cargo.lock", "bind", 20],
  ]) {
    const crates = read(lock).split("[[package]]").slice(1);
    assert.ok(crates.length > least, lock);
    for (const crate of crates) {
      const name = crate.match(/name = "(.+)"/)[1];
      const source = crate.match(/source = "(.+)"/)?.[1];
      if (source === undefined) {
        assert.ok(name === own || existsSync(join(root, "crates", name, "Cargo.toml")), name);
      } else {
        assert.equal(source, "registry+https://github.com/rust-lang/crates.io-index", name);
        assert.match(crate, /checksum = "[0-9a-f]{64}"/, name);
      }
    }
  }
});

test("what gives the worker its JavaScript is of the version of the crate that the worker is made with", () => {
  const locked = (lock, crate) => read(lock).match(new RegExp(`^name = "${crate}"\\nversion = "(.+)"$`, "m"))?.[1];
  const version = locked("Cargo.lock", "wasm-bindgen");
  assert.match(version, /^\d+\.\d+\.\d+$/);
  assert.equal(locked("scripts/bind/Cargo.lock", "wasm-bindgen-cli-support"), version);
  assert.ok(read("scripts/bind/Cargo.toml").includes(`wasm-bindgen-cli-support = "=${version}"`));
});

test("every npm package is locked with its hash", () => {
  for (const lock of ["package-lock.json", "site/package-lock.json", "tests/agents/package-lock.json"]) {
    const { packages } = JSON.parse(read(lock));
    const names = Object.keys(packages).filter((name) => name !== "");
    assert.ok(names.length > 0, lock);
    for (const name of names) if (!packages[name].link) assert.match(packages[name].integrity ?? "", /^sha512-/, `${lock}: ${name}`);
  }
});

test("no install script runs but of those that are named, and none fetches what has no hash", () => {
  const { packages } = JSON.parse(read("package-lock.json"));
  const scripted = Object.entries(packages).filter(([, { hasInstallScript }]) => hasInstallScript);
  const names = scripted.map(([name]) => name.replace(/^.*node_modules\//, ""));
  const { allowScripts } = JSON.parse(read("package.json"));
  // Their scripts put a binary in place that the lock file names; fsevents is for one system, and only compiles.
  for (const name of names) assert.ok(name === "fsevents" || Object.hasOwn(allowScripts, name), name);
  assert.ok(!names.includes("node"), "the package `node` fetches its binary by itself");
});

test("scripts install what the lock files say, and nothing else", () => {
  const scripts = readdirSync(join(root, "scripts"), { recursive: true }).filter((name) => name.endsWith(".sh"));
  assert.ok(scripts.length >= 6);
  for (const name of scripts) {
    const lines = read(`scripts/${name}`)
      .split("\n")
      .filter((line) => !line.trim().startsWith("#"));
    for (const line of lines) {
      assert.doesNotMatch(line, /\bnpm (?:install|i|add|update)\b(?! failed)/, `${name}: ${line}`);
    }
    // Only what an index lacks is taken otherwise, and only after that.
    const [first] = lines.filter((line) => /\b(?:cargo[ _]install|cargo_bind) "/.test(line));
    if (first) assert.match(first, /--locked/, `${name}: ${first}`);
    if (name === "lib/setup.sh") assert.ok(first, name);
  }
});

test("what the worker is built from is free to use, and listed with its licence", () => {
  const rows = linked().map(({ name, version, license }) => ({ name, version, license }));
  assert.ok(rows.length > 50);
  for (const { name, license } of rows) assert.ok(isFree(license ?? ""), `${name}: ${license}`);
  const page = read("docs/licences.md");
  for (const { name, license } of rows) assert.ok(page.includes(`| \`${name}\` | ${license} |`), `docs/licences.md lacks ${name} (${license})`);
  const listed = [...page.matchAll(/^\| `([^`]+)` \|/gm)].map(([, name]) => name);
  const names = new Set(rows.map(({ name }) => name));
  for (const name of listed) assert.ok(names.has(name), `docs/licences.md lists ${name}, which is not built in`);
});

test("licences are told apart", () => {
  for (const free of [
    "MIT",
    "MIT OR Apache-2.0",
    "MIT/Apache-2.0",
    "(MIT OR Apache-2.0) AND Unicode-3.0",
    "Apache-2.0 WITH LLVM-exception OR Apache-2.0 OR MIT",
  ])
    assert.ok(isFree(free), free);
  for (const other of ["GPL-3.0", "AGPL-3.0 AND MIT", "", "SSPL-1.0"]) assert.ok(!isFree(other), other);
});

/** Skips, and says so, where the registry of flaws can't be asked. */
const unreachable = (t, what) => t.skip(`NOT CHECKED: ${what}`);

const AUDITED = [".", "site", "tests/agents"];

test("no npm package that is run has a known flaw of high severity", (t) => {
  for (const folder of AUDITED) {
    const { stdout } = spawnSync("npm", ["audit", "--json", "--package-lock-only"], { cwd: join(root, folder), encoding: "utf8", timeout: 60_000 });
    let report;
    try {
      report = JSON.parse(stdout);
    } catch {
      return unreachable(t, "npm audit gave no answer");
    }
    const found = report.metadata?.vulnerabilities;
    if (!found) return unreachable(t, "the npm registry does not answer audits here");
    assert.equal(found.high + found.critical, 0, `${folder}: npm audit tells of ${found.high + found.critical}`);
  }
});

const deny = (...args) => spawnSync("cargo", ["deny", "--locked", ...args], { cwd: root, encoding: "utf8", timeout: 120_000 });

test("cargo-deny has nothing against a crate, where it comes from, or its licence", (t) => {
  const { status, stderr, error } = deny("--offline", "check", "bans", "licenses", "sources");
  if (error || /no such command/.test(stderr)) return unreachable(t, "cargo-deny is not installed (cargo install cargo-deny --locked)");
  assert.equal(status, 0, stderr);
});

test("no crate has a known flaw, and each is kept by somebody", (t) => {
  const { status, stderr, error } = deny("check", "advisories");
  if (error || /no such command/.test(stderr)) return unreachable(t, "cargo-deny is not installed (cargo install cargo-deny --locked)");
  if (/failed to fetch advisory database/i.test(stderr)) return unreachable(t, "the advisory database can't be reached");
  assert.equal(status, 0, stderr);
});

test("what can't be asked everywhere is asked by the checks of each change, and each week", () => {
  const checks = read(".github/workflows/ci.yml");
  assert.match(checks, /^ {2}schedule:\n {4}- cron: /m);
  assert.match(checks, /cargo install --locked cargo-deny@\d+\.\d+\.\d+$/m);
  assert.match(checks, /run: cargo deny --locked check$/m);
  for (const folder of AUDITED) assert.ok(checks.includes(`npm audit --package-lock-only --audit-level=high --prefix ${folder}\n`), folder);
});
