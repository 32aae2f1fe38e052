// What each parser adds to the worker, and what all of them cost when it starts.
//
//   node scripts/size.mjs [FEATURE…]     # all features of `parsers` in Cargo.toml, or only these
//
// Builds the worker's WebAssembly whole, without any parser, and once without each (some minutes a
// build), and prints what it weighs less, gzipped. Both first are then compiled and instantiated
// with imports that do nothing, several times; the medians are printed.

import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";
import { shrink } from "./lib/shrink.mjs";

const root = fileURLToPath(new URL("..", import.meta.url));
const manifest = readFileSync(join(root, "Cargo.toml"), "utf8");
const all = [...manifest.match(/^parsers = \[(.*)\]$/m)[1].matchAll(/"(\w+)"/g)].map(([, name]) => name);
const wanted = process.argv.slice(2);
for (const name of wanted) {
  if (!all.includes(name)) {
    console.error(`${name} is none of the parsers: ${all.join(", ")}`);
    process.exit(1);
  }
}
const rounds = 15;

const folder = mkdtempSync(join(tmpdir(), "arbiter-size-"));
process.on("exit", () => rmSync(folder, { recursive: true, force: true }));

function built(features) {
  console.error(`building with ${features.join(", ") || "no parser"}`);
  const target = "wasm32-unknown-unknown";
  execFileSync(
    "cargo",
    ["build", "--profile", "worker", "--lib", "--quiet", "--target", target, "--no-default-features", "--features", features.join(",")],
    // The same as scripts/build.sh sets, so that neither undoes the other's build.
    { cwd: root, stdio: "inherit", env: { ...process.env, WASM_BINDGEN_USE_JS_SYS: "1" } },
  );
  const made = join(process.env.CARGO_TARGET_DIR ?? join(root, "target"), target, "worker", "arbiter.wasm");
  const small = join(folder, "small.wasm");
  shrink(made, small);
  const bytes = readFileSync(small);
  return { bytes, zipped: gzipSync(bytes, { level: 9 }).length };
}

const median = (values) => values.sort((a, b) => a - b)[values.length >> 1];

async function startUp({ bytes }) {
  const compiling = [];
  const instantiating = [];
  for (let round = 0; round < rounds; round++) {
    let from = performance.now();
    const module = await WebAssembly.compile(bytes);
    compiling.push(performance.now() - from);
    const imports = {};
    for (const { module: space, name, kind } of WebAssembly.Module.imports(module)) {
      if (kind !== "function") throw new Error(`${space}.${name} is a ${kind}`);
      (imports[space] ??= {})[name] = () => {};
    }
    from = performance.now();
    await WebAssembly.instantiate(module, imports);
    instantiating.push(performance.now() - from);
  }
  return { compile: median(compiling), instantiate: median(instantiating) };
}

const kb = (bytes) => (bytes / 1000).toFixed(0);
const whole = built(all);
const bare = built([]);
console.log(`whole                 ${kb(whole.bytes.length)} KB, ${kb(whole.zipped)} KB gzipped`);
console.log(`without any parser    ${kb(bare.bytes.length)} KB, ${kb(bare.zipped)} KB gzipped`);
for (const name of wanted.length > 0 ? wanted : all) {
  const less = built(all.filter((other) => other !== name));
  console.log(`${name.padEnd(12)} adds ${kb(whole.bytes.length - less.bytes.length)} KB, ${kb(whole.zipped - less.zipped)} KB gzipped`);
}
for (const [what, module] of [
  ["whole", whole],
  ["without any parser", bare],
]) {
  const { compile, instantiate } = await startUp(module);
  console.log(`start-up ${what}: compile ${compile.toFixed(1)} ms, instantiate ${instantiate.toFixed(2)} ms (medians of ${rounds})`);
}
