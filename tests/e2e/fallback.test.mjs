// The page at `/` where the web app has not been built.

import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { after, before, test } from "node:test";

import { start } from "./harness.mjs";

let server;
before(async () => {
  server = await start({ assets: "none" });
});
after(() => server?.stop());

test("only the page's own script and style may run in it", async () => {
  const response = await fetch(`${server.url}/`);
  const html = await response.text();
  assert.equal(response.status, 200);
  assert.match(response.headers.get("content-type"), /^text\/html/);
  const policy = response.headers.get("content-security-policy");
  for (const tag of ["script", "style"]) {
    const [, text] = html.match(new RegExp(`<${tag}>([\\s\\S]*?)</${tag}>`));
    const hash = createHash("sha256").update(text).digest("base64");
    assert.ok(policy.includes(`${tag}-src 'sha256-${hash}'`), policy);
  }
  assert.ok(!policy.includes("unsafe"));
  assert.equal(response.headers.get("x-content-type-options"), "nosniff");
  for (const view of ["report", "overview", "recent", "alerts", "policy"]) assert.ok(html.includes(`"${view}"`), view);
  assert.ok(!html.includes("innerHTML"));
});

test("what is not there is a 404 page, not an API error", async () => {
  const response = await fetch(`${server.url}/nothing-here`);
  assert.equal(response.status, 404);
  assert.match(response.headers.get("content-type"), /^text\/html/);
});
