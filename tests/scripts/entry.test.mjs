// The worker's entry, around a Rust that breaks off when it is told to: what is called next is called on a new
// instance, never on what the old one left.

import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { fileURLToPath, pathToFileURL } from "node:url";
import { build } from "esbuild";

import { quickenTurns } from "../../src/edge/turns.js";

const folder = mkdtempSync(join(tmpdir(), "arbiter-entry-"));
after(() => rmSync(folder, { recursive: true, force: true }));

/** What wasm-bindgen makes, as far as the entry knows it. A class's objects are good for one instance. */
const RUST = `
const state = { criticalError: false, instanceId: 1 };
export const told = { state, calls: [], resets: 0, broken: false, restarts: true, next: () => "answer" };

function start() {
  state.instanceId += 1;
  told.broken = false;
}
// As its calls do it: what broke off within one is replaced by the next, if it still can be.
function guard() {
  if (!told.broken) return;
  if (!told.restarts) throw new Error("Module terminated");
  start();
}
function call(...of) {
  guard();
  told.calls.push(of);
  return told.next();
}
export function __worker_init_state() {
  guard();
  return state;
}
export function __wbg_reset_state() {
  told.resets += 1;
  start();
}
export const fetch = (...of) => call("fetch", ...of);
export const scheduled = (...of) => call("scheduled", ...of);
class Kept {
  constructor(context, env) {
    guard();
    this.made = state.instanceId;
    told.calls.push(["new", this.constructor.name, context, env]);
  }
  fetch(request) {
    const { made } = this;
    const answer = call("held fetch", request);
    if (made !== state.instanceId) throw new Error("a pointer into another instance");
    return answer;
  }
}
class Waking extends Kept {
  alarm() {
    return call("held alarm");
  }
}
export class Account extends Waking {}
export class Feed extends Kept {}
export class Learner extends Waking {}
export class Session extends Waking {}
export class Other {}
`;
writeFileSync(join(folder, "rust.js"), RUST);

let copies = 0;
/** The entry and its Rust, as new; `fail` is what the platform does with an error that nobody caught. */
async function entry() {
  const file = join(folder, `${copies++}.mjs`);
  const around = 'export { told } from "rust"; export * from "entry"; export { default } from "entry";';
  await build({
    stdin: { contents: around, resolveDir: folder },
    alias: { rust: join(folder, "rust.js"), entry: fileURLToPath(new URL("../../src/edge/entry.js", import.meta.url)) },
    bundle: true,
    format: "esm",
    minifyWhitespace: true,
    outfile: file,
  });
  const listeners = [];
  globalThis.addEventListener = (kind, listener) => listeners.push([kind, listener]);
  const worker = await import(pathToFileURL(file));
  delete globalThis.addEventListener;
  const fail = (error) => listeners.filter(([kind]) => kind === "error").forEach(([, listener]) => listener({ error }));
  return { worker, told: worker.told, fail };
}

const trap = () => new WebAssembly.RuntimeError("unreachable");
const throws = (error) => () => {
  throw error;
};

test("it hands on what the platform gives, and what Rust answers", async () => {
  const { worker, told } = await entry();
  assert.deepEqual(Object.keys(worker).sort(), ["Account", "Feed", "Learner", "Session", "default", "told"]);
  assert.deepEqual(Object.keys(worker.default), ["fetch", "scheduled"]);
  assert.equal(worker.default.fetch("request", "env", "context"), "answer");
  assert.equal(worker.default.scheduled("event", "env", "context"), "answer");
  const account = new worker.Account("its context", "its env");
  assert.equal(account.fetch("one"), "answer");
  assert.equal(account.fetch("two"), "answer");
  assert.equal(account.alarm(), "answer");
  assert.deepEqual(told.calls, [
    ["fetch", "request", "env", "context"],
    ["scheduled", "event", "env", "context"],
    ["new", "Account", "its context", "its env"],
    ["held fetch", "one"],
    ["held fetch", "two"],
    ["held alarm"],
  ]);
  for (const [name, wakes] of Object.entries({ Account: true, Feed: false, Learner: true, Session: true })) {
    told.calls.length = 0;
    const object = new worker[name]("context", "env");
    assert.equal(object.fetch("request"), "answer");
    assert.deepEqual(told.calls[0], ["new", name, "context", "env"]);
    assert.equal("alarm" in object, wakes, name);
  }
  assert.equal(told.resets, 0);
});

