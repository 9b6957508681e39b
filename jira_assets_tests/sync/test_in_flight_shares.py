"""Shares of the requests in flight: processes that renew, die and freeze keep to the limit together."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from jira_assets.sync.in_flight_shares import Share, divide, renew, without

NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)
LIFE = timedelta(seconds=10)
LIMIT = 8
WANTS = st.integers(1, LIMIT)


def share(process: str, holds: int, wants: int, *, limit: int = LIMIT) -> Share:
    return Share(process, holds, wants, limit, NOON)


def settle(processes: dict[str, int], limit: int = LIMIT) -> dict[str, int]:
    """Have all renew in turn until nothing changes; each wants so many and uses what it may."""
    shares: list[Share] = []
    allowed = dict.fromkeys(processes, 0)
    for _ in range(3):
        for process, wants in processes.items():
            mine = share(process, allowed[process], wants, limit=limit)
            shares, allowed[process] = renew(shares, mine, NOON, LIFE)
    return allowed


def test_a_process_alone_has_all_also_when_it_wants_one() -> None:
    assert settle({"a": 8}) == {"a": 8}
    assert settle({"a": 1}) == {"a": 8}


def test_two_have_half_each_and_what_one_does_not_want_the_other_has() -> None:
    assert settle({"a": 8, "b": 8}) == {"a": 4, "b": 4}
    assert settle({"a": 8, "b": 1}) == {"a": 7, "b": 1}
    assert settle({"a": 1, "b": 1}) == {"a": 4, "b": 4}


def test_three_have_at_least_two_each() -> None:
    assert settle({"a": 8, "b": 8, "c": 8}) == {"a": 3, "b": 3, "c": 2}


def test_of_more_than_the_limit_the_last_in_line_wait() -> None:
    assert settle({"a": 8, "b": 8, "c": 8}, limit=2) == {"a": 1, "b": 1, "c": 0}


def test_the_lowest_limit_of_all_holds_for_the_site() -> None:
    shares, _ = renew([], share("a", 0, 8, limit=2), NOON, LIFE)
    shares, allowed = renew(shares, share("b", 0, 8), NOON, LIFE)
    assert allowed == 0
    shares, allowed = renew(shares, share("a", 2, 8, limit=2), NOON, LIFE)
    assert allowed == 1


def test_who_joins_gets_nothing_before_others_have_given_back() -> None:
    shares, allowed = renew([], share("a", 0, 8), NOON, LIFE)
    assert allowed == 8
    shares, allowed = renew(shares, share("b", 0, 8), NOON, LIFE)
    assert allowed == 0
    shares, allowed = renew(shares, share("a", 8, 8), NOON, LIFE)  # it may have 4, and has 8 in flight
    assert allowed == 4
    shares, allowed = renew(shares, share("b", 0, 8), NOON, LIFE)
    assert allowed == 0
    shares, allowed = renew(shares, share("a", 5, 8), NOON, LIFE)  # three were answered
    shares, allowed = renew(shares, share("b", 0, 8), NOON, LIFE)
    assert allowed == 3


def test_what_one_gives_back_the_others_have() -> None:
    shares, _ = renew([], share("a", 0, 8), NOON, LIFE)
    shares, _ = renew(shares, share("b", 0, 8), NOON, LIFE)
    shares, allowed = renew(without(shares, "a"), share("b", 0, 8), NOON, LIFE)
    assert allowed == 8


def test_the_share_of_a_dead_process_is_free_when_it_ran_out() -> None:
    shares, _ = renew([], share("a", 0, 8), NOON, LIFE)
    shares, allowed = renew(shares, share("b", 0, 8), NOON + LIFE - timedelta(seconds=1), LIFE)
    assert allowed == 0
    shares, allowed = renew(shares, share("b", 0, 8), NOON + LIFE, LIFE)
    assert allowed == 8
    assert [each.process for each in shares] == ["b"]


def test_a_process_that_wakes_up_gets_nothing_until_it_has_no_more_in_flight_than_is_free() -> None:
    shares, _ = renew([], share("b", 0, 8), NOON, LIFE)
    shares, allowed = renew(shares, share("a", 4, 8), NOON, LIFE)  # it begins nothing; four are in flight
    assert allowed == 0
    assert [each.holds for each in shares] == [8, 4]


@given(st.integers(1, LIMIT), st.lists(WANTS, min_size=1, max_size=12))
def test_all_is_given_as_evenly_as_it_is_wanted(limit: int, wants: list[int]) -> None:
    given_out = divide(limit, wants)
    assert sum(given_out) == limit
    assert len(wants) > limit or min(given_out) >= 1
    for got, want in zip(given_out, wants, strict=True):
        if got < want:  # no other one has more than its fair part
            assert all(other <= got + 1 for other in given_out)


@given(st.data())
def test_whoever_renews_dies_or_wakes_up_there_are_never_more_than_the_limit(data: st.DataObject) -> None:
    names = [f"p{number}" for number in range(data.draw(st.integers(1, 12)))]
    shares: list[Share] = []
    allowed, in_flight = dict.fromkeys(names, 0), dict.fromkeys(names, 0)
    overdue = dict.fromkeys(names, 0)  # of these, those that were in flight when the share ran out
    good_until = dict.fromkeys(names, NOON)
    now = NOON
    for _ in range(data.draw(st.integers(1, 60))):
        name = data.draw(st.sampled_from(names))
        match data.draw(st.sampled_from(["renew", "ask", "answer", "leave", "wait"])):
            case "renew":
                if now >= good_until[name]:
                    allowed[name], overdue[name] = 0, in_flight[name]
                holds = max(allowed[name], in_flight[name])
                mine = share(name, holds, data.draw(WANTS))
                shares, allowed[name] = renew(shares, mine, now, LIFE)
                good_until[name] = now + LIFE
            case "ask" if in_flight[name] < allowed[name] and now < good_until[name]:
                in_flight[name] += 1
            case "answer" if in_flight[name]:
                in_flight[name] -= 1
                overdue[name] = min(overdue[name], in_flight[name])
            case "leave" if not in_flight[name]:
                allowed[name] = 0
                shares = without(shares, name)
            case "wait":
                now += timedelta(seconds=data.draw(st.integers(0, 6)))
        excess = sum(in_flight[each] if now >= good_until[each] else overdue[each] for each in names)
        assert sum(in_flight.values()) - excess <= LIMIT
