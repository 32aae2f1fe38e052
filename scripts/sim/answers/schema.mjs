// Values made to a JSON Schema, right or deliberately wrong.

const MAX_DEPTH = 12;
const NAMES = ["Ana Silva", "Ben Okafor", "Chiara Rossi", "Dmitri Novak", "Emi Tanaka"];
const CITIES = ["Lisbon", "Oslo", "Nairobi", "Osaka", "Toronto"];
const WORDS = ["first", "sample", "review", "launch", "garden", "harbour"];

/** A plausible value for a field of that name. */
export function valueFor(name, rng) {
  const key = name.toLowerCase();
  if (/name|author|customer|person|assignee/.test(key)) return rng.pick(NAMES);
  if (/e-?mail/.test(key)) return `${rng.pick(["ana", "ben", "emi"])}@example.com`;
  if (/city|location|place|destination/.test(key)) return rng.pick(CITIES);
  if (/country/.test(key)) return rng.pick(["Portugal", "Norway", "Kenya", "Japan"]);
  if (/date|deadline|day/.test(key)) return `2025-0${rng.whole(1, 9)}-1${rng.whole(0, 9)}`;
  if (/price|cost|total|amount|rating|score|temperature/.test(key)) return rng.whole(100, 9900) / 100;
  if (/^id$|_id|age|count|quantity|qty|year|stock|number|pages|population/.test(key)) return rng.whole(1, 90);
  if (/^is_|active|done|enabled|completed|paid/.test(key)) return rng.chance(0.5);
  if (/tags|items|skills|ingredients|steps|topics/.test(key)) return [rng.pick(WORDS), rng.pick(WORDS)];
  return `${rng.pick(WORDS)} ${rng.pick(WORDS)}`;
}

const pointer = (root, ref) =>
  ref
    .replace(/^#\/?/, "")
    .split("/")
    .filter(Boolean)
    .reduce((at, part) => at?.[part.replace(/~1/g, "/").replace(/~0/g, "~")], root);

/** A value that satisfies a schema, as far as common keywords go. */
export function fill(schema, rng, name = "", root = schema, depth = 0) {
  if (typeof schema !== "object" || schema === null || depth > MAX_DEPTH) return valueFor(name, rng);
  if (typeof schema.$ref === "string") return fill(pointer(root, schema.$ref), rng, name, root, depth + 1);
  if ("const" in schema) return schema.const;
  if (Array.isArray(schema.enum) && schema.enum.length) return rng.pick(schema.enum);
  const branch = schema.anyOf ?? schema.oneOf;
  if (Array.isArray(branch) && branch.length) return fill(branch[0], rng, name, root, depth + 1);
  if (Array.isArray(schema.allOf)) {
    const parts = schema.allOf.map((part) => (part?.$ref ? pointer(root, part.$ref) : part));
    const merged = Object.assign({ type: "object" }, schema, ...parts);
    merged.properties = Object.assign({}, schema.properties, ...parts.map((part) => part?.properties));
    delete merged.allOf;
    return fill(merged, rng, name, root, depth + 1);
  }
  const type = Array.isArray(schema.type) ? schema.type[0] : (schema.type ?? (schema.properties ? "object" : "string"));
  switch (type) {
    case "object":
      return Object.fromEntries(
        Object.entries(schema.properties ?? {})
          .slice(0, 200)
          .map(([key, part]) => [key, fill(part, rng, key, root, depth + 1)]),
      );
    case "array": {
      const length = Math.min(20, schema.maxItems ?? 20, Math.max(schema.minItems ?? 0, rng.whole(2, 3)));
      return Array.from({ length }, () => fill(schema.items ?? {}, rng, name.replace(/s$/, ""), root, depth + 1));
    }
    case "integer":
    case "number":
      return numberFor(schema, type, name, rng);
    case "boolean":
      return rng.chance(0.5);
    case "null":
      return null;
    default:
      return textFor(schema, name, rng);
  }
}

function numberFor(schema, type, name, rng) {
  const low = schema.minimum ?? (schema.exclusiveMinimum !== undefined ? schema.exclusiveMinimum + 1 : null);
  const high = schema.maximum ?? (schema.exclusiveMaximum !== undefined ? schema.exclusiveMaximum - 1 : null);
  let value = valueFor(name, rng);
  if (typeof value !== "number") value = rng.whole(1, 50);
  if (type === "integer") value = Math.round(value);
  if (low !== null && value < low) value = low;
  if (high !== null && value > high) value = high;
  if (schema.multipleOf > 0) value = Math.ceil(value / schema.multipleOf) * schema.multipleOf;
  return value;
}

const FORMATS = {
  date: "2025-05-14",
  time: "09:30:00Z",
  "date-time": "2025-05-14T09:30:00Z",
  email: "ana@example.com",
  uri: "https://example.com/item",
  uuid: "3f2b8c1e-5d4a-4b6f-9c7d-1a2b3c4d5e6f",
};

function textFor(schema, name, rng) {
  if (FORMATS[schema.format]) return FORMATS[schema.format];
  let value = String(valueFor(name, rng));
  while (value.length < (schema.minLength ?? 0)) value += " more";
  return schema.maxLength !== undefined ? value.slice(0, schema.maxLength) : value;
}

/** A right value made wrong for its schema: a missing field or a wrong type. */
export function spoil(value, schema, rng) {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return { unexpected: value };
  const required = Array.isArray(schema?.required) ? schema.required.filter((key) => key in value) : [];
  const keys = required.length ? required : Object.keys(value);
  if (!keys.length) return [value];
  const key = rng.pick(keys);
  const copy = { ...value };
  if (required.length && rng.chance(0.5)) delete copy[key];
  else copy[key] = typeof value[key] === "object" ? "none" : { value: value[key] };
  return copy;
}

/** JSON text with damage after which it no longer parses. */
export function breakJson(text, rng) {
  const ways = [
    (t) => t.slice(0, -1),
    (t) => t.replace(/"(\w+)":/, "'$1':"),
    (t) => t.replace(/([}\]])$/, ",$1"),
    (t) => t.replace(/:/, ""),
    (t) => t.slice(0, Math.max(1, Math.floor(t.length * 0.6))).replace(/[}\]]\s*$/, ""),
  ];
  return (
    rng
      .shuffle(ways)
      .map((way) => way(text))
      .find((broken) => !isJson(broken)) ?? "{"
  );
}

export function isJson(text) {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}
