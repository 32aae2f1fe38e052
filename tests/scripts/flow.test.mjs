// The loop that carries a stream: what is passed on, in which runs, and how it ends.

import assert from "node:assert/strict";
import { test } from "node:test";

import { flow } from "../../src/edge/flow.js";

const [STOPPED, ENDED, BROKEN, SILENT, GONE] = [0, 1, 2, 3, 4];
const bytes = (text) => new TextEncoder().encode(text);
const text = (chunk) => new TextDecoder().decode(chunk);
const forever = new Promise(() => {});

/** A reader of these chunks; a function in their place is awaited before the next. */
function readerOf(chunks, end = async () => ({ done: true })) {
  const left = [...chunks];
  return {
    read: async () => {
      while (typeof left[0] === "function") await left.shift()();
      return left.length === 0 ? end() : { done: false, value: bytes(left.shift()) };
    },
  };
}

function writerOf(take = async () => {}) {
  const written = [];
  return {
    written,
    write: (chunk) => {
      written.push(text(chunk));
      return take(chunk);
    },
  };
}

/** Carries them and gives how it ended, what was written, and what Rust was asked. */
async function carried(chunks, { step = () => true, end, take, idle = 10_000 } = {}) {
  const writer = writerOf(take);
  const asked = [];
  const how = await flow(readerOf(chunks, end), writer, new Uint8Array(), idle, Infinity, (chunk) => {
    asked.push(text(chunk));
    return step(text(chunk));
  });
  return { how, written: writer.written, asked };
}

const letters = [..."abcdefghijklmnopqrstuvwxyz"];

test("chunks that come at once are handed on in few runs, whole and in order", async () => {
  const { how, written, asked } = await carried(letters);
  assert.equal(how, ENDED);
  assert.equal(written.join(""), letters.join(""));
  assert.deepEqual(asked, written);
  assert.ok(written.length < letters.length, `${written.length} writes`);
});

test("a chunk that comes after a while waits for no other", async () => {
  const pause = () => new Promise((resolve) => setTimeout(resolve, 20));
  const slow = letters.slice(0, 5).flatMap((letter) => [pause, letter]);
  const { written } = await carried(slow);
  assert.deepEqual(written, letters.slice(0, 5));
});

test("what gathered is written before a stream that breaks off is given up", async () => {
  const end = async () => {
    throw new Error("reset");
  };
  const { how, written } = await carried(letters, { end });
  assert.equal(how, BROKEN);
  assert.equal(written.join(""), letters.join(""));
});

test("what gathered is written though nothing more comes", async () => {
  const { how, written } = await carried(letters, { end: () => forever, idle: 50 });
  assert.equal(how, SILENT);
  assert.equal(written.join(""), letters.join(""));
});

test("runs are left out, replaced, or the last, as Rust says", async () => {
  const out = await carried(letters, { step: () => null });
  assert.deepEqual([out.how, out.written], [ENDED, []]);
  const other = await carried(letters, { step: () => bytes("-") });
  assert.deepEqual(
    other.written,
    other.asked.map(() => "-"),
  );
  const last = await carried(letters, { step: () => undefined, end: () => forever });
  assert.deepEqual([last.how, last.written, last.asked.length], [STOPPED, [], 1]);
});

test("a client that takes nothing, or goes, ends it", async () => {
  const dawdler = await carried(letters, { take: () => forever, end: () => forever, idle: 50 });
  assert.deepEqual([dawdler.how, dawdler.written.length], [GONE, 1]);
  const take = async () => {
    throw new Error("gone");
  };
  assert.equal((await carried(letters, { take, end: () => forever })).how, GONE);
});

test("no more is read than a slow client takes", async () => {
  let read = 0;
  let ahead = 0;
  const chunk = "x".repeat(20_000);
  const counted = Array.from({ length: 20 }, () => [() => (read += 1), chunk]).flat();
  let taken = 0;
  const take = async () => {
    ahead = Math.max(ahead, read - taken);
    await new Promise(setImmediate);
    taken += 1;
  };
  const { how } = await carried(counted, { take });
  assert.equal(how, ENDED);
  assert.ok(ahead <= 2, `${ahead} ahead`);
});
