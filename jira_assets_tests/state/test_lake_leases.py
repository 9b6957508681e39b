"""A lease has one holder, runs out by the clock of the database, and its token only grows."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime

import pytest
from sqlalchemy import text

from jira_assets.state import State
from jira_assets.state.lake_leases import LeaseHolder

LAKE = "s3://acme/jira"
GONE = -1.0
"""A lease that lasts for so long has run out."""


@pytest.fixture
def state(postgres_url: str) -> Iterator[State]:
    """Open a state that hosts share."""
    with State.open(postgres_url) as opened:
        yield opened


def on(host: str) -> LeaseHolder:
    """Name a process of a host."""
    return LeaseHolder(host, 7, "sync", datetime.now(UTC))


def test_a_lease_has_one_holder_until_it_is_given_back(state: State) -> None:
    leases = state.lake_leases
    token = leases.take(LAKE, "10", on("a"), 60)
    assert token is not None
    assert leases.take(LAKE, "10", on("b"), 60) is None
    assert leases.take(LAKE, "20", on("b"), 60) is not None
    assert leases.take("s3://other", "10", on("b"), 60) is not None

    leases.give_back(LAKE, "10", token)
    assert leases.take(LAKE, "10", on("b"), 60) is not None


def test_a_lease_that_ran_out_is_taken_over_and_cannot_be_renewed_or_given_back(state: State) -> None:
    leases = state.lake_leases
    before = leases.take(LAKE, "10", on("a"), GONE)
    assert before is not None
    assert leases.holders(LAKE, ["10"]) == {}
    after = leases.take(LAKE, "10", on("b"), 60)
    assert after is not None
    assert after > before

    assert leases.renew([before, after], 60) == {after}
    leases.give_back(LAKE, "10", before)
    assert leases.holders(LAKE, ["10"])["10"].host == "b"


def test_a_lease_that_ran_out_and_was_not_taken_over_can_be_renewed(state: State) -> None:
    leases = state.lake_leases
    token = leases.take(LAKE, "10", on("a"), GONE)
    assert token is not None
    assert leases.renew([token], 60) == {token}
    assert leases.take(LAKE, "10", on("b"), 60) is None


def test_the_holders_of_many_projects_are_found_at_once(state: State) -> None:
    leases = state.lake_leases
    leases.take(LAKE, "10", on("a"), 60)
    leases.take(LAKE, "20", on("b"), 60)
    leases.take(LAKE, "30", on("c"), GONE)

    found = leases.holders(LAKE, ["10", "20", "30", "40"])
    assert {name: (who.host, who.pid, who.purpose) for name, who in found.items()} == {
        "10": ("a", 7, "sync"),
        "20": ("b", 7, "sync"),
    }
    assert all(who.since.tzinfo is UTC for who in found.values())


def test_of_many_that_want_a_lease_at_the_same_time_one_gets_it(state: State) -> None:
    leases = state.lake_leases
    with ThreadPoolExecutor(8) as pool:
        for life in (GONE, 60.0):  # in the second round, all try to take over the lease of the first
            tokens = list(
                pool.map(lambda number, life=life: leases.take(LAKE, "10", on(str(number)), life), "abcdefgh")
            )
            if life == GONE:
                assert all(tokens)
            else:
                assert len([token for token in tokens if token]) == 1


def test_a_process_that_freezes_behind_a_statement_keeps_no_one_waiting(
    state: State, postgres_url: str
) -> None:
    state.lake_leases.take(LAKE, "10", on("a"), 60)
    impatient = f"{postgres_url}?options=-clock_timeout%3D5000"
    with state.at_once() as frozen, State.open(impatient) as other:
        frozen.execute(text("update lake_leases set expires_at = now() - interval '1 second'"))
        assert other.lake_leases.take(LAKE, "10", on("b"), 60) is not None
