// An ordinary app that signs people in with Zoom through better-auth.
//
// It knows nothing of a proxy.
import { createServer } from "node:http";

import { betterAuth } from "better-auth";
import { memoryAdapter } from "better-auth/adapters/memory";
import { toNodeHandler } from "better-auth/node";
import { genericOAuth } from "better-auth/plugins";

const auth = betterAuth({
  baseURL: "https://app.example.com",
  secret: crypto.randomUUID(),
  telemetry: { enabled: false },
  // A test signs in more often than people do.
  rateLimit: { enabled: false },
  database: memoryAdapter({ user: [], session: [], account: [], verification: [] }),
  plugins: [
    genericOAuth({
      config: [
        {
          providerId: "zoom",
          clientId: "calendar",
          clientSecret: "calendar-secret",
          authorizationUrl: "https://zoom.us/oauth/authorize",
          tokenUrl: "https://zoom.us/oauth/token",
          scopes: ["user:read:user", "meeting:read:meeting", "offline_access"],
          pkce: true,
        },
      ],
    }),
  ],
});

const server = createServer(toNodeHandler(auth));

server.listen(0, "127.0.0.1", () => {
  console.log(`listening on http://127.0.0.1:${server.address().port}`);
});
