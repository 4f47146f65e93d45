import NextAuth from "next-auth";

export default NextAuth({
  secret: process.env.NEXTAUTH_SECRET,
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
      profile: (profile) => ({ id: profile.id, name: profile.first_name }),
    },
  ],
});
