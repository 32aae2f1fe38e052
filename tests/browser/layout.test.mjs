// No page changes its looks unseen: where its parts stand, how large they are, their colours and type are
// held to what is written in layout/. After a change that is meant,
//
//   LAYOUT=write ./scripts/test.sh --only browser -- layout
//
// writes them anew, and the difference is looked at like any other. Figures that move are in none of it; the fonts are Debian's.

import assert from "node:assert/strict";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { after, before, test } from "node:test";

import { eventually, start } from "../e2e/harness.mjs";
import { launch, phone } from "./browser.mjs";
import { seed } from "./seed.mjs";

let server, browser;
before(async () => {
  [server, browser] = await Promise.all([start(), launch()]);
  await seed(server, { many: 3_000, hours: 20 });
});
after(() => Promise.all([browser?.close(), server?.stop()]));

const folder = new URL("layout/", import.meta.url);
const views = {
  landing: ["/", ".live-picture:not([hidden])"],
  start: ["/start/", "input[type=email]"],
  overview: ["/app/", ".spend canvas"],
  playground: ["/app/playground/", ".candidates tbody tr"],
  activity: ["/app/activity/", ".decisions tbody tr"],
  models: ["/app/models/?task=math", ".plot svg"],
  model: ["/app/models/?model=gpt-4o-mini", ".model-page .ran"],
  key: ["/app/key/", ".empty"],
};
const sizes = { wide: [{ width: 1280, height: 860 }, "light"], dark: [{ width: 1280, height: 860 }, "dark"], phone: [phone, "light"] };
const parts =
  "header.site-head, nav.tabs, h1, main h2, .card, .story, .lead, .hero-picture, main table, main thead, main tbody tr:first-child > *, .plot svg, .spend, .task-strip li:first-child, .ran > div:first-child, .facts > div:first-child, .filters, .segments, .live-card, .live-grid > div:first-child, .live-picture svg, .diff, .how-steps li:first-child, main form, main .button:not(td *), .site-foot";
/** Of a place or a size: what two renderings of the same page may differ in, px. */
const SLACK = 3;

/** Fonts that every machine has which has Debian's Chromium of these tests. */
async function pinned(page) {
  return page.evaluate(() => {
    const root = document.documentElement.style;
    root.setProperty("--sans", '"DejaVu Sans"');
    root.setProperty("--mono", '"DejaVu Sans Mono"');
    const pen = document.createElement("canvas").getContext("2d");
    const wide = (font) => ((pen.font = `40px ${font}`), pen.measureText("Arbiter 0123").width);
    return wide('"DejaVu Sans", monospace') !== wide("monospace") || wide('"DejaVu Sans", serif') !== wide("serif");
  });
}

/** A line a part: its name, where it stands, how large it is, colours and type. */
const written = (page) =>
  page.evaluate((parts) => {
    const rgb = (text) => text.replace(/\s/g, "");
    let above = 0;
    return [...document.querySelectorAll(parts)]
      .filter((one) => one.checkVisibility({ visibilityProperty: true }) && one.getBoundingClientRect().width > 1)
      .map((one) => {
        const { x, y, width, height } = one.getBoundingClientRect();
        const style = getComputedStyle(one);
        const name = `${one.tagName.toLowerCase()}${typeof one.className === "string" && one.className ? `.${one.className.split(" ")[0]}` : ""}`;
        // Of what has no border the browsers of two years say two colours.
        const border = style.borderTopWidth === "0px" ? "none" : rgb(style.borderTopColor);
        const said = /^H[12]$/.test(one.tagName) ? ` "${one.textContent}"` : "";
        const from = y - above;
        above = y;
        return `${name}${said} | ${[x, from, width, height].map(Math.round).join(" ")} | ${rgb(style.color)} ${rgb(style.backgroundColor)} ${border} ${style.fontSize} ${style.fontWeight}`;
      });
  }, parts);

function differences(was, is) {
  const read = (line) => line.split(" | ");
  const found = [];
  for (let n = 0; n < Math.max(was.length, is.length); n += 1) {
    const [a, b] = [was[n], is[n]];
    if (a === undefined || b === undefined) {
      found.push(`${n + 1}: ${a ?? "nothing"} → ${b ?? "nothing"}`);
      continue;
    }
    const [name, place, look] = read(a);
    const [newName, newPlace, newLook] = read(b);
    const moved = place.split(" ").some((value, i) => Math.abs(value - newPlace.split(" ")[i]) > SLACK);
    if (name !== newName || look !== newLook || moved) found.push(`${n + 1}: ${a} → ${b}`);
  }
  return found;
}

for (const [view, [path, ready]] of Object.entries(views)) {
  test(`the looks of ${view} are those that are written down`, async (t) => {
    for (const [size, [viewport, scheme]] of Object.entries(sizes)) {
      const page = await browser.page(server, { viewport, scheme });
      await page.goto(path);
      if (!(await pinned(page))) {
        await page.done();
        return t.skip("DejaVu Sans is not installed (Debian: fonts-dejavu-core)");
      }
      await page.locator(ready).first().waitFor();
      await eventually(async () => (await page.locator("main .skeleton").count()) === 0, { what: "all of it" });
      await page.evaluate(() => document.fonts.ready);
      let lines = [];
      // What is measured after a resize is drawn once more.
      await eventually(
        async () => {
          const before = lines.join();
          lines = await written(page);
          return lines.length > 3 && lines.join() === before;
        },
        { what: `${view} to stand still` },
      );
      await page.done();
      const file = new URL(`${view}.${size}.txt`, folder);
      if (process.env.LAYOUT === "write") {
        mkdirSync(folder, { recursive: true });
        writeFileSync(file, `${lines.join("\n")}\n`);
        continue;
      }
      const found = differences(readFileSync(file, "utf8").trimEnd().split("\n"), lines);
      assert.deepEqual(found, [], `${view}, ${size}`);
    }
  });
}
