// An agent's counterpart: given the tools of a coding agent it works as a model does. It looks
// around, writes the file that was asked for, reads it, mends it, runs it, and says what came of
// it. The plan follows from the user's words alone, so that any model can go on where another left
// off; how surely each step is taken is the model's skill.

import { lastAsked, turnsSince } from "../conversation.mjs";
import { messageText, picturesIn } from "../tokens.mjs";
import { fill } from "./schema.mjs";

const TOOLS = {
  shell: /^(?:exec_command|shell|shell_command|bash|run_command|run_terminal_cmd|execute_command|run_shell_command)$/i,
  write: /^(?:write|write_file|create_file|write_to_file)$/i,
  edit: /^(?:edit|edit_file|str_replace|replace)$/i,
  read: /^(?:read|read_file|view_file)$/i,
  patch: /^apply_patch$/i,
};
// What a parameter is for, by the names that agents give it.
const PARAMETERS = {
  command: ["cmd", "command", "script"],
  path: ["file_path", "filePath", "path", "absolute_path", "filename", "file", "target_file"],
  content: ["content", "contents", "text", "file_text"],
  before: ["old_string", "oldString", "old_str", "search"],
  after: ["new_string", "newString", "new_str", "replace"],
  patch: ["input", "patch"],
  why: ["description", "explanation"],
};
const MOST_TURNS = 24;
const MOST_SLIPS = 3;
const DRAFT = "TODO";

/** The tools of an agent among those given, by what they are for; null where there are none. */
export function kitOf(tools) {
  const kit = {};
  for (const tool of Array.isArray(tools) ? tools : []) {
    const name = String(tool?.function?.name ?? "");
    const kind = Object.keys(TOOLS).find((key) => TOOLS[key].test(name.split(/__|\./).at(-1)));
    if (kind) kit[kind] ??= { name, schema: tool.function.parameters ?? {} };
  }
  return kit.shell || ((kit.write || kit.patch) && (kit.edit || kit.read)) ? kit : null;
}

/** One turn of the work: `{tools, content, quality}`, or words alone at its end; null where there is no agent. */
export function agentTurn(body, skill, rng, scenario) {
  const kit = body.tool_choice === "none" || body.tool_choice?.function ? null : kitOf(body.tools);
  if (!kit) return null;
  const { at, text } = lastAsked(body.messages);
  const task = taskFrom(text, body.messages);
  const twice = scenario.has("parallel") && body.parallel_tool_calls !== false;
  const steps = plan(task, kit, twice, rng);
  const turns = turnsSince(body.messages, at);
  const { done, slips, failed, denied } = progress(turns, steps);
  if (denied || done >= steps.length || turns.length >= MOST_TURNS) return conclusion(task, turns, denied, body.messages[at], skill, rng);
  const step = steps[done];
  if (failed && step.instead) return { tools: step.instead, content: "That did not fit; I write the file anew.", quality: 1 };
  if (turns.length > 0 && slips < MOST_SLIPS && rng.chance((1 - skill) * 0.6)) return slip(step, turns, rng);
  return { tools: step.calls, content: step.says, quality: 1 };
}

function slip(step, turns, rng) {
  if (step.missed && rng.chance(0.5)) return { tools: step.missed, content: step.says, quality: 0.2 };
  return { tools: turns.at(-1).calls, content: "Let me check that once more.", quality: 0.2 };
}

// --- What was asked

