// What a catalogue says of a model that it offers, as the cells of a row.

import type { Import } from "../../api/types";
import { listPrice, tokens } from "../../lib/format";

export const OFFERED = ["Input", "Output", "Context"];

export function Offer({ of }: { of: Pick<Import["offered"][number], "in_price" | "out_price" | "context"> }) {
  return (
    <>
      <td data-label="Input" class="right num">
        {listPrice(of.in_price)}
      </td>
      <td data-label="Output" class="right num">
        {listPrice(of.out_price)}
      </td>
      <td data-label="Context" class="right num">
        {tokens(of.context)}
      </td>
    </>
  );
}
