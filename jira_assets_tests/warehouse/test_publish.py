"""What readers find, and when there is something new to find."""

from __future__ import annotations

import os
import stat
from pathlib import Path

import duckdb
import pytest

from jira_assets.errors import InputError, PublishError
from jira_assets.warehouse.read import open_warehouse
from jira_assets_tests.lake_fixture import LakeFixture, Row, at, seen

pytestmark = pytest.mark.few_tables


def member(member_id: str, **parts: str) -> Row:
    return {"member_id": member_id, "display_name": member_id.title(), **parts}


def test_nothing_is_published_while_nothing_changed(bench: LakeFixture) -> None:
    bench.land_and_derive(seen("1"))
    given: Row = {
        "team_members": [member("ann")],
        "sync_status": [{"project_id": "10", "status": "complete"}],
    }
    assert bench.publish(**given) is not None
    before = bench.files()

    again: Row = {**given, "sync_status": [{"project_id": "10", "status": "complete", "last_sync_at": at(9)}]}
    assert bench.publish(**again) is None
    assert bench.files() == before
    assert bench.publish(**again, force=True) is not None


def test_each_thing_that_shows_makes_a_new_warehouse(bench: LakeFixture) -> None:
    bench.publish()

    bench.land_and_derive(seen("1"))
    assert bench.publish() is not None
    bench.land_site("statuses", {"status_id": "1", "status": "Done", "status_category": "done"})
    assert bench.publish() is not None
    assert bench.publish(team_members=[member("ann")]) is not None
    assert (
        bench.publish(sync_status=[{"project_id": "10", "status": "error", "last_error": "no"}]) is not None
    )
    assert bench.publish(
        "10", "11", sync_status=[{"project_id": "10", "status": "error", "last_error": "no"}]
    )


@pytest.mark.prove
def test_the_issues_of_untracked_projects_leave_and_come_back(bench: LakeFixture) -> None:
    bench.land_and_derive(seen("1"))
    bench.land_and_derive(seen("2", project="11"), project="11")

    bench.publish("10", "11")
    assert {row["jira_id"] for row in bench.ask("select jira_id from jira_issues")} == {"1", "2"}
    bench.publish("11")
    assert [row["jira_id"] for row in bench.ask("select jira_id from jira_issues")] == ["2"]
    assert [row["jira_id"] for row in bench.ask("select jira_id from raw_jira_issues")] == ["2"]
    bench.publish("10", "11")
    assert len(bench.ask("select jira_id from jira_issues")) == 2


def test_the_file_is_durable_readable_and_closed_to_writers(bench: LakeFixture) -> None:
    published = bench.publish()
    assert published is not None

    assert published.path == bench.warehouse_dir / "jira.duckdb"
    assert published.path.resolve() == published.file
    assert published.file.name == "jira.duckdb"  # DuckDB names the catalog after it
    assert stat.S_IMODE(published.file.stat().st_mode) == 0o444
    version = published.file.read_bytes()[12:20]
    assert int.from_bytes(version, "little") <= 67  # what DuckDB 1.4 reads


def test_the_last_two_files_are_kept(bench: LakeFixture) -> None:
    files = [published.file for _ in range(3) if (published := bench.publish(force=True))]

    assert sorted(bench.warehouse_dir.glob("*/jira.duckdb")) == sorted(
        [bench.warehouse_dir / "current" / "jira.duckdb", *files[-2:]]
    )


@pytest.mark.prove
def test_files_of_others_beside_the_warehouse_stay(bench: LakeFixture) -> None:
    bench.publish()
    mine = bench.warehouse_dir / "parquet-export" / "mine.csv"
    mine.parent.mkdir()
    backup = bench.warehouse_dir / "jira-backup-2025.duckdb"
    for path in (mine, backup):
        path.write_bytes(b"kept")

    bench.publish(force=True)
    bench.publish(force=True, mirrored=True)
    bench.publish(force=True)

    assert mine.read_bytes() == backup.read_bytes() == b"kept"


