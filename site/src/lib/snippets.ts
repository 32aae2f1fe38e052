/** Ready-to-paste examples for a host and a key. */
export function snippets(origin: string, key: string) {
  return {
    python: `from openai import OpenAI

client = OpenAI(
    base_url="${origin}/v1",
    api_key="${key}",
)

answer = client.chat.completions.create(
    model="auto",
    messages=[{"role": "user", "content": "Calculate 17 * 23"}],
)
print(answer.choices[0].message.content)`,
    node: `import OpenAI from "openai";

const client = new OpenAI({
  baseURL: "${origin}/v1",
  apiKey: "${key}",
});

const answer = await client.chat.completions.create({
  model: "auto",
  messages: [{ role: "user", content: "Calculate 17 * 23" }],
});
console.log(answer.choices[0].message.content);`,
    curl: `curl ${origin}/v1/chat/completions \\
  -H "Authorization: Bearer ${key}" \\
  -H "Content-Type: application/json" \\
  -d '{"messages": [{"role": "user", "content": "Calculate 17 * 23"}]}'`,
  };
}