const FILE = /(?:^|[\s"'`(])((?:\/|\.{1,2}\/)?[\w@-][\w./@-]*\.(?:txt|md|m?js|cjs|ts|tsx|jsx|py|json|html|css|sh|rs|go|java|ya?ml|toml|csv|sql|c|cpp|rb))\b/g;
const SAID =
  /\b(?:containing|contains?|with (?:the |a )?(?:text|contents?|line|word|words|message)|says?|saying|prints?|printing|outputs?|greeting)\s*:?\s+(?:exactly\s+)?["'`“]([^"'`”\n]{1,200})["'`”]/i;
const COMMAND = /\b(?:run|execute|running)\b[^`.\n]{0,40}`([^`\n]{1,200})`/i;
const FOLDER = /<cwd>\s*([^<\s]{1,300})|(?:working directory|cwd)\s*[:=]\s*([^\s<]{1,300})/i;

function taskFrom(text, messages) {
  const found = [...text.slice(0, 20_000).matchAll(FILE)].map((hit) => hit[1].replace(/^\.\//, ""));
  const command = text.slice(0, 20_000).match(COMMAND)?.[1] ?? null;
  const paths = [...new Set(found)].filter((path) => !command?.includes("/") || !command.startsWith(path)).slice(0, 3);
  const folder = messages.map((message) => messageText(message).match(FOLDER)).find(Boolean);
  return {
    paths: paths.length ? paths : ["notes.txt"],
    said: text.slice(0, 20_000).match(SAID)?.[1] ?? "hello",
    command,
    folder: (folder?.[1] ?? folder?.[2] ?? null)?.replace(/\/+$/, "") ?? null,
  };
}

/** A file that holds a text, in the form of its kind. */
function fileWith(path, said) {
  const quoted = JSON.stringify(said);
  switch (path.split(".").at(-1)) {
    case "js":
    case "mjs":
    case "cjs":
    case "ts":
      return `console.log(${quoted});\n`;
    case "py":
    case "rb":
      return `print(${quoted})\n`;
    case "sh":
      return `echo ${quoted}\n`;
    case "json":
      return `{"message": ${quoted}}\n`;
    case "md":
      return `# ${said}\n`;
    case "html":
      return `<p>${said}</p>\n`;
    default:
      return `${said}\n`;
  }
}

