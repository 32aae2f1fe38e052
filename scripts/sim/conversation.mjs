// What a conversation is about: the last thing that a person said in it, without what an agent has
// wrapped around it, and what was done since.

import { messageText } from "./tokens.mjs";

// Blocks that agents put into a user's message: none of them is what the user said.
const WRAPPED = [
  ...["system-reminder", "environment_context", "user_instructions", "INSTRUCTIONS", "permissions", "collaboration_mode", "skills_instructions"],
  ...["apps_instructions", "plugins_instructions", "personality_spec", "model_switch", "local-command-stdout", "local-command-caveat"],
  ...[
    "command-name",
    "command-message",
    "command-args",
    "ide_opened_file",
    "ide_selection",
    "turn_aborted",
    "subagent_notification",
    "user_shell_command",
    "env",
  ],
];
const OPENS = new RegExp(`<(${WRAPPED.join("|")})\\b[^<>]{0,200}>`, "g");
const HEADING = /^# AGENTS\.md instructions[^\n]*$/gm;
// What a translator of protocols says in the user's name.
const NOT_THE_USER = /^(?:Images in the result of\b|Tool loaded\.|Result of an earlier tool call:|\[Request interrupted\b)/;

/** A text without the blocks of agents. One pass: what is never closed goes on to the end. */
export function unwrapped(text) {
  let kept = "";
  let from = 0;
  OPENS.lastIndex = 0;
  for (let open; (open = OPENS.exec(text)); ) {
    const close = `</${open[1]}>`;
    const end = text.indexOf(close, OPENS.lastIndex);
    kept += text.slice(from, open.index);
    from = end < 0 ? text.length : end + close.length;
    OPENS.lastIndex = from;
  }
  return (kept + text.slice(from)).replace(HEADING, "").trim();
}

/** `{at, text}` of the last message in which the user says something. */
export function lastAsked(messages) {
  for (let at = messages.length - 1; at >= 0; at--) {
    if (messages[at]?.role !== "user") continue;
    const text = unwrapped(messageText(messages[at]));
    if (text && !NOT_THE_USER.test(text)) return { at, text };
  }
  return { at: messages.length - 1, text: messageText(messages.at(-1)) };
}

/** Text of the last message of the user. */
export const lastUserText = (messages) => lastAsked(messages).text;

/**
 * The turns since the user spoke: `{calls: [{name, arguments}], results: [text]}` each, a text
 * for every call.
 */
export function turnsSince(messages, at) {
  const turns = [];
  for (const message of messages.slice(at + 1)) {
    if (message?.role === "assistant" && Array.isArray(message.tool_calls) && message.tool_calls.length) {
      turns.push({
        calls: message.tool_calls.map((call) => ({ name: String(call?.function?.name), arguments: String(call?.function?.arguments ?? "") })),
        results: [],
      });
    } else if (message?.role === "tool") turns.at(-1)?.results.push(messageText(message));
  }
  return turns;
}
