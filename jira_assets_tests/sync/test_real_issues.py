"""8,980 real issues of five projects start_session as they are."""

from __future__ import annotations

import csv
import gzip
from collections.abc import Iterator
from pathlib import Path

import pytest

from jira_assets.demo.load.load import load_site
from jira_assets_tests.harness import SyncHarness, open_harness
from jira_assets_tests.shared_data import shared_data

# In `make test` the warehouse of the same issues is compared with the same answers.
pytestmark = pytest.mark.prove

Expected = dict[str, dict[str, str]]


@pytest.fixture(scope="module")
def synced(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SyncHarness]:
    """A home that synced the real issues."""
    folder = shared_data("titanium")
    with open_harness(tmp_path_factory.mktemp("titanium"), load_site([folder])) as harness:
        harness.track()
        assert harness.sync().failures == []
        yield harness


@pytest.fixture(scope="module")
def expected() -> Expected:
    """The right answers, by issue id."""
    path: Path = shared_data("titanium") / "expected.csv.gz"
    with gzip.open(path, "rt", encoding="utf-8", newline="") as lines:
        return {row["issue_id"]: row for row in csv.DictReader(lines)}


COLUMNS = {
    "issue_key": "jira_key",
    "project_key": "project_key",
    "issuetype": "issue_type",
    "status": "status",
    "status_category": "status_category",
    "assignee_account_id": "assignee_account_id",
    "reporter_account_id": "reporter_account_id",
    "parent_key": "parent_key",
    "current_sprint_id": "sprint_id",
}


def test_every_issue_is_there_once(synced: SyncHarness, expected: Expected) -> None:
    ids = [row[0] for row in synced.ask("select jira_id from jira_issues")]

    assert len(ids) == len(set(ids)) == len(expected) == 8980
    assert set(ids) == set(expected)


@pytest.mark.parametrize(("theirs", "ours"), COLUMNS.items())
def test_every_value_of_a_column_is_right(
    synced: SyncHarness, expected: Expected, theirs: str, ours: str
) -> None:
    found = dict(synced.ask(f"select jira_id, coalesce({ours}, '') from jira_issues"))

    wrong = {key: (row[theirs], found[key]) for key, row in expected.items() if row[theirs] != found[key]}
    assert wrong == {}


def test_every_story_point_is_right(synced: SyncHarness, expected: Expected) -> None:
    found = dict(synced.ask("select jira_id, story_points from jira_issues"))

    right = {
        key: float(row["story_points"]) if row["story_points"] else None for key, row in expected.items()
    }
    assert found == right
    assert sum(1 for points in found.values() if points is not None) == 1134


def test_every_sprint_of_every_issue_is_there(synced: SyncHarness, expected: Expected) -> None:
    found: dict[str, set[str]] = {key: set() for key in expected}
    for jira_id, sprint_id in synced.ask("select jira_id, sprint_id from jira_issue_sprints"):
        found[jira_id].add(sprint_id)

    right = {
        key: {part for part in row["sprint_ids"].replace(";", ",").replace(" ", ",").split(",") if part}
        for key, row in expected.items()
    }
    assert found == right
