// Keys and their accounts: what a key costs, what a made-up one does not, and what is left of either.

import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync } from "node:fs";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { after, before, test } from "node:test";

import { SUM, refused } from "./contract.mjs";
import { adminKey, call, chat, eventually, register, start, startSim } from "./harness.mjs";

const ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
const letters = (length) => Array.from(crypto.getRandomValues(new Uint8Array(length)), (byte) => ALPHABET[byte % 62]).join("");

/** A made-up key of today: only the deployment can make its seal. */
const madeUp = () => `arb_${letters(48)}`;
/** A made-up key as they were before: its checksum anybody can compute. */
function madeUpOfBefore() {
  const body = letters(32);
  const digest = createHash("sha256").update(`arbiter key ${body}`).digest();
  return `arb_${body}${Array.from(digest.subarray(0, 5), (byte) => ALPHABET[byte % 62]).join("")}`;
}

let sim;
before(async () => {
  sim = await startSim();
  await sim.control("POST", "/__sim/state", { time_scale: 0 });
});
after(() => sim?.stop());

/** What the objects of the accounts hold on disk: the names of their tables, an object each. */
function stored(server) {
  const folder = join(server.persistTo, "do/arbiter-Limiter");
  let files = [];
  try {
    files = readdirSync(folder).filter((name) => /^[0-9a-f]{64}\.sqlite$/.test(name));
  } catch {
    return [];
  }
  return files.map((name) => {
    const db = new DatabaseSync(join(folder, name), { timeout: 5_000 });
    try {
      return db
        .prepare("select name from sqlite_master where type = 'table' and name not like '\\_cf\\_%' escape '\\'")
        .all()
        .map((row) => row.name)
        .sort();
    } finally {
      db.close();
    }
  });
}

/** Puts a state back that an older version left, as if it had stopped `ago` seconds before now. */
function restored(name, ago) {
  const { made, keys, files } = JSON.parse(readFileSync(new URL(`../fixtures/state/${name}.json`, import.meta.url), "utf8"));
  const persistTo = mkdtempSync(join(tmpdir(), "arbiter-e2e-"));
  for (const [path, statements] of Object.entries(files)) {
    const file = join(persistTo, path);
    mkdirSync(dirname(file), { recursive: true });
    const db = new DatabaseSync(file);
    for (const statement of statements) db.exec(statement);
    if (path.includes("Limiter")) db.exec(`update accepted set at = at + ${Date.now() / 1_000 - made - ago}`);
    db.close();
  }
  return { persistTo, keys };
}

test("a state of the version before is served: keys, their status, running windows, what was learned", async () => {
  const { persistTo, keys } = restored("before-accounts", 600);
  const server = await start({ sim, persistTo });
  try {
    const show = async (key) => (await call(server, "GET", "/v1/key", { key })).body;
    const { email, status, used_6h, used_week } = await show(keys.used);
    assert.deepEqual({ email, status, used_6h, used_week }, { email: "used@example.com", status: "active", used_6h: 7, used_week: 7 });
    assert.equal((await chat(server, SUM, { key: keys.used })).status, 200);
    assert.equal((await show(keys.used)).used_6h, 8);
    assert.equal((await show(keys.fresh)).used_6h, 0);
    refused(await chat(server, SUM, { key: keys.paused }), 403);
    assert.equal((await call(server, "POST", "/v1/key/resume", { key: keys.paused })).status, 200);
    assert.equal((await chat(server, SUM, { key: keys.paused })).status, 200);
    refused(await chat(server, SUM, { key: keys.revoked }), 401);
    refused(await call(server, "POST", "/v1/key/resume", { key: keys.revoked }), 401);
    await eventually(async () => (await call(server, "GET", "/v1/report")).body.calls === 11, { what: "nine calls of before and two of now" });
    await server.restart({ LIMIT_6H: 8 });
    refused(await chat(server, SUM, { key: keys.used }), 429);
  } finally {
    await server.stop();
    rmSync(persistTo, { recursive: true, force: true, maxRetries: 3 });
  }
});

