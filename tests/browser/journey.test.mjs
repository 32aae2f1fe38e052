import assert from "node:assert/strict";
import { after, afterEach, before, test } from "node:test";

import { call, chat, eventually, start } from "../e2e/harness.mjs";
import { accessible, launch } from "./browser.mjs";

let server, browser;
before(async () => {
  [server, browser] = await Promise.all([start({ settings: { EPSILON: 0 } }), launch()]);
});
after(() => Promise.all([browser?.close(), server?.stop()]));
afterEach(() => server.sim.control("POST", "/__sim/reset"));

const text = (page, selector) => page.locator(selector).innerText();

test("a first visitor sees the dashboard, gets a key on one page, and is told when the first request has come", async () => {
  const page = await browser.page(server);
  await page.goto("/");
  await page.getByRole("link", { name: "See it at work" }).click();
  await page.getByRole("heading", { name: "Overview", level: 1 }).waitFor();
  await page.goto("/");
  await page.getByRole("link", { name: "Get a key" }).first().click();
  await page.waitForURL("**/start/");

  const email = page.getByLabel("Email");
  await email.fill("not an address");
  await page.getByRole("button", { name: "Get my key" }).click();
  await page.getByRole("alert").waitFor();
  await email.fill("first@example.com");
  await page.getByRole("button", { name: "Get my key" }).click();
  const key = (await text(page, ".made .secret code")).trim();
  assert.match(key, /^arb_\w{20,}$/);
  assert.equal(await page.evaluate(() => localStorage.getItem("arbiter.key")), key);
  const code = await text(page, ".made .snippet code");
  assert.ok(code.includes(key) && code.includes(server.url), code);
  await page.getByText("It takes 50 requests in 6 hours and 600 in 7 days.").waitFor();
  await page.getByText("Waiting for your first request…").waitFor();
  await accessible(page, "a key that was just made");
  assert.equal((await chat(server, { messages: [{ role: "user", content: "Calculate 17 * 23" }] }, { key })).status, 200);
  await page.getByText("Your first request has arrived.").waitFor();

  await page.getByRole("link", { name: "Try it in the browser" }).click();
  await page.waitForURL("**/app/playground/");
  await page.getByLabel("Prompt", { exact: true }).fill("Calculate 17 * 23");
  await page.getByRole("button", { name: "Run", exact: true }).click();
  await page.locator('[data-phase="done"]').waitFor();
  assert.match(await text(page, ".decided .verdict"), /took this for a math task and sent it to /);
  const facts = await text(page, ".facts");
  for (const label of ["Task", "Model", "Mode", "Quality", "Cost", "Saved", "Eligible models"]) assert.ok(facts.includes(label), label);
  assert.match(await text(page, ".reason"), /gathering baseline data/);

  await page.goto("/app/");
  await page.locator(".story").waitFor();
  await page.done();
});

