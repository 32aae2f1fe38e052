// The agents themselves, headless, through the worker and the simulated runtime: what they send
// changes monthly, and no client of ours would notice. They are 660 MB, and installed apart:
// `npm install --prefix tests/agents`; ARBITER_AGENTS names another folder that holds them.

import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, beforeEach, test } from "node:test";
import { fileURLToPath } from "node:url";

import { call, register, start } from "../e2e/harness.mjs";

const folder = process.env.ARBITER_AGENTS ?? fileURLToPath(new URL(".", import.meta.url));
const bin = (name) => join(folder, "node_modules/.bin", name);
const skip = ["codex", "claude"].every((name) => existsSync(bin(name))) ? false : "the agents are not installed: npm install --prefix tests/agents";
const PATIENCE = 120_000;
const TASK = "Write hello.py that prints the word hello, then run it.";

let server;
const homes = [];
before(async () => {
  if (skip) return;
  server = await start({});
  await server.sim.control("POST", "/__sim/state", { time_scale: 0 });
});
after(async () => {
  await server?.stop();
  for (const home of homes) rmSync(home, { recursive: true, force: true });
});
beforeEach(() => server?.sim.control("DELETE", "/__sim/faults"));

/** Runs a program with nothing of this machine's environment; gives what it said, and how it ended. */
function run(program, args, env, cwd) {
  return new Promise((resolve, reject) => {
    const child = spawn(bin(program), args, { cwd, env: { PATH: process.env.PATH, TERM: "dumb", ...env }, stdio: ["ignore", "pipe", "pipe"], timeout: PATIENCE, killSignal: "SIGKILL" });
    let said = "";
    for (const stream of [child.stdout, child.stderr]) stream.setEncoding("utf8").on("data", (text) => (said += text));
    child.once("error", reject);
    child.once("close", (code) => resolve({ code, said }));
  });
}

function home() {
  const path = mkdtempSync(join(tmpdir(), "arbiter-agent-"));
  homes.push(path);
  const work = join(path, "work");
  mkdirSync(work);
  return { path, work };
}

const agents = {
  codex(key, task) {
    const { path, work } = home();
    const config = `model = "auto"
model_provider = "arbiter"
model_context_window = 128000
web_search = "disabled"
check_for_update_on_startup = false
[analytics]
enabled = false
[model_providers.arbiter]
name = "Arbiter"
base_url = "${server.url}/v1"
env_key = "ARBITER_KEY"
wire_api = "responses"
request_max_retries = 1
stream_max_retries = 1
`;
    writeFileSync(join(path, "config.toml"), config);
    const args = ["exec", "--skip-git-repo-check", "--json", "--disable", "plugins", "--dangerously-bypass-approvals-and-sandbox", task];
    return run("codex", args, { HOME: path, CODEX_HOME: path, ARBITER_KEY: key }, work).then((ended) => ({ ...ended, work }));
  },
  claude(key, task) {
    const { path, work } = home();
    const env = { HOME: path, IS_SANDBOX: "1", ANTHROPIC_BASE_URL: server.url, ANTHROPIC_AUTH_TOKEN: key, CLAUDE_CODE_MAX_RETRIES: "1" };
    for (const name of ["CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC", "DISABLE_TELEMETRY", "DISABLE_ERROR_REPORTING", "DISABLE_AUTOUPDATER"]) env[name] = "1";
    const args = ["-p", task, "--dangerously-skip-permissions", "--output-format", "json"];
    return run("claude", args, env, work).then((ended) => ({ ...ended, work }));
  },
};

for (const [name, agent] of Object.entries(agents)) {
  test(`${name} writes a file, runs it and concludes, and every call is counted`, { skip }, async () => {
    const key = await register(server);
    const { calls } = (await call(server, "GET", "/v1/report")).body;
    const { code, said, work } = await agent(key, TASK);
    assert.equal(code, 0, said);
    assert.match(readFileSync(join(work, "hello.py"), "utf8"), /hello/, said);
    const { used_6h: used } = (await call(server, "GET", "/v1/key", { key })).body;
    assert.ok(used >= 6, `${used} turns: ${said}`);
    assert.equal((await call(server, "GET", "/v1/report")).body.calls - calls, used);
  });

  test(`${name} says in words what is wrong: a wrong key, a runtime that is down`, { skip }, async () => {
    const unknown = await agent("arb_wrong", TASK);
    assert.match(unknown.said, /invalid key|authentic/i);
    await server.sim.control("POST", "/__sim/faults", [{ fault: { kind: "status", code: 503 } }]);
    const down = await agent(server.adminKey, TASK);
    assert.match(down.said, /503|529|overloaded|status 503|unavailable/i);
  });
}
