import assert from "node:assert/strict";
import { after, before, test } from "node:test";

import { call, chat, eventually, start } from "../e2e/harness.mjs";
import { accessible, asOperator, fitsWidth, launch, phone } from "./browser.mjs";

let server, browser;
before(async () => {
  [server, browser] = await Promise.all([start({ settings: { EPSILON: 0 } }), launch()]);
  const prompts = [
    "Calculate 17 * 23",
    "Write a Python function that reverses a list",
    "Return JSON with the keys a and b",
    "What is the capital of Peru?",
    "Write a poem about rain",
  ];
  for (let round = 0; round < 6; round += 1) {
    await Promise.all(prompts.map((prompt) => chat(server, { messages: [{ role: "user", content: `${prompt} (${round})` }] })));
  }
});
after(() => Promise.all([browser?.close(), server?.stop()]));

// What each page shows once it is ready.
const pages = {
  "/": "[data-live=calls]:not(:text-is('–'))",
  "/start/": "input[type=email]",
  "/app/": ".spend canvas",
  "/app/playground/": ".candidates tbody tr",
  "/app/activity/": ".decisions tbody tr",
  "/app/models/": '[aria-label="What was learned"] tbody tr',
  "/app/key/": ".window",
  "/app/operate/": ".empty",
  "/docs/": ".documents dt",
  "/docs/interface/": "h1",
  "/nowhere/": "h1",
};

for (const [name, options] of Object.entries({
  "on a wide screen": {},
  "on a wide screen in the dark": { scheme: "dark" },
  "on a phone": { viewport: phone },
  "on a phone in the dark": { viewport: phone, scheme: "dark" },
})) {
  test(`every page ${name} fits, is accessible and keeps to its policy`, async () => {
    const page = await browser.page(server, { key: true, ...options });
    for (const [path, ready] of Object.entries(pages)) {
      const answer = await page.goto(path);
      if (answer) {
        assert.equal(answer.status(), path === "/nowhere/" ? 404 : 200, path);
        const policy = answer.headers()["content-security-policy"];
        assert.match(policy, /script-src 'self'/, path);
        assert.doesNotMatch(policy.match(/script-src [^;]*/)[0], /unsafe-inline/, path);
        assert.equal(answer.headers()["x-content-type-options"], "nosniff", path);
      }
      await page.locator(ready).first().waitFor();
      assert.equal(await page.evaluate(() => document.documentElement.dataset.theme), options.scheme ?? "light", path);
      await fitsWidth(page, path);
      await accessible(page, `${path} ${name}`);
    }
    await page.done();
  });
}

test("each tab has an address of its own that survives a reload and the way back", async () => {
  const page = await browser.page(server, { key: true });
  await page.goto("/app/");
  for (const [label, path] of [
    ["Playground", "playground/"],
    ["Activity", "activity/"],
    ["Models", "models/"],
    ["API key", "key/"],
  ]) {
    await page.getByRole("link", { name: label, exact: true }).first().click();
    await page.waitForURL(`**/app/${path}`);
    await page.getByRole("heading", { name: label, level: 1 }).waitFor();
    await page.reload();
    await page.getByRole("heading", { name: label, level: 1 }).waitFor();
    assert.equal(await page.locator(".tabs a[aria-current=page]").innerText(), label);
  }
  await page.goBack();
  await page.getByRole("heading", { name: "Models", level: 1 }).waitFor();
  await page.done();
});

