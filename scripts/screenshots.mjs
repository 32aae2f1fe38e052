// Makes the pictures of docs/img from a running deployment:
//
//   node scripts/screenshots.mjs http://127.0.0.1:8787
//
// Registers a key there and sends one prompt. The figures are those of the deployment: send it some
// requests first.

import { mkdirSync, statSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

import { chromium } from "playwright-core";
// Comes with miniflare.
import sharp from "sharp";

const LARGEST = 200 * 1024;
const WIDTH = 1200;
const base = process.argv[2];
if (!base || !/^https?:\/\//.test(base)) {
  console.error("usage: node scripts/screenshots.mjs URL");
  process.exit(2);
}
const folder = fileURLToPath(new URL("../docs/img/", import.meta.url));
mkdirSync(folder, { recursive: true });

const registered = await fetch(new URL("/v1/register", base), { method: "POST", body: JSON.stringify({ email: "screenshots@example.com" }) });
if (!registered.ok) throw new Error(`no key to be had from ${base}: ${registered.status}`);
const { api_key: key } = await registered.json();

const browser = await chromium.launch({
  executablePath: process.env.CHROME_BIN ?? "/usr/bin/chromium",
  args: ["--no-sandbox", "--disable-gpu", "--disable-quic"],
});
const context = await browser.newContext({ colorScheme: "light", reducedMotion: "reduce", serviceWorkers: "block", baseURL: base });
await context.addInitScript((secret) => localStorage.setItem("arbiter.key", secret), key);
const page = await context.newPage();

async function picture(name, path, ready, height, prepare = async () => {}) {
  await page.setViewportSize({ width: WIDTH, height });
  await page.goto(path);
  await page.locator(ready).first().waitFor();
  await prepare();
  await page.evaluate(() => document.fonts.ready);
  const file = `${folder}${name}.png`;
  writeFileSync(
    file,
    await sharp(await page.screenshot())
      .png({ palette: true, colours: 128, compressionLevel: 9, effort: 10 })
      .toBuffer(),
  );
  const { size } = statSync(file);
  console.log(`docs/img/${name}.png: ${Math.round(size / 1024)} KB`);
  if (size > LARGEST) throw new Error(`${name}.png is larger than ${LARGEST / 1024} KB`);
}

await picture("landing", "/", ".live-picture rect", 1280);
await picture("overview", "/app/", ".story", 1380, () => page.locator(".chart canvas, .empty").first().waitFor());
await picture("playground", "/app/playground/", ".candidates tbody tr", 1880, async () => {
  await page.getByRole("button", { name: "Code", exact: true }).click();
  await page.getByRole("slider").fill("70");
  await page.locator('.would-body[data-fresh="true"] .verdict').waitFor();
  await page.getByRole("button", { name: "Run", exact: true }).click();
  await page.locator('[data-phase="done"], [data-phase="failed"]').waitFor({ timeout: 60_000 });
});
await picture("models", "/app/models/", ".plot svg, .empty", 1180, () => page.getByRole("radio", { name: "factual" }).check());
await browser.close();
