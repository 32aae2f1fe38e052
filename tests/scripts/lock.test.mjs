// The lock of the scripts: one process at a time, and none that waits for the dead.

import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { fileURLToPath } from "node:url";

const common = fileURLToPath(new URL("../../scripts/lib/common.sh", import.meta.url));
let folder;
before(() => (folder = mkdtempSync(join(tmpdir(), "arbiter-lock-"))));
after(() => rmSync(folder, { recursive: true, force: true }));

/** Runs `with_lock lock command…` in a shell of its own; gives its exit status. */
async function locked(lock, ...command) {
  const shell = spawn("bash", ["-euo", "pipefail", "-c", '. "$1"; shift; with_lock "$@"', "bash", common, lock, ...command], { stdio: "ignore" });
  const [status] = await once(shell, "exit");
  return status;
}

test("a lock whose owner died before it wrote its name is taken over", { timeout: 30_000 }, async () => {
  for (const write of [() => {}, (lock) => writeFileSync(join(lock, "pid"), "")]) {
    const lock = join(folder, "nameless");
    mkdirSync(lock);
    write(lock);
    assert.equal(await locked(lock, "true"), 0);
    assert.ok(!existsSync(lock), "and given back");
  }
});

test("a lock whose owner is gone is taken over", { timeout: 30_000 }, async () => {
  const gone = spawn("true");
  await once(gone, "exit");
  const lock = join(folder, "gone");
  mkdirSync(lock);
  writeFileSync(join(lock, "pid"), `${gone.pid}\n`);
  assert.equal(await locked(lock, "true"), 0);
});

test("one at a time, and the status of each is its command's", { timeout: 30_000 }, async () => {
  const [lock, diary] = [join(folder, "busy"), join(folder, "diary")];
  const turn = 'echo in >>"$1"; sleep 0.1; echo out >>"$1"; exit "$2"';
  const statuses = await Promise.all([0, 3, 0, 4].map((status) => locked(lock, "bash", "-c", turn, "bash", diary, String(status))));
  assert.deepEqual(statuses, [0, 3, 0, 4]);
  assert.equal(readFileSync(diary, "utf8"), "in\nout\n".repeat(4));
});
