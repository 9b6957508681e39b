"""Read requests and write answers, or what a fault makes of them."""

from __future__ import annotations

import socket
import struct
import sys
import threading
import time
from email.utils import formatdate
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import urlsplit

from jira_assets.demo.http.faults import Fault
from jira_assets.demo.http.reply import Reply
from jira_assets.demo.http.request_log import Request
from jira_assets.demo.routes.routes import Target, answer
from jira_assets.demo.site import DemoSite

RESET_ON_CLOSE = struct.pack("ii", 1, 0)
REASONS = {code: responses[0] for code, responses in BaseHTTPRequestHandler.responses.items()}


class SiteHttp(ThreadingHTTPServer):
    """A thread for each connection, and an end to all of them when the server stops."""

    site: DemoSite
    request_queue_size = 128

    def __init__(self, *arguments: Any) -> None:
        self._open: dict[socket.socket, threading.Thread] = {}
        self._guard = threading.Lock()
        super().__init__(*arguments)

    def process_request(self, request: Any, client_address: Any) -> None:
        """Answer a connection in a thread that `close_connections` knows."""
        thread = threading.Thread(
            target=self.process_request_thread, args=(request, client_address), daemon=True
        )
        with self._guard:
            self._open[request] = thread
        thread.start()

    def process_request_thread(self, request: Any, client_address: Any) -> None:
        """Answer a connection until it ends."""
        try:
            super().process_request_thread(request, client_address)
        finally:
            with self._guard:
                self._open.pop(request, None)

    def close_connections(self) -> None:
        """End the connections that clients keep alive, and the threads that wait on them."""
        with self._guard:
            waiting = dict(self._open)
        for connection in waiting:
            try:
                connection.shutdown(socket.SHUT_RDWR)
            except OSError:
                continue  # the client was faster
        for thread in waiting.values():
            thread.join(timeout=5)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Pass over clients that went away; anything else is a mistake of ours and is shown."""
        if not isinstance(sys.exc_info()[1], ConnectionError):
            super().handle_error(request, client_address)


class SiteHandler(BaseHTTPRequestHandler):
    """Read requests, let the site answer or a fault happen, and write each answer at once."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    wbufsize = 0
    server: SiteHttp
    site: DemoSite

    def do_GET(self) -> None:
        """Answer a GET."""
        self._serve("GET")

    def do_POST(self) -> None:
        """Answer a POST."""
        self._serve("POST")

    def log_message(self, format: str, *args: Any) -> None:
        """Stay quiet: the site keeps a journal of its own."""

    def _serve(self, method: str) -> None:
        target = Target.of(urlsplit(self.path).path)
        # The gateway of one site serves those beside it, too.
        self.site = site = self.server.site.beside.get(target.cloud_id or "", self.server.site)
        length = int(self.headers.get("Content-Length") or 0)
        body = self.rfile.read(length)
        if len(body) < length:
            self.close_connection = True  # the client went away before it had asked anything
            return
        parts = urlsplit(self.path)
        request = site.journal.begin(method, target.path, parts.query, body, site.clock.now_ms())
        try:
            fault = site.faults.choose(target.path, f"{parts.query}\n{body.decode(errors='replace')}")
            if site.latency_ms:
                time.sleep(site.latency_ms / 1000)
            self._respond(request, target, fault)
        finally:
            site.journal.end(request)

    def _respond(self, request: Request, target: Target, fault: Fault | None) -> None:
        site = self.site
        request.fault = fault.kind if fault else None
        if fault is not None and fault.kind == "reset":
            site.journal.answered(request, 0, site.clock.now_ms())
            self._reset()
            return
        reply = self._reply(request, target, fault)
        retry_after = fault.retry_after if fault else None
        site.journal.answered(
            request, reply.status, site.clock.now_ms(), retry_after=retry_after, points=reply.points
        )
        self._send(reply, fault)

    def _reply(self, request: Request, target: Target, fault: Fault | None) -> Reply:
        site = self.site
        if fault is not None and fault.kind == "answer":
            headers = fault.headers_at(site.clock.now())
            content_type = headers.pop("Content-Type", "application/json")
            return Reply(fault.status, fault.body.encode(), headers, content_type)
        if fault is not None and fault.kind == "slow":
            time.sleep(fault.seconds)
        authorization = self.headers.get("Authorization")
        reply = answer(site, request.method, target, request.query, request.body, authorization)
        if fault is not None and fault.kind == "odd_records" and reply.status == 200:
            reply.body = fault.with_odd_records(reply.body)
        if site.switches.half_emoji:
            reply.body = reply.body.replace("\ufffd".encode(), rb"\ud83d")
        return reply

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
            f"Date: {formatdate(now, usegmt=True)}",
            f"Content-Type: {reply.content_type}",
            *(f"{name}: {value}" for name, value in ({"Server": "AtlassianEdge"} | reply.headers).items()),
            length,
        ]
        return ("\r\n".join(lines) + "\r\n\r\n").encode("latin-1")

    def _reset(self) -> None:
        """Close the connection so that the client sees a reset instead of an end."""
        self.close_connection = True
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET_ON_CLOSE)
        self.connection.close()
