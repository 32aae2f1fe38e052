// The models: what was learned of them, the pool and how operators change it, a page each.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";

import { call, chat, eventually, start } from "../e2e/harness.mjs";
import { accessible, asOperator, fitsWidth, launch, phone } from "./browser.mjs";

let server, browser;
before(async () => {
  [server, browser] = await Promise.all([start({ settings: { EPSILON: 0 } }), launch()]);
  // Until something but exploring was done.
  for (let n = 0; n < 60; n += 1) {
    await chat(server, { messages: [{ role: "user", content: `Calculate ${n} * 23` }] });
    if ((await policy()).some(({ winner }) => winner)) break;
  }
});
after(() => Promise.all([browser?.close(), server?.stop()]));

const policy = async () => (await call(server, "GET", "/v1/policy")).body.math ?? [];
const pool = async () => (await call(server, "GET", "/v1/pool")).body;
const rowOf = (page, id) => page.locator('[aria-label="The pool"] tbody tr', { has: page.getByRole("link", { name: id, exact: true }) });

test("the models page names whom the server takes, and shows every model with its doubt", async () => {
  const page = await browser.page(server);
  await page.goto("/app/models/?task=math");
  await page.locator(".plot svg").waitFor();
  const rows = await policy();
  const winner = rows.find(({ winner }) => winner);
  // Nothing here weighs quality against cost again: it is whom the server takes.
  assert.ok((await page.locator("tr.winner").innerText()).startsWith(winner.model));
  assert.match(await page.locator(".verdict").innerText(), new RegExp(`^${winner.model} wins`));
  const dots = page.locator(".plot a.dot");
  assert.equal(await dots.count(), rows.length);
  assert.equal(await page.locator(".plot .whisker").count(), rows.length);
  assert.match(
    await page.locator(".plot a.dot.won").getAttribute("aria-label"),
    new RegExp(`^${winner.model}: quality [\\d.]+ ± [\\d.]+, \\$[\\d.]+ a call, \\d+ samples, .*wins$`),
  );
  await page.locator(".plot a.dot").first().hover();
  await page.locator(".plot-tip").getByText("Samples").waitFor();
  await page.done();
});

test("the plot is read by keyboard, its names run over no other, and it zooms to the band", async () => {
  for (const viewport of [{ width: 1280, height: 860 }, phone]) {
    const page = await browser.page(server, { viewport });
    await page.goto("/app/models/?task=math");
    const dots = page.locator(".plot a.dot");
    await dots.first().waitFor();
    const all = await dots.count();
    assert.equal(await page.locator('.plot a.dot[tabindex="0"]').count(), 1, "one stop for all of them");
    await page.locator('.plot a.dot[tabindex="0"]').focus();
    await page.keyboard.press("Home");
    const seen = new Set();
    for (let n = 0; n < all; n += 1) {
      seen.add(await page.locator(".plot-tip strong").innerText());
      await page.keyboard.press("ArrowRight");
    }
    assert.equal(seen.size, all);
    await page.keyboard.press("Escape");
    assert.equal(await page.locator(".plot-tip").count(), 0);
    const boxes = await page.locator(".plot .names text").evaluateAll((texts) => texts.map((text) => text.getBoundingClientRect().toJSON()));
    assert.ok(boxes.length >= Math.min(3, all));
    for (const [i, a] of boxes.entries())
      for (const b of boxes.slice(i + 1))
        assert.ok(a.right <= b.left + 1 || b.right <= a.left + 1 || a.bottom <= b.top + 4 || b.bottom <= a.top + 4, JSON.stringify([a, b]));
    const band = async () => (await page.locator(".plot .band").boundingBox()).height;
    const before = await band();
    await page.getByRole("button", { name: "Zoom to the band" }).click();
    assert.ok((await band()) > before && (await dots.count()) <= all);
    await accessible(page, "the plot");
    await fitsWidth(page, "the models");
    await page.getByRole("button", { name: "Show all" }).click();
    assert.equal(await dots.count(), all);
    await page.done();
  }
});

