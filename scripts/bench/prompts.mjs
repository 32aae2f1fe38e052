// The workload: what people really send, thirty prompts a task, most with a
// slot or two that vary. `{a|b|c}` is one of those words; `{2-99}` a whole number.

const CODE = [
  "Write a Python function that returns the n-th {Fibonacci|Lucas|triangular} number without recursion.",
  "Write a Python class for a least-recently-used cache with a size limit of {10-500}.",
  'In Python, read a CSV file and print the sum of the column "{amount|price|hours}".',
  "Give me a Python script that renames every .{jpg|txt|log} file in a folder to its date of last change.",
  "Write a Python decorator that retries a function up to {2-9} times with a growing pause.",
  'My Python code fails with "list index out of range". Fix it:\n```python\ndef last(xs):\n    return xs[len(xs)]\n```',
  "Write a JavaScript function that debounces another one by {100-900} ms.",
  "In JavaScript, group an array of orders by {customer|country|status} and count each group.",
  "Write an async JavaScript function that fetches a URL with {2-6} retries and a timeout.",
  "Refactor this to async/await in JavaScript:\n```js\nload().then(a => parse(a)).then(b => show(b)).catch(report)\n```",
  "Write a JavaScript function that flattens a nested array to depth {1-5}.",
  "Write a TypeScript type guard for an object with {id and name|sku and price|lat and lon}.",
  "Implement a generic Result type in TypeScript with map and unwrapOr.",
  "Write a TypeScript class for a typed event emitter with on, off and emit.",
  "Write a Rust function that counts the words in a string, ignoring {case|digits|punctuation}.",
  "Implement a binary search in Rust over a sorted slice of any ordered type.",
  "Write a Rust trait Shape with area and perimeter, and implement it for a {circle|square|triangle}.",
  'In Rust, parse lines like "key = value" into a HashMap and report bad lines.',
  "Write a Go HTTP handler that answers /{health|version|ready} with JSON.",
  "Implement a worker pool in Go with {2-16} goroutines and a channel of jobs.",
  "Write a Go function that reverses a string with accents in it.",
  "Write a Java method that lists all primes below {50-5000}.",
  "Write a generic singly linked list in Java with prepend and an iterator.",
  "Using Java streams, return the {3-20} largest orders by total.",
  "Write a SQL query for the {5-25} customers with the highest revenue this year.",
  "Write a SQL query that finds duplicate {emails|phone numbers|addresses} in the table users.",
  "SQL: create a table for products with a price, a stock level and a foreign key to suppliers.",
  "Write a SQL query that returns the second highest salary per department.",
  "Write a bash script that backs up {/etc|/var/www|~/notes} into a dated archive and keeps the last {3-14}.",
  "Write a bash loop that prints the number of lines of each *.{log|csv|md} file.",
];

