// A model of the pool as operators write it.

import { useState } from "preact/hooks";

import { api } from "../../api/client";
import type { Accepts, PoolModel, PriceFrom, Tier } from "../../api/types";
import { figure } from "../../lib/figure";
import { reloadPool, setPool } from "../../state/pool";
import { useAct } from "./act";
import { blames, Field, Select } from "./Field";
import { Problem } from "./ui";

export const abilities: readonly (readonly [keyof Accepts, string])[] = [
  ["tools", "Tools"],
  ["images", "Pictures"],
  ["audio", "Sound"],
  ["files", "Files"],
  ["json_schema", "JSON schema"],
  ["reasoning", "Reasoning"],
];
const prices = ["in_price", "out_price", "cached_in_price"] as const;
const fields = ["id", "upstream_id", "runtime", "tier", "context", "max_output", ...prices, "price_from", "tags"] as const;
type Values = Record<(typeof fields)[number], string>;

const text = (value: unknown): string => (value === null || value === undefined ? "" : String(value));
const answers = { "": null, yes: true, no: false } as const;
const answerOf = (value: boolean | null): keyof typeof answers => (value === null ? "" : value ? "yes" : "no");

const unknown: Accepts = { tools: null, images: null, audio: null, files: null, json_schema: null, reasoning: null };

interface Props {
  secret: string;
  version: number;
  /** The row that is changed; null: a new one. */
  model: PoolModel | null;
  runtimes: string[];
  onDone: () => void;
}

export function ModelForm({ secret, version, model, runtimes, onDone }: Props) {
  const [values, setValues] = useState<Values>(() => ({
    ...(Object.fromEntries(fields.map((name) => [name, text(model?.[name])])) as Values),
    tags: model?.tags.join(", ") ?? "",
    runtime: model?.runtime ?? runtimes[0] ?? "default",
    tier: model?.tier ?? "mid",
    price_from: model?.price_from ?? "operator",
  }));
  const [enabled, setEnabled] = useState(model?.enabled ?? true);
  const [accepts, setAccepts] = useState<Accepts>({ ...unknown, ...model?.accepts });
  // Of the pool as it was when what is typed was begun: a change that comes in meanwhile is told first.
  const [seen, setSeen] = useState(version);
  const { busy, error, act } = useAct();
  const set = (name: keyof Values) => (value: string) =>
    setValues((old) => ({
      ...old,
      [name]: value,
      // A price that is typed is its author's.
      ...((prices as readonly string[]).includes(name) ? { price_from: "operator" } : {}),
    }));

  const save = (event: Event) => {
    event.preventDefault();
    const id = model?.id ?? values.id.trim();
    const row = {
      ...(model ? { position: model.position } : {}),
      id,
      runtime: values.runtime.trim(),
      upstream_id: values.upstream_id.trim() || id,
      enabled,
      tier: values.tier as Tier,
      context: figure(values.context),
      max_output: figure(values.max_output),
      in_price: figure(values.in_price),
      out_price: figure(values.out_price),
      cached_in_price: figure(values.cached_in_price),
      accepts,
      tags: values.tags
        .split(",")
        .map((tag) => tag.trim())
        .filter(Boolean),
      price_from: values.price_from as PriceFrom,
      // What is no number goes as it was typed, to be refused by its name.
    } as PoolModel;
    void act(async () => {
      try {
        setPool(await api.writeModel(secret, row, seen));
        onDone();
      } catch (problem) {
        // Somebody was faster: what is there now is shown, and what was typed stays.
        setSeen((await reloadPool())?.version ?? seen);
        throw problem;
      }
    });
  };
  const field = (
    name: Exclude<keyof Values, "tier" | "price_from">,
    label: string,
    more: { placeholder?: string; hint?: string; numeric?: boolean; options?: string[]; class?: string } = {},
  ) => <Field label={label} name={name} value={values[name]} error={error} onInput={set(name)} {...more} />;
  const known = [...fields, "accepts"].some((name) => blames(error, name));
  return (
    <form class="terms" onSubmit={save} aria-label={model ? `Change ${model.id}` : "Add a model"} novalidate>
      {!model && field("id", "Id", { hint: "What clients, books and headers call it.", class: "wide" })}
      {field("upstream_id", "Id at the runtime", { placeholder: "the same", class: "wide" })}
      {field("runtime", "Runtime", { options: runtimes })}
      <Select
        label="Tier"
        name="tier"
        value={values.tier}
        options={[
          ["small", "small"],
          ["mid", "mid"],
          ["large", "large"],
        ]}
        error={error}
        onChange={set("tier")}
      />
      {field("in_price", "Input, $ per 1M", { placeholder: "not known", numeric: true })}
      {field("out_price", "Output, $ per 1M", { placeholder: "not known", numeric: true })}
      {field("cached_in_price", "Cached input, $ per 1M", { placeholder: "not known", numeric: true })}
      <Select
        label="Price from"
        name="price_from"
        value={values.price_from}
        options={[
          ["operator", "an operator"],
          ["catalogue", "the catalogue"],
          ...(values.price_from === "built-in" ? [["built-in", "built in"] as const] : []),
        ]}
        error={error}
        onChange={(to) => setValues((old) => ({ ...old, price_from: to }))}
      />
      {field("context", "Context, tokens", { placeholder: "8192", numeric: true })}
      {field("max_output", "Most output, tokens", { placeholder: "not known", numeric: true })}
      {field("tags", "Tags", { placeholder: "eu, fast" })}
      <fieldset class="abilities">
        <legend>Takes</legend>
        {abilities.map(([name, label]) => (
          <Select
            key={name}
            label={label}
            name={`accepts.${name}`}
            value={answerOf(accepts[name])}
            options={[
              ["", "not known"],
              ["yes", "yes"],
              ["no", "no"],
            ]}
            onChange={(to) => setAccepts((old) => ({ ...old, [name]: answers[to as keyof typeof answers] }))}
          />
        ))}
      </fieldset>
      <label class="check">
        <input type="checkbox" checked={enabled} onChange={(event) => setEnabled(event.currentTarget.checked)} /> Routed to
      </label>
      {error && !known && (
        <div class="wide">
          <Problem error={error} />
        </div>
      )}
      <div class="row wide">
        <button type="submit" class="button primary" disabled={busy}>
          {model ? "Save" : "Add"}
        </button>
        <button type="button" class="button" onClick={onDone}>
          Cancel
        </button>
      </div>
    </form>
  );
}
