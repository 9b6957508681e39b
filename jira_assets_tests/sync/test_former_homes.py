"""A home that an earlier release made is used as it is: nothing of it is read from Jira again."""

from __future__ import annotations

import re
import zipfile
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from jira_assets.demo.generate.generate import generate_site
from jira_assets.state import TeamMember
from jira_assets.sync.scheduling import severity_of
from jira_assets.warehouse.models import tables
from jira_assets_tests.harness import MONDAY_NOON, SyncHarness, open_harness

HOMES = sorted(Path(__file__).parent.glob("home_of_*.zip"))
"""Each has two projects with 24 issues, of which one was edited an hour after the first sync."""

ADDRESS = re.compile(r"http://127\.0\.0\.1:\d+")
"""Each site has a port of its own."""

OF_THE_TIME = {"warehouse_info", "sync_status"}
"""They say when something was done."""


def edit(harness: SyncHarness) -> None:
    """Change the site as it was changed when the homes were made."""
    issue = next(iter(harness.site.issues_truth().values()))
    harness.site.clock.advance(timedelta(hours=1))
    harness.site.edit_issue(issue.id, summary="edited")


def published(harness: SyncHarness) -> dict[str, list[Any]]:
    """Return the rows of each published table, in an order of their own."""
    harness.publish()
    names = set(tables()) - OF_THE_TIME
    rows = {name: harness.ask(f"select * from {name}") for name in names}
    return {name: sorted(ADDRESS.sub("", repr(row)) for row in found) for name, found in rows.items()}


@pytest.mark.parametrize("archive", HOMES, ids=lambda archive: archive.stem)
def test_a_home_of_an_earlier_release_goes_on_without_reading_an_issue_again(
    archive: Path, tmp_path: Path
) -> None:
    now = int(MONDAY_NOON.timestamp() * 1000)
    with zipfile.ZipFile(archive) as home:
        home.extractall(tmp_path / "former")
    data = generate_site(5, projects=2, issues=24, now_ms=now)
    state = f"sqlite:///{tmp_path / 'former' / 'state.db'}"  # the archive has it
    with open_harness(tmp_path / "former", data, state_url=state) as former:
        edit(former)
        outcomes = former.sync().outcomes
        assert [(outcome.error, outcome.fetched) for outcome in outcomes] == [(None, 0), (None, 0)]
        assert former.differences() == []
        shown = published(former)
    with open_harness(tmp_path / "new", generate_site(5, projects=2, issues=24, now_ms=now)) as new:
        new.track()
        new.pipeline.state.team.replace([TeamMember("m1", "Ana Silva")])
        new.sync()
        edit(new)
        new.sync()
        expected = published(new)
    assert len(shown["jira_teams"]) == 4  # that release knew no teams
    for name, rows in expected.items():
        assert shown[name] == rows, name


@pytest.mark.parametrize(
    ("kind", "severity"), [("OutOfRoom", "retriable"), ("Unobserved", "skippable"), ("NoSuchError", "fatal")]
)
def test_errors_that_an_earlier_release_recorded_are_known(kind: str, severity: str) -> None:
    assert severity_of(kind) == severity