const STRUCTURED = [
  "Return JSON for one {book|film|song} with the keys title, author and year.",
  "Return only a JSON array of {3-6} products with the fields name, price and stock.",
  'Extract the data as JSON with keys name, email and city: "I am Ana Silva from Lisbon, write to ana@example.com."',
  "Give me a JSON object with the keys host, port and active for a {mail|web|database} server. JSON only.",
  "Convert to JSON with the fields item and quantity: {2-9} apples, {2-9} pears and {2-9} lemons.",
  'Respond in JSON with keys sentiment, score and topics: "The {hotel|phone|course} was fine but far too expensive."',
  "Answer as a JSON array of {2-5} records with id, name and country.",
  "Make a JSON config with the keys timeout, retries and endpoint, no comments.",
  "List {3-5} cities as a markdown table with the columns city, country and population.",
  "Give me a markdown table with {3-6} rows comparing {laptops|bicycles|cameras}, columns name, price and rating.",
  "Make a table with the columns day, task and hours for a working week.",
  "Summarise the planets in a markdown table with columns name, year and rating.",
  "Write {3-6} rows of CSV with the columns date, amount and customer, header included.",
  "Output CSV with the headers id, email and age for {4-8} made-up users.",
  "Turn this into CSV with columns name and quantity: three hammers, ten nails, two saws.",
  "Write YAML for a service with the keys name, port and tags.",
  "Give me a YAML list of {2-5} people with the fields name, age and city.",
  "Convert to YAML with keys name and price: a lamp for 20, a desk for 150.",
  "Give me a numbered list of {4-8} steps to {repot a plant|change a tyre|clean a keyboard}.",
  "Bullet points only: {3-7} items to pack for a trip to {Norway|Kenya|Japan}.",
  "Write an XML document with {2-4} items, each with the fields name and price.",
  "Generate a bulleted list of {3-6} risks of moving a {shop|library|clinic} to the cloud.",
  { prompt: "Describe one invented {customer|employee|student} with the keys name, age and email.", response_format: { type: "json_object" } },
  {
    prompt: 'Extract name, date and amount: "Invoice of 2024-05-0{1-9}, Ben Okafor, {20-900} euros". Answer in JSON.',
    response_format: { type: "json_object" },
  },
  { prompt: "Plan a dinner: keys dish, ingredients and minutes, in JSON.", response_format: { type: "json_object" } },
  {
    prompt: 'Classify this ticket: "I was charged twice in {March|April|May}".',
    response_format: schema("ticket", { category: { enum: ["billing", "bug", "question"] }, urgent: { type: "boolean" } }),
  },
  {
    prompt: "A recipe for {lentil soup|flat bread|rice pudding}, please.",
    response_format: schema("recipe", {
      name: { type: "string" },
      minutes: { type: "integer", minimum: 1 },
      steps: { type: "array", items: { type: "string" }, minItems: 2 },
    }),
  },
  {
    prompt: 'Rate this review from 1 to 5: "Good sound, weak battery, arrived in {2-9} days."',
    response_format: schema("rating", { stars: { type: "integer", minimum: 1, maximum: 5 }, reason: { type: "string" } }),
  },
  {
    prompt: "What is the weather in {Oslo|Nairobi|Osaka}?",
    tools: [tool("get_weather", { city: { type: "string" }, unit: { enum: ["celsius", "fahrenheit"] } }, ["city"])],
  },
  {
    prompt: "Book a table for {2-8} people on Friday.",
    tools: [tool("book_table", { people: { type: "integer" }, day: { type: "string" } }, ["people", "day"])],
  },
];

const FACTUAL = [
  "What is the capital of {Australia|Canada|Japan|Brazil|Kenya|France}?",
  "Who wrote {Hamlet|Pride and Prejudice}?",
  "Which is the {largest|smallest} planet of the solar system?",
  "Who painted the Mona Lisa, and where does it hang today?",
  "When did the Berlin Wall fall?",
  "What is the longest river in Africa?",
  "Which planet is closest to the Sun?",
  "What is the chemical symbol for {gold|sodium}?",
  "Who discovered penicillin?",
  "What does the mitochondrion do in a cell?",
  "What is the speed of light in a vacuum?",
  "Which ocean is the largest ocean on Earth?",
  "What is the smallest country in the world?",
  "What is the currency of the United Kingdom?",
  "In which year did people first land on the Moon?",
  "Why is the sky blue?",
  "What causes the {tides|seasons|northern lights}?",
  "What is the difference between a virus and a bacterium?",
  "Who was {Ada Lovelace|Marie Curie|Alan Turing}, and what is she or he known for?",
  "What is the role of the {European Court of Justice|World Bank|Red Cross}?",
  "How does a {vaccine|heat pump|microwave oven} work?",
  "What is {photosynthesis|inflation|plate tectonics}?",
  "Which languages are spoken in {Switzerland|Belgium|Singapore}?",
  "What was the Treaty of {Westphalia|Tordesillas|Versailles}?",
  "Where do {monarch butterflies|arctic terns|eels} migrate?",
  "What is the boiling point of water at sea level?",
  "Is {glass|amber|obsidian} a liquid or a solid?",
  "Who invented the {telephone|printing press|steam engine}?",
  "What is the highest mountain in the world?",
  "What are the main differences between TCP and UDP?",
];

