// What the dashboard shows as it happens, and to whom.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";

import { chat, eventually, start } from "../e2e/harness.mjs";
import { accessible, fitsWidth, launch, phone } from "./browser.mjs";

const SUM = { messages: [{ role: "user", content: "Calculate 17 * 23" }] };
let open, closed, browser;
before(async () => {
  [open, closed, browser] = await Promise.all([start({ settings: { EPSILON: 0 } }), start({ settings: { EPSILON: 0, VIEWS: "operator" } }), launch()]);
});
after(() => Promise.all([browser?.close(), open?.stop(), closed?.stop()]));

/** The paths that a page asks for, from now on. */
function asked(page) {
  const paths = [];
  page.on("request", (request) => paths.push(new URL(request.url()).pathname));
  return paths;
}

const rows = (page) => page.locator(".decisions tbody tr").count();
const grows = (page, to, what) => eventually(async () => (await rows(page)) === to, { what, within: 15_000 });

test("decisions come by the stream, not by asking again; a pause holds what is shown and closes it", async () => {
  await chat(open, SUM);
  const page = await browser.page(open);
  const paths = asked(page);
  await page.goto("/app/activity/");
  await grows(page, 1, "the first decision");
  await eventually(() => paths.includes("/v1/live"), { what: "the stream" });
  // What is asked for as the page and the stream begin is over.
  await page.waitForLoadState("networkidle").catch(() => {});
  const before = paths.filter((path) => path === "/v1/recent").length;
  await chat(open, SUM);
  await grows(page, 2, "the second decision");
  assert.equal(paths.filter((path) => path === "/v1/recent").length, before, "nobody asked for it");

  const ended = page.waitForEvent("requestfailed", (request) => request.url().endsWith("/v1/live"));
  await page.getByRole("button", { name: "Pause" }).click();
  await ended;
  await chat(open, SUM);
  assert.equal(await rows(page), 2);
  await page.getByRole("button", { name: "Go on" }).click();
  await grows(page, 3, "what was made during the pause");
  await page.done();
});

test("where the stream can't be had the page asks as before", async () => {
  const page = await browser.page(open);
  await page.route("**/v1/live", (route) => route.fulfill({ status: 404, body: "{}" }));
  await page.goto("/app/activity/");
  await eventually(async () => (await rows(page)) > 0, { what: "decisions" });
  const before = await rows(page);
  await chat(open, SUM);
  await grows(page, before + 1, "one more");
  await page.done();
});

test("figures for operators only are said to be that, and open with such a key, which the page alone holds", async () => {
  await chat(closed, SUM);
  for (const viewport of [undefined, phone]) {
    const page = await browser.page(closed, { viewport });
    await page.goto("/app/");
    await page.getByText("This deployment shows its figures to operators only").waitFor();
    await accessible(page, "a closed overview");
    await fitsWidth(page, "a closed overview");
    await page.getByLabel("Operator's key").fill("not such a key");
    await page.getByRole("button", { name: "Show the figures" }).click();
    await page.getByRole("alert").waitFor();
    await page.getByLabel("Operator's key").fill(closed.adminKey);
    await page.getByRole("button", { name: "Show the figures" }).click();
    await page.getByText("Everything works").waitFor();
    const kept = await page.evaluate(() => JSON.stringify([{ ...localStorage }, { ...sessionStorage }]));
    assert.ok(!kept.includes(closed.adminKey) && !kept.includes("arbiter.last"), kept);
    await page.reload();
    await page.getByText("This deployment shows its figures to operators only").waitFor();
    await page.goto("/");
    await page.getByText("This deployment shows its figures to operators only").waitFor();
    await page.done();
  }
});
