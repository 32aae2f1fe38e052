// Code in colours, as pieces of text with the name of a kind: no HTML is made of it.

import { tokenizeWith, type ShjLanguageData, type ShjToken } from "@speed-highlight/core/tokenize";
import bash from "@speed-highlight/core/languages/bash.js";
import c from "@speed-highlight/core/languages/c.js";
import css from "@speed-highlight/core/languages/css.js";
import diff from "@speed-highlight/core/languages/diff.js";
import go from "@speed-highlight/core/languages/go.js";
import html from "@speed-highlight/core/languages/html.js";
import java from "@speed-highlight/core/languages/java.js";
import js from "@speed-highlight/core/languages/js.js";
import json from "@speed-highlight/core/languages/json.js";
import py from "@speed-highlight/core/languages/py.js";
import rs from "@speed-highlight/core/languages/rs.js";
import sql from "@speed-highlight/core/languages/sql.js";
import ts from "@speed-highlight/core/languages/ts.js";
import xml from "@speed-highlight/core/languages/xml.js";
import yaml from "@speed-highlight/core/languages/yaml.js";

const languages: Record<string, ShjLanguageData> = { bash, c, css, diff, go, html, java, js, json, py, rs, sql, ts, xml, yaml };

const names: Record<string, string> = {
  sh: "bash",
  shell: "bash",
  zsh: "bash",
  console: "bash",
  cpp: "c",
  "c++": "c",
  h: "c",
  csharp: "c",
  cs: "c",
  scss: "css",
  patch: "diff",
  golang: "go",
  htm: "html",
  vue: "html",
  kotlin: "java",
  javascript: "js",
  jsx: "js",
  mjs: "js",
  node: "js",
  jsonc: "json",
  python: "py",
  python3: "py",
  rust: "rs",
  typescript: "ts",
  tsx: "ts",
  svg: "xml",
  yml: "yaml",
};

/** Longer code is shown without colours, and so is what no one would read: the rules look far ahead in it. */
const LONGEST = 20_000;
const RUN = /\s{200}|\S{500}/;

export type Piece = readonly [text: string, kind: ShjToken | undefined];

/** The pieces that a text is made of, in order and whole; null where it stays plain. */
export function coloured(text: string, language: string): Piece[] | null {
  const name = language.toLowerCase();
  const own = Object.hasOwn(names, name) ? names[name]! : name;
  const data = Object.hasOwn(languages, own) ? languages[own] : undefined;
  if (!data || text.length > LONGEST || RUN.test(text)) return null;
  const pieces: Piece[] = [];
  tokenizeWith(text, data, (piece, kind) => piece && pieces.push([piece, kind]), { languages });
  return pieces;
}
