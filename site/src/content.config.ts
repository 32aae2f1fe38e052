import { docsSchema } from "@astrojs/starlight/schema";
import { defineCollection } from "astro:content";
import { glob, type Loader, type LoaderContext } from "astro/loaders";

import { asPage, firstHeading, pageId } from "./docs/markdown.mjs";
import { documents } from "./docs/sidebar.mjs";

// The Markdown of docs/ at the root of the repository: one source, read where it lies. Titles come
// from the front matter or the first heading.
function repositoryDocs(): Loader {
  const files = glob({ base: "../docs", pattern: "**/*.md", generateId: ({ entry }) => pageId(entry) });
  return {
    name: "repository-docs",
    async load(context: LoaderContext) {
      const pages = new Set(documents().map(({ id }) => id));
      const read = context.entryTypes.get(".md");
      if (!read) throw new Error("Markdown is not a type of entry");
      const entryTypes = new Map(context.entryTypes);
      entryTypes.set(".md", {
        ...read,
        async getEntryInfo(file) {
          const entry = await read.getEntryInfo(file);
          const path = file.fileUrl.pathname.split("/docs/").slice(1).join("/docs/");
          const title = firstHeading(entry.body) ?? decodeURIComponent(path).replace(/\.md$/, "");
          return {
            ...entry,
            data: { title, editUrl: false, ...entry.data },
            body: asPage(entry.body, path, (id: string) => pages.has(id)),
          };
        },
      });
      // What a file becomes depends on which others there are.
      context.store.clear();
      await files.load({ ...context, entryTypes });
    },
  };
}

export const collections = { docs: defineCollection({ loader: repositoryDocs(), schema: docsSchema() }) };
