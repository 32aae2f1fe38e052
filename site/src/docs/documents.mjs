import { existsSync, readdirSync, readFileSync } from "node:fs";

import { firstHeading, firstSentence, pageId, split } from "./markdown.mjs";

// From the folder that the build runs in: what is bundled lies elsewhere.
export const folder = new URL(`file://${process.cwd()}/../docs/`);

// The order in which a reader meets them, by what it is read for; a document that is not named
// here comes last, by its title.
const groups = {
  "Use it": ["readme", "index", "quick-start", "integration", "agents", "runtimes", "interface", "troubleshooting"],
  "Understand it": ["how-it-chooses", "how-it-checks", "what-it-is-worth", "alternatives"],
  "Run it": ["deploy", "configuration", "scale"],
  Reference: ["api-reference", "developer-guide", "architecture", "licences"],
  "Lab book": ["lab/strategies", "lab/judgement", "lab/classification", "lab/grading-code", "lab/cpu"],
};
const order = Object.values(groups).flat();

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
  const pages = documents();
  const group = ({ entry }) => Object.entries(groups).find(([, names]) => names.includes(name(entry)))?.[0] ?? "Reference";
  const links = (label) => pages.filter((page) => group(page) === label).map(({ id, title }) => ({ label: title, link: `/${id}/` }));
  return [
    { label: "Documentation", link: "/docs/" },
    ...Object.keys(groups).map((label) => ({ label, items: links(label), collapsed: label === "Lab book" })),
    {
      label: "Arbiter",
      items: [
        { label: "Dashboard", link: "/app/" },
        { label: "Get a key", link: "/start/" },
      ],
    },
  ];
}

const name = (entry) => entry.replace(/\.md$/, "").toLowerCase();

function rank({ entry }) {
  const at = order.indexOf(name(entry));
  return at === -1 ? order.length : at;
}
