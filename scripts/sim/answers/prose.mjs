// Factual and open answers. Their quality is a number between 0 and 1 that
// shows in the text: better answers are longer, more specific and surer.

import { clamp } from "../random.mjs";

/** Deviation of the quality of single answers around a model's skill. */
const SPREAD = 0.03;

// Pattern of the question, the right answer, a wrong one.
const FACTS = [
  [/capital of france/i, "Paris", "Lyon"],
  [/capital of australia/i, "Canberra", "Sydney"],
  [/capital of canada/i, "Ottawa", "Toronto"],
  [/capital of japan/i, "Tokyo", "Kyoto"],
  [/capital of brazil/i, "Brasília", "Rio de Janeiro"],
  [/capital of kenya/i, "Nairobi", "Mombasa"],
  [/largest planet/i, "Jupiter", "Saturn"],
  [/closest (?:planet )?to the sun/i, "Mercury", "Venus"],
  [/chemical symbol (?:of|for) gold/i, "Au", "Ag"],
  [/chemical symbol (?:of|for) sodium/i, "Na", "So"],
  [/wrote (?:the play )?hamlet/i, "William Shakespeare", "Christopher Marlowe"],
  [/wrote pride and prejudice/i, "Jane Austen", "Charlotte Brontë"],
  [/painted the mona lisa/i, "Leonardo da Vinci", "Michelangelo"],
  [/berlin wall (?:fall|come down)/i, "1989", "1991"],
  [/(?:first|land).{0,30}on the moon/i, "1969, with Apollo 11", "1972"],
  [/longest river in (?:africa|the world)/i, "the Nile", "the Congo"],
  [/highest mountain|tallest mountain/i, "Mount Everest, 8,849 m", "K2"],
  [/boiling point of water/i, "100 °C at sea level", "90 °C"],
  [/speed of light/i, "299,792,458 m/s", "150,000 km/s"],
  [/smallest (?:country|state) in the world/i, "Vatican City", "Monaco"],
  [/currency of (?:the )?(?:uk|united kingdom)/i, "the pound sterling", "the euro"],
  [/discovered penicillin/i, "Alexander Fleming, in 1928", "Louis Pasteur"],
  [/(?:largest|biggest) ocean/i, "the Pacific Ocean", "the Atlantic Ocean"],
  [/mitochondri/i, "the organelle that makes most of the ATP of a cell", "the part that stores the DNA"],
];

const STOP = new Set(
  "the a an of in on to for and or is are was were do does did what who when where which why how i my me you your it its this that with about be can could should would please write tell explain give some from by as at into than then them they have has had".split(
    " ",
  ),
);

/** What a prompt is about: its longest telling words, in order. */
export function topicOf(prompt) {
  const found = prompt.slice(0, 2_000).match(/[\p{L}][\p{L}'-]{2,}/gu) ?? [];
  const telling = [...new Set(found.map((word) => word.toLowerCase()))].filter((word) => !STOP.has(word));
  const longest = [...telling].sort((a, b) => b.length - a.length).slice(0, 3);
  const kept = telling.filter((word) => longest.includes(word));
  return kept.length ? kept : ["this"];
}

const POINTS = [
  (t, r) => `First, the essentials: ${t} turns on ${r.whole(2, 5)} things that are easy to tell apart once they are named.`,
  (t, r) => `For example, a group of ${r.whole(12, 90)} people who tried it in ${r.whole(1990, 2022)} reported the same pattern with ${t}.`,
  (_, r) => `In figures: roughly ${r.whole(20, 80)} % of the effect comes from the first ${r.whole(2, 6)} weeks.`,
  (t) => `A common mistake with ${t} is to begin with the tools and to leave the purpose for later.`,
  (_, r) => `Concretely, set aside ${r.whole(15, 60)} minutes, write down one aim, and review it after ${r.whole(3, 14)} days.`,
  (t) => `By contrast, the opposite view of ${t} has a point where time is short and the stakes are low.`,
  (_, r) => `It helps to know the background: since ${r.whole(1850, 1980)} the term has changed its meaning twice.`,
  (t) => `To sum up, judge ${t} by what it changes in practice, and keep what has proved itself.`,
];
const VAGUE = [
  (t) => `${t} is something that many people talk about.`,
  () => "It depends on a lot of things.",
  () => "There are various aspects to consider here.",
  () => "I'm not sure, but it is probably fine.",
];

function prose(topic, quality, rng) {
  const wanted = Math.round(quality * 7);
  const chosen = rng
    .shuffle(POINTS.map((_, i) => i))
    .slice(0, wanted)
    .sort((a, b) => a - b);
  const specific = chosen.map((i) => POINTS[i](topic, rng));
  const vague = rng
    .shuffle(VAGUE)
    .slice(0, Math.round((1 - quality) * 4))
    .map((say) => say(topic, rng));
  const all = [...specific, ...vague];
  return all.length ? all.join(" ") : `${topic}.`;
}

/** The answer to a question of fact, with its true quality. */
export function factualAnswer(prompt, skill, rng) {
  const quality = clamp(skill + SPREAD * rng.normal());
  const known = FACTS.find(([pattern]) => pattern.test(prompt));
  const topic = topicOf(prompt).join(" ");
  if (!known) return { content: prose(topic, quality, rng), quality };
  // Facts as common as these are missed less often than the skill says.
  const right = rng.chance(0.4 + 0.65 * quality);
  const says = right ? known[1] : known[2];
  const opening = rng.pick([`It is ${says}.`, `${says[0].toUpperCase()}${says.slice(1)}.`, `The answer is ${says}.`]);
  const rest = prose(topic, right ? quality * 0.5 : 0, rng);
  return { content: `${opening} ${rest}`, quality: right ? quality : 0.15 };
}

/** The answer to an open request, with its true quality. */
export function openAnswer(prompt, skill, rng) {
  const quality = clamp(skill + SPREAD * rng.normal());
  const topic = topicOf(prompt).join(" ");
  const lead = quality > 0.6 ? `Here is a considered take on ${topic}.\n\n` : "";
  return { content: lead + prose(topic, quality, rng), quality };
}

/** The quality that the features of a text suggest, for texts of unknown origin. */
export function qualityByFeatures(text) {
  const trimmed = text.trim();
  if (!trimmed) return 0;
  const count = trimmed.split(/\s+/).length;
  const hedges = (trimmed.match(/not sure|it depends|various aspects|many people talk|i think it is about|cannot help|have not tried/gi) ?? []).length;
  const specifics = (trimmed.match(/\d+|for example|concretely|by contrast|because|```/gi) ?? []).length;
  return clamp(0.35 + Math.min(0.4, count / 200) + Math.min(0.25, specifics * 0.04) - 0.15 * hedges);
}