test("an answer shows while it streams, and the raw view has its events with the arbiter event after [DONE]", async () => {
  await server.sim.control("POST", "/__sim/faults", [{ match: { role: "chat" }, fault: { kind: "chunk_delay", ms: 40 } }]);
  const page = await browser.page(server, { key: true });
  await page.goto("/app/playground/");
  await page.getByRole("button", { name: "Factual" }).click();
  await page.getByRole("button", { name: "Run", exact: true }).click();
  await page.locator('[data-phase="streaming"]').waitFor();
  await page.locator(".answer .prose").waitFor();
  const early = (await text(page, ".answer")).length;
  await eventually(async () => (await text(page, ".answer")).length > early, { what: "more of the answer" });
  // Another tab may be looked at meanwhile.
  await page.getByRole("link", { name: "Activity", exact: true }).click();
  await page.getByRole("link", { name: "Playground", exact: true }).click();
  await server.sim.control("DELETE", "/__sim/faults");
  await page.locator('[data-phase="done"]').waitFor({ timeout: 60_000 });
  await page.getByRole("radio", { name: "Raw" }).check();
  assert.match(await text(page, ".raw"), /data: \[DONE\]\s+event: arbiter\s+data: \{/);
  await page.done();
});

test("a price that moves is told in the activity, and a simulated one on the overview", async () => {
  const ask = () =>
    chat(server, { messages: [{ role: "user", content: "Return JSON with the keys name and city, and describe each of ten people in a sentence" }] });
  for (let i = 0; i < 30; i += 1) await ask();
  const { model } = (await call(server, "GET", "/v1/recent")).body[0];
  await call(server, "POST", "/v1/simulate-price", { key: server.adminKey, json: { model, multiplier: 20 } });
  const page = await browser.page(server, { key: true });
  await eventually(
    async () => {
      await ask();
      return (await call(server, "GET", "/v1/alerts")).body.some((alert) => alert.model === model);
    },
    { within: 30_000, what: "an alert" },
  );
  await page.goto("/app/activity/");
  const line = page.locator(".alerts li", { hasText: model }).first();
  await line.waitFor();
  assert.match(await line.innerText(), /went up[\s\S]*\$[\d.]+ → \$[\d.]+/);
  await page.goto("/app/");
  await page.getByText(`Prices are being simulated: ${model} × 20.`).waitFor();
  await call(server, "POST", "/v1/simulate-price", { key: server.adminKey, json: { model, multiplier: 1 } });
  await page.done();
});

test("a running answer can be cancelled, and the runtime hears of it", async () => {
  // A stream that goes on: workerd hears of a closed connection only when it writes to it.
  await server.sim.control("POST", "/__sim/faults", [{ match: { role: "chat" }, fault: { kind: "chunk_delay", ms: 400 } }]);
  await server.sim.control("DELETE", "/__sim/requests");
  const page = await browser.page(server, { key: true });
  await page.goto("/app/playground/");
  await page.getByRole("button", { name: "Open", exact: true }).click();
  await page.getByRole("button", { name: "Run", exact: true }).click();
  await page.locator('[data-phase="streaming"]').waitFor();
  await page.getByRole("button", { name: "Cancel" }).click();
  await page.locator('[data-phase="cancelled"]').waitFor();
  await page.getByRole("button", { name: "Run", exact: true }).waitFor();
  await eventually(
    async () => {
      const requests = await server.sim.control("GET", "/__sim/requests?role=chat");
      return (requests.requests ?? requests).some(({ aborted }) => aborted);
    },
    { what: "the runtime noticing" },
  );
  await page.done();
});

test("figures change by themselves, and a hidden tab asks for nothing", async () => {
  const page = await browser.page(server, { key: true });
  await page.clock.install();
  await page.goto("/app/");
  await page.locator(".story").waitFor();
  const calls = async () => Number((await text(page, ".story")).match(/([\d,]+) requests? w/)[1].replace(/,/g, ""));
  const before = await calls();
  await chat(server, { messages: [{ role: "user", content: "Calculate 3 * 3" }] });
  await eventually(async () => (await calls()) > before, { within: 20_000, what: "one more call" });

  await page.evaluate(() => {
    Object.defineProperty(document, "hidden", { value: true, configurable: true });
    document.dispatchEvent(new Event("visibilitychange"));
  });
  // What was on its way has come in.
  await page.waitForLoadState("networkidle");
  let asked = 0;
  page.on("request", (request) => (asked += request.url().includes("/v1/") ? 1 : 0));
  await page.clock.runFor(60_000);
  // What was asked in that minute is reported before this is.
  await page.evaluate(() => fetch("/health"));
  assert.equal(asked, 0);
  await page.evaluate(() => {
    Object.defineProperty(document, "hidden", { value: false, configurable: true });
    document.dispatchEvent(new Event("visibilitychange"));
  });
  await eventually(() => asked > 0, { what: "asking again" });
  await page.done();
});

test("everything to the first answer works by keyboard alone", async () => {
  const page = await browser.page(server);
  const focused = () =>
    page.evaluate(() => document.activeElement?.textContent?.trim() || document.activeElement?.getAttribute("name") || document.activeElement?.tagName);
  const tabTo = async (want) => {
    for (let i = 0; i < 40; i += 1) {
      await page.keyboard.press("Tab");
      if ((await focused()) === want) return;
    }
    assert.fail(`${want} can't be reached with Tab`);
  };
  await page.goto("/start/");
  await page.waitForSelector("astro-island:not([ssr])", { state: "attached" });
  await tabTo("email");
  await page.keyboard.type("keys@example.com");
  await page.keyboard.press("Enter");
  await page.locator(".made").waitFor();
  await tabTo("Try it in the browser");
  await page.keyboard.press("Enter");
  await page.getByRole("heading", { name: "Playground", level: 1 }).waitFor();
  await page.getByLabel("Prompt", { exact: true }).waitFor();
  await tabTo("Math");
  await page.keyboard.press("Space");
  await tabTo("Run");
  await page.keyboard.press("Enter");
  await page.locator('[data-phase="done"]').waitFor();
  // Tabs by keyboard: the focus goes to the heading of the new view.
  await page.locator(".tabs a", { hasText: "Models" }).focus();
  await page.keyboard.press("Enter");
  await page.getByRole("heading", { name: "Models", level: 1 }).waitFor();
  assert.equal(await focused(), "Models");
  await page.done();
});
