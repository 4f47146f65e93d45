"""Pages with an authorize URL, in the content coding that the path names."""

import gzip
import zlib
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import brotli
import zstandard

URL = "https://zoom.us/oauth/authorize?client_id=a&amp;scope=user%3Aread&amp;state=s"


def raw_deflate(page):
    coder = zlib.compressobj(wbits=-15)
    return coder.compress(page) + coder.flush()


CODINGS = {
    "gzip": ("gzip", gzip.compress),
    "deflate": ("deflate", zlib.compress),
    "raw": ("deflate", raw_deflate),
    "br": ("br", brotli.compress),
    "zstd": ("zstd", zstandard.ZstdCompressor().compress),
}


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self):
        """/CODING/LINES: so many lines of numbers around the URL."""
        _, path, lines = self.path.split("/")
        name, encode = CODINGS[path]
        text = "".join(f"<p>{number * 2654435761 % 4294967296}</p>\n" for number in range(int(lines)))
        body = encode(f'{text}<a href="{URL}">Connect</a>\n{text}'.encode())
        self.send_response(200)
        self.send_header("Content-Type", "text/html; charset=utf-8")
        self.send_header("Content-Encoding", name)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
print(f"listening on http://127.0.0.1:{server.server_port}", flush=True)
server.serve_forever()
