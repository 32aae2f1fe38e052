// The official Python clients, in an environment of their own that is made once, in target/. Skipped where
// there is no Python, or where its packages cannot be had.

import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { existsSync, rmSync } from "node:fs";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

import { start } from "./harness.mjs";

const CLIENTS = ["openai==3.57.0", "anthropic==2.14.0"];
const folder = fileURLToPath(new URL("../../target/python-clients", import.meta.url));
const python = `${folder}/bin/python`;
const run = promisify(execFile);

/** Why they cannot be run; false where they can. */
async function missing() {
  try {
    const { stdout } = existsSync(python) ? await run(python, ["-m", "pip", "freeze"]) : { stdout: "" };
    if (CLIENTS.every((client) => stdout.includes(client))) return false;
    await run("python3", ["-m", "venv", folder], { timeout: 60_000 });
    await run(python, ["-m", "pip", "install", "--quiet", ...CLIENTS], { timeout: 180_000 });
    return false;
  } catch (error) {
    rmSync(folder, { recursive: true, force: true });
    return `Python's clients could not be had: ${error.message.split("\n")[0]}`;
  }
}

test("the Python clients of both protocols: whole, streamed, tools, structured, errors", async (t) => {
  const skip = await missing();
  if (skip) {
    t.skip(skip);
    return;
  }
  const server = await start({ settings: { MAX_ATTEMPTS: 1, QUARANTINE_SECONDS: 0 } });
  try {
    await server.sim.control("POST", "/__sim/state", { time_scale: 0 });
    const script = fileURLToPath(new URL("client-python.py", import.meta.url));
    const { stdout } = await run(python, [script, server.url, server.adminKey, server.sim.url], { timeout: 120_000 });
    assert.match(stdout, /all is well/);
  } finally {
    await server.stop();
  }
});
