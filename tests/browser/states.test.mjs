import assert from "node:assert/strict";
import { after, afterEach, before, test } from "node:test";

import { call, chat, eventually, register, start } from "../e2e/harness.mjs";
import { accessible, launch } from "./browser.mjs";

let server, browser;
before(async () => {
  [server, browser] = await Promise.all([start({ settings: { EPSILON: 0 } }), launch()]);
});
after(() => Promise.all([browser?.close(), server?.stop()]));
afterEach(() => server.sim.control("POST", "/__sim/reset"));

async function run(page, prompt) {
  await page.goto("/app/playground/");
  await page.getByLabel("Prompt", { exact: true }).fill(prompt);
  await page.getByRole("button", { name: "Run", exact: true }).click();
}

test("an untouched deployment shows empty states that lead on", async () => {
  const page = await browser.page(server);
  await page.goto("/");
  await page.getByText("Nothing has been routed here yet").waitFor();
  assert.ok(!(await page.locator("#live").isVisible()), "no dashes in the place of figures");
  await page.goto("/app/");
  await page.getByText("Nothing has been routed yet").waitFor();
  await accessible(page, "the empty overview");
  await page.goto("/app/activity/");
  await page.getByText("No price has moved.").waitFor();
  await page.goto("/app/models/");
  await page.getByText(/Nothing learned about/).waitFor();
  await page.goto("/app/key/");
  await page.getByText("No key in this browser").waitFor();
  await accessible(page, "the key tab without a key");
  await page.done();
});

test("what is on its way is announced as loading", async () => {
  const page = await browser.page(server, { key: true });
  const held = [];
  await page.route("**/v1/**", (route) => void held.push(route));
  for (const [path, least] of [
    ["/app/", 1],
    ["/app/playground/", 1],
    ["/app/activity/", 2],
    ["/app/models/", 2],
    ["/app/key/", 1],
  ]) {
    await page.goto(path);
    await eventually(async () => (await page.getByRole("status", { name: "Loading" }).count()) >= least, { what: `${path} loading` });
  }
  await page.unrouteAll({ behavior: "ignoreErrors" });
  await Promise.all(held.map((route) => route.continue().catch(() => {})));
  await page.done();
});

test("a key can be paused, resumed and, asked twice, revoked", async () => {
  const page = await browser.page(server, { key: true });
  await page.goto("/app/key/");
  await page.getByRole("button", { name: "Pause" }).click();
  await page.getByRole("button", { name: "Resume" }).waitFor();
  assert.equal((await chat(server, { messages: [{ role: "user", content: "hi" }] }, { key: page.secret })).status, 403);
  await run(page, "Calculate 1 + 1");
  await page
    .getByRole("alert")
    .getByText(/paused/i)
    .first()
    .waitFor();
  await page.goto("/app/key/");
  await page.getByRole("button", { name: "Resume" }).click();
  await page.getByRole("button", { name: "Pause" }).waitFor();
  assert.equal((await chat(server, { messages: [{ role: "user", content: "Calculate 2 + 3" }] }, { key: page.secret })).status, 200);

  await page.getByRole("button", { name: "Revoke…" }).click();
  await accessible(page, "the question");
  await page.getByRole("button", { name: "Go on" }).click();
  const last = page.getByRole("button", { name: "Revoke for good" });
  assert.ok(await last.isDisabled());
  await page.getByLabel(/Type revoke/).fill("revoke");
  await last.click();
  await page.getByText("No key in this browser").waitFor();
  assert.equal((await chat(server, { messages: [{ role: "user", content: "hi" }] }, { key: page.secret })).status, 401);
  await page.done();
});

test("a rotated key has a successor with the same account, and lives on for a day", async () => {
  const page = await browser.page(server, { key: true });
  await page.goto("/app/key/");
  await page.getByRole("button", { name: "Rotate" }).click();
  const fresh = (await page.locator(".notice .secret code").innerText()).trim();
  assert.match(fresh, /^arb_/);
  assert.notEqual(fresh, page.secret);
  assert.equal(await page.evaluate(() => localStorage.getItem("arbiter.key")), fresh);
  const account = async (key) => (await call(server, "GET", "/v1/key", { key })).body.id;
  assert.equal(await account(fresh), await account(page.secret));
  await accessible(page, "a key that was rotated");
  await page.done();
});

test("usage stands beside both limits, and the snippets carry this host and key", async () => {
  const page = await browser.page(server, { key: true });
  await chat(server, { messages: [{ role: "user", content: "Calculate 4 + 4" }] }, { key: page.secret });
  await page.goto("/app/key/");
  await page.locator(".window").first().waitFor();
  const windows = await page.locator(".window").allInnerTexts();
  assert.match(windows[0], /1 of 50[\s\S]*comes free in 5 h 59 min|1 of 50[\s\S]*comes free in 6 h/);
  assert.match(windows[1], /1 of 600/);
  await page.getByRole("button", { name: "Show" }).click();
  for (const [language, part] of [
    ["Python", "OpenAI("],
    ["JavaScript", "new OpenAI("],
    ["curl", "curl "],
  ]) {
    await page.getByRole("radio", { name: language }).check();
    const code = await page.locator(".snippet code").innerText();
    assert.ok(code.includes(part) && code.includes(`${server.url}/v1`) && code.includes(page.secret), language);
  }
  await page.done();
});

