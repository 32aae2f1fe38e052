// Data in the format that was asked for, valid or not.

import { formatOf } from "../task.mjs";
import { breakJson, fill, spoil, valueFor } from "./schema.mjs";

const COUNTS = { two: 2, three: 3, four: 4, five: 5, six: 6, ten: 10 };

/** Field names that a prompt asks for. */
export function fieldsOf(prompt) {
  const hit = prompt.match(
    /\b(?:keys|fields|columns|properties|headers?|attributes)\b\s*(?:named|called|are|of|:)?\s*((?:[`"'\w]+[\s,]+(?:and\s+)?)*[`"'\w]+)/i,
  );
  const names = (hit?.[1] ?? "")
    .split(/[\s,]*(?:,|\band\b)[\s,]*/i)
    .map(
      (name) =>
        name
          .replace(/[`"'.]/g, "")
          .trim()
          .split(/\s+/)[0],
    )
    .filter((name) => /^[A-Za-z_]\w{0,30}$/.test(name ?? ""));
  return names.length ? [...new Set(names)].slice(0, 12) : ["name", "city", "quantity"];
}

function countOf(prompt) {
  const hit = prompt.match(
    /\b(\d{1,2}|two|three|four|five|six|ten)\s+(?:\w+\s+){0,2}(?:rows|items|records|entries|objects|people|products|books|examples|users|points|lines|cities|steps|tasks)\b/i,
  );
  return hit ? (COUNTS[hit[1].toLowerCase()] ?? Math.max(1, Number(hit[1]))) : null;
}

const flat = (value) => (Array.isArray(value) ? value.join(" ") : String(value));
const fenced = (language, text, rng) =>
  rng.chance(0.5) ? `\`\`\`${language}\n${text}\n\`\`\`` : `Here it is:\n\n\`\`\`${language}\n${text}\n\`\`\`\n\nTell me if another shape suits you better.`;

function json(rows, single, right, rng, bare) {
  const value = single ? rows[0] : rows;
  const whole = JSON.stringify(value, null, rng.chance(0.5) ? 2 : 0);
  const text = right ? whole : breakJson(whole, rng);
  return bare || rng.chance(0.5) ? text : fenced("json", text, rng);
}

function yaml(rows, right, rng) {
  const quoted = (value) => (typeof value === "string" ? JSON.stringify(value) : String(value));
  const lines = rows.flatMap((row) =>
    Object.entries(row).map(
      ([key, value], i) => `${i === 0 ? "- " : "  "}${key}: ${Array.isArray(value) ? `[${value.map(quoted).join(", ")}]` : quoted(value)}`,
    ),
  );
  if (!right) lines.splice(1, 0, "\t: [unclosed", '  key: "no end');
  return fenced("yaml", lines.join("\n"), rng);
}

function csv(fields, rows, right, rng) {
  const cell = (value) => (/[",\n]/.test(flat(value)) ? `"${flat(value).replace(/"/g, '""')}"` : flat(value));
  const lines = [fields.join(","), ...rows.map((row) => fields.map((key) => cell(row[key])).join(","))];
  if (!right) lines[lines.length - 1] += ',one,too many,"open';
  return fenced("csv", lines.join("\n"), rng);
}

function table(fields, rows, right) {
  const line = (cells) => `| ${cells.join(" | ")} |`;
  const lines = [line(fields), line(fields.map(() => "---")), ...rows.map((row) => line(fields.map((key) => flat(row[key]))))];
  if (right) return lines.join("\n");
  return rows.map((row) => fields.map((key) => `${key} is ${flat(row[key])}`).join(" and ")).join(". ");
}

function xml(rows, right) {
  const element = (key, value) => `    <${key}>${flat(value)}</${key}>`;
  const items = rows.map(
    (row) =>
      `  <item>\n${Object.entries(row)
        .map(([k, v]) => element(k, v))
        .join("\n")}\n  </item>`,
  );
  const text = `<items>\n${items.join("\n")}\n</items>`;
  return right ? text : text.replace("</item>", "").replace(/<\/items>$/, "");
}

function list(prompt, rows, right) {
  const numbered = /\bnumbered\b/i.test(prompt);
  const points = rows.map((row) => Object.values(row).map(flat).join(", "));
  if (!right) return points.join(" then ");
  return points.map((point, i) => `${numbered ? `${i + 1}.` : "-"} ${point}`).join("\n");
}

/** The answer to a request for data, with its true quality. */
export function structuredAnswer(body, prompt, skill, rng) {
  const right = rng.chance(skill);
  const quality = right ? 1 : 0.05;
  const wanted = body.response_format;
  if (wanted?.type === "json_schema" && wanted.json_schema?.schema) {
    const { schema } = wanted.json_schema;
    const value = fill(schema, rng);
    return { content: JSON.stringify(right ? value : spoil(value, schema, rng)), quality };
  }
  const format = wanted?.type === "json_object" ? "json" : (formatOf(prompt) ?? "json");
  const fields = fieldsOf(prompt);
  const count = countOf(prompt);
  const rows = Array.from({ length: count ?? (format === "json" ? 1 : 3) }, () => Object.fromEntries(fields.map((key) => [key, valueFor(key, rng)])));
  const single = wanted?.type === "json_object" || (count === null && !/\barray\b|\blist\b/i.test(prompt));
  const write = {
    json: () => json(rows, single, right, rng, wanted?.type === "json_object" || /\bonly\b/i.test(prompt)),
    yaml: () => yaml(rows, right, rng),
    csv: () => csv(fields, rows, right, rng),
    table: () => table(fields, rows, right),
    xml: () => xml(rows, right),
    list: () => list(prompt, rows, right),
  };
  return { content: write[format](), quality };
}

/** A tool call, or null where this request wants words. Arguments fit the tool's schema when skilled. */
export function toolAnswer(body, skill, rng) {
  const tools = (Array.isArray(body.tools) ? body.tools : []).filter((tool) => tool?.type === "function");
  if (!tools.length || body.tool_choice === "none") return null;
  const forced = body.tool_choice?.function?.name;
  if (!forced && body.tool_choice !== "required" && body.messages.at(-1)?.role === "tool") return null;
  const tool = tools.find((candidate) => candidate.function?.name === forced) ?? rng.pick(tools);
  const right = rng.chance(skill);
  const schema = tool.function?.parameters ?? { type: "object", properties: {} };
  const value = fill(schema, rng);
  const text = JSON.stringify(value);
  const wrong = rng.chance(0.5) ? breakJson(text, rng) : JSON.stringify(spoil(value, schema, rng));
  return { name: String(tool.function?.name ?? "tool"), arguments: right ? text : wrong, quality: right ? 1 : 0.05 };
}
