// The official Python clients. Skipped where there is no Python, or where its packages cannot be had.

import assert from "node:assert/strict";
import { test } from "node:test";
import { fileURLToPath } from "node:url";

import { start } from "./harness.mjs";
import { pythonWith } from "./python.mjs";

test("the Python clients of both protocols: whole, streamed, tools, structured, errors", async (t) => {
  const python = await pythonWith("clients", ["openai==3.57.0", "anthropic==2.14.0"]);
  if (python.missing) {
    t.skip(python.missing);
    return;
  }
  const server = await start({ settings: { MAX_ATTEMPTS: 1, QUARANTINE_SECONDS: 0 } });
  try {
    await server.sim.control("POST", "/__sim/state", { time_scale: 0 });
    const script = fileURLToPath(new URL("client-python.py", import.meta.url));
    assert.match(await python.run([script, server.url, server.adminKey, server.sim.url]), /all is well/);
  } finally {
    await server.stop();
  }
});
