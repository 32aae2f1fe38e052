// The official Python clients, that of Prometheus among them, in an environment of their own that is made once, in target/.

import { execFile } from "node:child_process";
import { existsSync, mkdirSync, rmSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

const CLIENTS = ["openai==3.57.0", "anthropic==2.14.0", "prometheus_client==0.26.0"];
const folder = fileURLToPath(new URL("../../target/python-clients", import.meta.url));
const run = promisify(execFile);
export const python = `${folder}/bin/python`;

let making;

/** Why they cannot be run (no Python here, or its packages cannot be had); false where they can. */
export const missing = () => (making ??= make());

async function make() {
  // Another test may be at it: one of them makes it, and a lock that nobody holds any more is broken.
  const lock = `${folder}.making`;
  const until = Date.now() + 240_000;
  for (;;) {
    try {
      mkdirSync(lock);
      break;
    } catch (error) {
      if (error.code !== "EEXIST") return `Python's clients could not be had: ${error.message}`;
      if (Date.now() > until) rmSync(lock, { recursive: true, force: true });
      await sleep(200);
    }
  }
  try {
    const { stdout } = existsSync(python) ? await run(python, ["-m", "pip", "freeze"]) : { stdout: "" };
    if (CLIENTS.every((client) => stdout.includes(client))) return false;
    await run("python3", ["-m", "venv", folder], { timeout: 60_000 });
    await run(python, ["-m", "pip", "install", "--quiet", ...CLIENTS], { timeout: 180_000 });
    return false;
  } catch (error) {
    rmSync(folder, { recursive: true, force: true });
    return `Python's clients could not be had: ${error.message.split("\n")[0]}`;
  } finally {
    rmSync(lock, { recursive: true, force: true });
  }
}
