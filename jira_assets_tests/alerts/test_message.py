"""One message about all that changed."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from jira_assets.alerts.changes import Changes
from jira_assets.alerts.message import write_message
from jira_assets.state import Alert, AlertMessage

NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)
PAY = Alert("project_failed", "1", "PAY", "Forbidden.", "Ask an admin.", NOON, NOON, sent_at=NOON)
WEB = replace(PAY, about="2", subject="WEB", text="Not found.")
OVER = replace(PAY, cleared_at=NOON + timedelta(hours=1))


def message(
    opened: tuple[Alert, ...] = (), closed: tuple[Alert, ...] = (), standing: tuple[Alert, ...] = ()
) -> AlertMessage:
    """Write a message that has something to say."""
    written = write_message(Changes([*opened, *standing], list(opened), list(closed)), "acme.atlassian.net")
    assert written is not None
    return written


def test_nothing_new_is_no_message() -> None:
    assert write_message(Changes([PAY], [], []), "acme.atlassian.net") is None


def test_a_problem_is_named_with_what_to_do() -> None:
    written = message(opened=(PAY,))
    assert written.title == "jira_assets, acme.atlassian.net: PAY: the newest sync failed"
    assert written.body == (
        "New:\n- PAY: the newest sync failed (since 2026-11-23 12:00 UTC). Forbidden. Ask an admin.\n\n"
        "`jira-assets status` shows the state of all projects."
    )
    assert not written.is_recovery


def test_all_that_changed_is_in_one_message() -> None:
    written = message(opened=(WEB,), closed=(OVER,), standing=(replace(PAY, subject="OPS", about="3"),))
    assert "New:\n- WEB" in written.body
    assert "Over:\n- PAY: the newest sync failed (began 2026-11-23 12:00 UTC, over 13:00 UTC)" in written.body
    assert "Reported before, not over:\n- OPS" in written.body
    assert not written.is_recovery


def test_only_when_nothing_is_left_all_is_over() -> None:
    alone, left = message(closed=(OVER,)), message(closed=(OVER,), standing=(WEB,))
    assert (alone.is_recovery, left.is_recovery) == (True, False)
    assert alone.title.endswith("every reported problem is over")
    assert left.title.endswith("1 problem over, 1 left")


def test_many_problems_and_long_texts_are_cut() -> None:
    many = tuple(replace(PAY, about=str(n), subject=f"P{n}", text="x" * 5000) for n in range(500))
    written = message(opened=many)
    assert written.title.endswith("P0: the newest sync failed and 499 more")
    assert "- and 480 more" in written.body
    assert len(written.body) < 8000
