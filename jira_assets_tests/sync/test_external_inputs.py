"""Pull requests beside a site that lives: its issues move, its projects are renamed, the table goes away."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import duckdb
import pytest

from jira_assets_tests.harness import Rig, open_rig


@pytest.fixture
def rig(tmp_path: Path) -> Iterator[Rig]:
    with open_rig(tmp_path / "home", pull_requests=f"{tmp_path}/code.duckdb#pulls") as opened:
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


def linked(rig: Rig) -> list[tuple[str, str]]:
    return rig.ask("select pull_request_id, jira_key from issue_pull_requests order by all")


def test_pull_requests_stay_with_issues_that_move_and_projects_that_are_renamed(
    rig: Rig, tmp_path: Path
) -> None:
    project, other = (each.key for each in rig.site.catalog.projects.values())
    write_pulls(tmp_path, f"{project}-1: one", f"{project}-2: two")
    rig.sync()
    assert linked(rig) == [("acme/web#1", f"{project}-1"), ("acme/web#2", f"{project}-2")]

    moved = rig.site.move_issue(f"{project}-1", other)
    rig.site.rename_project_key(project, "NEWNAME")
    rig.sync(full=True)
    moved_key = rig.ask(f"select jira_key from jira_issues where jira_id = '{moved.id}'")[0][0]
    assert moved_key.startswith(f"{other}-")
    assert linked(rig) == [("acme/web#1", moved_key), ("acme/web#2", "NEWNAME-2")]


def test_a_key_from_before_a_rename_that_no_sync_has_seen_is_found(rig: Rig, tmp_path: Path) -> None:
    project, other = (each.key for each in rig.site.catalog.projects.values())
    rig.site.rename_project_key(project, "NEWNAME")
    write_pulls(tmp_path, f"{project}-1: from long ago", f"{other}-2: two")
    rig.sync()
    assert linked(rig) == [("acme/web#1", "NEWNAME-1"), ("acme/web#2", f"{other}-2")]
    assert (project,) in rig.ask(
        "select unnest(former_keys) from jira_projects where project_key = 'NEWNAME'"
    )


def test_a_source_that_cannot_be_read_is_a_notice_and_its_rows_stay(rig: Rig, tmp_path: Path) -> None:
    write_pulls(tmp_path, "One", "Two")
    assert rig.sync().notices == []
    rig.publish()
    (tmp_path / "code.duckdb").write_bytes(b"no database")
    result = rig.sync()

    assert result.failures == []
    (notice,) = result.notices
    assert notice.startswith(
        f"The pull requests were not updated. {tmp_path}/code.duckdb#pulls cannot be read"
    )
    assert rig.publish() is None
    assert rig.ask("select count(*) from pull_requests") == [(2,)]


def test_new_pull_requests_are_published_though_jira_has_nothing_new(rig: Rig, tmp_path: Path) -> None:
    write_pulls(tmp_path, "One")
    rig.sync()
    assert rig.publish() is not None
    write_pulls(tmp_path, "One", "Two")
    rig.sync()
    assert rig.publish() is not None
    rig.sync()
    assert rig.publish() is None
    assert rig.ask("select count(*) from pull_requests") == [(2,)]
