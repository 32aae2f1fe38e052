import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { relative } from "node:path";
import { fileURLToPath } from "node:url";

import { docsSchema } from "@astrojs/starlight/schema";
import { defineCollection } from "astro:content";
import type { Loader } from "astro/loaders";

import { asPage, labelled, split } from "./docs/markdown.mjs";
import { documents, folder } from "./docs/documents.mjs";

// The Markdown of docs/ at the root of the repository: one source, read where it lies. Titles come
// from the front matter or the first heading.
const repositoryDocs: Loader = {
  name: "repository-docs",
  async load({ store, parseData, renderMarkdown, generateDigest, config, watcher }) {
    const load = async () => {
      // What a file becomes depends on which others there are: all of them, every time.
      store.clear();
      const all = documents();
      const pages = new Set(all.map(({ id }) => id));
      for (const { entry, id, title, about } of all) {
        const url = new URL(encodeURI(entry), folder);
        const filePath = fileURLToPath(url);
        const body = asPage(
          split(await readFile(url, "utf8")).body,
          entry,
          (page: string) => pages.has(page),
          (path: string) => existsSync(new URL(path, url)),
        );
        const data = await parseData({ id, filePath, data: { title, description: about, editUrl: false } });
        const rendered = await renderMarkdown(body, { fileURL: url });
        store.set({
          id,
          data,
          body,
          filePath: relative(fileURLToPath(config.root), filePath),
          digest: generateDigest(body),
          rendered: { ...rendered, html: labelled(rendered.html) },
          assetImports: rendered.metadata?.imagePaths,
        });
      }
    };
    await load();
    watcher?.add(fileURLToPath(folder));
    watcher?.on("change", (path) => path.endsWith(".md") && void load());
  },
};

export const collections = { docs: defineCollection({ loader: repositoryDocs, schema: docsSchema() }) };
