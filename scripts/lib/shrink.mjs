// Makes the worker's WebAssembly small: `wasm-opt`, then an order of its functions in which it compresses well, and
// short names between it and its JavaScript.
//
//   node scripts/lib/shrink.mjs WORKER.wasm GLUE.js     # both are written anew; the names of functions are gone
//
// Compression looks back 32 KB: what the compiler makes of one generic function for ten types has to
// stand side by side to be told once. So each function is named by its rank in an order by the name that it
// had without lengths and hash, then by its size, and `wasm-opt --reorder-functions-by-name` sorts them.

import { execFileSync } from "node:child_process";
import { readFileSync, rmSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

const NAME = 0;
const IMPORTS = 2;
const EXPORTS = 7;
const CODE = 10;
const FUNCTION_NAMES = 1;

function reader(bytes, start = 0) {
  let at = start;
  const number = () => {
    let value = 0;
    for (let shift = 0; ; shift += 7) {
      const byte = bytes[at++];
      if (byte === undefined || shift > 28) throw new Error("not WebAssembly as it is known here");
      value |= (byte & 0x7f) << shift;
      if (byte < 0x80) return value >>> 0;
    }
  };
  const take = (length) => {
    if (at + length > bytes.length) throw new Error("the file ends too early");
    at += length;
    return bytes.subarray(at - length, at);
  };
  const text = () => take(number()).toString();
  return { number, take, text, done: () => at >= bytes.length, since: (from) => bytes.subarray(from, at), at: () => at };
}

function* sections(bytes) {
  const whole = reader(bytes, 8);
  while (!whole.done()) {
    const kind = whole.take(1)[0];
    yield { kind, bytes: whole.take(whole.number()) };
  }
}

/** What is imported, `{from, name, what, kind}` each: of which module, as what, the bytes that say what it is, its kind. */
function imported(bytes) {
  const list = reader(bytes);
  const limits = () => {
    const flags = list.take(1)[0];
    list.number();
    if (flags & 1) list.number();
  };
  const of = [() => list.number(), () => (list.take(1), limits()), limits, () => list.take(2), () => (list.take(1), list.number())];
  const imports = [];
  for (let left = list.number(); left > 0; left--) {
    const [from, name, start] = [list.text(), list.text(), list.at()];
    const kind = list.take(1)[0];
    if (!of[kind]) throw new Error(`an import of kind ${kind}`);
    of[kind]();
    imports.push({ from, name, what: list.since(start), kind });
  }
  return imports;
}

function exported(bytes) {
  const list = reader(bytes);
  return Array.from({ length: list.number() }, () => {
    const [name, start] = [list.text(), list.at()];
    list.take(1);
    list.number();
    return { name, what: list.since(start) };
  });
}

function named(bytes) {
  const names = new Map();
  const list = reader(bytes);
  if (list.text() !== "name") return names;
  while (!list.done()) {
    const kind = list.take(1)[0];
    const part = reader(list.take(list.number()));
    if (kind !== FUNCTION_NAMES) continue;
    for (let left = part.number(); left > 0; left--) {
      const index = part.number();
      names.set(index, part.text());
    }
  }
  return names;
}

function leb(value) {
  const out = [];
  for (let left = value; ; left >>>= 7) {
    if (left < 0x80) {
      out.push(left);
      return Buffer.from(out);
    }
    out.push((left & 0x7f) | 0x80);
  }
}

const sized = (bytes) => Buffer.concat([leb(bytes.length), bytes]);

/** The file with its functions named by their ranks, and without other names. */
export function ranked(bytes) {
  let names = new Map();
  let first = 0;
  const sizes = [];
  const kept = [bytes.subarray(0, 8)];
  for (const section of sections(bytes)) {
    if (section.kind === IMPORTS) first = imported(section.bytes).filter(({ kind }) => kind === 0).length;
    if (section.kind === CODE) {
      const list = reader(section.bytes);
      for (let left = list.number(); left > 0; left--) sizes.push(list.take(list.number()).length);
    }
    if (section.kind === NAME && reader(section.bytes).text() === "name") names = named(section.bytes);
    else kept.push(Buffer.of(section.kind), sized(section.bytes));
  }
  if (names.size === 0) throw new Error("the file has no names of functions");
  const plain = (name) => name.replace(/17h[0-9a-f]{16}E$/, "").replace(/\d+/g, "");
  const order = sizes
    .map((size, at) => ({ at, size, name: plain(names.get(first + at) ?? "") }))
    .sort((a, b) => (a.name < b.name ? -1 : a.name > b.name ? 1 : a.size - b.size || a.at - b.at));
  const ranks = new Map(order.map(({ at }, rank) => [first + at, String(rank).padStart(8, "0")]));
  const list = [leb(first + sizes.length)];
  for (let index = 0; index < first + sizes.length; index++) {
    list.push(leb(index), sized(Buffer.from(ranks.get(index) ?? `import ${index}`)));
  }
  const part = Buffer.concat([Buffer.of(FUNCTION_NAMES), sized(Buffer.concat(list))]);
  kept.push(Buffer.of(NAME), sized(Buffer.concat([sized(Buffer.from("name")), part])));
  return Buffer.concat(kept);
}

const told = (text) => sized(Buffer.from(text));

/** Names that end in a hash, which nothing compresses: there are two hundred, and each stands in both files. */
const HASHED = /\b\w+_h?[0-9a-f]{16}\b/g;

/** The file and its JavaScript with short names in place of those that end in a hash. */
export function renamed(bytes, glue) {
  const short = new Map();
  const renamed = (name) => {
    if (name.replace(HASHED, "") !== "") return name;
    if (!short.has(name)) short.set(name, `$${short.size.toString(36)}`);
    return short.get(name);
  };
  const kept = [bytes.subarray(0, 8)];
  for (const section of sections(bytes)) {
    let part = section.bytes;
    if (section.kind === IMPORTS) {
      const imports = imported(part);
      part = Buffer.concat([leb(imports.length), ...imports.flatMap(({ from, name, what }) => [told(from), told(renamed(name)), what])]);
    }
    if (section.kind === EXPORTS) {
      const exports = exported(part);
      part = Buffer.concat([leb(exports.length), ...exports.flatMap(({ name, what }) => [told(renamed(name)), what])]);
    }
    kept.push(Buffer.of(section.kind), sized(part));
  }
  const missing = new Set(short.keys());
  const text = glue.replace(HASHED, (name) => {
    missing.delete(name);
    return short.get(name) ?? name;
  });
  if (missing.size > 0) throw new Error(`the JavaScript does not know ${[...missing].join(", ")}`);
  return { bytes: Buffer.concat(kept), glue: text };
}

const at = (path) => fileURLToPath(new URL(path, import.meta.url));

export function shrink(from, to) {
  const tool = at("../../node_modules/.bin/wasm-opt");
  const flags = readFileSync(at("wasm-opt.flags"), "utf8").trim().split(/\s+/);
  const between = `${to}.named`;
  try {
    execFileSync(tool, [...flags, "-g", from, "-o", between], { stdio: "inherit" });
    writeFileSync(between, ranked(readFileSync(between)));
    const features = flags.filter((flag) => flag.startsWith("--enable-"));
    execFileSync(tool, [...features, "--reorder-functions-by-name", between, "-o", to], { stdio: "inherit" });
  } finally {
    rmSync(between, { force: true });
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const [worker, javascript] = process.argv.slice(2);
  shrink(worker, worker);
  const { bytes, glue } = renamed(readFileSync(worker), readFileSync(javascript, "utf8"));
  writeFileSync(worker, bytes);
  writeFileSync(javascript, glue);
}
