// How the agents are run: headless, with a home of their own and nothing of this machine's environment.

import { spawn } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const folder = process.env.ARBITER_AGENTS ?? fileURLToPath(new URL(".", import.meta.url));
const bin = (name) => join(folder, "node_modules/.bin", name);
const PATIENCE = 120_000;
const homes = [];

/** Why the agents cannot be run; false where they can. */
export const skip = ["codex", "claude"].every((name) => existsSync(bin(name))) ? false : "the agents are not installed: npm install --prefix tests/agents";

/** A new home, with a folder to work in. */
export function home() {
  const path = mkdtempSync(join(tmpdir(), "arbiter-agent-"));
  homes.push(path);
  const work = join(path, "work");
  mkdirSync(work);
  return { path, work };
}

export function clearHomes() {
  for (const path of homes.splice(0)) rmSync(path, { recursive: true, force: true });
}

/** Runs a program, `input` on its stdin; gives what it said, and how it ended. */
function run(program, args, env, cwd, input) {
  return new Promise((resolve, reject) => {
    const child = spawn(bin(program), args, { cwd, env: { PATH: process.env.PATH, TERM: "dumb", ...env }, stdio: ["pipe", "pipe", "pipe"], timeout: PATIENCE, killSignal: "SIGKILL" });
    let said = "";
    for (const stream of [child.stdout, child.stderr]) stream.setEncoding("utf8").on("data", (text) => (said += text));
    child.stdin.on("error", () => {});
    child.stdin.end(input ?? "");
    child.once("error", reject);
    child.once("close", (code) => resolve({ code, said, work: cwd }));
  });
}

/** Each works on a task at that address; `goOn` goes on with the last conversation of its home, `picture` is a PNG. */
export const agents = {
  codex(url, key, task, { at = home(), goOn = false, picture } = {}) {
    const config = `model = "auto"
model_provider = "arbiter"
model_context_window = 128000
web_search = "disabled"
check_for_update_on_startup = false
[analytics]
enabled = false
[model_providers.arbiter]
name = "Arbiter"
base_url = "${url}/v1"
env_key = "ARBITER_KEY"
wire_api = "responses"
request_max_retries = 1
stream_max_retries = 1
`;
    writeFileSync(join(at.path, "config.toml"), config);
    if (picture) writeFileSync(join(at.work, "picture.png"), picture);
    const shown = picture ? ["-i", join(at.work, "picture.png"), "--"] : [];
    const all = ["exec", ...(goOn ? ["resume", "--last"] : []), "--skip-git-repo-check", "--json", "--disable", "plugins", "--dangerously-bypass-approvals-and-sandbox", ...shown, task];
    return run("codex", all, { HOME: at.path, CODEX_HOME: at.path, ARBITER_KEY: key }, at.work);
  },
  claude(url, key, task, { at = home(), goOn = false, picture } = {}) {
    const env = { HOME: at.path, IS_SANDBOX: "1", ANTHROPIC_BASE_URL: url, ANTHROPIC_AUTH_TOKEN: key, CLAUDE_CODE_MAX_RETRIES: "1" };
    for (const name of ["CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC", "DISABLE_TELEMETRY", "DISABLE_ERROR_REPORTING", "DISABLE_AUTOUPDATER"]) env[name] = "1";
    const form = picture ? ["--input-format", "stream-json", "--output-format", "stream-json", "--verbose"] : [task, "--output-format", "json"];
    const source = picture && { type: "base64", media_type: "image/png", data: picture.toString("base64") };
    const input = picture && `${JSON.stringify({ type: "user", message: { role: "user", content: [{ type: "image", source }, { type: "text", text: task }] } })}\n`;
    const args = [...(goOn ? ["--continue"] : []), "-p", ...form, "--dangerously-skip-permissions"];
    return run("claude", args, env, at.work, input);
  },
};
