// Whether a text nests so deep that following its marks level by level would take for ever.

/** Text nested deeper is shown as it is. */
export const DEEPEST = 24;

/** So many brackets or stars in a row are no emphasis. */
const LONGEST_RUN = 200;

/**
 * True for a line that begins with as many marks of quotes and lists as that, or with a run of
 * brackets or stars. Each character is read once, whatever stands there.
 */
export function nested(text: string): boolean {
  let marks = 0;
  let run = 0;
  // Whether only marks have stood in this line so far, and whether digits wait for their point.
  let leading = true;
  let digits = false;
  for (let at = 0; at < text.length; at++) {
    const character = text[at]!;
    run = character === "[" || character === "*" || character === "_" ? run + 1 : 0;
    if (run >= LONGEST_RUN) return true;
    if (character === "\n" || character === "\r") {
      marks = 0;
      leading = true;
      digits = false;
    } else if (leading) {
      const digit = character >= "0" && character <= "9";
      const closes = digits && (character === "." || character === ")");
      if (closes || (!digits && ">-*+".includes(character))) marks += 1;
      else if (!digit && (digits || (character !== " " && character !== "\t"))) leading = false;
      digits = digit;
      if (marks >= DEEPEST) return true;
    }
  }
  return false;
}
