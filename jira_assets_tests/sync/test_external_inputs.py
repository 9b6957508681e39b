"""Pull requests beside a site that lives: its issues move, its projects are renamed, the table goes away."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import duckdb
import pytest

from jira_assets.demo.generate.generate import generate_site
from jira_assets_tests.harness import MONDAY_NOON, SyncHarness, open_harness

pytestmark = pytest.mark.few_tables("pull_requests", "issue_pull_requests")


@pytest.fixture
def harness(tmp_path: Path) -> Iterator[SyncHarness]:
    data = generate_site(7, projects=2, issues=16, now_ms=int(MONDAY_NOON.timestamp() * 1000))
    with open_harness(tmp_path / "home", data, pull_requests=f"{tmp_path}/code.duckdb#pulls") as opened:
        opened.track()
        yield opened


def write_pulls(folder: Path, *titles: str) -> None:
    with duckdb.connect(str(folder / "code.duckdb")) as connection:
        connection.execute(
            "create or replace table pulls as select 'acme/web' as repository, number, title, "
            "timestamptz '2026-02-01 09:00:00+01:00' as created_at from ("
            "select unnest($titles::varchar[]) as title, generate_subscripts($titles, 1) as number)",
            {"titles": list(titles)},
        )


def linked(harness: SyncHarness) -> list[tuple[str, str]]:
    return harness.ask("select pull_request_id, jira_key from issue_pull_requests order by all")


def test_pull_requests_stay_with_issues_that_move_and_projects_that_are_renamed(
    harness: SyncHarness, tmp_path: Path
) -> None:
    project, other = (each.key for each in harness.site.catalog.projects.values())
    write_pulls(tmp_path, f"{project}-1: one", f"{project}-2: two")
    harness.sync()
    assert linked(harness) == [("acme/web#1", f"{project}-1"), ("acme/web#2", f"{project}-2")]

    moved = harness.site.move_issue(f"{project}-1", other)
    harness.site.rename_project_key(project, "NEWNAME")
    harness.sync(full=True)
    moved_key = harness.ask(f"select jira_key from jira_issues where jira_id = '{moved.id}'")[0][0]
    assert moved_key.startswith(f"{other}-")
    assert linked(harness) == [("acme/web#1", moved_key), ("acme/web#2", "NEWNAME-2")]


@pytest.mark.prove
def test_a_key_from_before_a_rename_that_no_sync_has_seen_is_found(
    harness: SyncHarness, tmp_path: Path
) -> None:
    project, other = (each.key for each in harness.site.catalog.projects.values())
    harness.site.rename_project_key(project, "NEWNAME")
    write_pulls(tmp_path, f"{project}-1: from long ago", f"{other}-2: two")
    harness.sync()
    assert linked(harness) == [("acme/web#1", "NEWNAME-1"), ("acme/web#2", f"{other}-2")]
    assert (project,) in harness.ask(
        "select unnest(former_keys) from jira_projects where project_key = 'NEWNAME'"
    )


def test_pull_requests_are_published_when_they_are_new_and_stay_when_their_source_cannot_be_read(
    harness: SyncHarness, tmp_path: Path
) -> None:
    write_pulls(tmp_path, "One")
    harness.sync()
    assert harness.publish() is not None
    write_pulls(tmp_path, "One", "Two")
    assert harness.sync().notices == []
    assert harness.publish() is not None, "though Jira has nothing new"
    harness.sync()
    assert harness.publish() is None

    (tmp_path / "code.duckdb").write_bytes(b"no database")
    result = harness.sync()

    assert result.failures == []
    (notice,) = result.notices
    assert notice.startswith(
        "The pull requests (JIRA_ASSETS_PULL_REQUESTS) were not updated. "
        f"{tmp_path}/code.duckdb#pulls cannot be read"
    )
    assert harness.publish() is None
    assert harness.ask("select count(*) from pull_requests") == [(2,)]
