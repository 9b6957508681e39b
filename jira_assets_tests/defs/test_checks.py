"""The asset checks say what is wrong, where, and turn green again by themselves."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import dagster as dg
import duckdb
import pytest

from jira_assets.definitions import defs
from jira_assets.lake.manifest import Derived, Manifest
from jira_assets.state import SyncRecord, TrackedProject
from jira_assets.sync.health import Limits, judge_notices, judge_projects
from jira_assets.sync.notices import ActiveNotice
from jira_assets.sync.results import Portfolio
from jira_assets.warehouse.audits import open_issues_that_differ, repeated_issues, values_that_did_not_fit
from jira_assets_tests.harness import open_harness

NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)
PAY = TrackedProject("1", "PAY", "Pay", True, None, None, NOW - timedelta(days=30), None)
GOOD = SyncRecord(
    "1", "PAY", "complete", last_success_at=NOW, proved_complete_at=NOW - timedelta(days=1), missing_issues=0
)


def faults(record: SyncRecord | None, project: TrackedProject = PAY) -> dict[str, str]:
    """What is wrong with the project, by check."""
    records = {record.project_id: record} if record else {}
    verdicts = judge_projects(Portfolio([project], records), NOW, Limits())
    return {verdict.name: fault for verdict in verdicts for fault in verdict.faults.values()}


def test_nothing_is_wrong_with_a_fresh_and_proved_project() -> None:
    assert faults(GOOD) == {}


def test_a_failed_project_is_named_with_what_to_do() -> None:
    failed = replace(GOOD, status="error", last_error="Forbidden.", last_instruction="Ask an admin.")

    assert faults(failed) == {"every_project_synced": "Forbidden. Ask an admin."}


def test_a_project_that_was_probed_lately_is_not_too_old() -> None:
    quiet = replace(GOOD, last_success_at=NOW - timedelta(days=2))

    assert set(faults(quiet)) == {"no_project_too_old"}
    assert faults(replace(quiet, probed_at=NOW - timedelta(minutes=5))) == {}


def test_a_project_that_was_never_read_is_too_old_when_it_was_tracked_long_ago() -> None:
    assert set(faults(None)) == {"no_project_too_old", "no_project_unproven"}
    assert faults(None, replace(PAY, tracked_at=NOW)) == {}


def test_what_stands_among_the_notices_is_listed() -> None:
    notices = [
        ActiveNotice("boards", "Closed.", "Ask.", NOW, ("PAY", "WEB")),
        ActiveNotice("people", "No.", "", NOW),
    ]

    assert judge_notices([]).passed
    assert judge_notices(notices).faults == {
        "boards of PAY, WEB": "boards of PAY, WEB: Closed. Ask. (since 2026-11-24 12:00 UTC)",
        "people": "people: No. (since 2026-11-24 12:00 UTC)",
    }


def test_a_project_is_unproven_after_days_or_when_issues_are_missing() -> None:
    late = replace(GOOD, proved_complete_at=NOW - timedelta(days=4))

    assert set(faults(late)) == {"no_project_unproven"}
    assert faults(replace(GOOD, missing_issues=3)) == {
        "no_project_unproven": "3 issues that Jira lists could not be read."
    }


def test_a_project_that_jira_does_not_know_is_reported_once() -> None:
    gone = replace(
        GOOD,
        status="error",
        last_error="Not found.",
        last_instruction="Untrack it.",
        inactive_since=NOW - timedelta(days=9),
        last_success_at=NOW - timedelta(days=9),
        proved_complete_at=NOW - timedelta(days=9),
    )

    assert set(faults(gone)) == {"every_project_synced"}


def test_values_that_did_not_fit_are_counted_by_column() -> None:
    manifest = Manifest("1", "PAY", derived={"issues": Derived("f", {}, {"due_date": 2, "summary": 0})})

    assert values_that_did_not_fit(manifest) == "due_date: 2"
    assert values_that_did_not_fit(Manifest("1", "PAY")) is None


@pytest.fixture
def tables() -> Iterator[duckdb.DuckDBPyConnection]:
    """Two issues: one was closed, the other closed and opened again."""
    with duckdb.connect(":memory:") as connection:
        connection.execute(
            """
            create table jira_issues (
                jira_id varchar, jira_key varchar, project_key varchar, status_category varchar
            );
            insert into jira_issues values ('1', 'PAY-1', 'PAY', 'done'), ('2', 'PAY-2', 'PAY', 'new');
            create table jira_statuses (status_id varchar, status_category varchar);
            insert into jira_statuses values ('10', 'new'), ('30', 'done');
            create table jira_issue_changes (
                jira_id varchar, change_id varchar, changed_at timestamp,
                field varchar, field_id varchar, to_value varchar
            );
            insert into jira_issue_changes values
                ('1', '99', '2026-01-02', 'status', 'status', '30'),
                ('2', '99', '2026-01-02', 'status', 'status', '30'),
                ('2', '100', '2026-01-02', 'status', 'status', '10'),
                ('2', '101', '2026-01-03', 'summary', 'summary', '30');
            """
        )
        yield connection


def test_replayed_changes_agree_with_the_issues(tables: duckdb.DuckDBPyConnection) -> None:
    assert open_issues_that_differ(tables) == {}


def test_an_issue_that_is_open_against_its_changelog_is_found(tables: duckdb.DuckDBPyConnection) -> None:
    tables.execute("update jira_issues set status_category = 'indeterminate' where jira_id = '1'")

    assert open_issues_that_differ(tables) == {"PAY": "2 open, 1 by their changelog"}


def test_an_issue_with_two_rows_is_found(tables: duckdb.DuckDBPyConnection) -> None:
    assert repeated_issues(tables) == {}
    tables.execute("insert into jira_issues select * from jira_issues where jira_id = '2'")

    assert repeated_issues(tables) == {"PAY-2": "2 rows"}


@pytest.mark.few_tables("jira_statuses")
def test_all_checks_can_be_run_by_hand_and_pass_on_a_site_that_was_synced(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with open_harness(tmp_path / "home", frozen=False) as harness, dg.DagsterInstance.ephemeral() as instance:
        for name, value in harness.environment.items():
            monkeypatch.setenv(name, value)
        harness.track()
        harness.sync()
        harness.publish()

        result = defs.resolve_job_def("check_health").execute_in_process(instance=instance)

    assert {check.check_name: check.passed for check in result.get_asset_check_evaluations()} == {
        "every_project_synced": True,
        "no_project_too_old": True,
        "no_project_unproven": True,
        "the_connection_holds": True,
        "nothing_unread": True,
        "values_fit_their_type": True,
        "one_row_an_issue": True,
        "open_issues_as_the_changelog_says": True,
    }
