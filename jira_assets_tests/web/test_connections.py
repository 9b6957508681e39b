"""Connections that are slow, half-open or too many: they end, and everybody else is served."""

from __future__ import annotations

import asyncio
import select
import socket
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field

import pytest
import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.routing import Route, WebSocketRoute
from starlette.types import ASGIApp
from starlette.websockets import WebSocket
from uvicorn.protocols.http.flow_control import FlowControl
from uvicorn.protocols.http.h11_impl import H11Protocol
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol
from uvicorn.server import ServerState
from websockets.sync.client import connect

from jira_assets.web.connections import Limits, limited
from jira_assets.web.serve import server_config
from jira_assets_tests.sampling import sampled
from jira_assets_tests.web.conftest import Page

PATIENT = 60.0
SHORT = 0.1
GET = b"GET / HTTP/1.1\r\nhost: localhost\r\n"
POST = b"POST / HTTP/1.1\r\nhost: localhost\r\ncontent-length: 10\r\n\r\n"
LARGE = 50_000_000

OLD_WEBSOCKETS = pytest.mark.filterwarnings("ignore::DeprecationWarning")
"""The lowest version of uvicorn takes the websockets of before."""
PROTOCOLS = [H11Protocol, HttpToolsProtocol]


async def answer(request: Request) -> PlainTextResponse:
    return PlainTextResponse(b"got " + await request.body())


async def answer_at_length(_: Request) -> PlainTextResponse:
    return PlainTextResponse(b"x" * LARGE)


async def echo(websocket: WebSocket) -> None:
    await websocket.accept()
    async for text in websocket.iter_text():
        await websocket.send_text(text)


APP = Starlette(
    routes=[
        Route("/", answer, methods=["GET", "POST"]),
        Route("/large", answer_at_length),
        WebSocketRoute("/echo", echo),
    ]
)


@dataclass
class Served:
    """A server, and what clients do to it."""

    port: int
    clients: ExitStack

    def connect(self, sent: bytes = b"", address: str = "") -> socket.socket:
        """Open a connection, which ends with the test, and send something."""
        client = socket.create_connection(("127.0.0.1", self.port), PATIENT, (address, 0))
        self.clients.enter_context(client)
        client.sendall(sent)
        return client

    def post(self, address: str = "") -> socket.socket:
        """Begin a request whose header the server has and whose body it waits for."""
        client = self.connect(POST.replace(b"\r\n\r\n", b"\r\nexpect: 100-continue\r\n\r\n"), address)
        assert client.recv(1000).startswith(b"HTTP/1.1 100 ")
        return client

    def is_refused(self, address: str = "") -> bool:
        """Whether one more connection is refused; a system may drop the words when it closes one."""
        return is_refusal(read_to_the_end(self.connect(address=address)), 503)

    def asked(self) -> bytes:
        """Send a whole request, as somebody does who has nothing to do with the others."""
        return read_to_the_end(self.connect(GET + b"connection: close\r\n\r\n"))


def read_to_the_end(client: socket.socket) -> bytes:
    """Read until the server closes the connection."""
    found = b""
    try:
        while part := client.recv(65536):
            found += part
    except ConnectionResetError:  # closed with something unread
        pass
    return found


def is_refusal(answer: bytes, status: int) -> bool:
    """Whether a request was refused so; a system may drop the words when it closes a connection."""
    return answer == b"" or answer.startswith(f"HTTP/1.1 {status} ".encode())


@contextmanager
def serving(
    limits: Limits,
    base: type[asyncio.Protocol] | None = None,
    app: ASGIApp = APP,
    *,
    websockets: bool = False,
) -> Iterator[Served]:
    config = server_config(app, websockets=websockets, limits=limits)
    if base is not None:
        config.http = limited(limits, base)
    server = uvicorn.Server(config)
    with ExitStack() as clients, socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
        thread.start()
        try:
            yield Served(listener.getsockname()[1], clients)
        finally:
            clients.close()
            server.should_exit = True
            thread.join()


@pytest.mark.parametrize("base", PROTOCOLS)
@pytest.mark.parametrize("sent", sampled([b"GET", b"", GET, GET + b"x-slow: "], 4))
def test_a_request_that_never_ends_is_closed(base: type[asyncio.Protocol], sent: bytes) -> None:
    with serving(Limits(header_seconds=SHORT), base) as served:
        assert read_to_the_end(served.connect(sent)) == b""
        assert b"200 OK" in served.asked()


@pytest.mark.parametrize("base", sampled(PROTOCOLS))
def test_a_header_that_comes_in_drops_is_closed(base: type[asyncio.Protocol]) -> None:
    with serving(Limits(header_seconds=SHORT), base) as served:
        client = served.connect(GET)
        closed = select.poll()
        closed.register(client, select.POLLIN | select.POLLHUP)
        for _ in range(10_000):
            client.sendall(b"x: y\r\n")
            if closed.poll(SHORT * 1000 / 20):
                break
        assert read_to_the_end(client) == b""


@pytest.mark.parametrize("base", sampled(PROTOCOLS))
def test_the_second_request_of_a_connection_has_no_more_time(base: type[asyncio.Protocol]) -> None:
    with serving(Limits(header_seconds=SHORT), base) as served:
        client = served.connect(GET + b"\r\n")
        assert client.recv(1000).startswith(b"HTTP/1.1 200 OK")
        client.sendall(GET)
        assert read_to_the_end(client) in (b"", b"got ")


