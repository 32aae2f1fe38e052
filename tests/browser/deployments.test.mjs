// Every view in every state that a deployment may be in: it shows something true, fits, is accessible,
// asks little and draws little.

import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";

import { call, chat, eventually, register, start, startSim } from "../e2e/harness.mjs";
import { accessible, asOperator, fitsWidth, launch, phone } from "./browser.mjs";
import { seed } from "./seed.mjs";

let browser;
before(async () => (browser = await launch()));
after(() => browser?.close());

const wide = { width: 1280, height: 860 };
const prompts = [
  "Calculate 17 * 23",
  "Write a Python function that reverses a list",
  "Return JSON with the keys a and b",
  "What is the capital of Peru?",
  "Write a poem about rain",
];
/** Rows of all tables of a page, and questions that it asks before anybody touches it. */
const MOST_ROWS = 260;
// Two rounds of its seven figures, before and after it listens, and the stream that it listens to.
const MOST_QUESTIONS = 15;

/** What each view shows once it is there, whatever the state. */
const views = {
  "/": "#live-note:not(:empty), .live-picture:not([hidden])",
  "/app/": ".story, .headline .empty",
  "/app/activity/": ".decisions tbody tr, .empty",
  "/app/models/": '[aria-label="The pool"] tbody tr',
  "/app/models/?model=gpt-4o-mini": ".model-page .facts, .model-page .empty",
  "/app/key/": ".window, .empty",
  "/start/": "input[type=email]",
};