test("a model has a page of its own, with what the API knows of it", async () => {
  const { model, n, charged_of_list } = (await policy()).find(({ winner }) => winner);
  const page = await browser.page(server);
  await page.goto("/app/models/?task=math");
  await rowOf(page, model).getByRole("link").click();
  await page.getByRole("heading", { name: model, level: 2 }).waitFor();
  assert.equal(new URL(page.url()).searchParams.get("model"), model);
  await page.reload();
  const learned = page.locator('[aria-label="What was learned"] tbody tr', { hasText: "math" });
  await learned.waitFor();
  const text = await learned.innerText();
  assert.ok(text.includes("wins") && text.includes(String(n)), text);
  assert.equal(/× \d/.test(text), charged_of_list !== null, text);
  const row = (await pool()).models.find(({ id }) => id === model);
  assert.ok((await page.locator(".facts").innerText()).includes(`$${row.out_price.toFixed(2)}`));
  const { points } = (await call(server, "GET", "/v1/timeseries?by=model&step=all")).body;
  const sums = points.find(({ name }) => name === model);
  await page.locator(".ran").waitFor();
  const ran = await page.locator(".ran").innerText();
  for (const part of ["Requests", String(sums.calls), "Failed", "Whole answer", "95 % within"]) assert.ok(ran.includes(part), `${part}: ${ran}`);
  await page.getByRole("heading", { name: "List price until now" }).waitFor();
  await accessible(page, "a model's page");
  await page.setViewportSize(phone);
  await fitsWidth(page, "a model's page");
  await page.getByRole("link", { name: "Its requests" }).click();
  await page.getByRole("heading", { name: "Activity", level: 1 }).waitFor();
  for (const shown of await page.locator(".decisions [data-label=Model]").allInnerTexts()) assert.equal(shown.trim(), model);
  await page.goBack();
  await page.getByRole("heading", { name: model, level: 2 }).waitFor();
  await page.getByRole("link", { name: "All models" }).click();
  await page.locator('[aria-label="The pool"]').waitFor();
  await page.goto("/app/models/?model=no-such-model");
  await page.getByText("No such model here").waitFor();
  await page.done();
});

test("a model's page draws how its list price has changed, and says when it has not", async () => {
  const set = async (in_price, out_price) => {
    const { version } = await pool();
    const put = { key: server.adminKey, json: { in_price, out_price }, headers: { "if-match": String(version) } };
    assert.equal((await call(server, "PUT", "/v1/pool/priced", put)).status, 200);
  };
  await set(1, 4);
  for (const viewport of [{ width: 1280, height: 860 }, phone]) {
    const page = await browser.page(server, { viewport });
    await page.goto("/app/models/?model=priced");
    const history = page.getByRole("region", { name: "List price until now" });
    if (viewport !== phone) await history.getByText(/^The same since it was first noted, \d/).waitFor();
    await set(viewport === phone ? 3 : 2, viewport === phone ? 6 : 5);
    await page.reload();
    const chart = history.getByRole("img");
    await chart.locator("canvas").waitFor();
    const said = await chart.getAttribute("aria-label");
    assert.match(said, /: input \$1\.00, output \$4\.00\. Since [^:]*:\d\d: input \$2\.00, output \$5\.00\./);
    // At its left edge stands the oldest price.
    const over = chart.locator(".u-over");
    await over.hover({ position: { x: 1, y: 20 } });
    await history.getByText("$1.00").waitFor();
    await accessible(page, "a price's history");
    await fitsWidth(page, "a price's history");
    await page.done();
  }
  const { version } = await pool();
  await call(server, "DELETE", "/v1/pool/priced", { key: server.adminKey, headers: { "if-match": String(version) } });
});

test("the pool is shown to all, and what the runtime offers beside it comes after", async () => {
  const page = await browser.page(server);
  await page.goto("/app/models/");
  const listed = page.locator('[aria-label="Catalogue"] tbody tr');
  await listed.first().waitFor();
  const { models } = await pool();
  assert.equal(await page.locator('[aria-label="The pool"] tbody tr').count(), models.length);
  assert.match(await rowOf(page, models[0].id).innerText(), /built in/);
  assert.equal(await page.getByRole("button", { name: "Add a model" }).count(), 0, "that is an operator's");
  const others = (await call(server, "GET", "/v1/pricing")).body.filter(({ routable }) => !routable);
  assert.equal(await listed.count(), Math.min(50, others.length));
  await page.getByLabel("Find").fill(others[0].id);
  await eventually(async () => (await listed.count()) === others.filter(({ id }) => id.includes(others[0].id)).length);
  await page.done();
});

