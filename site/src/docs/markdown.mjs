// What is done to a file of docs/ before it becomes a page: it stays readable where it lies (a
// title as first heading, links to the files beside it), and works as a page of the site.

/** Front matter (`title` and `description` only) and the rest of a file. */
export function split(text) {
  const [whole, matter = ""] = text.match(/^---\r?\n([\s\S]*?)\r?\n---\r?\n/) ?? [""];
  const value = (name) => matter.match(new RegExp(`^${name}:\\s*(["']?)(.+?)\\1\\s*$`, "m"))?.[2];
  return { data: { title: value("title"), description: value("description") }, body: text.slice(whole.length) };
}

/** The text of the first level-one heading, without its Markdown; undefined where there is none. */
export function firstHeading(body) {
  const line = outsideFences(body).find(({ text }) => /^#\s+\S/.test(text))?.text;
  return line
    ?.replace(/^#\s+/, "")
    .replace(/\s+#*\s*$/, "")
    .replace(/\[([^\]]*)\]\([^)]*\)/g, "$1")
    .replace(/[`*]/g, "");
}

/** The first sentence of the first paragraph, as plain text; empty where there is none. */
export function firstSentence(text) {
  const lines = outsideFences(text).map((line) => line.text);
  const from = lines.findIndex((line) => /^[A-Za-z*_`[]/.test(line));
  if (from === -1) return "";
  const to = lines.findIndex((line, at) => at > from && line.trim() === "");
  const paragraph = lines
    .slice(from, to === -1 ? undefined : to)
    .join(" ")
    .replace(/\[([^\]]*)\]\([^)]*\)/g, "$1")
    .replace(/[`*]/g, "");
  return (paragraph.match(/^.*?[.!?](?=\s|$)/)?.[0] ?? paragraph.slice(0, 160)).replace(/:$/, ".");
}

/** Takes the first level-one heading out (the page shows its title itself) and turns links to
 * other documents into links to their pages. `known` tells which ids are pages, `exists` which
 * pictures are there, by their path as written: one that is not yet made is named in its place. */
export function asPage(body, entry, known, exists = (_path) => true) {
  const lines = body.split("\n");
  let headed = false;
  for (const { text, at } of outsideFences(body)) {
    if (!headed && /^#\s+\S/.test(text)) {
      headed = true;
      lines[at] = "";
      continue;
    }
    lines[at] = text.replace(/(!?)\[([^\]]*)\]\(([^)\s]+)((?:\s+"[^"]*")?)\)/g, (whole, image, label, target, title) => {
      if (image && !/^([a-z][a-z0-9+.-]*:|\/)/i.test(target) && !exists(target)) return label && `*${label}*`;
      if (image || /^([a-z][a-z0-9+.-]*:|\/|#)/i.test(target)) return whole;
      const [path, hash] = target.split("#");
      const id = pageId(new URL(path, `file:///${entry}`).pathname.slice(1));
      if (/\.md$/.test(path) && known(id)) return `[${label}](/${id}/${hash ? `#${hash}` : ""}${title})`;
      // A file of the repository that is no page: named, not linked.
      return label;
    });
  }
  return lines.join("\n");
}

/** A page with every cell of its tables but the first of a row told by its column: on a narrow screen
 * a row is a list of these. */
export function labelled(html) {
  return html.replace(/<table[^>]*>[\s\S]*?<\/table>/g, (table) => {
    const heads = [...table.matchAll(/<th[^>]*>([\s\S]*?)<\/th>/g)].map(([, text]) =>
      text
        .replace(/<[^>]*>/g, "")
        .replaceAll('"', "&quot;")
        .trim(),
    );
    return table.replace(/<tr[^>]*>[\s\S]*?<\/tr>/g, (row) => {
      let at = 0;
      return row.replace(/<td(?=[\s>])/g, (cell) => {
        const head = heads[at++];
        return at > 1 && head ? `${cell} data-label="${head}"` : cell;
      });
    });
  });
}

/** The id of a page, `docs/…`, from the path of its file inside docs/. */
export function pageId(entry) {
  const path = decodeURIComponent(entry)
    .replace(/\.md$/, "")
    .toLowerCase()
    .replace(/[^a-z0-9/]+/g, "-");
  return `docs/${path.replace(/\/(index|readme)$/, "")}`;
}

function outsideFences(body) {
  const lines = [];
  let fence = null;
  body.split("\n").forEach((text, at) => {
    const mark = text.match(/^\s*(`{3,}|~{3,})/)?.[1];
    if (mark && !fence) fence = mark;
    else if (mark && fence && mark[0] === fence[0] && mark.length >= fence.length) fence = null;
    else if (!fence) lines.push({ text, at });
  });
  return lines;
}
