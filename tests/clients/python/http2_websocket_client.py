"""Sends messages to a WebSocket echo over HTTP/2 (RFC 8441):
http2_websocket_client.py http://HOST:PORT|https://HOST:PORT deflate|plain [AUTHORITY]"""

import socket
import ssl
import sys
from urllib.parse import urlsplit

from h2.config import H2Configuration
from h2.connection import H2Connection
from h2.events import DataReceived, RemoteSettingsChanged, ResponseReceived, StreamEnded, StreamReset
from h2.settings import SettingCodes
from messages import messages
from wsproto.connection import Connection, ConnectionType
from wsproto.events import BytesMessage, CloseConnection, Ping, Pong, TextMessage
from wsproto.extensions import PerMessageDeflate

LIMIT = 60  # seconds for any one read or write


class Tunnel:
    """One HTTP/2 connection with one extended CONNECT stream."""

    def __init__(self, url, authority):
        parts = urlsplit(url)
        self.socket = socket.create_connection((parts.hostname, parts.port), LIMIT)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        if authority:
            context = ssl.create_default_context(cafile=authority)
            context.set_alpn_protocols(["h2"])
            self.socket = context.wrap_socket(self.socket, server_hostname=parts.hostname)
            assert self.socket.selected_alpn_protocol() == "h2"
        self.origin = parts
        self.http2 = H2Connection(H2Configuration(client_side=True, header_encoding="utf-8"))
        self.http2.initiate_connection()
        self.http2.increment_flow_control_window(1 << 24)
        self.has_settings = False
        self.response = None
        self.is_ended = False
        self.reset = None
        self.read = bytearray()
        self.flush()

    def open(self, extensions):
        while not self.has_settings:
            self.receive()
        enabled = self.http2.remote_settings.get(SettingCodes.ENABLE_CONNECT_PROTOCOL, 0)
        assert enabled == 1, "SETTINGS_ENABLE_CONNECT_PROTOCOL is not 1"
        self.stream = self.http2.get_next_available_stream_id()
        fields = [
            (":method", "CONNECT"),
            (":protocol", "websocket"),
            (":scheme", self.origin.scheme),
            (":path", "/echo?a=b"),
            (":authority", self.origin.netloc),
            ("origin", f"{self.origin.scheme}://{self.origin.netloc}"),
            ("sec-websocket-version", "13"),
        ]
        if extensions:
            fields.append(("sec-websocket-extensions", extensions))
        self.http2.send_headers(self.stream, fields)
        self.flush()
        while self.response is None:
            self.receive()
        assert self.response[":status"] == "200", self.response
        for name in ("sec-websocket-accept", "connection", "upgrade", "transfer-encoding"):
            assert name not in self.response, name

    def send(self, data):
        view = memoryview(data)
        while view:
            window = self.http2.local_flow_control_window(self.stream)
            size = min(len(view), window, self.http2.max_outbound_frame_size)
            if size == 0:
                self.receive()
                continue
            self.http2.send_data(self.stream, bytes(view[:size]))
            view = view[size:]
            self.flush()

    def finish(self):
        self.http2.end_stream(self.stream)
        self.flush()
        while not self.is_ended:
            self.receive()

    def flush(self):
        self.socket.sendall(self.http2.data_to_send())

    def receive(self):
        assert self.reset is None, f"the stream was reset: {self.reset!r}"
        assert not self.is_ended, "the stream has ended"
        data = self.socket.recv(1 << 18)
        assert data, "the connection was closed"
        for event in self.http2.receive_data(data):
            match event:
                case RemoteSettingsChanged():
                    self.has_settings = True
                case ResponseReceived():
                    self.response = dict(event.headers)
                case DataReceived():
                    self.read += event.data
                    self.http2.acknowledge_received_data(event.flow_controlled_length, event.stream_id)
                case StreamEnded():
                    self.is_ended = True
                case StreamReset():
                    self.reset = event.error_code
        self.flush()


class WebSocket:
    def __init__(self, tunnel, extensions):
        self.tunnel = tunnel
        self.frames = Connection(ConnectionType.CLIENT, extensions)
        self.pending = []

    def send(self, event):
        self.tunnel.send(self.frames.send(event))

    def next(self):
        """Returns the next whole message, or what else comes; a ping is answered."""
        parts = []
        while True:
            while not self.pending:
                while not self.tunnel.read:
                    self.tunnel.receive()
                self.frames.receive_data(bytes(self.tunnel.read))
                self.tunnel.read.clear()
                self.pending.extend(self.frames.events())
            event = self.pending.pop(0)
            if isinstance(event, Ping):
                self.send(event.response())
                continue
            if not isinstance(event, (TextMessage, BytesMessage)):
                return event
            parts.append(event.data)
            if event.message_finished:
                return ("" if isinstance(event, TextMessage) else b"").join(parts)


def main(url, compression, authority=None):
    deflate = PerMessageDeflate() if compression == "deflate" else None
    tunnel = Tunnel(url, authority)
    tunnel.open(f"permessage-deflate; {deflate.offer()}" if deflate else None)
    agreed = tunnel.response.get("sec-websocket-extensions", "")
    assert ("permessage-deflate" in agreed) == bool(deflate), agreed
    if deflate:
        deflate.finalize(agreed)
    socket = WebSocket(tunnel, [deflate] if deflate else [])
    count = 0
    for message in messages():
        kind = TextMessage if isinstance(message, str) else BytesMessage
        socket.send(kind(message))
        assert socket.next() == message, len(message)
        count += 1
    socket.send(Ping(b"are you there"))
    assert socket.next() == Pong(b"are you there")
    socket.send(CloseConnection(4001, "done"))
    answer = socket.next()
    assert isinstance(answer, CloseConnection) and answer.code == 4001, answer
    tunnel.finish()
    print(f"{count} messages came back")


main(*sys.argv[1:])
