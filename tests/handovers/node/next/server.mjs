// Serves the built app of this folder.
import { createServer } from "node:http";

import next from "next";

const app = next({ dir: import.meta.dirname });
const handle = app.getRequestHandler();
const server = createServer((request, response) => handle(request, response));

await app.prepare();
server.listen(0, "127.0.0.1", () => {
  console.log(`listening on http://127.0.0.1:${server.address().port}`);
});