const OPEN = [
  "Write a short poem about {autumn|the sea|an old clock}.",
  "Draft a friendly email to a customer whose parcel is {2-9} days late.",
  "Suggest names for a {bakery|bicycle shop|reading club} in a small town.",
  "Give me advice on how to talk to a colleague who interrupts all the time.",
  "Write the opening of a mystery story set in a {lighthouse|night train|museum}.",
  "Should I learn the {piano|guitar|cello} as an adult? What speaks for and against it?",
  "Help me plan a quiet weekend in {Lisbon|Vienna|Kyoto}.",
  "Brainstorm ideas for a birthday party of a child who loves {space|horses|trains}.",
  "Write a toast for the wedding of my {sister|oldest friend|neighbour}.",
  "What would a day be like in a city without cars?",
  "Write a letter to my future self in {5-30} years.",
  "Compose a slogan for a campaign to save {water|bees|paper}.",
  "I feel stuck in my job. How could I find out what I want?",
  "Tell a bedtime story about a {fox|robot|cloud} that is afraid of the dark.",
  "Persuade me to get up at {5-7} in the morning.",
  "Write a short speech to thank volunteers of a {food bank|choir|sports club}.",
  "Recommend a way to start with {running|gardening|meditation} for somebody who gives up fast.",
  "Imagine that {cats|trees|rivers} could vote. What would change?",
  "Write a dialogue between a {baker|pilot|teacher} and a time traveller.",
  "How can a family agree on rules for screens without quarrels?",
  "Describe the smell of {rain|an old library|a harbour} to somebody who has never smelled anything.",
  "Draft a cover letter for a junior {gardener|nurse|librarian}.",
  "Give your opinion: is it better to travel far once or near often?",
  "Write a haiku about {coffee|Monday|snow}.",
  "What makes a good apology?",
  "Draft an invitation to a street party on {1-28} June.",
  "Suggest a theme and three scenes for a school play about {friendship|courage|honesty}.",
  "Write a product description for a {wooden toy|wool blanket|tea pot}, warm in tone.",
  "How would you comfort a friend who has failed an exam?",
  "Pros and cons of living in a {tiny house|house boat|commune}, in a few paragraphs.",
];

const sum = (text, value) => ({ text, value });
// Templates of sums: each gives the prompt and the right number.
const MATH = [
  (r, a = r(12, 99), b = r(12, 99)) => sum(`Calculate ${a}*${b}`, a * b),
  (r, a = r(100, 999), b = r(100, 999)) => sum(`What is ${a} + ${b}?`, a + b),
  (r, a = r(500, 9999), b = r(100, 499)) => sum(`What is ${a} - ${b}?`, a - b),
  (r, a = r(2, 40), b = r(3, 19)) => sum(`Compute ${a * b} / ${b}`, a),
  (r, a = r(2, 20), b = r(2, 20), c = r(2, 20)) => sum(`Evaluate (${a} + ${b}) * ${c}`, (a + b) * c),
  (r, a = r(2, 9), b = r(2, 4)) => sum(`What is ${a}^${b}?`, a ** b),
  (r, a = r(1, 19), b = r(2, 90)) => sum(`What is ${a * 5}% of ${b * 20}?`, a * b),
  (r, a = r(10, 90), b = r(10, 90), c = r(10, 90)) => sum(`Add up ${a} + ${b} + ${c}`, a + b + c),
  (r, a = r(11, 60), b = r(2, 12), c = r(3, 40)) => sum(`Work out ${a} × ${b} − ${c}`, a * b - c),
  (r, a = r(2, 30), b = r(2, 30)) => sum(`Calculate ${a} times ${b} plus ${a}.`, a * b + a),
  (r, a = r(11, 99)) => sum(`What is ${a} squared?`, a * a),
  (r, a = r(1, 30), b = r(31, 60), c = r(61, 90)) => sum(`What is the average of ${a}, ${b} and ${3 * c - a - b}?`, c),
  (r, a = r(2, 9), x = r(2, 20), b = r(1, 30)) => sum(`Solve for x: ${a}x + ${b} = ${a * x + b}`, x),
  (r, a = r(2, 9), x = r(2, 20), b = r(1, 30)) => sum(`Find y if ${a}y - ${b} = ${a * x - b}`, x),
  (r, a = r(1, 99), b = r(1, 99)) => sum(`How much is ${(a / 10).toFixed(1)} + ${(b / 10).toFixed(1)}?`, (a + b) / 10),
  (r, a = r(1000, 9000), b = r(1000, 9000)) => sum(`Total of $${a.toLocaleString("en-US")} + $${b.toLocaleString("en-US")}, please`, a + b),
  (r, a = r(20, 90), b = r(2, 9)) => sum(`Calculate ${a} - ${b} * ${b}`, a - b * b),
  (r, a = r(2, 9), b = r(2, 9), c = r(2, 9)) => sum(`Evaluate ${a}*(${b}-(${c}+1))`, a * (b - (c + 1))),
  (r, a = r(2, 12), b = r(2, 12)) => sum(`What is ${a}/4 + ${b}/2 as a decimal?`, a / 4 + b / 2),
  (r, a = r(100, 400), b = r(3, 12)) => sum(`Multiply: ${a} multiplied by ${b}`, a * b),
  (r, a = r(2, 40), b = r(3, 19)) => sum(`${a * b} divided by ${b} equals what?`, a),
  (r, a = r(10, 99), b = r(2, 9)) => sum(`What remains of ${a} % ${b}?`, a % b),
  (r, a = r(1, 20), b = r(1, 20), c = r(1, 20), d = r(1, 20)) => sum(`What is the sum of ${a}, ${b}, ${c} and ${d}?`, a + b + c + d),
  // Word problems: nothing to compute from the outside, the judge decides.
  (r) => sum(`Ana has ${r(10, 40)} marbles, gives ${r(2, 9)} to Ben and buys ${r(3, 20)} more. How many does she have?`, null),
  (r) => sum(`A train covers ${r(100, 400)} km in ${r(2, 5)} hours. How many km does it make in ${r(6, 9)} hours?`, null),
  (r) => sum(`A shirt costs ${r(20, 80)} euros after a discount of ${r(2, 8) * 5} percent. How much was it before?`, null),
  (r) => sum(`Three friends share a bill of ${r(40, 190)} dollars and leave a ${r(10, 20)} percent tip. How much does each pay?`, null),
  (r) => sum(`A tank holds ${r(200, 900)} litres and loses ${r(2, 9)} litres an hour. How many hours until it is half empty?`, null),
  (r) => sum(`What is the probability of rolling a sum of ${r(4, 10)} with two dice?`, null),
  (r) => sum(`The perimeter of a field is ${r(40, 200)} m and it is ${r(5, 15)} m wide. How long is it?`, null),
];

