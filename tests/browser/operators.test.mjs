import assert from "node:assert/strict";
import { after, before, test } from "node:test";

import { call, chat, eventually, register, start } from "../e2e/harness.mjs";
import { accessible, asOperator, fitsWidth, launch, phone } from "./browser.mjs";

let server, browser;
before(async () => {
  [server, browser] = await Promise.all([start({ settings: { EPSILON: 0 } }), launch()]);
});
after(() => Promise.all([browser?.close(), server?.stop()]));

test("an operator's key is held by the page alone, and opens what others never meet", async () => {
  const page = await browser.page(server);
  await page.goto("/app/");
  await page.getByRole("link", { name: "API key", exact: true }).waitFor();
  assert.equal(await page.locator(".tabs a", { hasText: "Operate" }).count(), 0);
  await asOperator(page, server);
  const kept = await page.evaluate(() => JSON.stringify([{ ...localStorage }, { ...sessionStorage }, document.cookie, location.href]));
  assert.ok(!kept.includes(server.adminKey), kept);
  await page.getByRole("link", { name: "Overview", exact: true }).click();
  await page.locator(".tabs a", { hasText: "Operate" }).click();
  await page.getByRole("heading", { name: "Keys", exact: true }).waitFor();
  await page.reload();
  await page.getByText("This is for operators").waitFor();
  await page.done();
});

test("an operator's key that an older page had kept is kept no longer", async () => {
  const page = await browser.page(server, { key: server.adminKey });
  await page.goto("/app/key/");
  await page.getByText("is held by this page only").waitFor();
  assert.equal(await page.evaluate(() => localStorage.getItem("arbiter.key")), null);
  await page.done();
});

test("keys are minted, limited, paused and revoked, and all of it is in the audit", async () => {
  const page = await browser.page(server);
  await asOperator(page, server);
  await page.getByText("Mint a key").click();
  await page.getByLabel("Label").fill("nightly build");
  await page.getByLabel("Requests in 6 h").fill("1");
  await page.getByLabel("Budget, USD").fill("2.5");
  await page.getByRole("button", { name: "Mint", exact: true }).click();
  const key = (await page.locator(".notice .secret code").innerText()).trim();
  assert.match(key, /^arb_/);
  const ask = async () => (await chat(server, { messages: [{ role: "user", content: "Calculate 2 + 2" }] }, { key })).status;
  assert.deepEqual([await ask(), await ask()], [200, 429], "its limit holds");
  const row = page.locator('[aria-label="Keys"] tbody tr', { hasText: "nightly build" }).first();
  assert.match(await row.innerText(), /of \$2\.50/);

  await row.getByRole("button", { name: "Terms" }).click();
  await page.locator(".opened").getByLabel("Requests in 6 h").fill("many");
  await page.getByRole("button", { name: "Save" }).click();
  await page.locator(".opened .field-wrong").waitFor();
  assert.equal(await page.locator(".opened [aria-invalid]").getAttribute("name"), "limit_6h");
  await page.locator(".opened").getByLabel("Requests in 6 h").fill("9");
  await page.getByRole("button", { name: "Save" }).click();
  await row.getByText(/of 9/).waitFor();
  assert.equal(await ask(), 200);
  await row.getByRole("button", { name: "Pause" }).click();
  await row.getByRole("button", { name: "Resume" }).waitFor();
  assert.equal(await ask(), 403);
  await accessible(page, "the operators' view");
  await page.setViewportSize(phone);
  await fitsWidth(page, "the operators' view");
  await row.getByRole("button", { name: "Revoke…" }).click();
  await row.getByRole("button", { name: "Revoke for good" }).click();
  await row.getByText("revoked").waitFor();
  assert.equal(await ask(), 401);

  const { deeds } = (await call(server, "GET", "/v1/audit", { key: server.adminKey })).body;
  await page.reload();
  await asOperator(page, server);
  const listed = page.locator('[aria-label="What was done"] tbody tr');
  await listed.first().waitFor();
  assert.equal(await listed.count(), Math.min(100, deeds.length));
  const text = await page.locator('[aria-label="What was done"]').innerText();
  for (const deed of ["mint", "terms", "pause", "revoke"]) assert.ok(text.includes(deed), `${deed}: ${text}`);
  await page.done();
});

test("the switch ends the service for all but operators, and begins it again", async () => {
  const key = await register(server);
  const ask = async () => (await chat(server, { messages: [{ role: "user", content: "Calculate 2 + 2" }] }, { key })).status;
  const page = await browser.page(server);
  await asOperator(page, server);
  await page.getByLabel("Serve").selectOption("operators");
  await page.getByLabel("Why").fill("maintenance");
  await page.getByRole("button", { name: "Set", exact: true }).click();
  await page.getByText("In force: operators only.").waitFor();
  await eventually(async () => (await ask()) === 503, { what: "the switch" });
  await page.getByRole("link", { name: "Overview", exact: true }).click();
  await page
    .locator('[data-status="degraded"], [data-status="down"]')
    .getByText(/maintenance/)
    .waitFor();
  await page.getByRole("link", { name: "Operate", exact: true }).click();
  await page.getByLabel("Serve").selectOption("all");
  await page.getByRole("button", { name: "Set", exact: true }).click();
  await page.getByText("In force: everyone.").waitFor();
  await eventually(async () => (await ask()) === 200, { what: "the switch" });
  await page.done();
});

test("with a minted key nothing of it is shown", async () => {
  const page = await browser.page(server, { key: await register(server) });
  await page.goto("/app/operate/");
  await page.getByText("This is for operators").waitFor();
  await page.done();
});
