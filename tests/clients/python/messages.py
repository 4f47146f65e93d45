"""The WebSocket messages that the Python clients send: every way a length is written, and large ones."""

import random

SIZES = [0, 1, 125, 126, 65_535, 65_536, 1 << 20, 16 << 20]


def messages():
    source = random.Random(7)
    for size in SIZES:
        # One that deflate makes smaller, and one that it does not.
        yield ("scope " * (size // 6 + 1))[:size]
        yield source.randbytes(size)
