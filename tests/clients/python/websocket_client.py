"""Sends messages to a WebSocket echo with the `websockets` library:
websocket_client.py URL deflate|plain [AUTHORITY]"""

import asyncio
import ssl
import sys

from messages import messages
from websockets.asyncio.client import connect


async def main(url, compression, authority=None):
    deflate = compression == "deflate"
    tls = ssl.create_default_context(cafile=authority) if authority else None
    async with asyncio.timeout(150), connect(
        url,
        ssl=tls,
        compression="deflate" if deflate else None,
        max_size=None,
        proxy=None,
    ) as connection:
        agreed = connection.response.headers.get("Sec-WebSocket-Extensions", "")
        assert ("permessage-deflate" in agreed) == deflate, agreed
        count = 0
        for message in messages():
            await connection.send(message)
            assert await connection.recv() == message, len(message)
            count += 1
        await (await connection.ping())
        # Several in flight, and one message in many frames.
        for number in range(50):
            await connection.send(str(number))
        for number in range(50):
            assert await connection.recv() == str(number)
        await connection.send(["many ", "frames ", "one message"])
        assert await connection.recv() == "many frames one message"
        await connection.close(4001, "done")
    assert connection.close_code == 4001, connection.close_code
    print(f"{count} messages came back")


asyncio.run(main(*sys.argv[1:]))