test("a made-up key costs no look-up and leaves nothing; one of before is looked up, and leaves nothing either", async () => {
  const server = await start({ sim, entry: "counting-entry.mjs" });
  try {
    // The first request of an isolate reads what keys are sealed with.
    refused(await chat(server, SUM, { key: madeUp() }), 401);
    const hops = () =>
      server
        .log()
        .split("\n")
        .flatMap((line) => line.match(/hop: (.*)$/)?.[1] ?? []);
    const marked = (path) => eventually(() => hops().includes(`arrived ${path}`) && hops(), { what: path });
    await call(server, "GET", "/v1/marker-one");
    const already = (await marked("/v1/marker-one")).length;
    const from = (n) => ({ key: madeUp(), headers: { "cf-connecting-ip": `198.51.100.${n}` } });
    for (let n = 0; n < 30; n++) refused(await (n % 2 ? chat(server, SUM, from(n)) : call(server, "POST", "/v1/key/revoke", from(n))), 401);
    await call(server, "GET", "/v1/marker-two");
    const told = (await marked("/v1/marker-two")).slice(already);
    assert.deepEqual(
      told.filter((hop) => !hop.startsWith("arrived")),
      [],
    );
    assert.deepEqual(stored(server), []);
    for (let n = 0; n < 10; n++) {
      const key = madeUpOfBefore();
      for (let again = 0; again < 2; again++) refused(await chat(server, SUM, { key, headers: { "cf-connecting-ip": `198.51.100.${n}` } }), 401);
    }
    assert.deepEqual(stored(server).flat(), []);
  } finally {
    await server.stop();
  }
});

test("a key may come in x-api-key, as some clients send it", async () => {
  const server = await start({ sim });
  try {
    for (const key of [adminKey, await register(server)]) {
      assert.equal((await chat(server, SUM, { key: undefined, headers: { "x-api-key": key } })).status, 200);
    }
    refused(await chat(server, SUM, { key: undefined, headers: { "x-api-key": "nonsense" } }), 401);
    // A client that is signed in elsewhere sends both.
    const key = await register(server);
    for (const [bearer, other, status] of [
      ["sk-of-another-service", key, 200],
      ["sk-of-another-service", adminKey, 200],
      [key, "sk-of-another-service", 200],
      ["sk-of-another-service", "nonsense", 401],
    ])
      assert.equal((await chat(server, SUM, { key: bearer, headers: { "x-api-key": other } })).status, status);
  } finally {
    await server.stop();
  }
});

test("of a revoked key nothing is left but its row, and the next request after the answer knows it", async () => {
  const server = await start({ sim });
  try {
    const key = await register(server);
    assert.equal((await chat(server, SUM, { key })).status, 200);
    assert.ok(stored(server).flat().includes("account"));
    for (let round = 0; round < 3; round++) {
      const key = await register(server);
      const racing = Array.from({ length: 12 }, (_, n) => (n === 5 ? call(server, "POST", "/v1/key/revoke", { key }) : chat(server, SUM, { key })));
      const answers = await Promise.all(racing);
      assert.equal(answers[5].status, 200);
      refused(await chat(server, SUM, { key }), 401);
      await server.restart();
      refused(await chat(server, SUM, { key }), 401);
    }
    await call(server, "POST", "/v1/key/revoke", { key });
    await eventually(() => !stored(server).flat().includes("account"), { what: "the deleted copies" });
  } finally {
    await server.stop();
  }
});

