// What Arbiter costs on top of the platform: CPU time of workerd per request, beside a worker
// that only passes requests through, on this machine, in turns. Prints ratios; asserts nothing.
//
//   node_modules/.bin/node scripts/overhead.mjs [--rounds 5] [--requests 300] [--json]

import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readFileSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";

const { values } = parseArgs({
  options: {
    rounds: { type: "string", default: "5" },
    requests: { type: "string", default: "300" },
    json: { type: "boolean", default: false },
    help: { type: "boolean", default: false },
  },
});
if (values.help) {
  console.log("Usage: node scripts/overhead.mjs [--rounds 5] [--requests 300] [--json]\nCPU of workerd per request, Arbiter beside a pass-through worker. Build first: scripts/build.sh");
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
  const fields = (id) => readFileSync(`/proc/${id}/stat`, "utf8").replace(/^.*\) /, "").split(" ");
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

const key = "operator-key-of-the-measurement";
const filler = (size) => "The quick brown fox jumps over the lazy dog. ".repeat(Math.ceil(size / 45)).slice(0, size);
const kinds = [
  { name: "plain, 1 KB", body: { messages: [{ role: "user", content: `${filler(900)}\nWrite a Python function that adds two numbers.` }] } },
  { name: "plain, 100 KB", body: { messages: [{ role: "user", content: `${filler(100_000)}\nWrite a Python function that adds two numbers.` }] } },
  { name: "stream, 200 chunks", body: { stream: true, messages: [{ role: "user", content: "Write a Python function that adds two numbers." }] } },
];

async function fire(url, body, count) {
  let left = count;
  const one = async () => {
    while (left > 0) {
      left -= 1;
      const response = await fetch(`${url}/v1/chat/completions`, {
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
  const settings = { GATEWAY_API_KEY: "k", BTL_BASE_URL: upstream.url, ARBITER_API_KEYS: key, EPSILON: "0" };
  const arbiter = await launch("../tests/e2e/worker.mjs", { persistTo: state, settings, port: 0 });
  const through = await launch("overhead/passthrough.mjs", { upstream: upstream.url });
  const results = [];
  for (const kind of kinds) {
    const body = JSON.stringify(kind.body);
    // The first calls explore and compile; they are not what is asked.
    for (const { url } of [arbiter, through]) await fire(url, body, Math.min(100, requests));
    const ratios = [];
    const spent = { arbiter: 0, through: 0 };
    for (let round = 0; round < rounds; round += 1) {
      const used = {};
      for (const [name, { url, child }] of Object.entries({ through, arbiter })) {
        const before = cpu(child.pid);
        await fire(url, body, requests);
        used[name] = cpu(child.pid) - before;
        spent[name] += used[name];
      }
      ratios.push(used.arbiter / used.through);
    }
    ratios.sort((a, b) => a - b);
    const per = (name) => Number(((1000 * spent[name]) / (rounds * requests)).toFixed(3));
    results.push({
      kind: kind.name,
      passthrough_ms: per("through"),
      arbiter_ms: per("arbiter"),
      ratio: Number(ratios[ratios.length >> 1].toFixed(2)),
      lowest: Number(ratios[0].toFixed(2)),
      highest: Number(ratios.at(-1).toFixed(2)),
    });
    if (!values.json) {
      if (results.length === 1) console.log("CPU of workerd per request      pass-through   Arbiter   ratio (median, lowest to highest round)");
      const { passthrough_ms, arbiter_ms, ratio, lowest, highest } = results.at(-1);
      console.log(`${kind.name.padEnd(30)} ${`${passthrough_ms} ms`.padStart(12)} ${`${arbiter_ms} ms`.padStart(10)}   ${ratio} (${lowest} to ${highest})`);
    }
  }
  if (values.json) console.log(JSON.stringify(results, null, 2));
} finally {
  for (const child of children) child.stdin.end();
  rmSync(state, { recursive: true, force: true });
}