test("an operator adds a model, is told what is wrong beside the field, changes it, and takes it out when asked twice", async () => {
  const page = await browser.page(server);
  await asOperator(page, server);
  await page.getByRole("link", { name: "Models", exact: true }).click();
  await page.getByRole("button", { name: "Add a model" }).click();
  const form = page.getByRole("form", { name: "Add a model" });
  await form.getByLabel("Id", { exact: true }).fill("house/small");
  await form.getByLabel("Input, $ per 1M", { exact: true }).fill("cheap");
  await form.getByRole("button", { name: "Add", exact: true }).click();
  const field = form.getByLabel("Input, $ per 1M", { exact: true });
  await form.locator(".field-wrong").waitFor();
  assert.equal(await field.getAttribute("aria-invalid"), "true");
  assert.match(await form.locator(".field-wrong").innerText(), /USD per 1M tokens/);
  await accessible(page, "a form with something wrong in it");
  // Nobody may know what it costs: that is said, and is not 0.
  await field.fill("");
  await form.getByRole("button", { name: "Add", exact: true }).click();
  const row = rowOf(page, "house/small");
  await row.waitFor();
  assert.match(await row.innerText(), /not known[\s\S]*not known[\s\S]*nobody/);
  assert.deepEqual(
    (await pool()).models.filter(({ id }) => id === "house/small").map(({ in_price, out_price, price_from }) => [in_price, out_price, price_from]),
    [[null, null, "operator"]],
  );
  await page.getByText(/nobody has said the price/).waitFor();

  await row.getByRole("button", { name: "Edit" }).click();
  const change = page.getByRole("form", { name: "Change house/small" });
  await change.getByLabel("Output, $ per 1M").fill("0.8");
  await change.getByLabel("Tools").selectOption("no");
  await change.getByLabel("Tags").fill("eu, fast");
  await page.setViewportSize(phone);
  await fitsWidth(page, "the form of a model");
  await accessible(page, "the form of a model on a phone");
  await page.setViewportSize({ width: 1280, height: 860 });
  await change.getByRole("button", { name: "Save" }).click();
  await row.getByText("$0.80").waitFor();
  const written = (await pool()).models.find(({ id }) => id === "house/small");
  assert.deepEqual([written.out_price, written.accepts.tools, written.accepts.images, written.tags], [0.8, false, null, ["eu", "fast"]]);
  await row.getByRole("button", { name: "Switch off" }).click();
  await row.getByText("off", { exact: true }).waitFor();
  assert.equal((await pool()).models.find(({ id }) => id === "house/small").enabled, false);
  await row.getByRole("button", { name: "Take out" }).click();
  assert.ok(
    (await pool()).models.some(({ id }) => id === "house/small"),
    "asked once is not enough",
  );
  await row.getByRole("button", { name: "for good" }).click();
  await row.waitFor({ state: "detached" });
  assert.ok(!(await pool()).models.some(({ id }) => id === "house/small"));
  const baseline = rowOf(page, "gpt-4o");
  await baseline.getByRole("button", { name: "Take out" }).click();
  await baseline.getByRole("button", { name: "for good" }).click();
  await baseline
    .getByRole("alert")
    .getByText(/baseline can't be taken out/)
    .waitFor();
  await page.done();
});

test("whoever changes the pool meanwhile is not overwritten, and what was typed stays", async () => {
  const page = await browser.page(server);
  await asOperator(page, server);
  await page.getByRole("link", { name: "Models", exact: true }).click();
  await rowOf(page, "gpt-4.1").getByRole("button", { name: "Edit" }).click();
  const form = page.getByRole("form", { name: "Change gpt-4.1" });
  await form.getByLabel("Output, $ per 1M").fill("7.5");
  const { version } = await pool();
  assert.equal(
    (await call(server, "PUT", "/v1/pool/elsewhere", { key: server.adminKey, json: { in_price: 1, out_price: 1 }, headers: { "if-match": String(version) } }))
      .status,
    200,
  );
  await form.getByRole("button", { name: "Save" }).click();
  await form
    .getByRole("alert")
    .getByText(/somebody else has changed the pool/i)
    .waitFor();
  await rowOf(page, "elsewhere").waitFor();
  assert.equal(await form.getByLabel("Output, $ per 1M").inputValue(), "7.5");
  await form.getByRole("button", { name: "Save" }).click();
  await rowOf(page, "gpt-4.1").getByText("$7.50").waitFor();
  assert.match(await rowOf(page, "gpt-4.1").innerText(), /an operator/);
  await page.done();
});

test("an import is looked at before it is done", async () => {
  const page = await browser.page(server);
  await asOperator(page, server);
  await page.getByRole("link", { name: "Models", exact: true }).click();
  await page.getByRole("button", { name: "Import from a catalogue" }).click();
  await page.getByRole("button", { name: "Read the catalogue" }).click();
  const before = await pool();
  const difference = page.getByRole("region", { name: "What it would change" });
  await difference.getByText("switched off").waitFor();
  assert.ok((await difference.innerText()).includes("elsewhere"), "the runtime does not offer it");
  await page.locator(".import").getByLabel("Find").fill("mistral-nemo");
  await page.getByLabel("mistral-nemo", { exact: true }).check();
  await difference.locator('[data-change="added"]').getByText("mistral-nemo").waitFor();
  assert.equal((await pool()).version, before.version, "nothing yet");
  await accessible(page, "an import");
  await difference.getByRole("button", { name: /^Make these 2 changes/ }).click();
  await page.getByText("Done: 1 added, 1 switched off.").waitFor();
  await rowOf(page, "mistral-nemo").waitFor();
  const { models } = await pool();
  assert.equal(models.find(({ id }) => id === "mistral-nemo").price_from, "catalogue");
  assert.equal(models.find(({ id }) => id === "elsewhere").enabled, false);
  await page.done();
});
