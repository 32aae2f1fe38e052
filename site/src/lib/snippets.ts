// Ready-to-paste code that sends a request: through each of the three protocols, in three languages.

import type { ChatRequest, Message } from "../api/types";

export type Language = "curl" | "python" | "node";
export type Surface = "chat" | "responses" | "messages";

const EXAMPLE: ChatRequest = { messages: [{ role: "user", content: "Calculate 17 * 23" }] };
/** Messages asks for a ceiling. */
const MOST_TOKENS = 1024;
const WIDTH = 76;

/**
 * The code in every language. `key`: what the code says the key is; null: it reads the environment's
 * `ARBITER_KEY`. Whatever stands in the request arrives as it is: nothing in it ends a string, a shell
 * or a program.
 */
export function snippets(origin: string, key: string | null, request: ChatRequest = EXAMPLE, surface: Surface = "chat"): Record<Language, string> {
  const { body, own } = bodyOf(request, surface);
  return {
    curl: curl(origin, key, surface, { ...body, ...own }),
    python: python(origin, key, surface, body, own),
    node: node(origin, key, surface, { ...body, ...own }),
  };
}

/** The request as its protocol has it; fields of Arbiter's own apart. */
function bodyOf({ messages, stream, ...own }: ChatRequest, surface: Surface) {
  const head = { model: "auto" };
  const tail = stream ? { stream: true } : {};
  if (surface === "chat") return { body: { ...head, messages, ...tail }, own };
  const system = messages
    .filter(({ role }) => role === "system")
    .map(({ content }) => content)
    .join("\n\n");
  const rest: Message[] = messages.filter(({ role }) => role !== "system");
  if (surface === "messages") return { body: { ...head, max_tokens: MOST_TOKENS, ...(system && { system }), messages: rest, ...tail }, own };
  const input = rest.length === 1 ? rest[0]!.content : rest;
  return { body: { ...head, ...(system && { instructions: system }), input, ...tail }, own };
}

const path: Record<Surface, string> = { chat: "/v1/chat/completions", responses: "/v1/responses", messages: "/v1/messages" };

// Within single quotes a shell reads everything as it is, but for the quote that ends them.
const quoted = (text: string) => `'${text.replaceAll("'", "'\\''")}'`;

function curl(origin: string, key: string | null, surface: Surface, body: object): string {
  const bearer = key === null ? '"Authorization: Bearer $ARBITER_KEY"' : quoted(`Authorization: Bearer ${key}`);
  return `curl ${"stream" in body ? "-N " : ""}${origin}${path[surface]} \\
  -H ${bearer} \\
  -H 'Content-Type: application/json' \\
  -d ${quoted(written(body, json, ""))}`;
}

function python(origin: string, key: string | null, surface: Surface, body: object, own: object): string {
  const client = surface === "messages" ? "Anthropic" : "OpenAI";
  const call = { chat: "chat.completions", responses: "responses", messages: "messages" }[surface];
  const args = [...Object.entries(body), ...(Object.keys(own).length > 0 ? [["extra_body", own] as const] : [])];
  const streamed = "stream" in body;
  const shown = {
    chat: [
      "answer.choices[0].message.content",
      'for chunk in stream:\n    if chunk.choices:\n        print(chunk.choices[0].delta.content or "", end="", flush=True)',
    ],
    responses: [
      "answer.output_text",
      'for event in stream:\n    if event.type == "response.output_text.delta":\n        print(event.delta, end="", flush=True)',
    ],
    messages: [
      "answer.content[0].text",
      'for event in stream:\n    if event.type == "content_block_delta" and event.delta.type == "text_delta":\n        print(event.delta.text, end="", flush=True)',
    ],
  }[surface];
  return `${key === null ? "import os\n" : ""}from ${client.toLowerCase()} import ${client}

client = ${client}(
    base_url=${py.text(surface === "messages" ? origin : `${origin}/v1`)},
    api_key=${key === null ? 'os.environ["ARBITER_KEY"]' : py.text(key)},
)

${streamed ? "stream" : "answer"} = client.${call}.create(
${args.map(([name, value]) => `    ${name}=${written(value, py, "    ")},\n`).join("")})
${streamed ? shown[1] : `print(${shown[0]})`}`;
}

function node(origin: string, key: string | null, surface: Surface, body: object): string {
  const client = surface === "messages" ? "Anthropic" : "OpenAI";
  const call = { chat: "chat.completions", responses: "responses", messages: "messages" }[surface];
  const streamed = "stream" in body;
  const shown = {
    chat: ["answer.choices[0].message.content", 'process.stdout.write(part.choices[0]?.delta?.content ?? "");'],
    responses: ["answer.output_text", 'if (part.type === "response.output_text.delta") process.stdout.write(part.delta);'],
    messages: ["answer.content[0].text", 'if (part.type === "content_block_delta" && part.delta.type === "text_delta") process.stdout.write(part.delta.text);'],
  }[surface];
  return `import ${client} from "${surface === "messages" ? "@anthropic-ai/sdk" : "openai"}";

const client = new ${client}({
  baseURL: ${json.text(surface === "messages" ? origin : `${origin}/v1`)},
  apiKey: ${key === null ? "process.env.ARBITER_KEY" : json.text(key)},
});

const ${streamed ? "stream" : "answer"} = await client.${call}.create(${written(body, js, "")});
${streamed ? `for await (const part of stream) {\n  ${shown[1]}\n}` : `console.log(${shown[0]});`}`;
}

/** How a language writes values. JSON's strings are strings of all three. */
interface Style {
  text(value: string): string;
  name(value: string): string;
  constant(value: unknown): string;
  /** Around what stands on one line, and between. */
  space: string;
  indent: string;
  /** After the last of several lines. */
  last: string;
}

const json: Style = { text: JSON.stringify, name: JSON.stringify, constant: String, space: "", indent: "  ", last: "" };
const js: Style = { ...json, name: (value) => (/^[A-Za-z_]\w*$/.test(value) ? value : JSON.stringify(value)), space: " ", last: "," };
const py: Style = {
  ...json,
  constant: (value) => (value === true ? "True" : value === false ? "False" : value === null ? "None" : String(value)),
  indent: "    ",
  last: ",",
};

/** A value as it is written in code: on one line where that is short, else a line for each part. */
function written(value: unknown, style: Style, indent: string): string {
  if (typeof value === "string") return style.text(value);
  if (typeof value !== "object" || value === null) return style.constant(value);
  const inner = indent + style.indent;
  const list = Array.isArray(value);
  const parts = (indent: string) =>
    list ? value.map((one) => written(one, style, indent)) : Object.entries(value).map(([name, one]) => `${style.name(name)}: ${written(one, style, indent)}`);
  const [open, close] = list ? "[]" : "{}";
  const space = list ? "" : style.space;
  const line = `${open}${space}${parts(inner).join(", ")}${space}${close}`;
  if (!line.includes("\n") && (indent.length + line.length <= WIDTH || (list && value.length === 1))) return line;
  if (list && value.length === 1) return `${open}${parts(indent)[0]}${close}`;
  return `${open}\n${parts(inner)
    .map((part) => inner + part)
    .join(",\n")}${style.last}\n${indent}${close}`;
}
