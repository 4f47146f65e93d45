"""An ordinary Flask app with an Inertia page that holds Zoom's authorize URL.

It knows nothing of a proxy.
"""

import asyncio
import logging
import secrets

from flask import Flask
from httpx_oauth.oauth2 import OAuth2
from inertia_flask import Inertia, inertia, location
from jinja2 import DictLoader
from werkzeug.serving import make_server

LAYOUT = """<!DOCTYPE html>
<html>
<head><title>Calendar</title></head>
<body>{{ inertia }}</body>
</html>
"""

app = Flask(__name__)
app.secret_key = secrets.token_hex()
app.jinja_loader = DictLoader({"layout.html": LAYOUT})
app.config["INERTIA_TEMPLATE"] = "layout.html"
Inertia(app)

zoom = OAuth2(
    "calendar",
    "calendar-secret",
    "https://zoom.us/oauth/authorize",
    "https://zoom.us/oauth/token",
    base_scopes=["user:read:user", "meeting:read:meeting", "offline_access"],
)


def authorize_url():
    return asyncio.run(
        zoom.get_authorization_url(
            "https://app.example.com/callback", state=secrets.token_hex()
        )
    )


@app.get("/login")
def login():
    return location(authorize_url())


@app.get("/page")
@inertia("Connect")
def page():
    return {"authorize": authorize_url()}


if __name__ == "__main__":
    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    server = make_server("127.0.0.1", 0, app)
    print(f"listening on http://127.0.0.1:{server.port}", flush=True)
    server.serve_forever()
