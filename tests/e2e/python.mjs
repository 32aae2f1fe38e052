// Python with packages, in an environment of its own that is made once, in target/.

import { execFile } from "node:child_process";
import { existsSync, rmSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

const run = promisify(execFile);

/**
 * Makes the environment of that name with these packages, `name==version` each. Answers `run(args, input)`, which gives
 * what it said on stdout, or `missing`: why there is none, where there is no Python, or its packages can't be had.
 */
export async function pythonWith(name, packages) {
  const folder = fileURLToPath(new URL(`../../target/python-${name}`, import.meta.url));
  const python = `${folder}/bin/python`;
  try {
    const { stdout } = existsSync(python) ? await run(python, ["-m", "pip", "freeze"]) : { stdout: "" };
    if (!packages.every((wanted) => stdout.includes(wanted))) {
      await run("python3", ["-m", "venv", folder], { timeout: 60_000 });
      await run(python, ["-m", "pip", "install", "--quiet", ...packages], { timeout: 180_000 });
    }
  } catch (error) {
    rmSync(folder, { recursive: true, force: true });
    return { missing: `${packages.join(", ")} could not be had: ${error.message.split("\n")[0]}` };
  }
  return {
    async run(args, input = "") {
      const running = run(python, args, { timeout: 120_000, maxBuffer: 64 * 1024 * 1024 });
      running.child.stdin.end(input);
      return (await running).stdout;
    },
  };
}