test("a store that hangs is left alone after it was waited for once; keys that are known go on", async () => {
  const server = await start({ sim, entry: "hanging-entry.mjs" });
  const hang = (door) => call(server, "POST", `/__hang?door=${door}`);
  try {
    const [key, other] = [await register(server), await register(server)];
    for (const known of [key, other]) assert.equal((await chat(server, SUM, { key: known })).status, 200);
    await hang("account");
    const answer = await chat(server, SUM, { key });
    refused(answer, 503);
    assert.ok(Number(answer.headers.get("retry-after")) >= 1);
    const asked = async () => (await call(server, "GET", "/__asked")).body.asked;
    const before = await asked();
    for (let n = 0; n < 5; n++) refused(await chat(server, SUM, { key }), 503);
    assert.ok((await asked()) <= before + 1, "the others were refused at once");
    assert.equal((await chat(server, SUM)).status, 200, "an operator's key");
    await hang("none");
    await eventually(async () => (await chat(server, SUM, { key })).status === 200, { what: "an answer after it is back" });
    await hang("db");
    for (const known of [key, other]) assert.equal((await chat(server, SUM, { key: known })).status, 200);
    refused(await chat(server, SUM, { key: madeUpOfBefore() }), 503);
    const db = await asked();
    for (let n = 0; n < 5; n++) refused(await chat(server, SUM, { key: madeUpOfBefore() }), 503);
    assert.ok((await asked()) <= db + 2, "five keys were not looked up");
  } finally {
    await server.stop();
  }
});

test("twenty wrong keys a minute from one address: 429 for more of them, not for a right one", async () => {
  const server = await start({ sim });
  try {
    const key = await register(server);
    const from = (address, key) => chat(server, SUM, { key, headers: { "cf-connecting-ip": address } });
    for (let n = 0; n < 20; n++) refused(await from("2001:db8::1", n % 2 ? madeUp() : "nonsense"), 401);
    const limited = await from("2001:db8::2", madeUp());
    refused(limited, 429);
    assert.ok(Number(limited.headers.get("retry-after")) <= 60);
    for (const right of [key, adminKey]) assert.equal((await from("2001:db8::1", right)).status, 200);
    refused(await from("2001:db8:0:1::1", madeUp()), 401);
  } finally {
    await server.stop();
  }
});

/** A request whose body stops before its end: `send(bytes)` puts more on its way, `answer` is its status. */
async function slow(server, key, length, path = "/v1/chat/completions") {
  const socket = connect(Number(new URL(server.url).port), "127.0.0.1");
  socket.on("error", () => {});
  const answer = new Promise((resolve) => {
    let text = "";
    socket.setEncoding("utf8").on("data", (piece) => {
      text += piece;
      const head = text.match(/^HTTP\/1\.1 (\d+)[\s\S]*?\r\n\r\n/);
      if (head) resolve({ status: Number(head[1]), text });
    });
    socket.on("close", () => resolve({ status: 0, text }));
  });
  const send = (bytes) => new Promise((resolve) => socket.write(bytes, resolve));
  await send(`POST ${path} HTTP/1.1\r\nhost: x\r\nauthorization: Bearer ${key}\r\ncontent-length: ${length}\r\n\r\n`);
  return { send, answer, end: () => socket.destroy() };
}

const MEGABYTE = Buffer.alloc(1024 * 1024, 0x20);

test("fifty slow bodies of 4 MB behind made-up keys grow memory by less than 16 MB", {
  skip: process.platform !== "linux" && "memory is read from /proc",
}, async () => {
  const server = await start({ sim });
  const sent = [];
  try {
    // What the first requests of any kind take is no body.
    for (let n = 0; n < 30; n++) await chat(server, SUM, { key: n % 2 ? madeUp() : madeUpOfBefore(), headers: { "cf-connecting-ip": `198.51.100.${n}` } });
    const before = server.memory();
    for (let n = 0; n < 50; n++) sent.push(await slow(server, n % 2 ? madeUp() : madeUpOfBefore(), 4 * MEGABYTE.length));
    // None comes to its end.
    for (let round = 0; round < 3; round++) await Promise.all(sent.map(({ send }) => send(MEGABYTE.subarray(0, MEGABYTE.length / 4))));
    const grown = server.memory() - before;
    assert.ok(grown < 16 * MEGABYTE.length, `${(grown / MEGABYTE.length).toFixed(1)} MB`);
    assert.equal((await chat(server, SUM)).status, 200);
  } finally {
    sent.forEach(({ end }) => end());
    await server.stop();
  }
});

