// What models and users wrote is text, wherever it turns up.

import assert from "node:assert/strict";
import { after, afterEach, before, test } from "node:test";

import { call, start } from "../e2e/harness.mjs";
import { launch } from "./browser.mjs";

const attacks = [
  "<script>window.pwned = 1</script>",
  '<img src=x onerror="window.pwned = 2">',
  "<svg onload=window.pwned=3></svg>",
  "[click](javascript:window.pwned=4)",
  "[click too](data:text/html,<script>window.pwned=5</script>)",
  "![pic](https://evil.example/x.png)",
  '<iframe srcdoc="<script>parent.pwned = 6</script>"></iframe>',
  "<style>body { display: none }</style>",
  "**bold** and [fine](https://example.com/page)",
  "```html\n<script>window.pwned = 7</script>\n```",
];

let server, browser;
before(async () => {
  [server, browser] = await Promise.all([start({ settings: { EPSILON: 0 } }), launch()]);
});
after(() => Promise.all([browser?.close(), server?.stop()]));
afterEach(() => server.sim.control("POST", "/__sim/reset"));

async function unharmed(page) {
  assert.equal(await page.evaluate(() => window.pwned), undefined);
  const inside = await page.evaluate(
    () => document.querySelectorAll("main script:not([src^='/_astro/']), main iframe, main style, main img, main [onerror], main [onload]").length,
  );
  assert.equal(inside, 0);
  const links = await page.evaluate(() => [...document.querySelectorAll("main a")].map((a) => new URL(a.href.baseVal ?? a.href, location.href).protocol));
  assert.ok(
    links.every((protocol) => ["http:", "https:", "mailto:"].includes(protocol)),
    links.join(),
  );
}

test("markup in a model's answer is shown as the text it is", async () => {
  await server.sim.control("POST", "/__sim/faults", [{ match: { role: "chat" }, fault: { kind: "content", text: attacks.join("\n\n") } }]);
  const page = await browser.page(server, { key: true });
  await page.goto("/app/playground/");
  await page.getByLabel("Prompt", { exact: true }).fill('Write a poem <img src=x onerror="window.pwned = 8">');
  await page.getByRole("button", { name: "Run", exact: true }).click();
  await page.locator('[data-phase="done"]').waitFor();
  await page.locator(".prose strong").waitFor();
  const shown = await page.locator(".answer").innerText();
  for (const part of ["<script>window.pwned = 1</script>", 'onerror="window.pwned = 2"', "<iframe", "[picture: pic]"]) assert.ok(shown.includes(part), part);
  assert.equal(await page.locator(".answer a").count(), 1);
  assert.equal(await page.locator(".answer a").getAttribute("href"), "https://example.com/page");
  await unharmed(page);
  await page.getByRole("radio", { name: "Raw" }).check();
  await unharmed(page);
  await page.done();
});

test("an answer of a thousand nested marks does not stop the page", async () => {
  const text = `${"> ".repeat(2_000)}deep\n\n${"- ".repeat(1_000)}x\n\n${"*".repeat(5_000)}\n\n${"[".repeat(5_000)}\n\n${"`".repeat(3_000)} and the end`;
  await server.sim.control("POST", "/__sim/faults", [{ match: { role: "chat" }, fault: { kind: "content", text } }]);
  const page = await browser.page(server, { key: true });
  await page.goto("/app/playground/");
  await page.getByLabel("Prompt", { exact: true }).fill("Write a poem");
  await page.getByRole("button", { name: "Run", exact: true }).click();
  await page.locator('[data-phase="done"]').waitFor({ timeout: 30_000 });
  await page.locator(".answer", { hasText: "and the end" }).waitFor();
  await unharmed(page);
  await page.done();
});

test("markup in the feed, the alerts, the policy and the catalogue is shown as text", async () => {
  const evil = '<img src=x onerror="window.pwned = 9"><script>window.pwned = 10</script>';
  const page = await browser.page(server, { key: true });
  await page.route("**/v1/recent", (route) =>
    route.fulfill({
      json: [1, 2].map((n) => ({ ts: 1.8e9 + n, task: evil, classified_by: evil, model: evil, mode: evil, quality: 0.5, cost: 0.1, saved: 0.2 })),
    }),
  );
  await page.route("**/v1/alerts", (route) =>
    route.fulfill({ json: [{ task: evil, model: evil, old_unit: 1e-6, new_unit: 2e-6, direction: "up", ts: 1.8e9 }] }),
  );
  await page.route("**/v1/policy", (route) => route.fulfill({ json: { code: [{ model: evil, n: 3, quality: 0.9, avg_cost: 0.001 }], [evil]: [] } }));
  await page.route("**/v1/pricing", (route) => route.fulfill({ json: [{ id: evil, in_price: 1, out_price: 1, context: 1000, routable: true }] }));
  const sums = {
    calls: 1,
    dropped: 0,
    failed: 0,
    failovers: 0,
    spend: 0.1,
    charged: 0.1,
    computed: 0,
    estimated: 0,
    baseline_spend: 0.2,
    saved: 0.1,
    overhead: 0,
    quality: 0.5,
    graded: 1,
    in_tokens: 1,
    cached_tokens: 0,
    out_tokens: 1,
    first_ms: { p50: 1, p95: 1 },
    total_ms: { p50: 1, p95: 1 },
  };
  await page.route("**/v1/timeseries?*", (route) =>
    route.fulfill({ json: { from: 1.8e9, to: 1.8e9 + 7200, step: 3600, by: evil, points: [{ at: 1.8e9, name: evil, ...sums }] } }),
  );
  await page.route("**/v1/status", (route) => route.fulfill({ json: { status: "degraded", reasons: [{ code: evil, message: evil }], last_error: evil } }));
  for (const [path, ready] of [
    ["/app/", ".task-strip li"],
    ["/app/activity/", ".alerts li"],
    ["/app/models/", '[aria-label="What was learned"] tbody tr'],
    ["/app/playground/", ".candidates tbody tr"],
  ]) {
    await page.goto(path);
    await page.locator(ready).first().waitFor();
    assert.ok((await page.locator("main").innerText()).includes("onerror"), path);
    await unharmed(page);
  }
  await page.done();
});

test("an email address with markup in it is refused, or shown as text", async () => {
  const evil = "<img/src=x/onerror=window.pwned=11>@example.com";
  const refused = await call(server, "POST", "/v1/register", { json: { email: evil } });
  assert.equal(refused.status, 422);
  const page = await browser.page(server, { key: true });
  await page.goto("/start/");
  await page.getByLabel("Email").fill(evil);
  await page.getByRole("button", { name: "Get my key" }).click();
  await page.getByRole("alert").waitFor();
  await unharmed(page);
  // As if an older record held one.
  await page.route("**/v1/key", (route) => route.fulfill({ json: { email: evil, status: "active", used_6h: 0, limit_6h: 50, used_week: 0, limit_week: 600 } }));
  await page.goto("/app/key/");
  await page.getByText("onerror").waitFor();
  await unharmed(page);
  await page.done();
});