test("the front page shows what the API says", async () => {
  const page = await browser.page(server);
  await page.goto("/");
  await page.locator(pages["/"]).waitFor();
  const report = (await call(server, "GET", "/v1/report")).body;
  assert.equal(await page.locator("[data-live=calls]").innerText(), String(report.calls));
  await page.locator(".live-picture rect").first().waitFor();
  const models = await page.locator(".live-models .num").allInnerTexts();
  assert.equal(
    models.reduce((sum, text) => sum + Number(text), 0),
    report.calls,
    "every request is in the picture",
  );
  assert.match(await page.locator("[data-live=quality]").innerText(), /^[01]\.\d\d$/);
  assert.match(await page.locator("[data-live=saved_pct]").innerText(), new RegExp(`^−?${Math.abs(report.like_for_like.saved_pct).toFixed(1)}\\s%$`));
  assert.ok((await page.locator(".diff").innerText()).includes(`${server.url}/v1`));
  await page.context().grantPermissions(["clipboard-read", "clipboard-write"]);
  await page.getByRole("button", { name: "Copy" }).click();
  await page.getByText("Copied").waitFor();
  assert.equal(await page.evaluate(() => navigator.clipboard.readText()), `base_url="${server.url}/v1",`);
  await page.done();
});

test("the scheme that was chosen stays, also in the documentation", async () => {
  const page = await browser.page(server, { scheme: "light" });
  await page.goto("/");
  await page.getByRole("button", { name: /light and dark/ }).click();
  for (const path of ["/app/", "/docs/"]) {
    await page.goto(path);
    assert.equal(await page.evaluate(() => document.documentElement.dataset.theme), "dark", path);
  }
  await page.done();
});

test("the activity can be filtered by task, model and mode", async () => {
  const page = await browser.page(server);
  await page.goto("/app/activity/");
  const rows = page.locator(".decisions tbody tr");
  await rows.first().waitFor();
  await page.getByRole("combobox", { name: "Task", exact: true }).selectOption("math");
  const tasks = await rows.locator("[data-label=Task]").allInnerTexts();
  assert.ok(tasks.length > 0 && tasks.every((task) => task.trim() === "math"), tasks.join());
  await page.getByRole("combobox", { name: "Mode", exact: true }).selectOption("explore");
  const model = (await rows.first().locator("[data-label=Model]").innerText()).trim();
  await page.getByRole("combobox", { name: "Model", exact: true }).selectOption(model);
  for (const text of await rows.locator("[data-label=Model]").allInnerTexts()) assert.equal(text.trim(), model);
  assert.match(page.url(), /task=math/);
  await page.reload();
  await rows.first().waitFor();
  for (const task of await rows.locator("[data-label=Task]").allInnerTexts()) assert.equal(task.trim(), "math");
  await page.getByRole("button", { name: "Clear" }).click();
  assert.ok((await rows.count()) > tasks.length);
  await page.done();
});

test("the activity is filtered by quality and time, and says which of them is wrong", async () => {
  const page = await browser.page(server);
  await page.goto("/app/activity/?min_quality=0.5&max_quality=0.95");
  const rows = page.locator(".decisions tbody tr");
  await rows.first().waitFor();
  const shown = async () => (await rows.locator("[data-label=Quality]").allInnerTexts()).map((text) => Number(text));
  assert.ok(
    (await shown()).every((quality) => quality >= 0.5 && quality <= 0.95),
    String(await shown()),
  );
  await page.getByLabel("Quality from").fill("2");
  await page.locator(".field-wrong").waitFor();
  assert.equal(await page.getByLabel("Quality from").getAttribute("aria-invalid"), "true");
  await page.getByLabel("Quality from").fill("");
  await page.getByLabel("Quality to").fill("");
  const now = Math.floor(Date.now() / 60_000) * 60;
  const field = (seconds) =>
    page.evaluate((seconds) => new Date(seconds * 1000 - new Date(seconds * 1000).getTimezoneOffset() * 60_000).toISOString().slice(0, 16), seconds);
  await page.getByLabel("To", { exact: true }).fill(await field(now - 86_400));
  await page.getByText("Nothing fits this filter").waitFor();
  assert.match(page.url(), /to=\d{10}/);
  await page.getByLabel("From", { exact: true }).fill(await field(now - 7_200));
  await page.getByLabel("To", { exact: true }).fill(await field(now + 3_600));
  await rows.first().waitFor();
  await page.getByRole("button", { name: "Clear" }).click();
  assert.doesNotMatch(page.url(), /from|to=|quality/);
  await page.done();
});