test("all bodies of an isolate together are at most 48 MB: more is told to come again, and finds room when they are gone", async () => {
  const server = await start({ sim });
  const sent = [];
  try {
    for (let n = 0; n < 13; n++) sent.push(await slow(server, adminKey, 4 * MEGABYTE.length));
    for (let round = 0; round < 3; round++) await Promise.all(sent.map(({ send }) => send(MEGABYTE)));
    await Promise.all(sent.map(({ send }) => send(MEGABYTE.subarray(1))));
    // 13 times 4 MB less a byte: the last of them found no room.
    const { status, text } = await Promise.race(sent.map(({ answer }) => answer));
    assert.equal(status, 503, text);
    assert.match(text, /retry-after: \d/i);
    sent.forEach(({ end }) => end());
    await eventually(async () => (await chat(server, { messages: [{ role: "user", content: "x".repeat(300_000) }] })).status === 200, { what: "room" });
  } finally {
    sent.forEach(({ end }) => end());
    await server.stop();
  }
});

test("bodies that are announced and do not come leave room for those that do", async () => {
  const server = await start({ sim });
  const sent = [];
  try {
    for (const key of [await register(server), await register(server)]) for (let n = 0; n < 96; n++) sent.push(await slow(server, key, MEGABYTE.length / 4));
    // The worker has met them all: what came after the last of them is answered.
    assert.equal((await call(server, "GET", "/health")).status, 200);
    const key = await register(server);
    const large = { messages: [{ role: "user", content: `Calculate 17 * 23${" ".repeat(2 * MEGABYTE.length)}` }] };
    for (const asked of [large, SUM]) assert.equal((await chat(server, asked, { key })).status, 200);
    // One of them comes after all.
    const [{ send, answer }] = sent.splice(-1);
    await send(Buffer.from(JSON.stringify(SUM).padEnd(MEGABYTE.length / 4)));
    assert.equal((await answer).status, 200);
  } finally {
    sent.forEach(({ end }) => end());
    await server.stop();
  }
});

test("the bodies of one minted key leave room for those of others", async () => {
  const server = await start({ sim });
  const sent = [];
  try {
    const [greedy, other] = [await register(server), await register(server)];
    for (let n = 0; n < 13; n++) sent.push(await slow(server, greedy, 4 * MEGABYTE.length));
    for (let round = 0; round < 3; round++) await Promise.all(sent.map(({ send }) => send(MEGABYTE)));
    const { status, text } = await Promise.race(sent.map(({ answer }) => answer));
    assert.equal(status, 503, text);
    const large = { messages: [{ role: "user", content: `Calculate 17 * 23${" ".repeat(2 * MEGABYTE.length)}` }] };
    assert.equal((await chat(server, large, { key: other })).status, 200);
    sent.forEach(({ end }) => end());
    await eventually(async () => (await chat(server, large, { key: greedy })).status === 200, { what: "its room again" });
  } finally {
    sent.forEach(({ end }) => end());
    await server.stop();
  }
});

/**
 * What a request is answered of whose body nothing comes; `waiting` where nothing is said. One that is
 * refused is listened to for 10 s all the same.
 */
const early = async ({ answer, end }) => {
  const { status } = await Promise.race([answer, new Promise((resolve) => setTimeout(resolve, 14_000, { status: "waiting" }))]);
  end();
  return status;
};

