import assert from "node:assert/strict";
import { test } from "node:test";

import { dist, files, read } from "./dist.mjs";

const pages = files(".html");

test("no page holds an inline script or an inline handler", () => {
  assert.ok(pages.length >= 9, dist);
  for (const page of pages) {
    const html = read(page);
    for (const [whole, attributes, code] of html.matchAll(/<script\b([^>]*)>([\s\S]*?)<\/script>/gi)) {
      assert.ok(/\bsrc=/.test(attributes) || code.trim() === "" || /application\/(ld\+)?json/.test(attributes), `${page}: ${whole.slice(0, 120)}`);
    }
    assert.doesNotMatch(html, /<[a-z][^>]*\son[a-z]+\s*=\s*["']/i, page);
    assert.doesNotMatch(html, /(?:href|src)\s*=\s*["']\s*javascript:/i, page);
  }
});

test("no page loads anything from another host", () => {
  for (const page of pages) {
    for (const [whole] of read(page).matchAll(/<(?:script|link|img|source|iframe|video|audio)\b[^>]*>/gi)) {
      if (/rel="(?:canonical|alternate|next|prev)"/.test(whole)) continue;
      assert.doesNotMatch(whole, /(?:src|href|srcset)\s*=\s*["'](?:https?:)?\/\//i, `${page}: ${whole.slice(0, 200)}`);
    }
  }
  for (const sheet of files(".css")) assert.doesNotMatch(read(sheet), /url\(\s*["']?(?:https?:)?\/\//i, sheet);
});

test("every path has a policy without inline scripts, and the other security headers", () => {
  const headers = read("_headers");
  const policies = [...headers.matchAll(/^ {2}Content-Security-Policy: (.+)$/gm)].map(([, policy]) => policy);
  assert.equal(policies.length, 3);
  for (const policy of policies) {
    const scripts = policy.match(/script-src ([^;]+)/)[1];
    assert.doesNotMatch(scripts, /unsafe-inline|'unsafe-eval'|\*|https?:|data:/);
    assert.match(policy, /default-src 'none'/);
    assert.match(policy, /frame-ancestors 'none'/);
    assert.match(policy, /base-uri 'none'/);
  }
  assert.match(headers, /^\/\*\n {2}Content-Security-Policy/m);
  for (const name of ["X-Content-Type-Options: nosniff", "Referrer-Policy:", "Permissions-Policy:", "X-Frame-Options: DENY"])
    assert.ok(headers.includes(name), name);
});

test("every link inside the site leads to a page or a file", () => {
  const known = new Set(files("").map((path) => `/${path}`));
  for (const page of pages) {
    for (const [, target] of read(page).matchAll(/<a\b[^>]*\shref="(\/[^"#?]*)/g)) {
      assert.ok(known.has(target) || known.has(`${target}index.html`), `${page} links to ${target}`);
    }
  }
});

test("the service worker keeps every page and no answer of the API", () => {
  const worker = read("sw.js");
  const kept = JSON.parse(worker.match(/const files = (\[.*?\]);/s)[1]);
  for (const page of pages.filter((path) => path !== "404.html")) assert.ok(kept.includes(`/${page.replace(/index\.html$/, "")}`), page);
  assert.ok(kept.every((path) => !path.startsWith("/v1")));
  assert.doesNotMatch(worker, /__(VERSION|FILES)__/);
});
