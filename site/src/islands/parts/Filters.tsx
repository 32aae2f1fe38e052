import { useEffect, useState } from "preact/hooks";

import type { ApiError } from "../../api/client";
import { isSet, local, MINE, secondsOf, type Filter } from "../../lib/filter";
import { Field, Select } from "./Field";
import { Choice } from "./ui";

interface Props {
  filter: Filter;
  set: (some: Partial<Filter>) => void;
  models: string[];
  tasks: string[];
  /** Whose requests may be asked for: everyone's by the id of their key, one's own, or nobody's. */
  whose: "keys" | "mine" | null;
  error: ApiError | null;
  said: string;
  onClear: () => void;
}

/** What is looked at. All of it stands in the address. */
export function Filters({ filter, set, models, tasks, whose, error, said, onClear }: Props) {
  const with_ = (options: string[], chosen: string) => (chosen && !options.includes(chosen) ? [...options, chosen] : options);
  const beyond = Boolean(filter.min_quality || filter.max_quality || filter.from || filter.to || filter.key);
  // It opens for what is set, and closes for whoever closes it.
  const [opened, setOpened] = useState(beyond);
  useEffect(() => {
    if (beyond) setOpened(true);
  }, [beyond]);
  return (
    <div class="filters" role="group" aria-label="Filter">
      <Choice label="Task" value={filter.task} options={with_(tasks, filter.task)} onChange={(task) => set({ task })} />
      <Choice label="Model" value={filter.model} options={with_(models, filter.model)} onChange={(model) => set({ model })} />
      <Choice label="Mode" value={filter.mode} options={with_(["exploit", "explore"], filter.mode)} onChange={(mode) => set({ mode })} />
      <Choice
        label="Outcome"
        value={filter.outcome}
        options={with_(["finished", "dropped", "failed"], filter.outcome)}
        onChange={(outcome) => set({ outcome })}
      />
      <details class="filters-more" open={opened} onToggle={(event) => setOpened(event.currentTarget.open)}>
        <summary>Quality, time{whose ? ", key" : ""}</summary>
        <div class="filters">
          <Field
            label="Quality from"
            name="min_quality"
            value={filter.min_quality}
            placeholder="0"
            numeric
            error={error}
            onInput={(min_quality) => set({ min_quality: min_quality.trim().replace(",", ".") })}
          />
          <Field
            label="Quality to"
            name="max_quality"
            value={filter.max_quality}
            placeholder="1"
            numeric
            error={error}
            onInput={(max_quality) => set({ max_quality: max_quality.trim().replace(",", ".") })}
          />
          <Field label="From" name="from" type="datetime-local" value={local(filter.from)} error={error} onInput={(from) => set({ from: secondsOf(from) })} />
          <Field label="To" name="to" type="datetime-local" value={local(filter.to)} error={error} onInput={(to) => set({ to: secondsOf(to) })} />
          {whose === "keys" && (
            <Field
              label="Key"
              name="key"
              value={filter.key === MINE ? "" : filter.key}
              placeholder="key_…"
              error={error}
              onInput={(key) => set({ key: key.trim() })}
            />
          )}
          {whose === "mine" && (
            <Select
              label="Whose"
              name="key"
              value={filter.key === MINE ? MINE : ""}
              options={[
                ["", "Everyone's"],
                [MINE, "This key's"],
              ]}
              onChange={(key) => set({ key })}
            />
          )}
        </div>
      </details>
      <p class="hint" role="status">
        {said}
      </p>
      {isSet(filter) && (
        <button type="button" class="button small" onClick={onClear}>
          Clear
        </button>
      )}
    </div>
  );
}
