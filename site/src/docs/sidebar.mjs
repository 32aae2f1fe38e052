import { existsSync, readdirSync, readFileSync } from "node:fs";

import { firstHeading, pageId } from "./markdown.mjs";

const folder = new URL("../../../docs/", import.meta.url);

// The order in which a reader meets them; a document that is not named here follows by title.
const order = [
  "index", "readme", "getting-started", "integration", "interface", "api-reference", "configuration", "classification",
  "strategies", "grading-code", "judgement", "developer-guide", "architecture",
];

/** Every Markdown file of docs/, as `{entry, id, title}`, in reading order. */
export function documents() {
  if (!existsSync(folder)) return [];
  return readdirSync(folder, { recursive: true })
    .map((entry) => String(entry).replaceAll("\\", "/"))
    .filter((entry) => entry.endsWith(".md"))
    .map((entry) => {
      const text = readFileSync(new URL(encodeURI(entry), folder), "utf8");
      const named = text.match(/^---\n(?:.*\n)*?title:\s*["']?(.+?)["']?\s*\n(?:.*\n)*?---\n/)?.[1];
      return { entry, id: pageId(entry), title: named ?? firstHeading(text) ?? entry.replace(/\.md$/, "") };
    })
    .sort((a, b) => rank(a) - rank(b) || a.title.localeCompare(b.title));
}

/** Entries of Starlight's sidebar. */
export function sidebar() {
  return [
    { label: "Documentation", items: [{ label: "Overview", link: "/docs/" }, ...documents().filter(({ id }) => id !== "docs").map(({ id, title }) => ({ label: title, link: `/${id}/` }))] },
    { label: "Arbiter", items: [{ label: "Dashboard", link: "/app/" }, { label: "Get a key", link: "/start/" }] },
  ];
}

function rank({ entry }) {
  const at = order.indexOf(entry.replace(/\.md$/, "").toLowerCase());
  return at === -1 ? order.length : at;
}
