// A native app that signs people in with Zoom through AppAuth: it has no secret, and the
// browser that it opens comes back to a port of its own.
//
// Where the endpoints are is taken from the environment, as any app of this kind lets one
// set them: ISSUER to discover them, or AUTHORIZATION_ENDPOINT.
"use strict";

const { once } = require("node:events");
const net = require("node:net");
const {
  AuthorizationNotifier,
  AuthorizationRequest,
  AuthorizationServiceConfiguration,
  BaseTokenRequestHandler,
  GRANT_TYPE_AUTHORIZATION_CODE,
  TokenRequest,
  setFlag,
} = require("@openid/appauth");
const {
  NodeBasedHandler,
  NodeCrypto,
  NodeRequestor,
} = require("@openid/appauth/built/src/node_support/index.js");

const { ZOOM_API, ISSUER, AUTHORIZATION_ENDPOINT, CLIENT_ID } = process.env;

const requestor = new NodeRequestor();

function endpoints() {
  if (ISSUER) {
    return AuthorizationServiceConfiguration.fetchFromIssuer(ISSUER, requestor);
  }
  return new AuthorizationServiceConfiguration({
    authorization_endpoint: AUTHORIZATION_ENDPOINT,
    token_endpoint: `${ZOOM_API}/oauth/token`,
  });
}

/** Opens the browser, and returns the code with the request that it answers. */
function authorize(configuration, listener, redirectUri) {
  const request = new AuthorizationRequest(
    {
      client_id: CLIENT_ID,
      redirect_uri: redirectUri,
      scope: "user:read:user meeting:read:meeting offline_access",
      response_type: AuthorizationRequest.RESPONSE_TYPE_CODE,
    },
    new NodeCrypto(),
  );
  return new Promise((resolve, reject) => {
    const notifier = new AuthorizationNotifier();
    notifier.setAuthorizationListener((request, response, error) =>
      response ? resolve({ request, response }) : reject(error),
    );
    // Goes on to `server.listen`, which takes a port that is listened on already, too.
    const handler = new NodeBasedHandler(listener);
    handler.setAuthorizationNotifier(notifier);
    handler.performAuthorizationRequest(configuration, request);
  });
}

async function main() {
  setFlag("IS_LOG", false);
  const listener = net.createServer().listen(0, "127.0.0.1");
  await once(listener, "listening");
  const origin = `http://127.0.0.1:${listener.address().port}`;
  console.log(`listening on ${origin}`);
  const configuration = await endpoints();
  const { request, response } = await authorize(configuration, listener, `${origin}/callback`);
  if (response.state !== request.state) {
    throw new Error("the state is another one");
  }
  const token = await new BaseTokenRequestHandler(requestor).performTokenRequest(
    configuration,
    new TokenRequest({
      client_id: CLIENT_ID,
      redirect_uri: request.redirectUri,
      grant_type: GRANT_TYPE_AUTHORIZATION_CODE,
      code: response.code,
      extras: { code_verifier: request.internal.code_verifier },
    }),
  );
  const user = await requestor.xhr({
    url: `${ZOOM_API}/v2/users/me`,
    method: "GET",
    dataType: "json",
    headers: { authorization: `Bearer ${token.accessToken}` },
  });
  console.log(`Signed in as ${user.first_name}, granted: ${token.scope}`);
}

main();
