// The built site as its tests see it.

import { existsSync, readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";

export const dist = fileURLToPath(new URL("../../site/dist/", import.meta.url));

if (!existsSync(`${dist}index.html`)) throw new Error("site/dist is not built: ./scripts/build.sh site");

/** Paths inside dist with one of these endings. */
export function files(...endings) {
  return readdirSync(dist, { recursive: true })
    .map((path) => String(path).replaceAll("\\", "/"))
    .filter((path) => endings.some((ending) => path.endsWith(ending)));
}

export const read = (path) => readFileSync(dist + path.replace(/^\//, ""), "utf8");

/** Every script that a page can load: those it names, and whatever these import, at once or later. */
export function scriptsOf(...pages) {
  const found = new Set();
  const visit = (path) => {
    if (found.has(path)) return;
    found.add(path);
    const folder = path.slice(0, path.lastIndexOf("/") + 1);
    for (const [, name] of read(path).matchAll(/["'`](\.{0,2}\/?[\w./-]+\.js)["'`]/g)) {
      const target = name.startsWith("/") ? name : name.startsWith("./") ? folder + name.slice(2) : `/${name}`;
      if (target.startsWith("/_astro/") && existsSync(dist + target.slice(1))) visit(target);
    }
  };
  for (const page of pages) {
    for (const [, path] of read(page).matchAll(/(?:src|component-url|renderer-url|before-hydration-url)="(\/[^"]+\.js)"/g)) visit(path);
  }
  return [...found];
}

export function gzipped(paths) {
  return paths.reduce((sum, path) => sum + gzipSync(readFileSync(dist + path.slice(1)), { level: 9 }).length, 0);
}
