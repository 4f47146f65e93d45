"""Calls a gRPC echo: grpc_client.py HOST:PORT [AUTHORITY]"""

import queue
import sys
from pathlib import Path

import grpc

LIMIT = 60  # seconds for any call
OPTIONS = [
    ("grpc.max_receive_message_length", -1),
    ("grpc.max_send_message_length", -1),
    ("grpc.enable_http_proxy", 0),
]


def answers_a_call(channel):
    call = channel.unary_unary("/test.Echo/Unary")
    for size in (0, 5, 70_000, 8 << 20):
        message = bytes(size)
        answer, done = call.with_call(message, timeout=LIMIT, metadata=[("x-mine", "1")])
        assert answer == message, size
        assert ("x-initial", "1") in done.initial_metadata(), done.initial_metadata()
        trailing = dict(done.trailing_metadata())
        assert trailing["x-trailing"] == "last", trailing
        assert trailing["x-trailing-bin"] == b"\x00\xff", trailing
        assert done.code() == grpc.StatusCode.OK


def streams_both_ways(channel):
    sent = queue.SimpleQueue()
    call = channel.stream_stream("/test.Echo/Both")(iter(sent.get, None), timeout=LIMIT)
    # Each message is sent only when the one before has come back.
    for number in range(100):
        sent.put(b"%d" % number)
        assert next(call) == b"%d" % number
    sent.put(None)
    assert list(call) == []
    assert ("x-count", "100") in call.trailing_metadata(), call.trailing_metadata()
    assert call.code() == grpc.StatusCode.OK


def streams_much(channel):
    messages = [bytes([number]) * 100_000 for number in range(200)]
    call = channel.stream_stream("/test.Echo/Both")(iter(messages), timeout=LIMIT)
    assert list(call) == messages


def tells_an_error(channel):
    try:
        channel.unary_unary("/test.Echo/Refuse")(b"", timeout=LIMIT)
        raise AssertionError("it was not refused")
    except grpc.RpcError as error:
        assert error.code() == grpc.StatusCode.NOT_FOUND, error
        assert error.details() == "no such thing: caf\u00e9 100%", error
        trailing = dict(error.trailing_metadata())
        assert trailing["grpc-status-details-bin"] == b"\x08\x05\x12\x04gone", trailing


def tells_a_late_error(channel):
    call = channel.unary_stream("/test.Echo/RefuseLate")(b"", timeout=LIMIT)
    assert next(call) == b"first"
    try:
        next(call)
        raise AssertionError("it went on")
    except grpc.RpcError as error:
        assert error.code() == grpc.StatusCode.DATA_LOSS, error
        assert error.details() == "after the first", error


def calls_at_once(channel):
    call = channel.unary_unary("/test.Echo/Unary")
    calls = [call.future(b"%d" % number, timeout=LIMIT) for number in range(200)]
    assert [done.result() for done in calls] == [b"%d" % number for number in range(200)]


def main(target, authority=None):
    if authority:
        credentials = grpc.ssl_channel_credentials(Path(authority).read_bytes())
        channel = grpc.secure_channel(target, credentials, OPTIONS)
    else:
        channel = grpc.insecure_channel(target, OPTIONS)
    with channel:
        for check in (
            answers_a_call,
            streams_both_ways,
            streams_much,
            tells_an_error,
            tells_a_late_error,
            calls_at_once,
        ):
            check(channel)
            print(check.__name__, flush=True)


main(*sys.argv[1:])
