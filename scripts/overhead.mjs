// What Arbiter costs on top of the platform: CPU time of workerd per request, on this machine, in
// turns with two workers that do little. A whole answer is held against one that does a D1 read
// and a call of an object that writes a row with each request, a stream against a bare
// pass-through, a stream of an agents' protocol against the same stream of chat. Prints ratios; asserts
// nothing.
//
//   node_modules/.bin/node scripts/overhead.mjs [--rounds 5] [--requests 300] [--only TEXT] [--before DIR] [--json]

import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readFileSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";

const { values } = parseArgs({
  options: {
    rounds: { type: "string", default: "5" },
    requests: { type: "string", default: "300" },
    only: { type: "string", default: "" },
    before: { type: "string", default: "" },
    json: { type: "boolean", default: false },
    help: { type: "boolean", default: false },
  },
});
if (values.help) {
  console.log(`Usage: node scripts/overhead.mjs [--rounds 5] [--requests 300] [--only TEXT] [--before DIR] [--json]

CPU of workerd per request, Arbiter beside a worker that only does a D1 read and an object call
with a write (for streams: that only passes through; for those of agents' protocols: Arbiter's own stream
of chat). Build first: scripts/build.sh
  --only TEXT   only the kinds of request whose name holds TEXT (--only "beside chat": the protocols)
  --before DIR  a copy of another build (the folder build/): measured as a third in the same turns`);
  process.exit(0);
}
const rounds = Number(values.rounds);
const requests = Number(values.requests);
const at = (path) => fileURLToPath(new URL(path, import.meta.url));
const state = mkdtempSync(join(tmpdir(), "arbiter-overhead-"));
const children = [];

async function launch(file, input) {
  const child = spawn(process.execPath, [at(file)], { stdio: ["pipe", "pipe", "ignore"] });
  children.push(child);
  if (input) child.stdin.write(`${JSON.stringify(input)}\n`);
  const [line] = await once(createInterface({ input: child.stdout }), "line");
  return { child, url: line.match(/http:\/\/\S+/)[0] };
}

// CPU seconds of the workerd below a process. Linux keeps them in hundredths.
function cpu(pid) {
  const fields = (id) =>
    readFileSync(`/proc/${id}/stat`, "utf8")
      .replace(/^.*\) /, "")
      .split(" ");
  let sum = 0;
  for (const id of readdirSync("/proc").filter((name) => /^\d+$/.test(name))) {
    try {
      const stat = fields(id);
      if (Number(stat[1]) === pid) sum += (Number(stat[11]) + Number(stat[12])) / 100;
    } catch {
      // Ended meanwhile.
    }
  }
  return sum;
}

const operator = "operator-key-of-the-measurement";
const filler = (size) => "The quick brown fox jumps over the lazy dog. ".repeat(Math.ceil(size / 45)).slice(0, size);
const asked = (size, more = {}) => ({ ...more, messages: [{ role: "user", content: `${filler(size)}\nWrite a Python function that adds two numbers.` }] });
const CHAT = "/v1/chat/completions";
const stream = asked(0, { stream: true });
const kinds = [
  { name: "operator's key, 1 KB", body: asked(900), minted: false, floor: "counting" },
  { name: "minted key, 1 KB", body: asked(900), minted: true, floor: "counting" },
  { name: "minted key, 100 KB", body: asked(100_000), minted: true, floor: "counting" },
  { name: "stream of 100 chunks", body: stream, minted: false, floor: "passing" },
  { name: "Responses beside chat", path: "/v1/responses", body: { stream: true, input: stream.messages }, minted: false, floor: "chat" },
  { name: "Messages beside chat", path: "/v1/messages", body: { ...stream, max_tokens: 1_000 }, minted: false, floor: "chat" },
].filter(({ name }) => name.includes(values.only));

