"""Two sites with the same ids and keys, published together: each has the rows that it has alone."""

from __future__ import annotations

import shutil
from collections import Counter
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any

import duckdb
import pytest

from jira_assets.demo.generate.generate import generate_site
from jira_assets.lake.lake import Lake
from jira_assets.state import ConnectedSite, ProjectRef
from jira_assets.sync.publish import publish_warehouse
from jira_assets.warehouse.models import tables
from jira_assets_tests.harness import MONDAY_NOON, SyncHarness, open_harness

TOGETHER = {"forecast_inputs", "forecast_completion", "forecast_throughput", "flow_times_weekly"}
"""Tables with rows for all projects together, which have no project."""
OF_NO_SITE = {"jira_users", "team_members", "teams"}
"""Tables about people, who are the same on all sites."""
APART = {"warehouse_info", "jira_sites", "jira_user_sites"}

Rows = Counter[str]


def rows_of(file: Path) -> dict[str, list[tuple[Any, ...]]]:
    """Read every published table."""
    with closing(duckdb.connect(str(file), read_only=True)) as connection:
        return {name: connection.execute(f"from {name}").fetchall() for name in tables()}


def own(value: Any, prefix: str) -> Any:
    """Return a value as the site itself has it."""
    if isinstance(value, str):
        return value.replace(prefix, "")
    return [own(entry, prefix) for entry in value] if isinstance(value, list) else value


def of_site(rows: list[tuple[Any, ...]], prefix: str) -> Rows:
    """Count the rows of a site, with the ids that it has itself and without its name."""
    name = prefix.removesuffix(":")
    mine = [row for row in rows if any(str(value).startswith(prefix) for value in row)]
    return Counter(
        repr(tuple(None if value == name else own(value, prefix) for value in row)) for row in mine
    )


@pytest.fixture(scope="module")
def harness(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SyncHarness]:
    """Sync a site, and copy what the lake has of it to a second site of the home."""
    data = generate_site(11, projects=3, issues=400, now_ms=int(MONDAY_NOON.timestamp() * 1000))
    with open_harness(tmp_path_factory.mktemp("home"), data) as harness:
        harness.track()
        harness.sync()
        yield harness


def test_each_of_two_sites_has_the_rows_that_it_has_alone(harness: SyncHarness) -> None:
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

    for table in set(tables()) - APART - OF_NO_SITE:
        ours = [row for row in after[table] if not any(str(value).startswith("acme:") for value in row)]
        expected = Counter(map(repr, before[table]))
        if table in TOGETHER:
            ours = [row for row in ours if row[0] is not None]
            expected = Counter(repr(row) for row in before[table] if row[0] is not None)
        assert Counter(map(repr, ours)) == expected, table
        assert of_site(after[table], "acme:") == expected, table
    for table in OF_NO_SITE & set(tables()):
        assert Counter(after[table]) == Counter(before[table]), table
    assert sorted(map(repr, after["jira_sites"])) == [
        repr(("acme", "acme:", harness.server.url, None)),
        repr((None, "", harness.server.url, None)),
    ]
    assert len(after["jira_user_sites"]) == 2 * len(before["jira_users"])
