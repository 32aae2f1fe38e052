import { useState } from "preact/hooks";

import type { Price } from "../../api/types";
import { count } from "../../lib/format";
import { OFFERED, Offer } from "./Offer";
import { Columns, Empty, Scroll } from "./ui";

/** Rows that are drawn at once: a search finds the others. */
const PAGE = 50;

/** What a runtime offers beside the pool. */
export function Catalogue({ models }: { models: Price[] }) {
  const [find, setFind] = useState("");
  const [shown, setShown] = useState(PAGE);
  const others = models.filter(({ routable }) => !routable);
  const found = others.filter(({ id }) => id.toLowerCase().includes(find.trim().toLowerCase()));
  if (others.length === 0) return <p class="quiet">All that the runtime offers with a price is in the pool.</p>;
  return (
    <>
      <div class="filters" role="group" aria-label="Filter">
        <label class="field">
          <span>Find</span>
          <input type="search" value={find} placeholder="gpt, llama, …" onInput={(event) => setFind(event.currentTarget.value)} />
        </label>
        <p class="hint" role="status">
          {count(found.length)} of {count(others.length)}
        </p>
      </div>
      {found.length === 0 ? (
        <Empty title="No model of that name" />
      ) : (
        <Scroll label="Catalogue" class="tall">
          <table class="table compact listed">
            <Columns of={["Model", ...OFFERED]} right={OFFERED} />
            <tbody>
              {found.slice(0, shown).map((model) => (
                <tr key={model.id}>
                  <th scope="row" class="model">
                    {model.id}
                  </th>
                  <Offer of={model} />
                </tr>
              ))}
            </tbody>
          </table>
        </Scroll>
      )}
      {found.length > shown && (
        <button type="button" class="button more" onClick={() => setShown(shown + PAGE)}>
          Show more
        </button>
      )}
    </>
  );
}
