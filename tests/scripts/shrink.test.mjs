// The last step of the worker's build: the file does what it did, its functions in an order that compresses.

import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { fileURLToPath } from "node:url";
import { ranked, renamed, shrink } from "../../scripts/lib/shrink.mjs";

const folder = mkdtempSync(join(tmpdir(), "arbiter-shrink-"));
after(() => rmSync(folder, { recursive: true, force: true }));
const assembler = fileURLToPath(new URL("../../node_modules/.bin/wasm-as", import.meta.url));

function assembled(text, ...flags) {
  const [from, to] = [join(folder, "a.wat"), join(folder, "a.wasm")];
  writeFileSync(from, text);
  execFileSync(assembler, ["--enable-reference-types", ...flags, from, "-o", to]);
  return readFileSync(to);
}

/** What the two instances of each of two generic functions are called, as the compiler lays them out. */
const NAMES = {
  push1: "_ZN5alloc3vec12Vec$LT$T$GT$4push17h00000000000000ffE",
  sort1: "_ZN4core5slice4sort17h00000000000000aaE",
  push2: "_ZN5alloc3vec12Vec$LT$T$GT$4push17h0000000000000001E",
  sort2: "_ZN4core5slice4sort17h00000000000000bbE",
};

/** Each instance adds a number of its own to what the import gives; bodies differ, so that none is merged. */
const MODULE = `(module
  (import "a" "seven" (func $seven (result i32)))
  (import "a" "memory" (memory 1))
  (import "a" "global" (global i32))
  (import "a" "table" (table 1 2 funcref))
${Object.entries(NAMES)
  .map(
    ([short, name], at) => `  (func $${name} (export "${short}") (param i32) (result i32)
    (i32.xor (i32.mul (call $seven) (local.get 0)) (i32.add (local.get 0) (i32.const ${1001 + at}))))`,
  )
  .join("\n")})`;

const imports = () => ({
  a: {
    seven: () => 7,
    memory: new WebAssembly.Memory({ initial: 1 }),
    global: 1,
    table: new WebAssembly.Table({ initial: 1, maximum: 2, element: "anyfunc" }),
  },
});

const run = (bytes) => {
  const { exports } = new WebAssembly.Instance(new WebAssembly.Module(bytes), imports());
  return Object.keys(NAMES).map((short) => exports[short](3));
};

/** In which order the functions stand: each holds its constant, two bytes of LEB128 behind `i32.const`. */
const order = (bytes) =>
  Object.keys(NAMES)
    .map((short, at) => ({ short, place: bytes.indexOf(Buffer.of(0x41, ((1001 + at) & 0x7f) | 0x80, (1001 + at) >> 7)) }))
    .sort((a, b) => a.place - b.place)
    .map(({ short }) => short);

test("instances of one generic function stand together, whatever their hash, and do what they did", () => {
  const [from, to] = [join(folder, "from.wasm"), join(folder, "to.wasm")];
  const before = assembled(MODULE, "-g");
  assert.deepEqual(order(before), ["push1", "sort1", "push2", "sort2"]);
  writeFileSync(from, before);
  shrink(from, to);
  const small = readFileSync(to);
  assert.deepEqual(order(small), ["push1", "push2", "sort1", "sort2"]);
  assert.deepEqual(run(small), run(before));
  assert.equal(WebAssembly.Module.customSections(new WebAssembly.Module(small), "name").length, 0);
  shrink(from, from);
  assert.deepEqual(readFileSync(from), small);
});

test("ranks are given without touching anything but names", () => {
  const before = assembled(MODULE, "-g");
  assert.deepEqual(order(ranked(before)), order(before));
  assert.deepEqual(run(ranked(before)), run(before));
});

test("names that end in a hash are short in both files, and in no other place", () => {
  const hashed = "__wbg_seven_0123456789abcdef";
  const closure = "closures_____invoke__h22974480789323bb";
  const made = assembled(MODULE.replace('"seven"', `"${hashed}"`).replace('"push1"', `"${closure}"`), "-g");
  const glue = `give({${hashed}: () => 7, "./snippets/a-93fe0b8b8d63a0fb/a.js": b}); wasm.${closure}(3)`;
  const short = renamed(made, glue);
  assert.equal(short.glue, 'give({$0: () => 7, "./snippets/a-93fe0b8b8d63a0fb/a.js": b}); wasm.$1(3)');
  const module = new WebAssembly.Module(short.bytes);
  const named = (all) => all.map(({ name }) => name).sort();
  assert.deepEqual(named(WebAssembly.Module.imports(module)), ["$0", "global", "memory", "table"]);
  assert.deepEqual(named(WebAssembly.Module.exports(module)), ["$1", "push2", "sort1", "sort2"]);
  const { seven, ...others } = imports().a;
  const { exports } = new WebAssembly.Instance(module, { a: { $0: seven, ...others } });
  assert.equal(exports.$1(3), run(assembled(MODULE, "-g"))[0]);
  assert.throws(() => renamed(made, `give({${hashed}: () => 7})`), /does not know closures_____invoke__h22974480789323bb/);
});

test("a file without names, or that is cut off, is not taken for one in order", () => {
  const nameless = assembled(MODULE);
  assert.throws(() => ranked(nameless), /no names/);
  const before = assembled(MODULE, "-g");
  assert.throws(() => ranked(before.subarray(0, before.length - 3)), /ends too early/);
});
