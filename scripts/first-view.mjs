// How soon a visitor sees something on a slowed connection, measured in a real Chromium:
//
//   node scripts/first-view.mjs URL [PATH…]
//
// Each page is opened with nothing in the cache, five times; the median is told of when its first
// content is painted, and of when its figures (or what it says instead) stand there. The connection is
// Lighthouse's slow 4G: 150 ms for each round trip, 1.6 Mbit/s down, 0.75 Mbit/s up, by
// Network.emulateNetworkConditions. Where it is deployed, the platform speaks HTTP/2 and compresses; before
// a local deployment this does so. `--most MS` fails where a page is slower.

import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { request } from "node:http";
import { createSecureServer } from "node:http2";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createGzip } from "node:zlib";

import { chromium } from "playwright-core";

const SLOW_4G = { offline: false, latency: 150, downloadThroughput: (1.6e6 / 8) | 0, uploadThroughput: (0.75e6 / 8) | 0, connectionType: "cellular4g" };
const TIMES = 5;
/** What a page has where its figures are drawn, or what it says where there are none. */
const DRAWN = ".story, .empty, .facts, .candidates tbody tr, .decisions tbody tr, .plot svg, .hero, form";

const words = process.argv.slice(2);
const at = words.indexOf("--most");
const most = at === -1 ? Infinity : Number(words.splice(at, 2)[1]);
const [target, ...named] = words;
if (!/^https?:\/\//.test(target ?? "") || Number.isNaN(most)) {
  console.error("usage: node scripts/first-view.mjs [--most MS] URL [PATH…]");
  process.exit(2);
}
const paths = named.length ? named : ["/app/"];

/** Stands before a local deployment and speaks HTTP/2 with compressed text, as the platform does. */
async function asDeployed(target) {
  const folder = mkdtempSync(join(tmpdir(), "arbiter-first-view-"));
  const [key, cert] = [join(folder, "key"), join(folder, "cert")];
  execFileSync(
    "openssl",
    ["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-keyout", key, "-out", cert, "-subj", "/CN=localhost"],
    { stdio: "ignore" },
  );
  const own = new Set(["connection", "keep-alive", "transfer-encoding", "content-length", "host"]);
  const plain = (headers) => Object.fromEntries(Object.entries(headers).filter(([name]) => !name.startsWith(":") && !own.has(name)));
  const proxy = createSecureServer({ key: readFileSync(key), cert: readFileSync(cert) }, (asked, answer) => {
    const sent = request(new URL(asked.url, target), { method: asked.method, headers: plain(asked.headers) }, (told) => {
      const text = /^(text\/(?!event-stream)|application\/(json|javascript)|image\/svg)/.test(told.headers["content-type"] ?? "");
      const packs = text && told.statusCode === 200 && !told.headers["content-encoding"];
      answer.writeHead(told.statusCode, { ...plain(told.headers), ...(packs ? { "content-encoding": "gzip" } : {}) });
      (packs ? told.pipe(createGzip()) : told).pipe(answer);
    });
    sent.on("error", () => answer.stream.destroy());
    answer.on("close", () => sent.destroy());
    asked.pipe(sent);
  });
  rmSync(folder, { recursive: true });
  await new Promise((resolve) => proxy.listen(0, "127.0.0.1", resolve));
  return { url: `https://localhost:${proxy.address().port}`, close: () => proxy.close() };
}

const median = (values) => values.sort((a, b) => a - b)[values.length >> 1];

const local = new URL(target).protocol === "http:" ? await asDeployed(target) : null;
const browser = await chromium.launch({
  executablePath: process.env.CHROME_BIN ?? "/usr/bin/chromium",
  args: ["--no-sandbox", "--disable-gpu", "--disable-quic", "--disable-dev-shm-usage"],
});

/** One visit: when its first content was painted, when its figures stood there, and what came over the wire. */
async function visit(path) {
  const context = await browser.newContext({ viewport: { width: 1280, height: 860 }, serviceWorkers: "block", ignoreHTTPSErrors: true });
  try {
    const page = await context.newPage();
    const wire = await context.newCDPSession(page);
    await wire.send("Network.enable");
    await wire.send("Network.emulateNetworkConditions", SLOW_4G);
    let bytes = 0;
    wire.on("Network.loadingFinished", ({ encodedDataLength }) => (bytes += encodedDataLength));
    // Looked at each frame in the page: the way there and back would count as waiting.
    await page.addInitScript((drawn) => {
      const look = () => {
        if (document.querySelector(`main :is(${drawn}), main:is(${drawn})`)) window.drawnAt = performance.now();
        else requestAnimationFrame(look);
      };
      requestAnimationFrame(look);
    }, DRAWN);
    await page.goto(new URL(path, local?.url ?? target).href, { waitUntil: "commit" });
    await page.waitForFunction(() => window.drawnAt && performance.getEntriesByName("first-contentful-paint").length > 0, null, { timeout: 30_000 });
    const [first, there] = await page.evaluate(() => [performance.getEntriesByName("first-contentful-paint")[0].startTime, window.drawnAt]);
    return { first, drawn: Math.max(first, there), bytes };
  } finally {
    await context.close();
  }
}

let slow = false;
try {
  for (const path of paths) {
    // The first one has the deployment awake.
    await visit(path);
    const visits = [];
    for (let n = 0; n < TIMES; n += 1) visits.push(await visit(path));
    const of = (name) => Math.round(median(visits.map((one) => one[name])));
    slow ||= of("drawn") > most;
    console.log(`${path}: first content ${of("first")} ms, figures ${of("drawn")} ms, ${Math.round(of("bytes") / 1024)} KB until then`);
  }
} finally {
  await browser.close();
  local?.close();
}
if (slow) {
  console.error(`slower than ${most} ms`);
  process.exit(1);
}
