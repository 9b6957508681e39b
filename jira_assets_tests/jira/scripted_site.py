"""A web server that answers as it is told to: for answers that even the demo site does not give."""

from __future__ import annotations

import json
import socket
import ssl
import threading
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import TracebackType
from typing import Any, Self
from urllib.parse import parse_qs, urlsplit

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

START = datetime(2026, 11, 23, 12, 0, 0, tzinfo=UTC)


class VirtualClock:
    """A clock that passes only when somebody sleeps."""

    def __init__(self, start: datetime = START) -> None:
        self._lock = threading.Lock()
        self._now = start
        self.slept: list[float] = []

    def now(self) -> datetime:
        """Give its time."""
        with self._lock:
            return self._now

    def sleep(self, seconds: float) -> None:
        """Let time pass."""
        with self._lock:
            self.slept.append(seconds)
            self._now += timedelta(seconds=seconds)


@dataclass
class Canned:
    """One answer: a body (JSON unless it is a text or bytes), a status, headers.

    `cut` sends only so many bytes of the promised body; `before` runs before the answer leaves.
    """

    body: Any = None
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    cut: int | None = None
    before: Callable[[], object] | None = None

    def content(self) -> bytes:
        """Give the body as bytes."""
        if isinstance(self.body, bytes):
            return self.body
        return (self.body if isinstance(self.body, str) else json.dumps(self.body)).encode()


@dataclass
class Seen:
    """A request that came in, and when."""

    method: str
    path: str
    params: dict[str, list[str]]
    headers: Mapping[str, str]
    json: Any
    at: datetime


class ScriptedSite:
    """Give the answers of a script one after the other; the last one again and again."""

    def __init__(self, *script: Canned) -> None:
        self.script = list(script)
        self.clock = VirtualClock()
        self.seen: list[Seen] = []
        self.connections: list[socket.socket] = []
        self._lock = threading.Lock()
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), _handler_for(self))
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.01,))

    @property
    def url(self) -> str:
        """Where it is."""
        return f"http://127.0.0.1:{self._server.server_address[1]}"

    def encrypt(self, context: ssl.SSLContext) -> None:
        """Speak TLS from now on."""
        self._server.socket = context.wrap_socket(self._server.socket, server_side=True)

    def next_answer(self, request: Seen) -> Canned:
        """Note a request and choose its answer."""
        with self._lock:
            self.seen.append(request)
            return self.script.pop(0) if len(self.script) > 1 else self.script[0]

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def stop(self) -> None:
        """Be gone; harmless when it is already."""
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()
        for connection in self.connections:
            with suppress(OSError):  # the other side may be gone already
                connection.shutdown(socket.SHUT_RDWR)
        self.connections.clear()


def self_signed(folder: Path) -> ssl.SSLContext:
    """Give a server's side of TLS with a certificate that nobody vouches for."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "127.0.0.1")])
    builder = x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key())
    builder = builder.serial_number(1).not_valid_before(START).not_valid_after(START + timedelta(days=9999))
    pem = folder / "site.pem"
    pem.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
        + builder.sign(key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM)
    )
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(pem)
    return context


def _handler_for(site: ScriptedSite) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True

        def setup(self) -> None:
            super().setup()
            site.connections.append(self.connection)

        def _answer(self) -> None:
            length = int(self.headers.get("Content-Length") or 0)
            body = json.loads(self.rfile.read(length)) if length else None
            address = urlsplit(self.path)
            headers = {name.lower(): value for name, value in self.headers.items()}
            params = parse_qs(address.query)
            now = site.clock.now()
            canned = site.next_answer(Seen(self.command, address.path, params, headers, body, now))
            if canned.before:
                canned.before()
            self._send(canned, now)

        def _send(self, canned: Canned, now: datetime) -> None:
            content = canned.content()
            headers = {"Date": format_datetime(now, usegmt=True), "Content-Length": str(len(content))}
            self.send_response_only(canned.status)
            for name, value in {**headers, **canned.headers}.items():
                if value:
                    self.send_header(name, value)
            self.end_headers()
            self.wfile.write(content[: canned.cut])
            if canned.cut is not None:
                self.close_connection = True

        do_GET = do_POST = do_CONNECT = _answer  # noqa: N815  # the names are the base class's

        def log_message(self, format: str, *args: Any) -> None:  # the name is the base class's
            """Say nothing."""

    return Handler
