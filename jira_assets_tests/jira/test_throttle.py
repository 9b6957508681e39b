"""Pauses: a later end wins, others hear of them, and ids don't make new endpoints."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from jira_assets.jira import throttle
from jira_assets.jira.throttle import (
    WHOLE_SITE,
    MemoryPauseStore,
    Pause,
    RecentPauses,
    endpoint_of,
)

NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)
LATER = NOON + timedelta(minutes=1)


def test_a_pause_is_never_shortened() -> None:
    board = MemoryPauseStore()
    assert board.all() == {}
    board.pause(LATER, "quota")
    board.pause(NOON, "other")
    board.pause(LATER, "burst", "GET /x")
    board.pause(NOON, "other", "GET /x")
    assert board.all() == {WHOLE_SITE: Pause(LATER, "quota"), "GET /x": Pause(LATER, "burst")}


def test_the_store_is_not_read_for_every_request() -> None:
    board = MemoryPauseStore()
    pauses = RecentPauses(board)
    assert pauses.all() == {}
    board.pause(NOON, "another process")
    assert pauses.all() == {}
    pauses.pause(LATER, "burst", "GET /x")  # from now on, that of the other process is known as well
    assert set(pauses.all()) == {WHOLE_SITE, "GET /x"}


def test_what_the_store_said_is_used_for_a_moment_only(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(throttle, "NEWS_SECONDS", 0.0)
    board = MemoryPauseStore()
    pauses = RecentPauses(board)
    assert pauses.all() == {}
    board.pause(NOON, "another process")
    assert set(pauses.all()) == {WHOLE_SITE}


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