def test_what_a_killed_build_left_is_removed(bench: LakeFixture) -> None:
    bench.publish()
    for name in (".build-20260101", ".build-20260101.wal", ".part-abc"):
        (bench.warehouse_dir / name).write_bytes(b"half")
    (bench.warehouse_dir / ".part-link").symlink_to("jira-gone.duckdb")

    bench.publish(force=True)
    hidden = {path.name for path in bench.warehouse_dir.glob(".*")}
    assert hidden == {".publish.lock"}


@pytest.mark.parametrize("damage", [pytest.param(b"", marks=pytest.mark.prove), b"no database"])
def test_a_damaged_warehouse_is_published_again(bench: LakeFixture, damage: bytes) -> None:
    published = bench.publish()
    assert published is not None
    published.file.chmod(0o644)
    published.file.write_bytes(damage)

    assert bench.publish() is not None
    assert bench.ask("select * from jira_issues") == []


@pytest.mark.prove
def test_a_link_to_nothing_is_published_again(bench: LakeFixture) -> None:
    published = bench.publish()
    assert published is not None
    published.file.unlink()

    assert bench.publish() is not None


def test_a_warehouse_that_fails_its_checks_is_not_swapped_in(bench: LakeFixture) -> None:
    bench.land_and_derive(seen("1", {"customfield_16": 1}))
    first = bench.publish()
    assert first is not None
    bench.land_and_derive(seen("2"))
    manifest = bench.manifest()
    fields = manifest.derived["issues"].files["jira_issue_fields"]
    manifest.derived["issues"].files["jira_issue_fields"] = type(fields)(fields.path, fields.rows + 1)
    bench.lake.commit(manifest)

    with pytest.raises(PublishError, match="jira_issue_fields has 1 rows, but the lake has 2"):
        bench.publish()
    assert first.path.resolve() == first.file
    assert list(bench.warehouse_dir.glob(".build-*")) == []
    assert bench.ask_one("select jira_id from jira_issues") == {"jira_id": "1"}


def test_the_raw_view_has_every_version_ever_landed(bench: LakeFixture) -> None:
    bench.land([seen("1", {"summary": "a"}, updated=at(1))])
    bench.land([seen("1", {"summary": "b"}, updated=at(2))])
    bench.land_and_derive(seen("1", kind="gone", payload=b"null"))
    bench.publish()

    found = bench.ask(
        "select payload ->> '$.fields.summary' as summary from raw_jira_issues order by updated_at"
    )
    assert [row["summary"] for row in found] == ["a", "b"]
    assert bench.ask_one("select jira_id, reason from jira_deleted_issues") == {
        "jira_id": "1",
        "reason": "gone",
    }


def test_what_syncs_did_is_shown_as_given(bench: LakeFixture) -> None:
    given = {
        "project_id": "10",
        "project_key": "P10",
        "status": "error",
        "last_sync_at": at(5),
        "issues": 3,
        "last_error": 'it\'s {"odd"}',
        "requests": 9,
    }
    bench.publish(sync_status=[given])

    row = bench.ask_one("select * from sync_status")
    assert (row["project_key"], row["issues"], row["last_error"]) == ("P10", 3, 'it\'s {"odd"}')
    assert row["last_sync_at"] == at(5).replace(tzinfo=None)
    assert row["watermark"] is None


def test_without_a_warehouse_the_reader_is_told_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="jira-assets sync"):
        open_warehouse(tmp_path / "jira.duckdb")


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write to any file")
def test_nobody_writes_to_the_published_file(bench: LakeFixture) -> None:
    published = bench.publish()
    assert published is not None

    with pytest.raises(duckdb.IOException):
        duckdb.connect(str(published.file))


def test_a_reader_sees_times_in_utc(bench: LakeFixture) -> None:
    bench.publish()

    assert bench.ask_one("select current_setting('TimeZone') as zone") == {"zone": "UTC"}
