// Serves a single-page app that signs people in with Zoom through oidc-client-ts: its page,
// the library, and a way to Zoom's API, which other origins' scripts need not be let into.
"use strict";

const fs = require("node:fs");
const http = require("node:http");
const path = require("node:path");

const zoom = process.env.ZOOM_API;

const library = path.join(
  path.dirname(require.resolve("oidc-client-ts/package.json")),
  "dist/browser/oidc-client-ts.min.js",
);
const page = fs.readFileSync(path.join(__dirname, "spa.html"));
const files = {
  "/": ["text/html", page],
  "/callback": ["text/html", page],
  "/oidc-client-ts.js": ["text/javascript", fs.readFileSync(library)],
  // Where a sign-in that was begun by hand ends.
  "/copy": ["text/html", "<p>Copy the code out of the address of this page.</p>"],
};

function relay(request, response) {
  const { method, headers } = request;
  const target = zoom + request.url.slice("/zoom".length);
  const forwarded = http.request(target, { method, headers }, (answer) => {
    response.writeHead(answer.statusCode, answer.headers);
    answer.pipe(response);
  });
  request.pipe(forwarded);
}

const server = http.createServer((request, response) => {
  if (request.url.startsWith("/zoom/")) {
    relay(request, response);
    return;
  }
  const [type, body] = files[request.url.split("?")[0]] ?? [];
  response.writeHead(body ? 200 : 404, { "content-type": `${type ?? "text/plain"}; charset=utf-8` });
  response.end(body);
});

server.listen(0, "127.0.0.1", () => {
  console.log(`listening on http://127.0.0.1:${server.address().port}`);
});
