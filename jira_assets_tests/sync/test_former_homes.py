"""A home that an earlier release made is used as it is: nothing of it is read from Jira again."""

from __future__ import annotations

import re
import zipfile
from datetime import timedelta
from pathlib import Path
from typing import Any

import msgspec
import pytest

from jira_assets.demo import data
from jira_assets.demo.data import SiteData
from jira_assets.state import TeamMember
from jira_assets.sync.scheduling import severity_of
from jira_assets.warehouse.models import models, tables
from jira_assets_tests.harness import SyncHarness, open_harness

HOMES = sorted(Path(__file__).parent.glob("home_of_*.zip"))
"""Each has two projects with 24 issues, of which one was edited an hour after the first sync, and
`site.json`: the site that it was read from, since the demo site of today is another one."""

OF_SITES = {
    "projects": list[data.DemoProject],
    "users": list[data.DemoUser],
    "statuses": list[data.DemoStatus],
    "issue_types": list[data.DemoIssueType],
    "priorities": list[data.DemoPriority],
    "resolutions": list[data.DemoResolution],
    "fields": list[data.DemoField],
    "boards": list[data.DemoBoard],
    "sprints": list[data.DemoSprint],
    "issues": list[data.DemoIssue],
}
"""What the lists of such a site have."""

ADDRESS = re.compile(r"http://127\.0\.0\.1:\d+")
"""Each site has a port of its own."""

OF_THE_TIME = {"warehouse_info", "sync_status"}
"""They say when something was done."""


def former_site(home: Path) -> SiteData:
    """Read the site that a home was read from."""
    kept: dict[str, Any] = msgspec.json.decode((home / "site.json").read_bytes())
    site = SiteData()
    for name, value in kept.items():
        setattr(site, name, msgspec.convert(value, OF_SITES.get(name, Any)))
    return site


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


@pytest.mark.local_lake
@pytest.mark.parametrize(
    "kind",
    [
        pytest.param("jira", marks=pytest.mark.few_tables(*(name for name in models() if "jira_" in name))),
        pytest.param("all", marks=pytest.mark.prove),
    ],
)
@pytest.mark.parametrize("archive", HOMES, ids=lambda archive: archive.stem)
def test_a_home_of_an_earlier_release_goes_on_without_reading_an_issue_again(
    archive: Path, tmp_path: Path, kind: str
) -> None:
    with zipfile.ZipFile(archive) as home:
        home.extractall(tmp_path / "former")
    state = f"sqlite:///{tmp_path / 'former' / 'state.db'}"  # the archive has it
    with open_harness(tmp_path / "former", former_site(tmp_path / "former"), state_url=state) as former:
        edit(former)
        outcomes = former.sync().outcomes
        assert [(outcome.error, outcome.fetched) for outcome in outcomes] == [(None, 0), (None, 0)]
        assert former.differences() == []
        shown = published(former)
    with open_harness(tmp_path / "new", former_site(tmp_path / "former")) as new:
        new.track()
        new.pipeline.state.team.replace([TeamMember("m1", "Ana Silva")])
        new.sync()
        edit(new)
        new.sync()
        expected = published(new)
    assert len(shown["jira_teams"]) == 4  # that release knew no teams
    assert (len(expected) > 60) is (kind == "all")
    for name, rows in expected.items():
        assert shown[name] == rows, name


@pytest.mark.parametrize(
    ("kind", "severity"), [("OutOfRoom", "retriable"), ("Unobserved", "skippable"), ("NoSuchError", "fatal")]
)
def test_errors_that_an_earlier_release_recorded_are_known(kind: str, severity: str) -> None:
    assert severity_of(kind) == severity
