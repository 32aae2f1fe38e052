// The pages, as a client gets them that follows no redirect.

import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { after, before, test } from "node:test";

import { start } from "./harness.mjs";

let server;
before(async () => {
  server = await start();
});
after(() => server?.stop());

const get = (path, init) => fetch(`${server.url}${path}`, { redirect: "manual", ...init });
const built = existsSync(new URL("../../site/dist/start/index.html", import.meta.url));

for (const path of ["/start", "/app", "/docs"]) {
  test(`${path} is there at the first request, the same as with a slash`, { skip: !built && "the web app is not built" }, async () => {
    const [bare, slashed] = await Promise.all([get(`${path}?x=1`), get(`${path}/?x=1`)]);
    assert.deepEqual([bare.status, slashed.status], [200, 200]);
    const html = await bare.text();
    assert.equal(html, await slashed.text());
    assert.doesNotMatch(html, /(?:href|src)="(?![a-z]+:|[/#])/, "no link goes by where the page stands");
    for (const name of ["content-type", "content-security-policy", "x-frame-options", "cache-control", "etag"]) {
      assert.equal(bare.headers.get(name), slashed.headers.get(name), name);
    }
    const head = await get(path, { method: "HEAD" });
    assert.equal(head.status, 200);
    const known = await get(path, { headers: { "if-none-match": bare.headers.get("etag") } });
    assert.equal(known.status, 304);
  });
}

test("what the site has for programs is theirs wherever they run", { skip: !built && "the web app is not built" }, async () => {
  for (const [path, kind] of [["/openapi.json", "application/json"], ["/llms.txt", "text/plain"], ["/docs/api-reference.md", "text/markdown"]]) {
    const { status, headers } = await get(path, { headers: { origin: "https://elsewhere.example" } });
    assert.deepEqual([status, headers.get("access-control-allow-origin")], [200, "*"], path);
    assert.equal(headers.get("cross-origin-resource-policy"), "cross-origin");
    assert.match(headers.get("content-type"), new RegExp(`^${kind}(; charset=utf-8)?$`));
  }
});