test("a key that is no longer valid says so, and can be put away", async () => {
  const page = await browser.page(server, { key: "arb_thisKeyWasRevokedLongAgo000000000000" });
  await run(page, "Calculate 1 + 1");
  await page.getByText("The key is not valid").waitFor();
  await page.goto("/app/key/");
  await page.getByRole("button", { name: "Forget this key" }).click();
  await page.getByText("No key in this browser").waitFor();
  await page.done();
});

test("a key over its limit is told which, and when to come back", async () => {
  const key = await register(server);
  const statuses = await Promise.all(Array.from({ length: 50 }, () => chat(server, { messages: [{ role: "user", content: "Calculate 1 + 1" }] }, { key })));
  assert.ok(statuses.every(({ status }) => status === 200));
  const page = await browser.page(server, { key });
  await run(page, "Calculate 1 + 1");
  const alert = page.getByRole("alert");
  await alert.getByText("Rate limited").waitFor();
  assert.match(await alert.innerText(), /Next try in \d/);
  await page.goto("/app/key/");
  await page.getByText("50 of 50").waitFor();
  await page.done();
});

test("where the runtime is down, the answer says so, and the rest goes on", async () => {
  await server.sim.control(
    "POST",
    "/__sim/faults",
    ["chat", "classifier", "judge"].map((role) => ({ match: { role }, fault: "reset" })),
  );
  const page = await browser.page(server, { key: true });
  await run(page, "Calculate 6 * 7");
  await page.getByRole("alert").getByText("Something behind Arbiter failed").waitFor();
  await page.getByRole("radio", { name: "Raw" }).check();
  assert.match(await page.locator(".raw").innerText(), /"error"/);
  await server.sim.control("DELETE", "/__sim/faults");
  await page.getByRole("button", { name: "Try again" }).click();
  await eventually(async () => (await page.locator('[data-phase="done"]').count()) > 0 || (await page.getByRole("alert").count()) > 0);
  await page.done();
});

test("an answer that breaks off is shown as far as it came, with the failure", async () => {
  await server.sim.control("POST", "/__sim/faults", [{ match: { role: "chat", stream: true }, fault: { kind: "reset_mid", after_chunks: 3 } }]);
  const page = await browser.page(server, { key: true });
  await run(page, "Why does ice float on water?");
  await page.locator('[data-phase="failed"]').waitFor();
  await page.getByRole("alert").waitFor();
  assert.ok((await page.locator(".answer").innerText()).trim().length > 0);
  await page.done();
});

test("a view whose figures are limited or failing says so, and recovers", async () => {
  const page = await browser.page(server);
  await page.route("**/v1/policy", (route) =>
    route.fulfill({
      status: 429,
      headers: { "retry-after": "1" },
      json: { error: { message: "slow down", type: "rate_limit", code: "rate_limited", param: null } },
    }),
  );
  await page.goto("/app/");
  await page.getByText("Rate limited").waitFor();
  await page.unroute("**/v1/policy");
  await page.getByRole("button", { name: "Try again" }).first().click();
  await page.locator(".headline").waitFor();
  await page.route("**/v1/*", (route) => route.fulfill({ status: 502, body: "<html>" }));
  await page.getByText("Arbiter answered with an error").waitFor({ timeout: 20_000 });
  assert.ok(await page.locator(".headline").isVisible());
  await page.done();
});

test("a part that can't be loaded says so, and the rest goes on", async () => {
  const page = await browser.page(server, { key: true });
  await page.route(/_astro\/(Models|Markdown|uPlot)/, (route) => route.abort());
  await page.goto("/app/");
  await page.locator(".headline").waitFor();
  await page.getByRole("link", { name: "Models", exact: true }).click();
  await page.getByRole("alert").getByText("This part could not be loaded").waitFor();
  await page.getByRole("link", { name: "Playground", exact: true }).click();
  await page.getByLabel("Prompt", { exact: true }).fill("Calculate 3 * 4");
  await page.getByRole("button", { name: "Run", exact: true }).click();
  await page.locator('[data-phase="done"]').waitFor();
  assert.match(await page.locator(".answer .plain").innerText(), /\S/);
  await page.unroute(/_astro\/(Models|Markdown|uPlot)/);
  await page.getByRole("link", { name: "Models", exact: true }).click();
  await page.getByRole("button", { name: "Reload" }).click();
  await page.locator('[aria-label="Catalogue"]').waitFor();
  await page.done();
});

test("with the network gone the dashboard opens with its last figures, and so does the documentation", async () => {
  const page = await browser.page(server, { key: true, serviceWorkers: "allow" });
  await page.goto("/app/");
  await page.locator(".story").waitFor();
  await page.evaluate(() => navigator.serviceWorker.ready);
  await page.context().setOffline(true);
  await page.goto("/app/");
  await page.getByText("Arbiter can't be reached").waitFor();
  assert.match(await page.locator(".story").innerText(), /requests? w/);
  await page.getByRole("link", { name: "Models", exact: true }).click();
  await page.getByRole("heading", { name: "Models", level: 1 }).waitFor();
  await page.goto("/docs/interface/");
  await page.locator("h1").first().waitFor();
  await page
    .getByRole("button", { name: /search/i })
    .first()
    .click();
  await page.locator("dialog input").fill("playground");
  await page.locator("dialog a[href*='/docs/']").first().waitFor();
  await page.context().setOffline(false);
  await page.goto("/app/");
  await eventually(async () => (await page.getByText("Arbiter can't be reached").count()) === 0);
  await page.done();
});
