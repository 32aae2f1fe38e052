// The last step of the build. Makes the pages fit a Content-Security-Policy without `unsafe-inline`
// (every inline script, and outside the documentation every inline style, becomes a file), writes what
// programs read, and the service worker with the list of what it keeps.

import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { fileURLToPath } from "node:url";

import { openapi } from "../../scripts/lib/openapi.mjs";
import { guide, plain } from "../src/docs/plain.mjs";

const site = fileURLToPath(new URL("../", import.meta.url));
const dist = `${site}dist/`;

const files = readdirSync(dist, { recursive: true, withFileTypes: true })
  .filter((entry) => entry.isFile())
  .map((entry) => `${entry.parentPath ?? entry.path}/${entry.name}`.replaceAll("\\", "/").replace(/\/+/g, "/").slice(dist.length));

mkdirSync(`${dist}_astro`, { recursive: true });
const made = new Set();

function asFile(content, ending) {
  const name = `_astro/inline.${createHash("sha256").update(content).digest("hex").slice(0, 12)}.${ending}`;
  if (!made.has(name)) writeFileSync(dist + name, content);
  made.add(name);
  return `/${name}`;
}

// Scripts that hold data are none: the browser never runs them.
const isData = (attributes) => /type\s*=\s*["']?(application\/(ld\+)?json|speculationrules)/i.test(attributes);

/** The modules that a module needs before it runs, itself among them. */
function needed(path, found = new Set()) {
  if (found.has(path)) return found;
  found.add(path);
  const code = readFileSync(dist + path.slice(1), "utf8");
  for (const [, name] of code.matchAll(/(?:\bfrom|\bimport)\s*["']\.\/([\w.-]+\.js)["']/g)) needed(`/_astro/${name}`, found);
  return found;
}

/** What an island is made of, its view included: asked for with the page, and not one after another as each names the next. */
function ahead(html) {
  const found = new Set();
  for (const [island] of html.matchAll(/<astro-island\b[^>]*>/g)) {
    const [, component] = island.match(/component-url="([^"]+)"/);
    for (const path of [component, island.match(/renderer-url="([^"]+)"/)[1]]) needed(path, found);
    const tab = island.match(/&quot;tab&quot;:\[0,&quot;(\w+)&quot;/)?.[1];
    const view = tab && readFileSync(dist + component.slice(1), "utf8").match(new RegExp(`import\\(["'\`]\\./(${tab}\\.[\\w-]+\\.js)`, "i"))?.[1];
    if (view) needed(`/_astro/${view}`, found);
  }
  return [...found].map((path) => `<link rel="modulepreload" href="${path}">`).join("");
}

for (const name of files.filter((file) => file.endsWith(".html"))) {
  const html = readFileSync(dist + name, "utf8");
  let changed = html.replace(/<script\b((?:"[^"]*"|'[^']*'|[^>"'])*)>([\s\S]*?)<\/script>/gi, (whole, attributes, code) => {
    if (/\bsrc\s*=/.test(attributes) || isData(attributes) || code.trim() === "") return whole;
    return `<script${attributes} src="${asFile(code, "js")}"></script>`;
  });
  if (!name.startsWith("docs/")) {
    changed = changed.replace(/<style\b[^>]*>([\s\S]*?)<\/style>/gi, (_, css) => `<link rel="stylesheet" href="${asFile(css, "css")}">`);
    const attribute = changed.match(/<[a-z][^>]*\s(style|on[a-z]+)\s*=\s*["'][^>]*>/i);
    if (attribute) throw new Error(`${name} has an attribute that the policy forbids: ${attribute[0].slice(0, 200)}`);
  }
  changed = changed.replace("</head>", `${ahead(changed)}</head>`);
  if (changed !== html) writeFileSync(dist + name, changed);
}

// For programs: the API's description, the guide to the documents, and each document as Markdown.
const forPrograms = { "openapi.json": JSON.stringify(openapi()), "llms.txt": guide(), ...plain() };
for (const [name, text] of Object.entries(forPrograms)) {
  if (existsSync(dist + name)) throw new Error(`${name} would take the place of a page`);
  mkdirSync(dirname(dist + name), { recursive: true });
  writeFileSync(dist + name, text);
}

// What opens without a network: every page, what they are made of, and the search.
const kept = [...files, ...[...made].map((name) => name)]
  .filter(
    (name) =>
      /\.(html|css|js|svg|pagefind|pf_[a-z]+|json|wasm)$/.test(name) &&
      !/^(sw\.js|_headers|404\.html|sitemap)/.test(name) &&
      !/^pagefind\/(pagefind-(ui|modular|component)|.*highlight)/.test(name),
  )
  .map((name) => `/${name}`.replace(/index\.html$/, ""))
  .sort();
const unique = [...new Set(kept)];
const version = createHash("sha256");
for (const path of unique) {
  version.update(path);
  const file = dist + path.slice(1) + (path.endsWith("/") ? "index.html" : "");
  if (existsSync(file)) version.update(readFileSync(file));
}
const worker = readFileSync(`${site}src/sw.js`, "utf8")
  .replace('"__VERSION__"', JSON.stringify(version.digest("hex").slice(0, 12)))
  .replace('["__FILES__"]', JSON.stringify(unique));
writeFileSync(`${dist}sw.js`, worker);
