"""A WebSocket echo on the `websockets` library, on a port of its own."""

import asyncio
from contextlib import suppress

from websockets.asyncio.server import serve
from websockets.exceptions import ConnectionClosed


async def echo(connection):
    # Closing with a code of one's own is no error here.
    with suppress(ConnectionClosed):
        async for message in connection:
            await connection.send(message)


async def main():
    async with serve(echo, "127.0.0.1", 0, max_size=None, max_queue=1) as server:
        host, port = server.sockets[0].getsockname()
        print(f"listening on http://{host}:{port}", flush=True)
        await server.serve_forever()


asyncio.run(main())
