"""The limit of a shared lake: processes take turns at the slots of a site by their shares in the database."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import ExitStack, closing

import pytest

from jira_assets.state import ConnectedSite, State
from jira_assets.sync.in_flight_shared import SharedLimit
from jira_assets_tests.waiting import SECONDS

AT_ONCE = 0.0


@pytest.fixture
def state(postgres_url: str) -> Iterator[State]:
    """The state that hosts share."""
    with State.open(postgres_url) as opened:
        yield opened


@pytest.fixture
def limits(state: State) -> Iterator[tuple[SharedLimit, SharedLimit]]:
    """The limit of two processes."""
    with ExitStack() as opened:
        one, other = (opened.enter_context(closing(SharedLimit(state.request_shares, 3))) for _ in range(2))
        yield one, other


def test_a_process_alone_has_all_slots_from_its_first_request(
    limits: tuple[SharedLimit, SharedLimit],
) -> None:
    one, _ = limits
    assert one.acquire(SECONDS)
    assert [one.acquire(AT_ONCE) for _ in range(3)] == [True, True, False]
    for _ in range(3):
        one.release()


def test_who_comes_second_waits_for_a_slot_and_gets_its_part(limits: tuple[SharedLimit, SharedLimit]) -> None:
    one, other = limits
    for _ in range(3):
        assert one.acquire(SECONDS)
    assert not other.acquire(AT_ONCE)
    one.release()
    assert other.acquire(SECONDS)
    assert not one.acquire(AT_ONCE)
    for limit in (one, one, other):
        limit.release()


def test_a_process_that_asks_nothing_gives_its_share_back(limits: tuple[SharedLimit, SharedLimit]) -> None:
    one, other = limits
    assert one.acquire(SECONDS)
    one.release()
    for _ in range(3):
        assert other.acquire(SECONDS)
    for _ in range(3):
        other.release()


def test_what_is_closed_has_no_share_and_may_ask_again(
    limits: tuple[SharedLimit, SharedLimit], state: State
) -> None:
    one, _ = limits
    for _ in range(2):
        assert one.acquire(SECONDS)
        assert len(json.loads(state.request_shares.read().body)) == 1
        one.release()
        one.close()
        assert json.loads(state.request_shares.read().body) == []


def test_a_database_that_does_not_answer_is_the_error_of_the_request(
    limits: tuple[SharedLimit, SharedLimit], state: State
) -> None:
    one, _ = limits
    with state.writing() as connection:
        connection.exec_driver_sql("alter table request_shares rename to gone")
    with pytest.raises(Exception, match="request_shares"):
        one.acquire(SECONDS)
    with state.writing() as connection:
        connection.exec_driver_sql("alter table gone rename to request_shares")
    assert one.acquire(SECONDS)
    one.release()


def test_sites_have_shares_of_their_own(state: State) -> None:
    acme = state.of(ConnectedSite(site_id=2))
    with (
        closing(SharedLimit(state.request_shares, 1)) as one,
        closing(SharedLimit(acme.request_shares, 1)) as other,
    ):
        assert one.acquire(SECONDS)
        assert other.acquire(SECONDS)
        one.release()
        other.release()


def test_of_two_that_replace_the_shares_at_the_same_time_one_is_refused(state: State) -> None:
    shares = state.request_shares
    assert [shares.replace(0, "[1]"), shares.replace(0, "[2]")] == [True, False]
    found = shares.read()
    assert (found.version, found.body) == (1, "[1]")
    assert [shares.replace(1, "[3]"), shares.replace(1, "[4]")] == [True, False]
    assert shares.read().body == "[3]"