test("with a key its own requests are found, and with an operator's those of any key", async () => {
  const page = await browser.page(server, { key: true });
  const mine = await chat(server, { messages: [{ role: "user", content: "Calculate 5 * 5" }] }, { key: page.secret });
  const { id } = (await call(server, "GET", "/v1/key", { key: page.secret })).body;
  await page.goto("/app/activity/?key=mine");
  const rows = page.locator(".decisions tbody tr");
  await rows.first().waitFor();
  assert.equal(await rows.count(), 1);
  assert.match(await rows.first().innerText(), new RegExp(mine.body.arbiter.model));
  await page.getByLabel("Whose").selectOption("");
  await eventually(async () => (await rows.count()) > 1);
  await page.done();
  const operator = await browser.page(server);
  await asOperator(operator, server);
  await operator.getByRole("link", { name: "Activity", exact: true }).click();
  await operator.getByText("Quality, time, key").click();
  await operator.getByLabel("Key", { exact: true }).fill(id);
  await eventually(async () => (await operator.locator(".decisions tbody tr").count()) === 1, { what: "the one request of that key" });
  await operator.done();
});

test("a row of the activity opens into the decision, at an address of its own", async () => {
  const page = await browser.page(server, { key: server.adminKey });
  await page.goto("/app/activity/");
  await page
    .getByRole("button", { name: /^Why: the/ })
    .first()
    .click();
  const opened = page.locator(".opened");
  await opened.waitFor();
  const id = (await opened.locator("code").innerText()).trim();
  assert.match(id, /^req_/);
  assert.match(page.url(), new RegExp(`id=${id}`));
  const decision = (await call(server, "GET", `/v1/decisions/${id}`, { key: server.adminKey })).body;
  assert.ok(decision.key, "an operator may see whose it was");
  await opened.getByText(decision.key, { exact: true }).waitFor();
  const text = await opened.innerText();
  assert.ok(text.includes(`${decision.in_tokens} in`) && text.includes(`${decision.out_tokens} out`), text);
  await accessible(page, "an opened decision");
  await page.setViewportSize(phone);
  await fitsWidth(page, "an opened decision");
  await page.reload();
  await page.locator(".opened").waitFor();
  await page.done();
});

test("on a phone a table of the documentation is a list of which nothing is cut", async () => {
  const page = await browser.page(server, { viewport: phone });
  for (const path of ["/docs/configuration/", "/docs/api-reference/"]) {
    await page.goto(path);
    const cells = page.locator("main td[data-label]");
    await cells.first().waitFor();
    const { cut, beside } = await cells.evaluateAll((cells) => ({
      cut: cells.filter((cell) => cell.getBoundingClientRect().right > innerWidth || cell.scrollWidth > cell.clientWidth + 1).map((cell) => cell.textContent),
      beside: cells.filter((cell) => Math.abs(cell.getBoundingClientRect().left - cell.parentElement.getBoundingClientRect().left) > 1).length,
    }));
    assert.deepEqual({ cut, beside }, { cut: [], beside: 0 }, path);
    assert.match(await cells.first().evaluate((cell) => getComputedStyle(cell, "::before").content), /\w/);
    await fitsWidth(page, path);
    // Samples that scroll can be reached by keyboard once the page has come to rest.
    await page.waitForFunction(() => [...document.querySelectorAll("pre")].every((pre) => pre.scrollWidth <= pre.clientWidth || pre.tabIndex === 0));
    await accessible(page, `${path} on a phone`);
  }
  await page.done();
});

test("the documentation is searched without any other host", async () => {
  const page = await browser.page(server);
  await page.goto("/docs/");
  await page
    .getByRole("button", { name: /search/i })
    .first()
    .click();
  await page.locator("dialog input").fill("playground");
  await page.locator("dialog .pagefind-ui__result-link, dialog a[href*='/docs/']").first().waitFor();
  await page.done();
});
