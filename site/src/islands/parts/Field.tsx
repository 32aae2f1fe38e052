// A field of a form, with what the server has against it beside it.

import type { ComponentChildren } from "preact";
import { useId } from "preact/hooks";

import type { ApiError } from "../../api/client";

interface Props {
  label: string;
  /** As the server calls it. */
  name: string;
  value: string;
  error?: ApiError | null;
  hint?: ComponentChildren;
  placeholder?: string;
  numeric?: boolean;
  type?: "text" | "date" | "datetime-local";
  /** What may be meant; something else may be typed. */
  options?: string[];
  disabled?: boolean;
  class?: string;
  onInput?: (value: string) => void;
}

export const blames = (error: ApiError | null | undefined, name: string): boolean => error?.field === name || error?.field?.startsWith(`${name}[`) === true;

export function Field({ label, name, value, error, hint, placeholder, numeric, type = "text", options, disabled, class: extra = "", onInput }: Props) {
  const wrong = blames(error, name);
  const id = useId();
  return (
    <div class={`field ${extra}`}>
      <label for={id}>{label}</label>
      <input
        id={id}
        name={name}
        type={type}
        inputMode={numeric ? "decimal" : undefined}
        autocomplete="off"
        spellcheck={false}
        disabled={disabled}
        {...(onInput ? { value, onInput: (event: { currentTarget: HTMLInputElement }) => onInput(event.currentTarget.value) } : { defaultValue: value })}
        placeholder={placeholder}
        aria-invalid={wrong || undefined}
        aria-describedby={wrong || hint ? `${id}-said` : undefined}
        list={options && `${id}-options`}
      />
      {options && (
        <datalist id={`${id}-options`}>
          {options.map((option) => (
            <option key={option} value={option} />
          ))}
        </datalist>
      )}
      {wrong ? (
        <Wrong id={`${id}-said`} error={error!} />
      ) : (
        hint && (
          <p id={`${id}-said`} class="field-hint">
            {hint}
          </p>
        )
      )}
    </div>
  );
}

interface SelectProps {
  label: string;
  name: string;
  value: string;
  options: readonly (readonly [string, string])[];
  error?: ApiError | null;
  onChange?: (value: string) => void;
}

export function Select({ label, name, value, options, error, onChange }: SelectProps) {
  const wrong = blames(error, name);
  const id = useId();
  return (
    <div class="field">
      <label for={id}>{label}</label>
      <select
        id={id}
        name={name}
        value={value}
        aria-invalid={wrong || undefined}
        aria-describedby={wrong ? `${id}-said` : undefined}
        onChange={(event) => onChange?.(event.currentTarget.value)}
      >
        {options.map(([id, text]) => (
          <option key={id} value={id} selected={id === value}>
            {text}
          </option>
        ))}
      </select>
      {wrong && <Wrong id={`${id}-said`} error={error!} />}
    </div>
  );
}

/** Without the name of the field, which stands above it already. */
function Wrong({ id, error }: { id: string; error: ApiError }) {
  const said = error.message.replace(/^`[^`]*`:?\s*/, "");
  return (
    <p id={id} class="field-wrong" role="alert">
      {said.charAt(0).toUpperCase() + said.slice(1)}
    </p>
  );
}
