// ./scripts/dev.sh as a user starts it: on a fresh state and again, before the simulated runtime and before those
// that it takes for others.

import assert from "node:assert/strict";
import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, readFileSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { fileURLToPath } from "node:url";

import { names } from "../../scripts/lib/settings.mjs";
import { call, eventually, startSim } from "./harness.mjs";

const root = fileURLToPath(new URL("../../", import.meta.url));
const SUM = { messages: [{ role: "user", content: "Calculate 17 * 23" }] };
/** Longer than a start takes on a busy machine. */
const STARTS_WITHIN = 120_000;

const started = new Set();
let folder;
before(async () => (folder = await mkdtemp(join(tmpdir(), "arbiter-dev-test-"))));
after(async () => {
  for (const child of started) end(child, "SIGKILL");
  await rm(folder, { recursive: true, force: true, maxRetries: 3 });
});

function end(child, signal) {
  try {
    process.kill(-child.pid, signal);
  } catch {
    // It has ended.
  }
}

/** The profile of the worker that is built already: nobody is to wait for another one. */
function built() {
  const sum = (file) => execFileSync("cksum", { input: readFileSync(file), encoding: "utf8" }).trim();
  const [wasm] = existsSync(`${root}build/.made-from`) ? readFileSync(`${root}build/.made-from`, "utf8").split("\n") : [];
  const target = process.env.CARGO_TARGET_DIR ?? `${root}target`;
  const file = (profile) => `${target}/wasm32-unknown-unknown/${profile}/arbiter.wasm`;
  return ["worker", "worker-test"].find((profile) => existsSync(file(profile)) && sum(file(profile)) === wasm) ?? "worker-test";
}

/** Starts it with nothing of this environment's own settings; gives what it says, and where it serves. */
function dev(args, settings = {}) {
  const env = { ...process.env, WORKER_PROFILE: built(), NO_COLOR: "1", ...settings };
  for (const name of names()) if (!(name in settings)) delete env[name];
  const child = spawn("./scripts/dev.sh", args, { cwd: root, env, detached: true, stdio: ["ignore", "pipe", "pipe"] });
  started.add(child);
  let said = "";
  for (const stream of [child.stdout, child.stderr]) stream.setEncoding("utf8").on("data", (text) => (said += text));
  const ended = once(child, "close").then(([code]) => code);
  const ready = async () => {
    await eventually(() => said.includes("Ctrl-C stops it") || child.exitCode !== null, { within: STARTS_WITHIN, what: "a start" });
    assert.equal(child.exitCode, null, said);
    const line = (name) => said.match(new RegExp(`^ {2}${name} +(.*)$`, "m"))?.[1] ?? "";
    const missing = [...said.matchAll(/^ {2}missing +(.*)$/gm)].map(([, text]) => text);
    return { url: said.match(/Arbiter serves on (\S+)/)[1], key: line("operator key").split(" ")[0], line, missing };
  };
  return { child, ended, ready, said: () => said };
}

/** Process ids of all that it has started, at any remove. */
function family(pid) {
  const rows = execFileSync("ps", ["-eo", "pid=,ppid="], { encoding: "utf8" })
    .trim()
    .split("\n")
    .map((row) => row.trim().split(/\s+/).map(Number));
  const found = new Set([pid]);
  for (let before = 0; before !== found.size; ) {
    before = found.size;
    for (const [own, parent] of rows) if (found.has(parent)) found.add(own);
  }
  return [...found];
}

const lives = (pid) => {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
};

/** Ctrl-C, as a terminal sends it; nothing that was started lives after that. */
async function interrupt({ child, ended, said }) {
  const all = family(child.pid);
  assert.ok(all.length > 3, "a server with all that it needs");
  end(child, "SIGINT");
  assert.equal(await ended, 130, said());
  await eventually(() => !all.some(lives), { within: 20_000, what: "the end of all of them" });
}

const answered = async ({ url, key }) => {
  const answer = await call({ url }, "POST", "/v1/chat/completions", { key, json: SUM });
  assert.equal(answer.status, 200, answer.text);
  return answer.body;
};
const read = async ({ url }, path) => (await call({ url }, "GET", path)).body;

test("on a fresh state it serves before the simulated runtime, and goes on from there when it is started again", async () => {
  const args = ["--port", "0", "--persist-to", join(folder, "btl"), "--dialect", "btl"];
  const first = dev(args);
  const one = await first.ready();
  assert.match(one.line("runtime"), /^simulated, at http/);
  assert.match(one.line("pool"), /^the built-in one \(node scripts\/pool\.mjs list --url http/);
  assert.deepEqual(one.missing, []);
  assert.ok((await answered(one)).arbiter.model);
  await eventually(async () => (await read(one, "/v1/report")).calls === 1, { what: "the call" });

  const taken = dev(["--port", new URL(one.url).port, "--persist-to", join(folder, "other")]);
  assert.equal(await taken.ended, 1);
  assert.match(taken.said(), /error: port \d+ can't be served on: in use\.\n +Choose another: scripts\/dev\.sh --port N/);
  assert.ok(!existsSync(join(folder, "other")), "nothing was begun");
  await interrupt(first);

  const second = dev(args);
  const two = await second.ready();
  assert.equal(two.key, one.key, "the key of this state");
  await eventually(async () => (await read(two, "/v1/report")).calls === 1, { what: "the call of before" });
  await answered(two);
  await eventually(async () => (await read(two, "/v1/report")).calls === 2, { what: "both" });
  await interrupt(second);
});

for (const [dialect, settings, runtime, missing] of [
  ["ollama", {}, /, without a key$/, /^no judge is known: .*JUDGE_MODEL=ID \.\/scripts\/dev\.sh$/],
  ["openrouter", { GATEWAY_API_KEY: "sk-or-test" }, /, with the GATEWAY_API_KEY that was given$/, null],
]) {
  test(`before ${dialect} it asks for the models that are there, and proposes a pool`, async () => {
    const sim = await startSim({ dialect });
    try {
      const server = dev(["--port", "0", "--persist-to", join(folder, dialect)], { BTL_BASE_URL: sim.base, ...settings });
      const told = await server.ready();
      assert.match(told.line("runtime"), runtime, server.said());
      assert.match(told.line("pool"), /^proposed for this runtime \(/, server.said());
      const { version, models } = await read(told, "/v1/pool");
      assert.equal(version > 0, true);
      const offered = new Set((await (await fetch(`${sim.base}/models`, { headers: { authorization: "Bearer x" } })).json()).data.map(({ id }) => id));
      assert.ok(models.length >= 2 && models.every(({ upstream_id }) => offered.has(upstream_id)), JSON.stringify(models));
      assert.ok(models.every(({ in_price, out_price }) => in_price !== null && out_price !== null));
      if (missing)
        assert.ok(
          told.missing.some((line) => missing.test(line)),
          server.said(),
        );
      else assert.deepEqual(told.missing, [], server.said());
      assert.ok(offered.has((await answered(told)).arbiter.model));
      await interrupt(server);
    } finally {
      await sim.stop();
    }
  });
}
