// node scripts/lib/port.mjs PORT: prints the port if it is free on this machine; 0 asks for any free one.

import { createServer } from "node:net";

const port = Number(process.argv[2]);
const server = createServer();
server.on("error", (error) => {
  console.error(error.code === "EADDRINUSE" ? "in use" : error.message);
  process.exit(1);
});
server.listen({ port, host: "127.0.0.1", exclusive: true }, () => {
  console.log(server.address().port);
  server.close();
});