/** Ways of breaking off, each after an object was made: in a call, on its own after a promise, with and without a panic. */
const WAYS = {
  "a call that traps": ({ worker, told }) => {
    told.next = throws(trap());
    assert.throws(() => worker.default.fetch("request"), /unreachable/);
  },
  "a round of the clock that traps": ({ worker, told }) => {
    told.next = throws(trap());
    assert.throws(() => worker.default.scheduled("event"), /unreachable/);
  },
  "an object's call that traps": ({ told, account }) => {
    told.next = throws(trap());
    assert.throws(() => account.alarm(), /unreachable/);
  },
  "a trap after a promise": ({ fail }) => fail(trap()),
  "a panic whose trap somebody took": ({ told }) => {
    told.state.criticalError = true;
  },
  "an end of the stack": ({ told }) => {
    told.broken = true;
  },
  "an instance that can't be replaced by itself": ({ told }) => {
    told.broken = true;
    told.restarts = false;
  },
};

for (const [way, breakOff] of Object.entries(WAYS)) {
  test(`after ${way} the next call is one of a new instance, and an object is made anew`, async (t) => {
    t.mock.method(console, "warn", () => {});
    for (const next of ["fetch", "scheduled", "object"]) {
      const it = await entry();
      const { worker, told } = it;
      const account = new worker.Account("context", "env");
      account.fetch("before");
      const before = told.state.instanceId;
      breakOff({ ...it, account });
      told.next = () => "answer";
      told.calls.length = 0;
      if (next !== "object") assert.equal(worker.default[next]("first"), "answer");
      assert.equal(account.fetch("second"), "answer");
      assert.equal(account.fetch("third"), "answer");
      assert.equal(told.state.instanceId, before + 1, "replaced once");
      assert.equal(told.state.criticalError, false);
      assert.deepEqual(told.calls.slice(next === "object" ? 0 : 1), [
        ["new", "Account", "context", "env"],
        ["held fetch", "second"],
        ["held fetch", "third"],
      ]);
    }
  });
}

test("an error that is none of Rust's breaking off changes nothing", async () => {
  const { worker, told, fail } = await entry();
  told.next = throws(new Error("no storage"));
  assert.throws(() => worker.default.fetch("request"), /no storage/);
  const feed = new worker.Feed("context", "env");
  assert.throws(() => feed.fetch("request"), /no storage/);
  fail(new TypeError("no function"));
  fail(undefined);
  told.next = () => "answer";
  assert.equal(feed.fetch("request"), "answer");
  assert.equal(told.calls.filter(([what]) => what === "new").length, 1);
  assert.equal(told.resets, 0);
});

test("an instance that does not start is tried once more by the next call", async (t) => {
  t.mock.method(console, "warn", () => {});
  const { worker, told, fail } = await entry();
  fail(trap());
  const { resets } = told;
  Object.defineProperty(told, "resets", { configurable: true, get: () => resets, set: throws(new Error("no memory")) });
  assert.throws(() => worker.default.fetch("request"), /no memory/);
  Object.defineProperty(told, "resets", { writable: true, value: resets });
  assert.equal(worker.default.fetch("request"), "answer");
  assert.equal(told.resets, 1);
});

test("what breaks off in a turn is told before the next turn", async () => {
  const { queueMicrotask, reportError } = globalThis;
  const seen = [];
  try {
    globalThis.reportError = (error) => seen.push(error.message);
    quickenTurns();
    globalThis.queueMicrotask(throws(new Error("broke off")));
    globalThis.queueMicrotask(() => seen.push("next"));
    await new Promise((resolve) => globalThis.queueMicrotask(resolve));
  } finally {
    Object.assign(globalThis, { queueMicrotask, reportError });
  }
  assert.deepEqual(seen, ["broke off", "next"]);
});
