/** The URL that begins a sign-in with Zoom, as Zoom's own guide writes it. */
export function authorizeUrl(state = crypto.randomUUID()) {
  const url = new URL("https://zoom.us/oauth/authorize");
  url.search = new URLSearchParams({
    response_type: "code",
    client_id: "calendar",
    redirect_uri: "https://app.example.com/callback",
    state,
    scope: "user:read:user meeting:read:meeting offline_access",
  });
  return url.href;
}
