import assert from "node:assert/strict";
import { test } from "node:test";

import { files, gzipped, scriptsOf } from "./dist.mjs";

test("the front page ships less than 20 KB of JavaScript, gzipped", (t) => {
  const scripts = scriptsOf("index.html");
  const size = gzipped(scripts);
  t.diagnostic(`/: ${size} bytes in ${scripts.length} files`);
  assert.ok(scripts.includes("/boot.js"));
  assert.ok(scripts.length > 1);
  assert.ok(size < 20 * 1024, `${size} bytes`);
});

test("the dashboard, all of its tabs together, ships less than 140 KB of JavaScript, gzipped", (t) => {
  const pages = files(".html").filter((path) => path.startsWith("app/"));
  assert.equal(pages.length, 6);
  const scripts = scriptsOf(...pages);
  const size = gzipped(scripts);
  t.diagnostic(`/app: ${size} bytes in ${scripts.length} files`);
  for (const part of ["Playground", "Models", "Markdown", "uPlot"]) {
    assert.ok(
      scripts.some((path) => path.includes(part)),
      `${part} was not counted`,
    );
  }
  assert.ok(size < 140 * 1024, `${size} bytes`);
});
