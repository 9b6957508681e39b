"""Serve a demo site over HTTP: keep-alive, a thread for each connection, one write for each answer."""

from __future__ import annotations

import socket
import struct
import sys
import threading
import time
from email.utils import formatdate
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any
from urllib.parse import urlsplit

from jira_assets.demo.faults import Fault
from jira_assets.demo.journal import Request
from jira_assets.demo.reply import Reply
from jira_assets.demo.routes import Target, answer
from jira_assets.demo.site import DemoSite

RESET_ON_CLOSE = struct.pack("ii", 1, 0)
REASONS = {code: responses[0] for code, responses in BaseHTTPRequestHandler.responses.items()}


class DemoServer:
    """A demo site on a port of this machine; use it as a context manager or start and stop it."""

    def __init__(self, site: DemoSite, *, port: int = 0, latency_ms: float | None = None) -> None:
        self.site = site
        if latency_ms is not None:
            site.latency_ms = latency_ms
        self._http = _Http(("127.0.0.1", port), _Handler)
        self._http.site = site
        self.port: int = self._http.server_address[1]
        site.render.base_url = self.url
        site.render.forget()
        self._thread = threading.Thread(target=self._http.serve_forever, args=(0.02,), daemon=True)

    @property
    def url(self) -> str:
        """Return the address of the site, which is also that of the gateway (JIRA_API_URL)."""
        return f"http://127.0.0.1:{self.port}"

    @property
    def gateway_url(self) -> str:
        """Return the address below which the gateway serves this site."""
        return f"{self.url}/ex/jira/{self.site.cloud_id}"

    def start(self) -> DemoServer:
        """Begin to answer."""
        self._thread.start()
        return self

    def stop(self) -> None:
        """Stop answering, close every connection and wait for the threads."""
        if self._thread.is_alive():
            self._http.shutdown()
            self._thread.join()
        self._http.close_connections()
        self._http.server_close()

    def __enter__(self) -> DemoServer:
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()


class _Http(ThreadingHTTPServer):
    site: DemoSite
    daemon_threads = True
    request_queue_size = 128

    def __init__(self, *arguments: Any) -> None:
        self._open: set[socket.socket] = set()
        self._threads_open: set[threading.Thread] = set()
        self._guard = threading.Lock()
        super().__init__(*arguments)

    def process_request_thread(self, request: Any, client_address: Any) -> None:
        with self._guard:
            self._open.add(request)
            self._threads_open.add(threading.current_thread())
        try:
            super().process_request_thread(request, client_address)
        finally:
            with self._guard:
                self._open.discard(request)
                self._threads_open.discard(threading.current_thread())

    def close_connections(self) -> None:
        """End the connections that clients keep alive, and the threads that wait on them."""
        with self._guard:
            waiting, threads = list(self._open), list(self._threads_open)
        for connection in waiting:
            try:
                connection.shutdown(socket.SHUT_RDWR)
            except OSError:
                continue  # the client was faster
        for thread in threads:
            thread.join(timeout=5)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Pass over clients that went away; anything else is a mistake of ours and is shown."""
        if not isinstance(sys.exc_info()[1], ConnectionError):
            super().handle_error(request, client_address)


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    wbufsize = 0
    server: _Http

    def do_GET(self) -> None:
        self._serve("GET")

    def do_POST(self) -> None:
        self._serve("POST")

    def log_message(self, format: str, *args: Any) -> None:
        """Stay quiet: the site keeps a journal of its own."""

    def _serve(self, method: str) -> None:
        site = self.server.site
        length = int(self.headers.get("Content-Length") or 0)
        body = self.rfile.read(length)
        if len(body) < length:
            self.close_connection = True  # the client went away before it had asked anything
            return
        parts = urlsplit(self.path)
        target = Target.of(parts.path)
        request = site.journal.begin(method, target.path, parts.query, body, site.clock.now_ms())
        try:
            fault = site.faults.choose(target.path, f"{parts.query}\n{body.decode(errors='replace')}")
            if site.latency_ms:
                time.sleep(site.latency_ms / 1000)
            self._respond(request, target, fault)
        finally:
            site.journal.end()

    def _respond(self, request: Request, target: Target, fault: Fault | None) -> None:
        site = self.server.site
        request.fault = fault.kind if fault else None
        if fault is not None and fault.kind == "reset":
            site.journal.answered(request, 0, site.clock.now_ms())
            self._reset()
            return
        reply = self._reply(request, target, fault)
        retry_after = reply.headers.get("Retry-After")
        waits = float(retry_after) if retry_after and retry_after.isdigit() else None
        site.journal.answered(request, reply.status, site.clock.now_ms(), waits)
        self._send(reply, fault)

    def _reply(self, request: Request, target: Target, fault: Fault | None) -> Reply:
        site = self.server.site
        if fault is not None and fault.kind == "answer":
            headers = fault.headers_at(site.clock.now())
            content_type = headers.pop("Content-Type", "application/json")
            return Reply(fault.status, fault.body.encode(), headers, content_type)
        if fault is not None and fault.kind == "slow":
            time.sleep(fault.seconds)
        authorization = self.headers.get("Authorization")
        return answer(site, request.method, target, request.query, request.body, authorization)

    def _send(self, reply: Reply, fault: Fault | None) -> None:
        kind = fault.kind if fault else None
        body = reply.body
        if kind == "invalid_json":
            body = body[: len(body) // 2]
        if kind == "chunk_cut":
            head = self._head(reply, "Transfer-Encoding: chunked")
            half = body[: len(body) // 2 + 1]
            self.connection.sendall(head + f"{len(half):x}\r\n".encode() + half + b"\r\n")
            self.close_connection = True
            return
        head = self._head(reply, f"Content-Length: {len(body)}")
        if kind in ("truncated", "reset_midbody"):
            self.connection.sendall(head + body[: len(body) // 2])
            self.close_connection = True
            if kind == "reset_midbody":
                self._reset()
            return
        self._write(head, body)

    def _write(self, head: bytes, body: bytes) -> None:
        """Write head and body at once, without making one of the two."""
        sent = self.connection.sendmsg((head, body))
        if sent < len(head):
            self.connection.sendall(head[sent:])
        remaining = memoryview(body)[max(sent - len(head), 0) :]
        if remaining:
            self.connection.sendall(remaining)

    def _head(self, reply: Reply, length: str) -> bytes:
        now = self.server.site.clock.now_ms() // 1000
        lines = [
            f"HTTP/1.1 {reply.status} {REASONS.get(reply.status, 'Unknown')}",
            "Server: AtlassianEdge",
            f"Date: {formatdate(now, usegmt=True)}",
            f"Content-Type: {reply.content_type}",
            *(f"{name}: {value}" for name, value in reply.headers.items()),
            length,
        ]
        return ("\r\n".join(lines) + "\r\n\r\n").encode("latin-1")

    def _reset(self) -> None:
        """Close the connection so that the client sees a reset instead of an end."""
        self.close_connection = True
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET_ON_CLOSE)
        self.connection.close()
