"""Whatever happens, a problem is reported once, and its end once."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from jira_assets.alerts.changes import Changes, compare
from jira_assets.alerts.conditions import (
    PROJECT_FAILED,
    PROJECT_STALE,
    PUBLISH_FAILED,
    SYNCS_STOPPED,
    Condition,
    HealthReport,
    Key,
    causes_of,
)
from jira_assets.state.models import Alert

NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)
LASTING = timedelta(minutes=10)
STOPPED = Condition(SYNCS_STOPPED, "", "acme", "Gone.")
FAILED = Condition(PROJECT_FAILED, "1", "PAY", "Forbidden.")
STALE = Condition(PROJECT_STALE, "1", "PAY", "Old.")
OTHER = Condition(PROJECT_STALE, "2", "WEB", "Old.")
PUBLISH = Condition(PUBLISH_FAILED, "", "warehouse", "No.", since=NOON - timedelta(hours=1))
ALL = [STOPPED, FAILED, STALE, OTHER, PUBLISH]
KEYS = [condition.key for condition in ALL]

looks = st.builds(
    HealthReport,
    st.lists(st.sampled_from(ALL), unique=True).map(tuple),
    st.frozensets(st.sampled_from(KEYS), max_size=2),
)
steps = st.lists(st.tuples(looks, st.integers(0, 20)), max_size=25)


class Watch:
    """Looks one after the other, by a clock of its own."""

    def __init__(self) -> None:
        self.now = NOON
        self.alerts: list[Alert] = []

    def look(
        self, *conditions: Condition, after: int = 0, undecided: frozenset[Key] = frozenset()
    ) -> Changes:
        """Look so many minutes later."""
        self.now += timedelta(minutes=after)
        changes = compare(self.alerts, HealthReport(conditions, undecided), self.now, LASTING)
        self.alerts = changes.alerts
        return changes


def said(changes: Changes) -> tuple[list[str], list[str]]:
    """The names of what was reported as begun and as over."""
    return [alert.name for alert in changes.opened], [alert.name for alert in changes.closed]


@given(steps)
def test_reports_of_a_problem_alternate_and_every_one_ends(steps: list[tuple[HealthReport, int]]) -> None:
    watch, told = Watch(), dict.fromkeys(KEYS, "closed")
    quiet = [(HealthReport(), 11), (HealthReport(), 11)]
    for look, minutes in [*steps, *quiet]:
        changes = watch.look(*look.conditions, after=minutes, undecided=look.undecided)
        for alert in changes.opened:
            assert told[alert.key] == "closed"
            assert not any(cause in {each.key for each in look.conditions} for cause in causes_of(alert.key))
            told[alert.key] = "opened"
        for alert in changes.closed:
            assert told[alert.key] == "opened"
            told[alert.key] = "closed"
        assert {alert.key for alert in watch.alerts if alert.sent_at} == {
            key for key, state in told.items() if state == "opened"
        }
    assert set(told.values()) == {"closed"}
    assert watch.alerts == []


@given(st.lists(st.integers(1, 9), min_size=3, max_size=30))
def test_a_problem_that_stays_is_reported_exactly_once_it_has_lasted(gaps: list[int]) -> None:
    watch = Watch()
    watch.look(FAILED)
    reported = [said(watch.look(FAILED, after=gap))[0] for gap in gaps]
    assert sum(map(len, reported)) == (sum(gaps) >= 10)


@given(st.lists(st.booleans(), min_size=1, max_size=60))
def test_a_problem_that_comes_and_goes_each_minute_is_reported_only_when_it_lasts(seen: list[bool]) -> None:
    watch = Watch()
    opened = sum(len(watch.look(*([FAILED] if each else []), after=1).opened) for each in seen)
    longest = max(map(len, "".join("x" if each else " " for each in seen).split(" ")))
    assert (opened > 0) == (longest > 10)


def test_the_same_look_again_changes_nothing() -> None:
    watch = Watch()
    watch.look(FAILED, PUBLISH)
    watch.look(FAILED, PUBLISH, after=10)
    before = watch.alerts

    changes = watch.look(FAILED, PUBLISH, after=60)

    assert said(changes) == ([], [])
    assert changes.alerts == before


def test_what_began_before_it_was_noticed_has_to_last_all_the_same() -> None:
    watch = Watch()
    assert said(watch.look(PUBLISH)) == ([], [])
    assert said(watch.look(PUBLISH, after=10)) == ([PUBLISH_FAILED], [])
    assert watch.alerts[0].since == PUBLISH.since


def test_an_end_has_to_last_too() -> None:
    watch = Watch()
    watch.look(FAILED)
    watch.look(FAILED, after=10)
    assert said(watch.look(after=1)) == ([], [])
    assert said(watch.look(FAILED, after=5)) == ([], [])
    assert said(watch.look(after=60)) == ([], [])
    assert said(watch.look(after=10)) == ([], [PROJECT_FAILED])


def test_a_look_that_cannot_decide_ends_nothing() -> None:
    watch = Watch()
    watch.look(STOPPED)
    watch.look(STOPPED, after=10)
    before = watch.alerts

    for _ in range(3):
        assert said(watch.look(after=20, undecided=frozenset([STOPPED.key]))) == ([], [])

    assert watch.alerts == before


def test_a_consequence_is_reported_only_when_it_outlasts_its_cause() -> None:
    watch = Watch()
    watch.look(STOPPED, FAILED, STALE)
    assert said(watch.look(STOPPED, FAILED, STALE, after=30)) == ([SYNCS_STOPPED], [])
    assert said(watch.look(STALE, after=1)) == ([], [])
    assert said(watch.look(STALE, after=9)) == ([], [])
    assert said(watch.look(STALE, after=1)) == ([], [SYNCS_STOPPED])
    assert said(watch.look(STALE, after=9)) == ([PROJECT_STALE], [])


def test_a_reported_problem_that_gets_a_cause_stays_reported() -> None:
    watch = Watch()
    watch.look(STALE)
    watch.look(STALE, after=10)
    watch.look(STALE, FAILED, after=1)
    assert said(watch.look(STALE, FAILED, after=10)) == ([PROJECT_FAILED], [])
    assert {alert.name for alert in watch.alerts if alert.sent_at} == {PROJECT_STALE, PROJECT_FAILED}


def test_the_newest_words_are_kept() -> None:
    watch = Watch()
    watch.look(FAILED)
    (alert,) = watch.look(replace(FAILED, text="Not found.", remedy="Ask."), after=10).opened
    assert (alert.text, alert.remedy, alert.since) == ("Not found.", "Ask.", NOON)
