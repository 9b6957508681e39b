"""Problems and messages are kept so that processes neither lose nor repeat any."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

from jira_assets.state import Alert, AlertMessage, State
from jira_assets.state.alerts import pause_after

NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)
PAY = Alert("project_failed", "1", "PAY", "Forbidden.", "Ask.", NOON, NOON)
FIRST = AlertMessage("first", "body", is_recovery=False)
SECOND = AlertMessage("second", "body", is_recovery=True)


def queue(state: State, message: AlertMessage, *targets: str, at: datetime = NOON) -> None:
    """Queue a message for targets."""
    state.alerts.revise(lambda known: (known, message), targets, at)


def test_problems_are_replaced_as_a_whole(state: State) -> None:
    state.alerts.revise(lambda _: ([PAY], None), [], NOON)
    assert state.alerts.all() == [PAY]
    state.alerts.revise(lambda known: (known[1:], None), [], NOON)
    assert state.alerts.all() == []


def test_processes_that_see_the_same_queue_one_message(state: State) -> None:
    def note(known: list[Alert]) -> tuple[list[Alert], AlertMessage | None]:
        return [PAY], None if known else FIRST

    with ThreadPoolExecutor(4) as threads:
        list(threads.map(lambda _: state.alerts.revise(note, ["a"], NOON), range(12)))

    assert state.alerts.claim_message(["a"], NOON) is not None
    assert state.alerts.claim_message(["a"], NOON + timedelta(days=1)) is not None  # the same again
    assert [queued.attempts for queued in state.alerts.unsent_messages()] == [2]


def test_a_message_is_claimed_by_one_and_due_again_later(state: State) -> None:
    queue(state, FIRST, "a")
    with ThreadPoolExecutor(4) as threads:
        claims = list(threads.map(lambda _: state.alerts.claim_message(["a"], NOON), range(8)))

    (claimed,) = [claim for claim in claims if claim]
    assert claimed.message == FIRST
    assert state.alerts.claim_message(["a"], NOON + timedelta(seconds=59)) is None
    assert state.alerts.claim_message(["a"], NOON + timedelta(seconds=60)) is not None


def test_messages_of_a_target_keep_their_order_and_targets_do_not_wait_for_each_other(state: State) -> None:
    queue(state, FIRST, "a", "b")
    queue(state, SECOND, "a", "b")
    later = NOON + timedelta(seconds=1)
    claimed = [state.alerts.claim_message(["a", "b"], later) for _ in range(3)]
    assert [claim and (claim.target, claim.message) for claim in claimed] == [
        ("a", FIRST),
        ("b", FIRST),
        None,
    ]
    assert claimed[0] is not None

    state.alerts.forget_message(claimed[0].message_id)

    following = state.alerts.claim_message(["a", "b"], later)
    assert following is not None
    assert (following.target, following.message) == ("a", SECOND)


def test_a_target_that_is_no_longer_set_is_left_alone_and_old_messages_are_dropped(state: State) -> None:
    queue(state, FIRST, "removed")
    assert state.alerts.claim_message(["a"], NOON) is None
    queue(state, SECOND, "a", at=NOON + timedelta(days=8))
    assert state.alerts.claim_message(["a"], NOON + timedelta(days=8)) is not None
    assert state.alerts.claim_message(["removed"], NOON) is None


def test_pauses_double_up_to_an_hour() -> None:
    pauses = [pause_after(attempts) / timedelta(minutes=1) for attempts in (1, 2, 3, 4, 5, 6, 7, 99)]
    assert pauses == [1, 2, 4, 8, 16, 32, 60, 60]
