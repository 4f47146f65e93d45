// An ordinary app that signs people in with Zoom through Auth.js.
//
// It knows nothing of a proxy.
import { createServer } from "node:http";
import { Readable } from "node:stream";

import { Auth } from "@auth/core";

const config = {
  basePath: "/auth",
  secret: crypto.randomUUID(),
  trustHost: true,
  providers: [
    {
      id: "zoom",
      name: "Zoom",
      type: "oauth",
      clientId: "calendar",
      clientSecret: "calendar-secret",
      authorization: {
        url: "https://zoom.us/oauth/authorize",
        params: { scope: "user:read:user meeting:read:meeting offline_access" },
      },
      token: "https://zoom.us/oauth/token",
      userinfo: "https://api.zoom.us/v2/users/me",
      checks: ["pkce", "state"],
    },
  ],
};

const server = createServer(async (request, response) => {
  const { method } = request;
  const body = method === "POST" ? Readable.toWeb(request) : undefined;
  const url = new URL(request.url, "https://app.example.com");
  const answer = await Auth(
    new Request(url, { method, headers: request.headers, body, duplex: "half" }),
    config,
  );
  response.statusCode = answer.status;
  response.setHeaders(answer.headers);
  response.end(Buffer.from(await answer.arrayBuffer()));
});

server.listen(0, "127.0.0.1", () => {
  console.log(`listening on http://127.0.0.1:${server.address().port}`);
});
