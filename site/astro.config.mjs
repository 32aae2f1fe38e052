import preact from "@astrojs/preact";
import starlight from "@astrojs/starlight";
import { defineConfig, passthroughImageService } from "astro/config";

import { sidebar } from "./src/docs/documents.mjs";

// With `npm run dev` what is no page is asked of a running worker. Its paths have no slash at their end.
const worker = {
  name: "worker",
  hooks: {
    "astro:config:setup"({ command, updateConfig }) {
      if (command !== "dev") return;
      const whom = { target: process.env.ARBITER_URL ?? "http://127.0.0.1:8787", changeOrigin: true };
      const paths = ["/v1", "/health", "/metrics", "/openapi.json", "/llms.txt"];
      updateConfig({ trailingSlash: "ignore", vite: { server: { proxy: Object.fromEntries(paths.map((path) => [path, whom])) } } });
    },
  },
};

export default defineConfig({
  output: "static",
  outDir: "./dist",
  trailingSlash: "always",
  build: {
    format: "directory",
    // A style sheet of its own needs no exception in the Content-Security-Policy.
    inlineStylesheets: "never",
  },
  // Screenshots are already small: nothing to convert, no native library needed.
  image: { service: passthroughImageService() },
  devToolbar: { enabled: false },
  integrations: [
    starlight({
      title: "Arbiter",
      description: "Documentation of Arbiter, the router in front of language models.",
      logo: { src: "./src/components/mark.svg", alt: "" },
      favicon: "/favicon.svg",
      customCss: ["./src/styles/tokens.css", "./src/styles/docs.css"],
      sidebar: sidebar(),
      head: [
        { tag: "script", attrs: { src: "/boot.js" } },
        { tag: "script", attrs: { src: "/docs.js", defer: true } },
      ],
      disable404Route: true,
      lastUpdated: false,
      credits: false,
      components: { SiteTitle: "./src/docs/SiteTitle.astro" },
      expressiveCode: { themes: ["github-dark-default", "github-light-default"], styleOverrides: { borderRadius: "8px" } },
    }),
    preact(),
    worker,
  ],
});
