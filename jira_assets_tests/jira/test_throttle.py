"""Pauses: a later end wins, and ids don't make new endpoints."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from jira_assets.jira.throttle import EndpointThrottle, MemoryPauseStore, endpoint_of

NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)
LATER = NOON + timedelta(minutes=1)


def test_a_pause_is_never_shortened() -> None:
    board = MemoryPauseStore()
    assert board.until() is None
    board.pause(LATER, "quota")
    board.pause(NOON, "quota")
    assert board.until() == LATER


def test_a_gate_is_never_opened_early() -> None:
    gates = EndpointThrottle()
    gates.close("GET /x", LATER, "burst")
    gates.close("GET /x", NOON, "other")
    assert gates.closed_until("GET /x") == (LATER, "burst")
    assert gates.closed_until("GET /y") is None


@pytest.mark.parametrize(
    ("path", "endpoint"),
    [
        ("/rest/api/3/search/jql", "GET /rest/api/3/search/jql"),
        ("/rest/api/3/issue/10001/changelog", "GET /rest/api/3/issue/{}/changelog"),
        ("/rest/api/3/issue/PAY-12", "GET /rest/api/3/issue/{}"),
        ("/rest/api/3/project/PAY_2", "GET /rest/api/3/project/{}"),
        ("/rest/api/3/project/10000", "GET /rest/api/3/project/{}"),
        ("/rest/agile/1.0/board/7/sprint", "GET /rest/agile/1.0/board/{}/sprint"),
        ("/_edge/tenant_info", "GET /_edge/tenant_info"),
    ],
)
def test_an_endpoint_is_named_without_ids_and_keys(path: str, endpoint: str) -> None:
    assert endpoint_of("GET", path) == endpoint
