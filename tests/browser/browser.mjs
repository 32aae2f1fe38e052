// A real Chromium in front of a real worker. Whatever a page may not do is noted while it is used:
// errors, breaches of its policy, requests to other hosts.

import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";

import { chromium } from "playwright-core";

import { register } from "../e2e/harness.mjs";

const axeSource = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");

function executable() {
  if (process.env.CHROME_BIN) return process.env.CHROME_BIN;
  for (const name of ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable"]) {
    try {
      return execFileSync("which", [name], { encoding: "utf8", stdio: ["ignore", "pipe", "ignore"] }).trim();
    } catch {
      // The next one.
    }
  }
  throw new Error("no Chromium found: name it in CHROME_BIN");
}

export const phone = { width: 360, height: 740 };

/** Starts the browser; `page(server, options)` opens one page in a profile of its own. */
export async function launch() {
  const browser = await chromium.launch({
    executablePath: executable(),
    args: [
      "--no-sandbox",
      "--disable-gpu",
      "--disable-quic",
      "--no-first-run",
      "--disable-background-networking",
      "--disable-component-update",
      "--disable-sync",
      "--disable-dev-shm-usage",
    ],
  });
  return {
    close: () => browser.close(),
    /**
     * - `key`: kept in the browser as if it had registered; `true` registers one
     * - `scheme`, `viewport`, `serviceWorkers`: as in Playwright
     */
    async page(server, { key, scheme = "light", viewport = { width: 1280, height: 860 }, serviceWorkers = "block" } = {}) {
      const context = await browser.newContext({ viewport, colorScheme: scheme, serviceWorkers, baseURL: server.url, reducedMotion: "reduce" });
      const secret = key === true ? await register(server) : key;
      await context.addInitScript((secret) => {
        if (sessionStorage.getItem("prepared")) return;
        sessionStorage.setItem("prepared", "1");
        if (secret) localStorage.setItem("arbiter.key", secret);
      }, secret ?? null);
      const page = await context.newPage();
      page.setDefaultTimeout(15_000);
      const wrong = [];
      page.on("pageerror", (error) => wrong.push(`error: ${error.message}`));
      page.on("console", (message) => {
        // Chromium notes every refused request as an error; what pages do about these is tested.
        if (/Content.Security.Policy|violates/i.test(message.text())) wrong.push(message.text());
      });
      page.on("request", (request) => {
        const { protocol, origin } = new URL(request.url());
        if (/^https?:/.test(protocol) && origin !== new URL(server.url).origin) wrong.push(`request to ${request.url()}`);
      });
      return Object.assign(page, {
        secret,
        wrong,
        /** Nothing forbidden has happened until now; then leaves. */
        async done() {
          assert.deepEqual(wrong, []);
          await context.close();
        },
      });
    },
  };
}

/** Gives the page an operator's key, which it holds until it is left. */
export async function asOperator(page, server) {
  await page.goto("/app/key/");
  await page.getByLabel("API key").fill(server.adminKey);
  await page.getByRole("button", { name: "Use this key" }).click();
  await page.getByRole("link", { name: "Keys, switch and audit" }).click();
  await page.getByRole("heading", { name: "Operate", level: 1 }).waitFor();
}

/** Nothing that axe calls serious or critical. */
export async function accessible(page, where) {
  // In a world of its own that the page's policy does not rule.
  const session = await page.context().newCDPSession(page);
  await session.send("Runtime.evaluate", { expression: axeSource });
  const { result, exceptionDetails } = await session.send("Runtime.evaluate", {
    expression: `axe.run(document, { resultTypes: ["violations"] }).then(({ violations }) => JSON.stringify(violations.map(({ id, impact, nodes }) => ({ id, impact, nodes: nodes.map(({ html, failureSummary }) => html.slice(0, 160) + " | " + failureSummary.slice(0, 240)) }))))`,
    awaitPromise: true,
    returnByValue: true,
  });
  await session.detach();
  assert.ok(!exceptionDetails, JSON.stringify(exceptionDetails));
  const serious = JSON.parse(result.value).filter(({ impact }) => impact === "serious" || impact === "critical");
  assert.deepEqual(serious, [], where);
}

/** No part of the page sticks out to the side. */
export async function fitsWidth(page, where) {
  const over = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
  assert.ok(over <= 0, `${where} is ${over} px too wide`);
}
