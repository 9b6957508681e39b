"""The server itself: connections, threads, dates, and the command that runs it alone."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

import pytest
import requests

from jira_assets.demo.http.faults import Fault, Faults, broken
from jira_assets.demo.http.server import DemoServer
from jira_assets.demo.site import DemoSite
from jira_assets_tests.child_process import child_process
from jira_assets_tests.demo.caller import Caller
from jira_assets_tests.demo.conftest import NOW

PATH = "/rest/api/3/field"


def test_a_connection_is_kept_for_the_next_request(api: Caller, server: DemoServer) -> None:
    head = (
        f"GET {PATH} HTTP/1.1\r\nHost: x\r\nAuthorization: Basic ZGVtb0BleGFtcGxlLmNvbTpkZW1vLXRva2Vu\r\n\r\n"
    )
    with socket.create_connection(("127.0.0.1", server.port), timeout=5) as connection:
        for _ in range(3):
            connection.sendall(head.encode())
            reader = connection.makefile("rb")
            assert reader.readline() == b"HTTP/1.1 200 OK\r\n"
            length = 0
            while (line := reader.readline()) != b"\r\n":
                name, _, value = line.partition(b":")
                length = int(value) if name.lower() == b"content-length" else length
            assert reader.read(length).endswith(b"]")
            reader.close()


def test_the_date_is_that_of_the_virtual_clock(api: Caller, site: DemoSite) -> None:
    assert parsedate_to_datetime(api.get(PATH).headers["Date"]) == NOW
    site.clock.set(datetime(2031, 5, 6, 7, 8, 9, 999_000, tzinfo=UTC))
    assert parsedate_to_datetime(api.get(PATH).headers["Date"]) == datetime(2031, 5, 6, 7, 8, 9, tzinfo=UTC)


def test_requests_are_answered_at_the_same_time_and_counted_in_flight(
    server: DemoServer, site: DemoSite
) -> None:
    arrived = threading.Barrier(4, timeout=10)

    class Held(Faults):
        def choose(self, path: str, text: str) -> Fault | None:
            arrived.wait()  # nobody is answered until all four are here
            return None

    site.faults = Held()

    def ask(_number: int) -> int:
        with Caller(server.url) as caller:
            return caller.get(PATH).status_code

    with ThreadPoolExecutor(4) as threads:
        assert list(threads.map(ask, range(4))) == [200] * 4
    assert site.journal.most_in_flight == 4


def test_changes_while_others_read_leave_every_answer_whole(server: DemoServer, site: DemoSite) -> None:
    ids = sorted(site.issues_truth())
    stop = threading.Event()

    def read(_number: int) -> int:
        rounds = 0
        with Caller(server.url) as caller:
            while not stop.is_set() or rounds < 3:
                assert len(caller.search("created >= 0", fields=["*all"], maxResults=100)["issues"]) == 100
                rounds += 1
        return rounds

    with ThreadPoolExecutor(3) as threads:
        readers = [threads.submit(read, number) for number in range(3)]
        for number in range(60):
            site.edit_issue(ids[number], summary=f"edit {number}")
        stop.set()
        assert all(reader.result(timeout=20) >= 3 for reader in readers)


def test_stopping_ends_connections_and_threads(site: DemoSite) -> None:
    before = threading.active_count()
    with DemoServer(site) as server, Caller(server.url) as caller:
        caller.get(PATH)
        assert threading.active_count() > before
        url = server.url
    assert threading.active_count() == before
    with pytest.raises(requests.ConnectionError, match="Connection refused"):
        requests.get(url, timeout=5)


def test_a_site_can_be_served_again_at_another_address(site: DemoSite) -> None:
    key = min(issue.key for issue in site.issues_truth().values())
    for _ in range(2):
        with DemoServer(site) as server, Caller(server.url) as caller:
            assert caller.get(f"/rest/api/3/issue/{key}").json()["self"].startswith(server.url)


def test_a_client_that_goes_away_does_no_harm(
    api: Caller, server: DemoServer, site: DemoSite, capfd: pytest.CaptureFixture[str]
) -> None:
    with socket.create_connection(("127.0.0.1", server.port), timeout=5) as connection:
        connection.sendall(b"GET / HTTP/1.1\r\nContent-Length: 10\r\n\r\n")
    site.faults.add(broken("reset", count=1))
    with pytest.raises(requests.ConnectionError, match="Connection aborted"):
        api.get(PATH)

    assert api.get(PATH).status_code == 200
    assert capfd.readouterr().err == ""


def test_every_issue_can_be_encoded_ahead(api: Caller, site: DemoSite) -> None:
    site.warm()
    document = site.store.documents[min(site.store.documents)]

    signature = "*all,-attachment,-comment,-worklog"
    assert set(document.bodies) == {signature}
    api.search(f"id = {document.issue.id}", fields=["*all", "-comment", "-worklog", "-attachment"])
    assert set(document.bodies) == {signature}
    api.search(f"id = {document.issue.id}", fields=["*all", "-summary"])
    assert len(document.bodies) == 2


def test_the_command_serves_a_site_and_prints_how_to_connect() -> None:
    command = [sys.executable, "-m", "jira_assets.demo", "--issues", "30", "--projects", "2", "--warm"]
    with child_process(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        printed = dict(process.stdout.readline().strip().split("=", 1) for _ in range(3))
        assert "30 issues of 2 projects" in process.stderr.readline()
        credentials = (printed["JIRA_EMAIL"], printed["JIRA_API_TOKEN"])
        with Caller(printed["JIRA_SITE_URL"], auth=credentials) as caller:
            assert len(caller.keys("created >= 0")) == 30
        os.kill(process.pid, signal.SIGINT)
        assert process.wait(timeout=60) == 0
