"""A server of one file on this machine, that can break off, ignore ranges, or wait."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


class FileServer(ThreadingHTTPServer):
    """Serves `content` under any path.

    Attributes:
        content: of the file; None for 404.
        ranges: whether it understands them.
        shift: how many bytes too early it begins a range.
        most: bytes of an answer before the connection ends; None for all.
        waits: whether it then waits instead.
        asked: the range of each request, None without one.
    """

    def __init__(self, content: bytes) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.content: bytes | None = content
        self.ranges, self.shift = True, 0
        self.most: int | None = None
        self.waits = False
        self.asked: list[str | None] = []
        self.go_on = threading.Event()

    def handle_error(self, *_: object) -> None:
        """Say nothing of a client that is gone."""

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}/file.bin"


class Handler(BaseHTTPRequestHandler):
    server: FileServer

    def do_GET(self) -> None:
        server, content = self.server, self.server.content
        asked = self.headers["Range"]
        server.asked.append(asked)
        if content is None:
            self.send_error(404)
            return
        first = int(asked.removeprefix("bytes=").removesuffix("-")) if asked and server.ranges else 0
        if first and first >= len(content):
            self.send_response(416)
            self.send_header("Content-Range", f"bytes */{len(content)}")
            self.send_header("Content-Length", "0")
            self.end_headers()
            return
        first -= server.shift
        self.send_response(206 if first else 200)
        if first:
            self.send_header("Content-Range", f"bytes {first}-{len(content) - 1}/{len(content)}")
        self.send_header("Content-Length", str(len(content) - first))
        self.end_headers()
        self.wfile.write(content[first:][: server.most])
        if server.waits:
            server.go_on.wait(60)

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@contextlib.contextmanager
def serving(content: bytes) -> Iterator[FileServer]:
    """Serve a file while this lasts."""
    with FileServer(content) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        try:
            yield server
        finally:
            server.go_on.set()
            server.shutdown()
            thread.join()
