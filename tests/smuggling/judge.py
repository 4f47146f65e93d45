"""What an app reads from the bytes that reached it, under a parser that forgives nothing.

Standard input has a line for each piece of a connection, in hex; standard output has a
line of JSON for each:

    requests    the targets of the requests that are complete
    unfinished  whether the bytes end within a request
    fault       why an app could read them in another way, or null

h11 reads them. It takes some things that a proxy must not pass on, which `STRICT`
and the counts below refuse.
"""

import json
import re
import sys

import h11

TOKEN = rb"[!#$%&'*+\-.^_`|~0-9A-Za-z]+"
LINE = TOKEN + rb":[^\x00-\x08\x0a-\x1f\x7f]*\r\n"
STRICT = re.compile(TOKEN + rb" [\x21-\x7e\x80-\xff]+ HTTP/1\.1\r\n(?:" + LINE + rb")*\r\n")
FRAMING = {b"content-length", b"transfer-encoding"}
# Names of which a trailer could change what the request means.
NOT_IN_TRAILERS = FRAMING | {b"host", b"authorization", b"connection", b"trailer", b"te"}


def judge(data):
    verdict = {"requests": [], "unfinished": False, "fault": None}
    while data and verdict["fault"] is None and not verdict["unfinished"]:
        data = read_request(data, verdict)
    return verdict


def read_request(data, verdict):
    """Reads one request off `data` and returns what follows it."""
    verdict["fault"] = fault_of_head(data)
    connection = h11.Connection(h11.SERVER, max_incomplete_event_size=4 << 20)
    # Clients send UTF-8 in targets, and apps take it; h11 does not.
    line, end, rest = data.partition(b"\r\n")
    connection.receive_data(re.sub(rb"[\x80-\xff]", b"x", line) + end + rest)
    target = None
    while verdict["fault"] is None:
        try:
            event = connection.next_event()
        except h11.RemoteProtocolError as error:
            verdict["fault"] = f"h11: {error}"
            break
        if event is h11.NEED_DATA:
            verdict["unfinished"] = True
            break
        if event is h11.PAUSED:
            # It waits for the answer to a request for another protocol.
            connection.send(h11.Response(status_code=400, headers=[]))
        elif isinstance(event, h11.Request):
            target = event.target.decode("ascii")
        elif isinstance(event, h11.EndOfMessage):
            verdict["fault"] = fault_of_trailers(event.headers)
            verdict["requests"].append(target)
            return connection.trailing_data[0]
    return b""


def fault_of_head(data):
    end = data.find(b"\r\n\r\n")
    if end < 0:
        return None
    head = data[: end + 4]
    if not STRICT.fullmatch(head):
        return f"not a head to the letter: {head[:200]!r}"
    names = [line.split(b":")[0].lower() for line in head.split(b"\r\n")[1:]]
    if sum(name in FRAMING for name in names) > 1:
        return "two framing fields"
    if names.count(b"host") != 1:
        return f"{names.count(b'host')} Host lines"
    return None


def fault_of_trailers(trailers):
    names = [name for name, _ in trailers if name in NOT_IN_TRAILERS]
    return f"trailer {names[0].decode()}" if names else None


for line in sys.stdin:
    print(json.dumps(judge(bytes.fromhex(line))))