const RUNNERS = { js: "node", mjs: "node", cjs: "node", py: "python3", sh: "sh" };
const word = (text) => (/^[\w./@-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`);
const runs = (path) => `${RUNNERS[path.split(".").at(-1)] ?? "cat"} ${word(path)}`;

// --- What to do about it

function plan({ paths, said, command, folder }, kit, twice, rng) {
  const shell = (text, why) => call(kit.shell, { command: text, why }, rng);
  const full = (path) => (folder && !path.startsWith("/") ? `${folder}/${path}` : path);
  const show = (path) => (kit.shell ? shell(`cat ${word(path)}`, `Show ${path}`) : call(kit.read, { path: full(path) }, rng));
  const write = (path, text) => {
    if (kit.write) return call(kit.write, { path: full(path), content: text }, rng);
    if (kit.patch) return call(kit.patch, { patch: `*** Begin Patch\n*** Add File: ${path}\n${lines(text, "+")}*** End Patch` }, rng);
    return shell(`cat > ${word(path)} <<'END'\n${text}END`, `Write ${path}`);
  };
  const change = (path, before, after) => {
    if (kit.edit) return call(kit.edit, { path: full(path), before: before.trimEnd(), after: after.trimEnd() }, rng);
    if (kit.patch)
      return call(kit.patch, { patch: `*** Begin Patch\n*** Update File: ${path}\n@@\n${lines(before, "-")}${lines(after, "+")}*** End Patch` }, rng);
    return write(path, after);
  };
  const steps = [];
  const step = (says, calls, more = {}) => steps.push({ says, calls: calls.filter(Boolean), ...more });
  const [first] = paths;
  if (kit.shell) step("I look at the folder first.", [shell("ls -la", "List the folder"), twice && shell("pwd", "Name the folder")]);
  for (const path of paths) step(`I write a draft of ${path}.`, [write(path, fileWith(path, DRAFT))]);
  if (kit.shell || kit.read) step(null, [show(first), twice && kit.shell && shell(`wc -c ${word(first)}`, "Count its bytes")]);
  for (const path of paths) {
    const [draft, whole] = [fileWith(path, DRAFT), fileWith(path, said)];
    step(`Now the draft of ${path} becomes what was asked for.`, [change(path, draft, whole)], {
      missed: [change(path, fileWith(path, "DRAFT THAT IS NOT THERE"), whole)],
      instead: [write(path, whole)],
    });
  }
  if (kit.shell) step("I run it.", [shell(command ?? runs(first), "Run it")]);
  if (kit.read) step(null, [call(kit.read, { path: full(first) }, rng)]);
  else if (kit.shell) step(null, [shell(`wc -c ${paths.map(word).join(" ")}`, "Count the bytes")]);
  if (kit.shell && steps.length < 6) step(null, [shell(`ls -l ${paths.map(word).join(" ")}`, "See that they are there")]);
  return steps.filter(({ calls }) => calls.length);
}

const lines = (text, mark) =>
  text
    .replace(/\n$/, "")
    .split("\n")
    .map((line) => `${mark}${line}\n`)
    .join("");

/** A call of a tool; `essence` is what tells it from others. */
function call(tool, values, rng) {
  if (!tool) return null;
  const properties = tool.schema?.properties ?? {};
  const given = {};
  for (const [meaning, value] of Object.entries(values)) {
    const name = PARAMETERS[meaning].find((candidate) => Object.hasOwn(properties, candidate)) ?? (meaning === "why" ? null : PARAMETERS[meaning][0]);
    if (name) given[name] = properties[name]?.type === "array" ? ["bash", "-lc", value] : value;
  }
  for (const name of Array.isArray(tool.schema?.required) ? tool.schema.required : []) given[name] ??= fill(properties[name], rng, String(name));
  const essence = Object.entries(values)
    .filter(([meaning]) => meaning !== "why")
    .map(([, value]) => JSON.stringify(value).slice(1, -1));
  return { name: tool.name, arguments: JSON.stringify(given), essence };
}

// --- How far it has come

const FAILED =
  /\b(?:exit(?:ed)?(?: with)?(?: code| status)?:?\s*[1-9]\d*)|<tool_use_error>|^error\b|\bnot found in (?:the )?file|verification failed|failed to find|invalid (?:patch|context)/im;
const DENIED =
  /\b(?:user (?:doesn't want|rejected|denied|declined)|permission (?:to use|denied by)|requested permissions|haven't granted|rejected by (?:the )?user)/i;

function progress(turns, steps) {
  let done = 0;
  let slips = 0;
  let failed = false;
  for (const [i, { calls, results }] of turns.entries()) {
    if (results.some((text) => DENIED.test(text.slice(0, 2_000)))) return { done, slips, failed: false, denied: true };
    const broken = results.some((text) => FAILED.test(text.slice(0, 4_000)));
    const step = steps[done];
    if (!step) break;
    const fits = (wanted) => wanted?.every((one) => calls.some((got) => got.name === one.name && one.essence.every((part) => got.arguments.includes(part))));
    const repeats = i > 0 && JSON.stringify(turns[i - 1].calls) === JSON.stringify(calls);
    if (fits(step.missed) && !fits(step.calls)) [failed, slips] = [true, slips + 1];
    else if (repeats && !fits(step.calls)) slips += 1;
    // A write that was to mend a failure is the step, whatever came of it.
    else if (broken && step.instead && !failed) failed = true;
    else [done, failed] = [done + 1, false];
  }
  return { done, slips, failed, denied: false };
}

function conclusion({ paths, said, command }, turns, denied, asked, skill, rng) {
  const names = paths.map((path) => `\`${path}\``).join(", ");
  if (denied) return { content: `I was not allowed to go on, so ${names} may not be as you want it. Tell me how to proceed.`, quality: 0.9 };
  const last = turns.at(-1)?.results.at(-1)?.trim().split("\n").slice(-3).join("\n").slice(0, 300) ?? "";
  const pictures = picturesIn(asked);
  const seen = pictures ? ` I looked at ${pictures === 1 ? "the picture" : `the ${pictures} pictures`} that you sent.` : "";
  const right = rng.chance(skill);
  const text = `Done: ${names} ${paths.length > 1 ? "hold" : "holds"} "${said}".${seen} I ran \`${command ?? runs(paths[0])}\` and looked at the result:\n\n\`\`\`\n${last}\n\`\`\``;
  return right ? { content: text, quality: 0.95 } : { content: `I think that ${names} should work now.`, quality: 0.5 };
}
