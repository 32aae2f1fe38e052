// Every sample of the documents and of the web app that speaks to a deployment is run as it stands, against the real worker.
// Python's are skipped where its clients cannot be had. The runtimes' and the deployment's own commands
// need what is not here; `tests/docs` checks that what they name exists.

import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { after, before, test } from "node:test";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

import { snippets } from "../../site/src/lib/snippets.ts";
import { adminKey, start } from "./harness.mjs";
import { missing, python } from "./python.mjs";

const run = promisify(execFile);
const root = fileURLToPath(new URL("../../", import.meta.url));
// In the tree, so that the packages are found.
mkdirSync(`${root}target`, { recursive: true });
const folder = mkdtempSync(`${root}target/samples-`);

let server;
before(async () => {
  server = await start();
  await server.sim.control("POST", "/__sim/state", { time_scale: 0 });
});
after(async () => {
  rmSync(folder, { recursive: true, force: true });
  await server?.stop();
});

const samples = ["README.md", "docs/quick-start.md", "docs/integration.md", "docs/agents.md", "docs/api-reference.md", "docs/deploy.md"].flatMap((document) =>
  [...readFileSync(root + document, "utf8").matchAll(/^```(sh|js|python)\n([\s\S]*?)^```/gm)]
    .map(([, language, code], at) => ({ name: `${document}, sample ${at + 1}`, language, code }))
    .filter(({ language, code }) => language !== "sh" || /^curl /m.test(code)),
);

/** The sample as its reader runs it: the address is the worker's, the key is in the environment. */
const filled = (code) => code.replaceAll(/http:\/\/127\.0\.0\.1:8787|https:\/\/YOUR-HOST/g, server.url).replaceAll(/^export ARBITER_KEY=.*$/gm, "");

const runner = {
  sh: (path) => ["bash", ["-e", path]],
  js: (path) => [process.execPath, [path]],
  python: (path) => [python, [path]],
};

// What the web app shows for a key, and for a request through each protocol.
const request = {
  messages: [
    { role: "system", content: "Be brief." },
    { role: "user", content: "Calculate 17 * 23" },
  ],
};
for (const [what, ...words] of [
  ["for a key", adminKey],
  ...["chat", "responses", "messages"].flatMap((surface) => [
    [`through ${surface}`, null, request, surface],
    [`through ${surface}, streamed`, null, { ...request, stream: true }, surface],
  ]),
]) {
  const said = snippets("https://YOUR-HOST", ...words);
  for (const [name, language] of [
    ["curl", "sh"],
    ["python", "python"],
    ["node", "js"],
  ])
    samples.push({ name: `the web app, ${what}`, language, code: said[name] });
}

test("there are samples", () => assert.ok(samples.length >= 12, `${samples.length}`));

for (const [at, { name, language, code }] of samples.entries()) {
  test(`${name} (${language}) runs as it stands`, async (t) => {
    const skip = language === "python" && (await missing());
    if (skip) return t.skip(skip);
    const path = `${folder}/${at}.${language === "js" ? "mjs" : language}`;
    writeFileSync(path, filled(code));
    const [program, words] = runner[language](path);
    const env = { ...process.env, ARBITER_KEY: adminKey, URL: server.url };
    const { stdout } = await run(program, words, { env, timeout: 60_000 });
    assert.notEqual(stdout.trim(), "", "it says nothing");
    assert.doesNotMatch(stdout, /"detail":/, "it was refused");
  });
}
