"""What lies between a host and its servers, and fails: connections that end, and a store that refuses."""

from __future__ import annotations

import random
import select
import socket
import socketserver
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from http.client import HTTPConnection, HTTPException
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import urlsplit

_BLOCK = 65_536
_HOP_BY_HOP = {"connection", "keep-alive", "transfer-encoding", "content-length"}
_LOST = "lost"
_REFUSALS = {"SlowDown": 503, "InternalError": 500}


class Gate:
    """A port before another one. While it is closed nothing answers there, as when a server restarts."""

    def __init__(self, host: str, port: int) -> None:
        self._there = (host, port)
        self._open: set[socket.socket] = set()
        self._server: socketserver.ThreadingTCPServer | None = None
        self.port = 0
        self.open()

    def open(self) -> None:
        """Accept connections, at the same port each time."""
        gate = self

        class Handler(socketserver.BaseRequestHandler):
            def handle(self) -> None:
                gate.forward(self.request)

        class Server(socketserver.ThreadingTCPServer):
            allow_reuse_address = True
            daemon_threads = True

        self._server = Server(("127.0.0.1", self.port), Handler)
        self.port = self._server.server_address[1]
        threading.Thread(target=self._server.serve_forever, args=(0.01,), daemon=True).start()

    def close(self) -> None:
        """End all connections, and accept none."""
        if self._server is None:
            return
        self._server.shutdown()
        self._server.server_close()
        self._server = None
        for connection in list(self._open):
            with suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)

    def forward(self, here: socket.socket) -> None:
        """Copy what comes from either side to the other, until one of them ends."""
        with suppress(OSError), socket.create_connection(self._there) as there:
            self._open |= {here, there}
            other = {here: there, there: here}
            try:
                while True:
                    for side in select.select(list(other), [], [])[0]:
                        block = side.recv(_BLOCK)
                        if not block:
                            return
                        other[side].sendall(block)
            finally:
                self._open -= {here, there}


@contextmanager
def gate_before(address: str) -> Iterator[Gate]:
    """Open a gate before the server of an address."""
    parts = urlsplit(address)
    gate = Gate(parts.hostname or "", parts.port or 0)
    try:
        yield gate
    finally:
        gate.close()


class FaultyStore(ThreadingHTTPServer):
    """Forwards requests to a store; refuses a share of them, and loses as many answers."""

    daemon_threads = True

    def __init__(self, endpoint: str, share: float, seed: int = 1) -> None:
        super().__init__(("127.0.0.1", 0), _Forwarding)
        self.there = urlsplit(endpoint).netloc
        self.share = share
        self.refused = 0
        self._dice = random.Random(seed)
        self._guard = threading.Lock()

    @property
    def endpoint(self) -> str:
        """Where it answers."""
        return f"http://127.0.0.1:{self.server_address[1]}"

    def fault(self) -> str | None:
        """Choose what happens to a request."""
        with self._guard:
            if self._dice.random() >= self.share:
                return None
            self.refused += 1
            return self._dice.choice([*_REFUSALS, _LOST])


class _Forwarding(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: FaultyStore

    def _forward(self) -> None:
        body = self.rfile.read(int(self.headers.get("content-length") or 0))
        fault = self.server.fault()
        if fault in _REFUSALS:
            error = f"<Error><Code>{fault}</Code><Message>Try again.</Message></Error>"
            self._answer(_REFUSALS[fault], error.encode(), {"content-type": "application/xml"})
            return
        connection = HTTPConnection(self.server.there)
        try:
            # The signature covers the name of the host to which the request was sent.
            connection.request(self.command, self.path, body, dict(self.headers))
            answer = connection.getresponse()
            content = answer.read()
        except (OSError, HTTPException):
            self.close_connection = True
            return
        finally:
            connection.close()
        if fault == _LOST:
            self.close_connection = True
            return
        self._answer(answer.status, content, dict(answer.getheaders()))

    def _answer(self, status: int, content: bytes, headers: dict[str, str]) -> None:
        self.send_response_only(status)
        length = len(content)
        for name, value in headers.items():
            if self.command == "HEAD" and name.lower() == "content-length":
                length = int(value)
            if name.lower() not in _HOP_BY_HOP:
                self.send_header(name, value)
        self.send_header("content-length", str(length))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(content)

    do_GET = do_PUT = do_POST = do_DELETE = do_HEAD = _forward  # noqa: N815 - names of the base class

    def log_message(self, *_: Any) -> None:
        """Write nothing."""


@contextmanager
def faulty_store(endpoint: str, share: float, seed: int = 1) -> Iterator[FaultyStore]:
    """Serve it for the block."""
    with FaultyStore(endpoint, share, seed) as server:
        threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
        try:
            yield server
        finally:
            server.shutdown()
