"""An ordinary FastAPI app that signs people in with Zoom through FastAPI Users.

It knows nothing of a proxy.
"""

import secrets
import socket
import uuid

import uvicorn
from fastapi import FastAPI
from fastapi_users import BaseUserManager, FastAPIUsers, UUIDIDMixin
from fastapi_users.authentication import (
    AuthenticationBackend,
    BearerTransport,
    JWTStrategy,
)
from fastapi_users.db import BaseUserDatabase
from httpx_oauth.oauth2 import OAuth2

SECRET = secrets.token_hex()


class UserManager(UUIDIDMixin, BaseUserManager[None, uuid.UUID]):
    pass


async def user_manager():
    yield UserManager(BaseUserDatabase())


zoom = OAuth2(
    "calendar",
    "calendar-secret",
    "https://zoom.us/oauth/authorize",
    "https://zoom.us/oauth/token",
    name="zoom",
    base_scopes=["user:read:user", "meeting:read:meeting", "offline_access"],
)
backend = AuthenticationBackend(
    name="jwt",
    transport=BearerTransport(tokenUrl="auth/jwt/login"),
    get_strategy=lambda: JWTStrategy(secret=SECRET, lifetime_seconds=3600),
)
users = FastAPIUsers(user_manager, [backend])
app = FastAPI()
app.include_router(
    users.get_oauth_router(zoom, backend, SECRET), prefix="/auth/zoom"
)

if __name__ == "__main__":
    listener = socket.create_server(("127.0.0.1", 0))
    print(f"listening on http://127.0.0.1:{listener.getsockname()[1]}", flush=True)
    config = uvicorn.Config(app, log_level="warning")
    uvicorn.Server(config).run(sockets=[listener])
