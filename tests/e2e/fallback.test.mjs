// The page that `/` serves where the web app has not been built.

import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import { after, before, test } from "node:test";

import { call, start } from "./harness.mjs";

let server;
before(async () => {
  server = await start({ assets: "none" });
});
after(() => server?.stop());

const source = await readFile(new URL("../../src/edge/http/fallback.html", import.meta.url), "utf8");
const directives = (answer) =>
  Object.fromEntries(
    answer.headers
      .get("content-security-policy")
      .split(";")
      .map((directive) => directive.trim().split(/\s+/))
      .map(([name, ...values]) => [name, values]),
  );
const elements = (html, name) => [...html.matchAll(new RegExp(`<${name}\\b([^>]*)>([\\s\\S]*?)</${name}>`, "g"))];

test("without a built web app / is the fallback page, as it stands in the source", async () => {
  const answer = await call(server, "GET", "/");
  assert.equal(answer.status, 200);
  assert.equal(answer.headers.get("content-type"), "text/html; charset=utf-8");
  assert.equal(answer.headers.get("x-content-type-options"), "nosniff");
  assert.equal(answer.headers.get("x-frame-options"), "DENY");
  assert.equal(answer.headers.get("referrer-policy"), "no-referrer");
  assert.equal(answer.text, source);
});

test("the policy lets exactly the page's own script and style run", async () => {
  const answer = await call(server, "GET", "/");
  const policy = directives(answer);
  assert.deepEqual(policy["default-src"], ["'none'"]);
  for (const [name, directive] of [
    ["script", "script-src"],
    ["style", "style-src"],
  ]) {
    const found = elements(answer.text, name);
    assert.equal(found.length, 1, `one ${name}`);
    const [, attributes, text] = found[0];
    assert.equal(attributes, "", `a plain ${name}, whose text is what counts`);
    const hash = createHash("sha256").update(text).digest("base64");
    assert.deepEqual(policy[directive], [`'sha256-${hash}'`]);
  }
  assert.deepEqual(policy["connect-src"], ["'self'"]);
  assert.doesNotMatch(answer.headers.get("content-security-policy"), /unsafe/);
});

test("the page needs nothing from elsewhere and never makes HTML of a text", () => {
  assert.doesNotMatch(source, /innerHTML|outerHTML|insertAdjacentHTML|document\.write|eval\(|new Function/);
  assert.doesNotMatch(source, /\s(on[a-z]+|style)=/i, "the policy would block inline handlers and styles");
  assert.doesNotMatch(source, /\bsrc=|@import|url\(/);
});

test("whatever the page links to is served", async () => {
  const links = [...source.matchAll(/href="(\/[^"]*)"/g)].map(([, path]) => path);
  assert.ok(links.length >= 5);
  for (const path of new Set(links)) {
    assert.equal((await call(server, "GET", path)).status, 200, path);
  }
  for (const view of ["report", "policy", "recent", "overview", "alerts"]) assert.ok(links.includes(`/v1/${view}`), view);
});

test("HEAD of / has the headers and no body", async () => {
  const head = await call(server, "HEAD", "/");
  assert.equal(head.status, 200);
  assert.match(head.headers.get("content-security-policy"), /script-src 'sha256-/);
  assert.equal(head.text, "");
});

test("a page that is not there is a 404, and one of our own making may run nothing", async () => {
  const missing = await call(server, "GET", "/no-such-page");
  assert.equal(missing.status, 404);
  assert.match(missing.headers.get("content-type"), /^text\/html/);
  assert.deepEqual(directives(missing)["script-src"], ["'none'"]);
  const posted = await call(server, "POST", "/");
  assert.equal(posted.status, 404);
  assert.match(posted.body.error.message, /chat is at POST \/v1\/chat\/completions/, "no page is posted to");
});
