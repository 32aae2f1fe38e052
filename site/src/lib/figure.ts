/** A number as it is sent: nothing is null, and what is none goes as it was typed, so that the server says what is wrong with it. */
export function figure(text: string): number | string | null {
  const trimmed = text.trim().replace(",", ".");
  if (trimmed === "") return null;
  return Number.isFinite(Number(trimmed)) ? Number(trimmed) : text.trim();
}
