"""An ordinary Django app with Inertia pages, one of which holds Zoom's authorize URL.

It knows nothing of a proxy.
"""

import asyncio
import secrets
from wsgiref.simple_server import WSGIRequestHandler, make_server

import django
from django.conf import settings
from django.core.wsgi import get_wsgi_application
from django.urls import path
from httpx_oauth.oauth2 import OAuth2

LAYOUT = """<!DOCTYPE html>
<html>
<head><title>Calendar</title></head>
<body>{% block inertia %}{% endblock %}</body>
</html>
"""

settings.configure(
    ALLOWED_HOSTS=["*"],
    INERTIA_LAYOUT="layout.html",
    INSTALLED_APPS=["django.contrib.sessions", "django.contrib.messages", "inertia"],
    MIDDLEWARE=[
        "django.contrib.sessions.middleware.SessionMiddleware",
        "django.contrib.messages.middleware.MessageMiddleware",
        "inertia.middleware.InertiaMiddleware",
    ],
    ROOT_URLCONF=__name__,
    SECRET_KEY=secrets.token_hex(),
    SESSION_ENGINE="django.contrib.sessions.backends.signed_cookies",
    TEMPLATES=[
        {
            "BACKEND": "django.template.backends.django.DjangoTemplates",
            "OPTIONS": {
                "loaders": [
                    (
                        "django.template.loaders.locmem.Loader",
                        {"layout.html": LAYOUT},
                    ),
                    "django.template.loaders.app_directories.Loader",
                ]
            },
        }
    ],
)
django.setup()

import inertia  # noqa: E402 # wants the settings

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


def login(request):
    return inertia.location(authorize_url())


def page(request):
    return inertia.render(request, "Connect", {"authorize": authorize_url()})


urlpatterns = [path("login", login), path("page", page)]


class Quiet(WSGIRequestHandler):
    def log_message(self, *_):
        pass


if __name__ == "__main__":
    server = make_server(
        "127.0.0.1", 0, get_wsgi_application(), handler_class=Quiet
    )
    print(f"listening on http://127.0.0.1:{server.server_port}", flush=True)
    server.serve_forever()