/** Looks at every view, on a wide screen and on a phone; what else is to be seen is the caller's. */
async function looked(server, options = {}) {
  const page = await browser.page(server, options);
  let asked = [];
  page.on("request", (request) => request.url().includes("/v1/") && asked.push(request.url()));
  const texts = {};
  for (const [path, ready] of Object.entries(views)) {
    asked = [];
    await page.setViewportSize(wide);
    await page.goto(path);
    await page.locator(ready).first().waitFor();
    await eventually(async () => (await page.locator("main .skeleton").count()) === 0, { what: `${path} without a skeleton` });
    assert.ok(asked.length <= MOST_QUESTIONS, `${path} asked ${asked.length}: ${asked.join(" ")}`);
    const rows = await page.locator("main tr").count();
    assert.ok(rows <= MOST_ROWS, `${path} has ${rows} rows`);
    texts[path] = await page.locator("main").innerText();
    assert.doesNotMatch(texts[path], /NaN|undefined|\[object|Infinity|null/, path);
    await fitsWidth(page, path);
    await accessible(page, path);
    await page.setViewportSize(phone);
    await fitsWidth(page, `${path} on a phone`);
    await accessible(page, `${path} on a phone`);
    const cut = await page.evaluate(() =>
      [...document.querySelectorAll("main td, main th[scope=row]")]
        .filter((cell) => cell.getBoundingClientRect().right > innerWidth + 1)
        .map((cell) => cell.textContent),
    );
    assert.deepEqual(cut, [], `${path}: cut off on a phone`);
  }
  await page.done();
  return texts;
}

describe("a deployment that nothing was asked of", () => {
  let server;
  before(async () => (server = await start()));
  after(() => server?.stop());

  test("says so in every view, and leads on", async () => {
    const texts = await looked(server);
    assert.match(texts["/"], /Nothing has been routed here yet/);
    assert.match(texts["/app/"], /Nothing has been routed yet/);
    assert.match(texts["/app/activity/"], /No decisions yet/);
    assert.match(texts["/app/models/"], /Nothing learned about/);
    assert.match(texts["/app/models/?model=gpt-4o-mini"], /Nothing yet: no request has gone to it/);
  });

  test("an operator finds keys, switch and audit there, on a phone too", async () => {
    await register(server);
    const page = await browser.page(server, { viewport: phone });
    await asOperator(page, server);
    await page.locator('[aria-label="Keys"] tbody tr').first().waitFor();
    await page.locator('[aria-label="What was done"] tbody tr').first().waitFor();
    await fitsWidth(page, "the operators' view on a phone");
    await accessible(page, "the operators' view on a phone");
    await page.done();
  });
});

describe("a deployment after 360 calls", () => {
  let server;
  before(async () => {
    server = await start();
    for (let round = 0; round < 72; round += 1)
      await Promise.all(prompts.map((content) => chat(server, { messages: [{ role: "user", content: `${content} (${round})` }] })));
    // The last of them may still be on their way into the books.
    await eventually(
      async () => {
        const {
          points: [sums],
        } = (await call(server, "GET", "/v1/timeseries?step=all&from=0")).body;
        return sums && sums.calls + sums.dropped + sums.failed === 360;
      },
      { what: "360 requests in the sums" },
    );
  });
  after(() => server?.stop());

  test("tells of all of them in every view", async () => {
    const texts = await looked(server, { key: true });
    assert.match(texts["/"], /Requests\s+360/);
    assert.match(texts["/app/"], /360 requests/);
    assert.match(texts["/app/models/?model=gpt-4o-mini"], /Requests\s+\d+/);
    assert.match(texts["/app/key/"], /0 of 50/);
  });
});

describe("a deployment with 50,000 decisions of a day", () => {
  let server;
  before(async () => {
    server = await start();
    await seed(server, { many: 50_000, hours: 23 });
  });
  after(() => server?.stop());

  test("has them all in its sums, and draws no more than is looked at", async () => {
    const texts = await looked(server);
    assert.match(texts["/"], /50,000/);
    assert.match(texts["/app/"], /49,\d{3} of 50,000 requests were answered/);
    assert.match(texts["/app/models/"], /wins/);
    assert.match(texts["/app/models/?model=gpt-4o-mini"], /Requests\s+(9,\d{3}|10,\d{3})/);
  });

  test("goes back page by page, one question each, and finds what is rare", async () => {
    const page = await browser.page(server);
    const asked = [];
    page.on("request", (request) => request.url().includes("/v1/recent?") && asked.push(request.url()));
    await page.goto("/app/activity/");
    const rows = page.locator(".decisions tbody tr");
    await rows.first().waitFor();
    assert.equal(await rows.count(), 50);
    for (let n = 2; n <= 4; n += 1) {
      await page.getByRole("button", { name: "Show more" }).click();
      await eventually(async () => (await rows.count()) === 50 * n);
    }
    assert.equal(asked.length, 0, "the newest were there");
    await page.getByRole("button", { name: "Load more" }).click();
    await eventually(async () => (await rows.count()) === 250);
    assert.equal(asked.length, 1);
    const ids = await page.evaluate(() => [...document.querySelectorAll(".decisions time")].map((time) => time.dateTime));
    assert.deepEqual(ids, [...ids].sort().reverse(), "newest first, over the seam too");

    asked.length = 0;
    await page.getByRole("combobox", { name: "Outcome", exact: true }).selectOption("failed");
    await eventually(async () => (await rows.count()) >= 15, { what: "failed requests from further back" });
    assert.ok(asked.length <= 5, asked.join(" "));
    assert.ok((await rows.locator("[data-label=Mode]").allInnerTexts()).every((text) => text === "failed"));
    await page.getByText(/found, back to \d/).waitFor();
    await page.done();
  });
});

describe("a deployment whose models are all out", () => {
  let server;
  before(async () => {
    server = await start({ settings: { EPSILON: 0 } });
    for (let round = 0; round < 2; round += 1) for (const content of prompts) await chat(server, { messages: [{ role: "user", content }] });
    await server.sim.control("POST", "/__sim/faults", [{ match: { role: "chat" }, fault: { kind: "status", code: 500 } }]);
    for (let n = 0; n < 25; n += 1) await chat(server, { messages: [{ role: "user", content: "Calculate 17 * 23" }] });
  });
  after(() => server?.stop());

  test("says what is out in every view, and until when", async () => {
    const { models_out, runtimes_away } = (await call(server, "GET", "/v1/status")).body;
    const texts = await looked(server);
    assert.match(texts["/"], /Arbiter is down here|Something is wrong here/);
    assert.match(texts["/app/"], /Arbiter is down/);
    assert.match(texts["/app/activity/"], /failed/);
    if (Object.keys(models_out).length > 0) assert.match(texts["/app/models/"], /left out/);
    else assert.ok(Object.keys(runtimes_away).length > 0, "a runtime whose models all fail is away itself");
  });
});

describe("a deployment whose runtime is gone", () => {
  let server;
  before(async () => {
    server = await start({ settings: { EPSILON: 0 } });
    for (const content of prompts) await chat(server, { messages: [{ role: "user", content }] });
    await server.sim.stop();
    for (let n = 0; n < 6; n += 1) assert.notEqual((await chat(server, { messages: [{ role: "user", content: "Calculate 17 * 23" }] })).status, 200);
  });
  after(() => server?.stop());

  test("goes on with what is known", async () => {
    const texts = await looked(server);
    assert.match(texts["/app/"], /away|failed/);
    assert.match(texts["/app/models/"], /gpt-4o-mini/);
  });
});

describe("a deployment of which nobody knows a price", () => {
  let server, sim;
  before(async () => {
    sim = await startSim({ dialect: "vllm" });
    server = await start({ sim, settings: { BASELINE_MODEL: "gpt-4o-mini" } });
    const { offered } = (await call(server, "POST", "/v1/pool/import", { key: server.adminKey, json: {} })).body;
    const models = [
      "gpt-4o-mini",
      ...offered
        .map(({ id }) => id)
        .filter((id) => id !== "gpt-4o-mini")
        .slice(0, 2),
    ].map((id) => ({ id }));
    const put = await call(server, "PUT", "/v1/pool", { key: server.adminKey, json: { models } });
    assert.equal(put.status, 200, put.text);
    for (let round = 0; round < 3; round += 1)
      for (const content of prompts) await chat(server, { messages: [{ role: "user", content: `${content} (${round})` }] });
  });
  after(async () => {
    await server?.stop();
    await sim?.stop();
  });

  test("says that it is not known, and never that it is nothing", async () => {
    const texts = await looked(server);
    assert.match(texts["/app/models/"], /Of 3 models nobody has said the price/);
    assert.match(texts["/app/models/"], /not known/);
    assert.match(texts["/app/models/?model=gpt-4o-mini"], /nobody has said it/);
    assert.doesNotMatch(texts["/app/models/"], /\$0(?![.\d])|free/);
  });
});