async function fire(url, path, key, body, count) {
  let left = count;
  const one = async () => {
    while (left > 0) {
      left -= 1;
      const response = await fetch(url + path, {
        method: "POST",
        headers: { authorization: `Bearer ${key}`, "content-type": "application/json" },
        body,
      });
      await response.arrayBuffer();
      if (response.status !== 200) throw new Error(`${url} answered ${response.status}`);
    }
  };
  await Promise.all(Array.from({ length: 4 }, one));
}

try {
  const upstream = await launch("overhead/upstream.mjs");
  const settings = { GATEWAY_API_KEY: "k", BTL_BASE_URL: upstream.url, ARBITER_API_KEYS: operator, EPSILON: "0", MINTED_USD_DAY: "0" };
  const serve = (name, build) => launch("../tests/e2e/worker.mjs", { persistTo: join(state, name), settings, port: 0, build });
  const arbiters = { arbiter: await serve("arbiter") };
  if (values.before) arbiters.before = await serve("before", resolve(values.before));
  const floors = {
    passing: await launch("overhead/floor.mjs", { upstream: upstream.url }),
    counting: await launch("overhead/floor.mjs", { upstream: upstream.url, counting: true, persistTo: join(state, "floor") }),
  };
  for (const arbiter of Object.values(arbiters)) {
    const minting = await fetch(`${arbiter.url}/v1/keys`, {
      method: "POST",
      headers: { authorization: `Bearer ${operator}`, "content-type": "application/json" },
      body: JSON.stringify({ label: "measurement", limit_6h: 100_000, limit_week: 100_000 }),
    });
    if (!minting.ok) throw new Error(`no key was minted: ${await minting.text()}`);
    arbiter.minted = (await minting.json()).api_key;
  }
  const results = [];
  for (const kind of kinds) {
    const own = { path: kind.path ?? CHAT, body: JSON.stringify(kind.body) };
    const floor = { path: CHAT, body: JSON.stringify(kind.floor === "chat" ? stream : kind.body) };
    const sides = [["floor", { ...(floors[kind.floor] ?? arbiters.arbiter), ...floor }]];
    for (const [name, arbiter] of Object.entries(arbiters)) sides.push([name, { ...arbiter, ...own }]);
    const call = ({ url, path, body, minted }, count) => fire(url, path, kind.minted ? (minted ?? operator) : operator, body, count);
    // The first calls explore and compile; they are not what is asked.
    for (const [, side] of sides) await call(side, 300);
    const used = Object.fromEntries(sides.map(([name]) => [name, []]));
    for (let round = 0; round < rounds; round += 1) {
      for (const [name, side] of sides) {
        const before = cpu(side.child.pid);
        await call(side, requests);
        used[name].push(cpu(side.child.pid) - before);
      }
    }
    const per = (name) => Number(((1000 * used[name].reduce((sum, it) => sum + it)) / (rounds * requests)).toFixed(3));
    for (const name of Object.keys(arbiters)) {
      const ratios = used[name].map((it, round) => it / used.floor[round]).sort((a, b) => a - b);
      results.push({
        kind: name === "before" ? `${kind.name}, before` : kind.name,
        floor: kind.floor,
        floor_ms: per("floor"),
        arbiter_ms: per(name),
        ratio: Number(ratios[ratios.length >> 1].toFixed(2)),
        lowest: Number(ratios[0].toFixed(2)),
        highest: Number(ratios.at(-1).toFixed(2)),
      });
      if (values.json) continue;
      if (results.length === 1) console.log("CPU of workerd per request           floor   Arbiter   ratio (median, lowest to highest round)");
      const { kind: shown, floor_ms, arbiter_ms, ratio, lowest, highest } = results.at(-1);
      console.log(`${shown.padEnd(30)} ${`${floor_ms} ms`.padStart(11)} ${`${arbiter_ms} ms`.padStart(9)}   ${ratio} (${lowest} to ${highest})`);
    }
  }
  if (values.json) console.log(JSON.stringify(results, null, 2));
} finally {
  for (const child of children) child.stdin.end();
  rmSync(state, { recursive: true, force: true });
}
