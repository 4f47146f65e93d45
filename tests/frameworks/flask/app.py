"""An ordinary Flask app that signs people in with Zoom through Authlib.

It knows nothing of a proxy. Only where its own calls to Zoom go is taken from
the environment, so that they stay on this machine.
"""

import logging
import os
import secrets

from authlib.integrations.flask_client import OAuth
from flask import Flask, url_for
from werkzeug.serving import make_server

ZOOM = os.environ["ZOOM_API"]

app = Flask(__name__)
app.secret_key = secrets.token_hex()
oauth = OAuth(app)
oauth.register(
    "zoom",
    client_id="calendar",
    client_secret="calendar-secret",
    authorize_url="https://zoom.us/oauth/authorize",
    access_token_url=f"{ZOOM}/oauth/token",
    api_base_url=f"{ZOOM}/v2/",
    client_kwargs={
        "scope": "user:read:user meeting:read:meeting offline_access",
        "code_challenge_method": "S256",
    },
)


@app.get("/login")
def login():
    return oauth.zoom.authorize_redirect(url_for("callback", _external=True))


@app.get("/callback")
def callback():
    token = oauth.zoom.authorize_access_token()
    user = oauth.zoom.get("users/me", token=token).json()
    return f"Signed in as {user['first_name']}, granted: {token['scope']}"


if __name__ == "__main__":
    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    server = make_server("127.0.0.1", 0, app, threaded=True)
    print(f"listening on http://127.0.0.1:{server.port}", flush=True)
    server.serve_forever()
