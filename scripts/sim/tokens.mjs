// Token counts derived from the texts: a piece is up to six word characters or
// one other character, with the white space before it. Near enough to a real
// tokeniser for prices to behave, and exactly repeatable.

const PIECE = /\s*(?:\w{1,6}|[^\s\w])|\s+$/gu;
const LARGE = 200_000;

export function countTokens(text) {
  if (!text) return 0;
  if (text.length > LARGE) return Math.ceil(text.length / 4);
  return text.match(PIECE)?.length ?? 0;
}

/** The first `limit` tokens of a text, and whether anything was cut. */
export function cutTokens(text, limit) {
  const pieces = text.match(PIECE) ?? [];
  if (pieces.length <= limit) return { text, cut: false };
  return { text: pieces.slice(0, limit).join(""), cut: true };
}

/** A text in words, each with the white space around it kept. */
export const words = (text) => text.match(/\s*\S+(?:\s+$)?|\s+$/gu) ?? [];

/** Text of one message: a string, or the text parts of a content array. */
export function messageText(message) {
  const content = message?.content;
  if (typeof content === "string") return content;
  if (!Array.isArray(content)) return "";
  return content.map((part) => (typeof part?.text === "string" ? part.text : "")).join("\n");
}

/** How many pictures a message brings. */
export const picturesIn = (message) => (Array.isArray(message?.content) ? message.content.filter((part) => part?.type === "image_url").length : 0);

const PICTURE_TOKENS = 300;

/** Tokens of one message, its calls of tools and its pictures included. */
export function messageTokens(message) {
  const calls = Array.isArray(message?.tool_calls) ? countTokens(JSON.stringify(message.tool_calls)) : 0;
  return 3 + countTokens(messageText(message)) + calls + PICTURE_TOKENS * picturesIn(message);
}

/** Tokens of a whole conversation and of the tools that came with it. */
export function promptTokens(body) {
  let total = 3;
  for (const message of body.messages) total += messageTokens(message);
  if (Array.isArray(body.tools)) total += countTokens(JSON.stringify(body.tools));
  return total;
}
