// The quickest runtime there is: constant answers, whole or streamed, with a charge.

import { createServer } from "node:http";

const content = "def add(a, b):\n    return a + b\n";
const whole = JSON.stringify({
  id: "chatcmpl-1",
  object: "chat.completion",
  created: 1,
  model: "",
  choices: [{ index: 0, message: { role: "assistant", content: `\`\`\`python\n${content}\`\`\`` }, finish_reason: "stop" }],
  usage: { prompt_tokens: 250, completion_tokens: 20, total_tokens: 270 },
});
const chunk = (delta, finish = null) =>
  `data: ${JSON.stringify({ id: "chatcmpl-1", object: "chat.completion.chunk", created: 1, model: "", choices: [{ index: 0, delta, finish_reason: finish }] })}\n\n`;
const CHUNKS = 100;

const server = createServer((request, response) => {
  let streamed = false;
  // One model is plainly the cheapest, so that routing soon settles.
  let cheap = false;
  request.on("data", (data) => {
    streamed ||= data.includes('"stream":true');
    cheap ||= data.includes('"model":"mistral-');
  });
  request.on("end", async () => {
    if (!streamed) {
      response.writeHead(200, { "content-type": "application/json", "x-btl-customer-charge": cheap ? "0.000012" : "0.00012" });
      response.end(whole);
      return;
    }
    response.writeHead(200, { "content-type": "text/event-stream" });
    for (let at = 0; at < CHUNKS && !response.destroyed; at += 1) {
      response.write(chunk({ content: at === 0 ? "A poem" : " word" }));
      // Each chunk travels by itself, as from a model that is at work.
      await new Promise(setImmediate);
    }
    response.end(`${chunk({}, "stop")}data: [DONE]\n\n`);
  });
});
server.listen(0, "127.0.0.1", () => console.log(`http://127.0.0.1:${server.address().port}/v1`));
process.stdin.on("end", () => process.exit(0)).resume();
