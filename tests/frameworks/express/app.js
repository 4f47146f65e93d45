// An ordinary Express app that signs people in with Zoom through passport-oauth2.
//
// It knows nothing of a proxy. Only where its own calls to Zoom go is taken from
// the environment, so that they stay on this machine.
"use strict";

const crypto = require("node:crypto");
const express = require("express");
const session = require("express-session");
const passport = require("passport");
const OAuth2Strategy = require("passport-oauth2");

const zoom = process.env.ZOOM_API;

const strategy = new OAuth2Strategy(
  {
    authorizationURL: "https://zoom.us/oauth/authorize",
    tokenURL: `${zoom}/oauth/token`,
    clientID: "calendar",
    clientSecret: "calendar-secret",
    callbackURL: "/callback",
    scope: ["user:read:user", "meeting:read:meeting", "offline_access"],
    state: true,
    pkce: true,
  },
  (accessToken, refreshToken, params, profile, done) =>
    done(null, { name: profile.first_name, scope: params.scope }),
);

strategy.userProfile = (accessToken, done) => {
  fetch(`${zoom}/v2/users/me`, { headers: { authorization: `Bearer ${accessToken}` } })
    .then((response) => response.json())
    .then((profile) => done(null, profile), done);
};

passport.use("zoom", strategy);
passport.serializeUser((user, done) => done(null, user));
passport.deserializeUser((user, done) => done(null, user));

const app = express();
const secret = crypto.randomBytes(32).toString("hex");
app.use(session({ secret, resave: false, saveUninitialized: false }));
app.use(passport.session());
app.get("/login", passport.authenticate("zoom"));
app.get("/callback", passport.authenticate("zoom", { successRedirect: "/" }));
app.get("/", (request, response) => {
  const { name, scope } = request.user ?? { name: "nobody", scope: "nothing" };
  response.send(`Signed in as ${name}, granted: ${scope}`);
});

const server = app.listen(0, "127.0.0.1", () => {
  console.log(`listening on http://127.0.0.1:${server.address().port}`);
});