test("a key that was revoked or paused has no body read for it, whoever did that; nor is one read where registration is closed", async () => {
  const server = await start({ sim, settings: { REGISTER_OPEN: "false" } });
  try {
    const mint = async () => (await call(server, "POST", "/v1/keys", { key: adminKey, json: {} })).body;
    const [own, theirs, paused, never] = [await mint(), await mint(), await mint(), await mint()];
    assert.equal((await call(server, "POST", "/v1/key/revoke", { key: own.api_key })).status, 200);
    assert.equal((await call(server, "POST", `/v1/keys/${theirs.id}/revoke`, { key: adminKey })).status, 200);
    assert.equal((await call(server, "POST", "/v1/key/pause", { key: paused.api_key })).status, 200);
    const bodies = [
      [own.api_key, 4 * MEGABYTE.length, 401],
      [own.api_key, 1_000, 401],
      [own.api_key, 4 * MEGABYTE.length, 401, "/v1/messages/count_tokens"],
      [theirs.api_key, 1_000, 401],
      [paused.api_key, 1_000, 403],
      [never.api_key, 4 * MEGABYTE.length, "waiting"],
      ["none", 1_000, 403, "/v1/register"],
    ];
    const told = await Promise.all(bodies.map(async ([key, length, , path]) => early(await slow(server, key, length, path))));
    assert.deepEqual(
      told,
      bodies.map(([, , status]) => status),
    );
    // Paused keys count tokens, and one that goes on asks at once.
    assert.equal((await call(server, "POST", "/v1/messages/count_tokens", { key: paused.api_key, json: { ...SUM, max_tokens: 5 } })).status, 200);
    assert.equal((await call(server, "POST", `/v1/keys/${paused.id}/resume`, { key: adminKey })).status, 200);
    assert.equal((await chat(server, SUM, { key: paused.api_key })).status, 200);
    await server.restart({ REGISTER_OPEN: "false" });
    assert.equal(await early(await slow(server, own.api_key, 4 * MEGABYTE.length)), 401, "an isolate that never met it");
  } finally {
    await server.stop();
  }
});

test("the bodies of all minted keys together leave room for operators', and no bodies keep an operator from switching off", async () => {
  const server = await start({ sim });
  const sent = [];
  const fill = async (key, many) => {
    const own = [];
    for (let n = 0; n < many; n++) own.push(await slow(server, key, 4 * MEGABYTE.length));
    sent.push(...own);
    for (let round = 0; round < 3; round++) await Promise.all(own.map(({ send }) => send(MEGABYTE)));
    await Promise.all(own.map(({ send }) => send(MEGABYTE.subarray(1))));
    // Until all is read: whoever asked meanwhile would take the room of the last bytes.
    await new Promise((resolve) => setTimeout(resolve, 2_000));
  };
  try {
    for (let n = 0; n < 3; n++) await fill(await register(server), 3);
    const large = { messages: [{ role: "user", content: `Calculate 17 * 23${" ".repeat(2 * MEGABYTE.length)}` }] };
    const last = await register(server);
    assert.equal((await chat(server, SUM, { key: last })).status, 503, "minted keys have their three quarters");
    assert.equal((await chat(server, large)).status, 200, "an operator's");
    await fill(adminKey, 3);
    assert.equal((await chat(server, large)).status, 503, "all is full");
    for (const to of ["none", "all"]) assert.equal((await call(server, "PUT", "/v1/serve", { key: adminKey, json: { to } })).status, 200);
    await register(server);
    // Small ones, as many as there is room for: strangers' leave room for operators', too.
    for (let n = 0; n < 600; n++) sent.push(await slow(server, "none", 8 * 1024, "/v1/register"));
    const another = () => call(server, "POST", "/v1/register", { json: { email: "a@example.com" } });
    await eventually(async () => (await another()).status === 503, { what: "as many strangers as may" });
    assert.equal((await call(server, "PUT", "/v1/serve", { key: adminKey, json: { to: "all" } })).status, 200);
  } finally {
    sent.forEach(({ end }) => end());
    await server.stop();
  }
});
