// The first thing a person sees is true, whatever the state of the deployment.

import assert from "node:assert/strict";
import { after, afterEach, before, describe, test } from "node:test";

import { call, chat, eventually, sse, start } from "../e2e/harness.mjs";
import { accessible, fitsWidth, launch, phone } from "./browser.mjs";

let browser;
before(async () => (browser = await launch()));
after(() => browser?.close());

const SUM = { messages: [{ role: "user", content: "Calculate 17 * 23" }] };
const prompts = [
  "Calculate 17 * 23",
  "Write a Python function that reverses a list",
  "Return JSON with the keys a and b",
  "What is the capital of Peru?",
  "Write a poem about rain",
];

/** What stands on the page in the colour of what is good. */
const green = (page) =>
  page.evaluate(() => {
    const probe = document.body.appendChild(Object.assign(document.createElement("i"), { className: "good" }));
    const good = getComputedStyle(probe).color;
    probe.remove();
    return [...document.querySelectorAll("main *")]
      .filter((one) => getComputedStyle(one).color === good && !one.closest("a, button") && /\d/.test(one.textContent))
      .map((one) => one.textContent);
  });

describe("where every call fails", () => {
  let server;
  before(async () => (server = await start({ settings: { EPSILON: 0 } })));
  after(() => server?.stop());
  afterEach(() => server.sim.control("DELETE", "/__sim/faults"));

  test("25 failed calls are 25 failed calls, and not nothing", async () => {
    await server.sim.control("POST", "/__sim/faults", [{ match: { role: "chat" }, fault: { kind: "status", code: 500 } }]);
    for (let n = 0; n < 25; n += 1) assert.notEqual((await chat(server, SUM)).status, 200);
    const page = await browser.page(server);
    await page.goto("/app/");
    await page.getByText("All 25 requests in the last 24 hours failed.").waitFor();
    assert.equal(await page.getByText("Nothing has been routed yet").count(), 0);
    const alert = page.locator('[data-status="down"]');
    await alert.waitFor();
    assert.match(await alert.innerText(), /Arbiter is down[\s\S]*(9 of 9 models are left out|runtime is away)/);
    assert.deepEqual(await green(page), []);
    await accessible(page, "the overview of a deployment that is down");
    await page.setViewportSize(phone);
    await fitsWidth(page, "the overview of a deployment that is down");
    await page.done();
  });

  test("what was saved before is not green any more, and the share that failed is said", async () => {
    await server.restart();
    await call(server, "POST", "/v1/reset", { key: server.adminKey });
    for (let round = 0; round < 6; round += 1)
      for (const content of prompts) assert.equal((await chat(server, { messages: [{ role: "user", content: `${content} (${round})` }] })).status, 200);
    await server.sim.control("POST", "/__sim/faults", [{ match: { role: "chat" }, fault: { kind: "status", code: 500 } }]);
    for (let n = 0; n < 10; n += 1) await chat(server, SUM);
    const page = await browser.page(server);
    await page.goto("/app/");
    await page.getByText("30 of 40 requests were answered").waitFor();
    await page.locator('[data-status="down"]').waitFor();
    assert.match(await page.locator(".ran div", { hasText: "Failed" }).innerText(), /25\.0\s%/);
    assert.deepEqual(await green(page), []);
    await page.done();
  });
});

describe("where requests are answered", () => {
  let server;
  before(async () => {
    server = await start({ settings: { EPSILON: 0 } });
    for (let round = 0; round < 4; round += 1)
      await Promise.all(prompts.map((content) => chat(server, { messages: [{ role: "user", content: `${content} (${round})` }] })));
    await sse(server, SUM);
  });
  after(() => server?.stop());

  test("one sentence says requests, cost, what was saved and the quality, as the API has them", async () => {
    const page = await browser.page(server);
    await page.goto("/app/");
    await page.locator(".story").waitFor();
    const {
      points: [sums],
    } = (await call(server, "GET", "/v1/timeseries?step=all&from=0")).body;
    const story = await page.locator(".story").innerText();
    assert.equal(sums.calls, 21);
    assert.match(story, /In the last 24 hours, 21 requests were answered for \$0\.0/);
    const [, cost] = story.match(/for \$([\d.]+)/);
    assert.ok(Math.abs(Number(cost) - sums.spend) < 1e-4, `${cost} ${sums.spend}`);
    assert.match(story, /quality of [01]\.\d\d/);
    assert.equal(await page.locator('.status-ok[data-status="ok"]').innerText(), "Everything works");
    const ran = await page.locator(".ran").innerText();
    for (const part of ["Failed", "Failovers", "First byte", "Whole answer", "Judging and classifying"]) assert.ok(ran.includes(part), part);
    assert.equal(await page.locator(".task-strip li").count(), 5);
    // What draws it is fetched once the page is there.
    await page.locator(".spend canvas").waitFor();
    await page.done();
  });

  test("the time that is looked at stands in the address", async () => {
    const page = await browser.page(server);
    await page.goto("/app/?range=7d");
    await page.getByText(/^In the last 7 days/).waitFor();
    await page.getByRole("radio", { name: "All" }).check();
    await page.getByText(/^Until now/).waitFor();
    assert.match(page.url(), /\?range=all$/);
    await page.reload();
    await page.getByText(/^Until now/).waitFor();
    await page.getByRole("heading", { name: "Spend by day" }).waitFor();
    await page.done();
  });

  test("a page that nobody touches asks ever less, and a hidden one nothing", async () => {
    const page = await browser.page(server);
    await page.clock.install();
    await page.goto("/app/");
    await page.locator(".story").waitFor();
    let asked = 0;
    page.on("request", (request) => (asked += request.url().includes("/v1/") ? 1 : 0));
    const hour = async () => {
      const before = asked;
      for (let minute = 0; minute < 60; minute += 1) {
        await page.clock.runFor(60_000);
        await page.evaluate(() => fetch("/health"));
      }
      return asked - before;
    };
    const [first, second] = [await hour(), await hour()];
    assert.ok(first > second && first < 700, `${first} in the first hour`);
    assert.ok(second > 0 && second <= 120, `${second} in the second hour: a day has fewer than 3,000`);
    await page.done();
  });

  test("prices that are simulated are said, for the costs are not the runtime's", async () => {
    await call(server, "POST", "/v1/simulate-price", { key: server.adminKey, json: { model: "gpt-4o-mini", multiplier: 8 } });
    const page = await browser.page(server);
    await page.goto("/app/");
    await page.getByText("Prices are being simulated: gpt-4o-mini × 8.").waitFor();
    await call(server, "POST", "/v1/simulate-price", { key: server.adminKey, json: { model: "gpt-4o-mini", multiplier: 1 } });
    await eventually(async () => (await page.getByText("Prices are being simulated").count()) === 0, { within: 20_000 });
    await page.done();
  });
});

test("the first view's figures are asked for before its scripts are there, and once", async () => {
  const server = await start();
  const page = await browser.page(server);
  const asked = [];
  page.on("request", (request) => asked.push(new URL(request.url()).pathname + new URL(request.url()).search));
  await page.goto("/app/");
  await page.locator(".empty").first().waitFor();
  const figures = asked.filter((path) => path.startsWith("/v1/") && path !== "/v1/live");
  const firstRound = figures.slice(0, new Set(figures).size);
  assert.equal(firstRound.length, new Set(firstRound).size, figures.join(" "));
  assert.equal(firstRound.length, 7, figures.join(" "));
  // Before the island's own script can have run, none of it has been asked for by that.
  assert.equal(await page.evaluate(() => Object.keys(window.ahead).length), 0, "all were taken");
  await page.done();
  await server.stop();
});