@pytest.mark.parametrize("base", PROTOCOLS)
def test_a_header_without_end_is_refused(base: type[asyncio.Protocol]) -> None:
    with serving(Limits(header_bytes=1000), base) as served:
        client = served.connect(GET + b"x: " + b"y" * 1000)
        assert is_refusal(read_to_the_end(client), 431)
        assert b"200 OK" in served.asked()


@pytest.mark.parametrize("base", sampled(PROTOCOLS))
@pytest.mark.parametrize("sent", sampled([b"12345", b""]))
def test_a_body_that_stalls_is_closed(base: type[asyncio.Protocol], sent: bytes) -> None:
    with serving(Limits(body_seconds=SHORT), base) as served:
        assert read_to_the_end(served.connect(POST + sent)) == b""


def test_a_form_that_stalls_is_no_fault_of_the_page(page: Page, caplog: pytest.LogCaptureFixture) -> None:
    with serving(Limits(body_seconds=SHORT), app=page.client.app) as served:
        stalled = served.connect(POST.replace(b" / ", b" /people "))
        assert read_to_the_end(stalled) == b""
    assert caplog.messages == []


@pytest.mark.parametrize("base", sampled(PROTOCOLS))
def test_a_client_that_does_not_read_is_closed(base: type[asyncio.Protocol]) -> None:
    with serving(Limits(answer_seconds=SHORT), base) as served:
        idle = served.connect(b"GET /large HTTP/1.1\r\nhost: localhost\r\n\r\n")
        reset = select.poll()
        reset.register(idle, 0)
        assert reset.poll(PATIENT * 1000)
        assert b"200 OK" in served.asked()


@dataclass
class Line:
    """A transport in whose buffer an answer waits, and a loop whose time passes when a test says so."""

    waiting: int
    is_cut: bool = False
    timers: list[Callable[[], None]] = field(default_factory=list)

    def get_write_buffer_size(self) -> int:
        return self.waiting

    def get_extra_info(self, _: str) -> Line:
        return self

    def setsockopt(self, *_: object) -> None:
        pass

    def abort(self) -> None:
        self.is_cut = True

    def call_later(self, _: float, then: Callable[[], None]) -> Line:
        self.timers.append(then)
        return self

    def time(self) -> float:
        return 0

    def cancel(self) -> None:
        self.timers.clear()


def test_a_slow_reader_is_served_for_as_long_as_it_reads() -> None:
    line = Line(waiting=100)
    config = server_config(APP, websockets=False)
    protocol = limited(Limits(answer_bytes=10))(config, ServerState(), {}, line)  # type: ignore[call-arg]
    protocol.transport, protocol.flow = line, FlowControl(line)  # type: ignore[attr-defined, arg-type]
    protocol.pause_writing()
    for left in (90, 40, 30):
        line.waiting = left
        line.timers.pop()()
        assert not line.is_cut
    line.waiting = 25
    line.timers.pop()()
    assert line.is_cut


@pytest.mark.parametrize("base", PROTOCOLS)
def test_those_beyond_the_limit_are_refused_until_others_end(base: type[asyncio.Protocol]) -> None:
    with serving(Limits(connections=5), base) as served:
        posting = [served.post() for _ in range(5)]
        assert served.is_refused()
        for client in posting:
            client.sendall(b"1234567890")
            assert b"200 OK" in client.recv(1000)
        assert b"200 OK" in served.asked()


@pytest.mark.parametrize("base", PROTOCOLS)
def test_half_open_requests_keep_no_other_request_out(base: type[asyncio.Protocol]) -> None:
    with serving(Limits(connections=5, header_seconds=PATIENT), base) as served:
        half_open = [served.connect(GET) for _ in range(5)]
        assert b"200 OK" in served.asked()
        assert read_to_the_end(half_open[0]) == b"", "the oldest made room"


def test_a_crowd_of_half_open_requests_goes_away() -> None:
    with serving(Limits(connections=50, header_seconds=SHORT)) as served:
        crowd = [served.connect(b"GET") for _ in range(300)]
        assert b"200 OK" in served.asked()
        for client in crowd:
            assert read_to_the_end(client) == b""


@pytest.mark.skipif(sys.platform != "linux", reason="Only Linux has all of 127.0.0.0/8.")
def test_one_address_cannot_take_all_connections() -> None:
    with serving(Limits(connections=10, per_client=4)) as served:
        greedy = [served.post("127.0.0.2") for _ in range(4)]
        assert served.is_refused("127.0.0.2")
        assert b"200 OK" in served.asked()
        greedy[0].sendall(b"1234567890")
        assert b"200 OK" in greedy[0].recv(1000)


@OLD_WEBSOCKETS
@pytest.mark.parametrize("base", sampled(PROTOCOLS))
def test_a_websocket_lives_longer_than_any_request_may(base: type[asyncio.Protocol]) -> None:
    limits = Limits(header_seconds=SHORT, body_seconds=SHORT, answer_seconds=SHORT)
    with (
        serving(limits, base, websockets=True) as served,
        connect(f"ws://127.0.0.1:{served.port}/echo") as websocket,
    ):
        for number in range(2):
            read_to_the_end(served.connect(GET))  # that takes as long as a header may
            websocket.send(str(number))
            assert websocket.recv() == str(number)


@OLD_WEBSOCKETS
def test_websockets_count_as_connections() -> None:
    with serving(Limits(connections=2), websockets=True) as served, ExitStack() as open_ones:
        for _ in range(2):
            websocket = open_ones.enter_context(connect(f"ws://127.0.0.1:{served.port}/echo"))
            websocket.send("here")
            assert websocket.recv() == "here"
        assert served.is_refused()
