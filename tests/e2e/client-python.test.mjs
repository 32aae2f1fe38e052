// The official Python clients. Skipped where there is no Python, or where its packages cannot be had.

import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

import { start } from "./harness.mjs";
import { missing, python } from "./python.mjs";

const run = promisify(execFile);

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
