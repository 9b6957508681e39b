"""Two sites with the same ids and keys, published together: each has the rows that it has alone."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from jira_assets.demo.generate.generate import generate_site
from jira_assets.lake.lake import Lake
from jira_assets.state import ConnectedSite, ProjectRef
from jira_assets.sync.publish import publish_warehouse
from jira_assets_tests.harness import MONDAY_NOON, SyncHarness, open_harness
from jira_assets_tests.warehouse.several_sites import differences, rows_of

SOME = ("jira_sites", "jira_user_sites", "jira_users", "issue_flow", "issue_field_spans", "sprint_velocity")
"""Tables of the site, of issues, of what is replayed from changes, and of a metric."""


@contextmanager
def synced(home: Path, projects: int, issues: int) -> Iterator[SyncHarness]:
    """Sync a site."""
    data = generate_site(11, projects=projects, issues=issues, now_ms=int(MONDAY_NOON.timestamp() * 1000))
    with open_harness(home, data) as harness:
        harness.track()
        harness.sync()
        yield harness


@pytest.mark.parametrize(
    ("projects", "issues"),
    [
        pytest.param(2, 30, marks=pytest.mark.few_tables(*SOME), id="some tables"),
        pytest.param(3, 120, marks=pytest.mark.prove, id="all tables"),
    ],
)
def test_each_of_two_sites_has_the_rows_that_it_has_alone(tmp_path: Path, projects: int, issues: int) -> None:
    with synced(tmp_path / "home", projects, issues) as harness:
        check_two_sites(harness)


def check_two_sites(harness: SyncHarness) -> None:
    """Publish the site alone, and beside a copy of itself, and compare."""
    pipeline = harness.pipeline
    alone = pipeline.publish(force=True)
    assert alone is not None
    before = rows_of(alone.file)
    lake, state = pipeline.lake, pipeline.state
    acme = state.sites.add(
        ConnectedSite("c2", harness.server.url, state.credentials.site().name, short_name="acme")
    )
    shutil.copytree(lake.root, lake.root / acme.folder, ignore=shutil.ignore_patterns("sites", "scratch"))
    view = state.of(acme)
    for project, record in zip(state.projects.tracked(), state.records.all(), strict=True):
        key = f"acme:{project.project_key}"
        view.projects.track([ProjectRef(project.project_id, key, project.name)])
        view.records.put(replace(record, project_key=key))
    with closing(Lake(lake.root, folders={acme.prefix: acme.folder})) as both:
        together = publish_warehouse(both, state, pipeline.settings, now=pipeline.clock())
    assert together is not None
    after = rows_of(together.file)

    assert differences(after, before, "") == {}
    assert differences(after, before, "acme:") == {}
    assert sorted(map(repr, after["jira_sites"])) == [
        repr(("acme", "acme:", harness.server.url, None)),
        repr((None, "", harness.server.url, None)),
    ]
    assert len(after["jira_user_sites"]) == 2 * len(before["jira_users"])
