import { useEffect, useMemo, useState } from "preact/hooks";

import { CopyButton } from "./ui";

type Colours = typeof import("./colour");

let loaded: Colours | null = null;

/** A block of code with a copy button, in colours once they are there and where the language is known. */
export function Code({ text, language, label }: { text: string; language: string; label: string }) {
  const [colours, set] = useState(loaded);
  useEffect(() => {
    // Where they can't be loaded the code stays as it is.
    if (!colours && language)
      import("./colour").then(
        (module) => set((loaded = module)),
        () => {},
      );
  }, [colours, language]);
  const pieces = useMemo(() => colours?.coloured(text, language) ?? null, [colours, text, language]);
  return (
    <div class="snippet">
      <pre tabIndex={0} aria-label={label} dir="ltr">
        <code>
          {pieces
            ? pieces.map(([piece, kind], i) =>
                kind ? (
                  <span key={i} class={`code-${kind}`}>
                    {piece}
                  </span>
                ) : (
                  piece
                ),
              )
            : text}
        </code>
      </pre>
      <CopyButton text={text} />
    </div>
  );
}
