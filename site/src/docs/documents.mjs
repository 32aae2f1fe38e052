import { existsSync, readdirSync, readFileSync } from "node:fs";

import { firstHeading, firstSentence, pageId, split } from "./markdown.mjs";

// From the folder that the build runs in: what is bundled lies elsewhere.
export const folder = new URL(`file://${process.cwd()}/../docs/`);

// The order in which a reader meets them; a document that is not named here follows by title.
const order = [
  "readme", "index", "getting-started", "integration", "agents", "interface", "runtimes", "api-reference", "configuration", "classification",
  "strategies", "grading-code", "judgement", "alternatives", "developer-guide", "architecture",
];

/** Every Markdown file of docs/, as `{entry, id, title, about}`, in reading order. */
export function documents() {
  if (!existsSync(folder)) return [];
  return readdirSync(folder, { recursive: true })
    .map((entry) => String(entry).replaceAll("\\", "/"))
    .filter((entry) => entry.endsWith(".md"))
    .map((entry) => {
      const { data, body } = split(readFileSync(new URL(encodeURI(entry), folder), "utf8"));
      return {
        entry,
        id: pageId(entry),
        title: data.title ?? firstHeading(body) ?? entry.replace(/\.md$/, ""),
        about: data.description ?? firstSentence(body),
      };
    })
    .sort((a, b) => rank(a) - rank(b) || a.title.localeCompare(b.title));
}

/** Entries of Starlight's sidebar. */
export function sidebar() {
  const pages = documents().map(({ id, title }) => ({ label: title, link: `/${id}/` }));
  return [
    { label: "Documentation", items: [{ label: "Overview", link: "/docs/" }, ...pages] },
    { label: "Arbiter", items: [{ label: "Dashboard", link: "/app/" }, { label: "Get a key", link: "/start/" }] },
  ];
}

function rank({ entry }) {
  const at = order.indexOf(entry.replace(/\.md$/, "").toLowerCase());
  return at === -1 ? order.length : at;
}
