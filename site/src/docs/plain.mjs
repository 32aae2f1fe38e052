// The documents for programs: each as the Markdown that it is, and llms.txt, which tells a language model what there is
// to read (https://llmstxt.org). Both come from the list of documents, so that none can be forgotten.

import { readFileSync } from "node:fs";

import { documents, folder } from "./documents.mjs";
import { asPage, firstSentence, split } from "./markdown.mjs";

const text = (path) => readFileSync(new URL(encodeURI(path), folder), "utf8");

/** The documents by the path that they are served at, `docs/agents.md`; links lead from one to the other. */
export function plain() {
  const all = documents();
  const known = (id) => all.some((document) => document.id === id);
  const pages = all.map(({ entry, id, title }) => {
    const body = asPage(split(text(entry)).body, entry, known, () => false).trim();
    const linked = body.replace(/\]\(\/(docs\/[^)\s]*?)\/((?:#[^)\s]*)?)/g, (link, page, hash) => (known(page) ? `](/${page}.md${hash}` : link));
    return [`${id}.md`, `# ${title}\n\n${linked}\n`];
  });
  return Object.fromEntries(pages);
}

/** llms.txt. */
export function guide() {
  const links = documents().map(({ id, title, about }) => `- [${title}](/${id}.md)${about && `: ${about}`}`);
  return `# Arbiter

> ${firstSentence(text("../README.md"))}

Chat completions are at \`POST /v1/chat/completions\` of this host, Responses at \`POST /v1/responses\`, Messages at
\`POST /v1/messages\`. The model is \`auto\`; \`POST /v1/register\` with \`{"email": "…"}\` gives a key.

## Documentation

${links.join("\n")}

## API

- [OpenAPI 3.1](/openapi.json): every endpoint, field and code of a refusal
`;
}
