import type { Candidate } from "../../api/types";
import { percent, quality, usd } from "../../lib/format";
import { whyOut } from "../../lib/refusal";
import { Columns, Scroll } from "./ui";

const FIGURES = ["Expected quality", "Expected cost", "Probability"];

/** The models that could be taken, and why the others could not: a table, on a narrow screen a list. */
export function Candidates({ of, chosen, estimated = false }: { of: Candidate[]; chosen?: string; estimated?: boolean }) {
  return (
    <Scroll label="Candidates">
      <table class="table compact listed candidates">
        <Columns of={estimated ? ["Model", "Expected cost"] : ["Model", ...FIGURES]} right={FIGURES} />
        <tbody>
          {of.map((one) => (
            <tr key={one.model} class={one.model === chosen ? "winner" : undefined} data-out={one.excluded || undefined}>
              <th scope="row" class="model">
                {one.model}
              </th>
              {one.excluded ? (
                <td colSpan={estimated ? 1 : 3} class="right quiet">
                  {whyOut(one.excluded)}
                </td>
              ) : (
                <>
                  {!estimated && (
                    <td data-label="Quality" class="right num">
                      {quality(one.belief)}
                      {typeof one.sd === "number" ? ` ± ${quality(one.sd)}` : ""}
                    </td>
                  )}
                  <td data-label="Cost" class="right num">
                    {usd(one.expected_cost)}
                  </td>
                  {!estimated && (
                    <td data-label="Probability" class="right num">
                      {typeof one.probability === "number" ? percent(one.probability * 100) : "–"}
                    </td>
                  )}
                </>
              )}
            </tr>
          ))}
        </tbody>
      </table>
    </Scroll>
  );
}
