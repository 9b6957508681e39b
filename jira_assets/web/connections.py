"""Bounds of the connections to the page: how many there may be, and how long one may take.

The server limits how long a connection is idle between requests, but waits for ever for a request that has
begun, and for a client that does not read its answer. Here each of these has its time. Websockets count as
connections; how long they last is not limited, since the server pings them.
"""

from __future__ import annotations

import asyncio
import socket
import struct
from collections.abc import Callable, Collection
from dataclasses import dataclass
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from uvicorn.protocols.http.auto import AutoHTTPProtocol

if TYPE_CHECKING:
    from uvicorn.protocols.http.h11_impl import H11Protocol as Protocol
else:
    Protocol = object


@dataclass(frozen=True)
class Limits:
    """How many connections are served at once, and what a request may take at most.

    `per_client` is less than all, so that one address cannot take all; but a proxy, or this machine, is one
    address as well. One too many takes the place of the connection that has had no request for longest; where
    all are busy, it is refused. A request's header has to arrive within `header_seconds` and `header_bytes`,
    its body within `body_seconds`. Of an answer that waits, the client has to take `answer_bytes`, or what is
    left, in each period of `answer_seconds`.
    """

    connections: int = 256
    per_client: int = 192
    header_seconds: float = 10
    header_bytes: int = 65_536
    body_seconds: float = 60
    answer_seconds: float = 60
    answer_bytes: int = 65_536


def limited(limits: Limits, base: type[asyncio.Protocol] = AutoHTTPProtocol) -> type[asyncio.Protocol]:
    """Make a protocol for uvicorn that is `base` within these limits."""
    return type("LimitedProtocol", (_Limited, base), {"limits": limits})


def _host(connection: object) -> str | None:
    client = getattr(connection, "client", None)
    return client[0] if client else None


class _Limited(Protocol):
    """Watches one connection: what it is waited for, since when, and whether its answer is taken."""

    limits: Limits

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self._is_over = False
        self._awaited: object = None
        self._request_timer: asyncio.TimerHandle | None = None
        self._answer_timer: asyncio.TimerHandle | None = None
        self._header_size = 0
        self._held_back = 0
        self._idle_since = self.loop.time()

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self._await_header()
        of_client = [other for other in self.connections if _host(other) == _host(self)]
        for connections, most in (
            (of_client, self.limits.per_client),
            (self.connections, self.limits.connections),
        ):
            if len(connections) > most and not self._is_over and not self._replace_one_of(connections):
                self._refuse(HTTPStatus.SERVICE_UNAVAILABLE)

    def _replace_one_of(self, connections: Collection[object]) -> bool:
        """Close the other that has had no request for longest; return whether there was one."""
        idle = [
            other
            for other in connections
            if isinstance(other, _Limited) and other is not self and other._is_idle
        ]
        if not idle:
            return False
        oldest = min(idle, key=lambda other: other._idle_since)
        oldest._end()
        self.connections.discard(oldest)
        oldest.transport.close()
        return True

    @property
    def _is_idle(self) -> bool:
        """Whether no complete header is here that has not been answered."""
        return self.cycle is None or (self.cycle.response_complete and not self.cycle.more_body)

    def data_received(self, data: bytes) -> None:
        if self._is_over:
            return
        super().data_received(data)
        if self._is_over or self.transport.is_closing():
            return
        if not self._await_rest():
            self._await_header(len(data))

    def on_response_complete(self) -> None:
        super().on_response_complete()
        self._idle_since = self.loop.time()
        if self.transport.get_write_buffer_size():
            self._await_reader()
        if not self._await_rest():
            self._stop_waiting()  # between requests the server's own time for an idle connection holds

    def handle_websocket_upgrade(self, *args: Any) -> None:
        self._end()
        super().handle_websocket_upgrade(*args)

    def pause_writing(self) -> None:
        super().pause_writing()
        self._await_reader()

    def resume_writing(self) -> None:
        super().resume_writing()
        if self._answer_timer is not None:
            self._answer_timer.cancel()
            self._answer_timer = None

    def connection_lost(self, exc: Exception | None) -> None:
        self._end()
        super().connection_lost(exc)

    def _await_header(self, received: int = 0) -> None:
        self._wait("header", self.limits.header_seconds, self.transport.close)
        self._header_size += received
        if self._header_size > self.limits.header_bytes:
            self._refuse(HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE)

    def _await_rest(self) -> bool:
        """Wait for the body where it is not complete; return whether a request is under way."""
        cycle = self.cycle
        if cycle is None or (cycle.response_complete and not cycle.more_body):
            return False
        if cycle.more_body:
            self._wait(cycle, self.limits.body_seconds, self._give_up_body)
        else:
            self._stop_waiting()
        return True

    def _give_up_body(self) -> None:
        if self.flow.read_paused:  # it is the application that does not take it
            self._awaited = None
            self._wait(self.cycle, self.limits.body_seconds, self._give_up_body)
        else:
            self.transport.abort()

    def _wait(self, awaited: object, seconds: float, give_up: Callable[[], None]) -> None:
        """Stop waiting in so many seconds, unless the same is waited for already."""
        if awaited is not self._awaited:
            self._stop_waiting()
            self._awaited = awaited
            self._request_timer = self.loop.call_later(seconds, give_up)

    def _stop_waiting(self) -> None:
        self._awaited, self._header_size = None, 0
        if self._request_timer is not None:
            self._request_timer.cancel()
            self._request_timer = None

    def _await_reader(self) -> None:
        if self._answer_timer is None:
            self._held_back = self.transport.get_write_buffer_size()
            self._answer_timer = self.loop.call_later(self.limits.answer_seconds, self._look_at_reader)

    def _look_at_reader(self) -> None:
        self._answer_timer = None
        held_back = self.transport.get_write_buffer_size()
        if held_back and held_back > self._held_back - self.limits.answer_bytes:
            # Without a reset the system would keep for long what it holds back for this client, too.
            connection = self.transport.get_extra_info("socket")
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            self.transport.abort()
        elif held_back:
            self._await_reader()

    def _refuse(self, status: HTTPStatus) -> None:
        words = f"{status.phrase}.\n".encode()
        head = (
            f"HTTP/1.1 {status.value} {status.phrase}\r\nconnection: close\r\n"
            f"content-type: text/plain; charset=utf-8\r\ncontent-length: {len(words)}\r\n\r\n"
        )
        self._end()
        self.connections.discard(self)
        self.transport.write(head.encode() + words)
        self.transport.close()

    def _end(self) -> None:
        """Watch no longer: the connection is closed, or no longer one of HTTP."""
        self._is_over = True
        self._stop_waiting()
        if self._answer_timer is not None:
            self._answer_timer.cancel()
            self._answer_timer = None