function schema(name, properties) {
  return {
    type: "json_schema",
    json_schema: { name, strict: true, schema: { type: "object", properties, required: Object.keys(properties), additionalProperties: false } },
  };
}

function tool(name, properties, required) {
  return { type: "function", function: { name, description: `Calls ${name}.`, parameters: { type: "object", properties, required } } };
}

export const PROMPTS = { code: CODE, math: MATH, structured: STRUCTURED, factual: FACTUAL, open: OPEN };

/** One prompt with its slots filled: `{task, body, value}`; `value` is the right number of a sum, or null. */
export function render(task, template, rng) {
  if (typeof template === "function") {
    const { text, value } = template((low, high) => rng.whole(low, high));
    return { task, value, body: { messages: dressed(text, rng) } };
  }
  const { prompt, ...more } = typeof template === "string" ? { prompt: template } : template;
  const text = prompt.replace(/\{(\d+)-(\d+)\}|\{([^{}]*\|[^{}]*)\}/g, (_, low, high, words) =>
    words ? rng.pick(words.split("|")) : String(rng.whole(Number(low), Number(high))),
  );
  return { task, value: null, body: { messages: dressed(text, rng), ...more } };
}

// One in five comes as an app would send it: with a system prompt, an earlier turn, or parts.
function dressed(text, rng) {
  const user = { role: "user", content: text };
  switch (rng.whole(0, 14)) {
    case 0:
      return [{ role: "system", content: "You are a helpful assistant. Be brief." }, user];
    case 1:
      return [{ role: "user", content: "Hello!" }, { role: "assistant", content: "Hello, how can I help?" }, user];
    case 2:
      return [{ role: "user", content: [{ type: "text", text }] }];
    default:
      return [user];
  }
}

/** `n` prompts, the tasks evenly mixed, every template used before any is used again. */
export function workload(n, rng) {
  const tasks = Object.keys(PROMPTS);
  const decks = Object.fromEntries(tasks.map((task) => [task, []]));
  const list = [];
  while (list.length < n) {
    for (const task of rng.shuffle(tasks)) {
      if (!decks[task].length) decks[task] = rng.shuffle(PROMPTS[task]);
      list.push(render(task, decks[task].pop(), rng));
    }
  }
  return list.slice(0, n);
}
