"""A damaged file costs its project, says what to do, and is made up for by a repair."""

from __future__ import annotations

import itertools
import random
import shutil
from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import timedelta
from pathlib import Path
from typing import Any

import duckdb
import pytest

from jira_assets.demo.generate.generate import generate_site
from jira_assets.demo.http import faults
from jira_assets.errors import DamagedFile
from jira_assets.lake.files import move_durably, write_atomically
from jira_assets_tests.few_tables import few_tables
from jira_assets_tests.harness import SyncHarness, open_harness
from jira_assets_tests.sampling import sampled
from jira_assets_tests.sync.damages import DAMAGES, flip

NOW_MS = 1_795_435_200_000


pytestmark = pytest.mark.local_lake


@pytest.fixture(scope="module")
def synced(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SyncHarness]:
    """Two projects, one of which was synced twice, so that it has two raw files; all is published."""
    home = tmp_path_factory.mktemp("damage") / "home"
    data = generate_site(7, projects=2, issues=12, now_ms=NOW_MS)
    with few_tables("jira_user_matches", "jira_unmatched_users"), open_harness(home, data) as harness:
        harness.track()
        harness.sync()
        harness.site.clock.advance(timedelta(minutes=30))
        issues = list(harness.site.issues_truth(harness.tracked[0].project_key))
        harness.site.edit_issue(issues[0], summary="edited once")
        harness.site.edit_issue(issues[1], summary="edited as well")
        harness.sync()
        harness.publish()
        yield harness


@pytest.fixture
def harness(synced: SyncHarness, tmp_path: Path) -> Iterator[SyncHarness]:
    """The same home for each test: what a test leaves is put back from a copy."""
    settings = synced.pipeline.settings
    folders = (settings.lake_dir, settings.warehouse_dir)
    for folder in folders:
        shutil.copytree(folder, tmp_path / folder.name, symlinks=True)
    yield synced
    for folder in folders:
        shutil.rmtree(folder)
        shutil.copytree(tmp_path / folder.name, folder, symlinks=True)


def raw_file(harness: SyncHarness) -> Path:
    return _of(harness, lambda manifest: manifest.raw[0].path)


def newest_raw_file(harness: SyncHarness) -> Path:
    return _of(harness, lambda manifest: manifest.raw[-1].path)


def _of(harness: SyncHarness, choose: Callable[[Any], str]) -> Path:
    """Choose a file of the first project by its manifest."""
    manifest = harness.pipeline.lake.manifest(harness.tracked[0].project_id)
    return harness.pipeline.lake.path(choose(manifest))


def derived(table: str) -> Callable[[SyncHarness], Path]:
    return lambda harness: _of(harness, lambda manifest: manifest.derived_file(table).path)


def site_table(table: str) -> Callable[[SyncHarness], Path]:
    return lambda harness: harness.pipeline.lake.path(
        harness.pipeline.lake.site_manifest().tables[table].path
    )


def manifest_file(harness: SyncHarness) -> Path:
    return harness.pipeline.lake.root / "manifests" / f"{harness.tracked[0].project_id}.json"


def site_manifest(harness: SyncHarness) -> Path:
    return harness.pipeline.lake.root / "manifests" / "site.json"


def identity(harness: SyncHarness) -> Path:
    return harness.pipeline.lake.root / "lake.json"


def published(harness: SyncHarness) -> Path:
    return harness.pipeline.settings.warehouse_file.resolve()


NEEDS_REPAIR: dict[str, Callable[[SyncHarness], Path]] = {
    "raw": raw_file,
    "newest raw": newest_raw_file,
    "manifest": manifest_file,
}
MADE_AGAIN: dict[str, Callable[[SyncHarness], Path]] = {
    **{
        name: derived(name)
        for name in (
            "jira_issues",
            "jira_issue_changes",
            "jira_issue_sprints",
            "jira_issue_fields",
            "jira_deleted_issues",
            "people_seen",
            "jira_user_matches",
            "jira_unmatched_users",
        )
    },
    **{name: site_table(name) for name in ("fields", "sprints", "statuses", "users", "versions", "projects")},
    "site.json": site_manifest,
    "published file": published,
}


ANYTHING = {**NEEDS_REPAIR, **MADE_AGAIN}


def versions(harness: SyncHarness) -> set[tuple[Any, ...]]:
    """The versions of issues in the raw files of the first project."""
    manifest = harness.pipeline.lake.manifest(harness.tracked[0].project_id)
    assert manifest is not None
    files = [str(harness.pipeline.lake.path(file.path)) for file in manifest.raw]
    query = f"select jira_id, updated_at from read_parquet({files})"
    return set(duckdb.connect().execute(query).fetchall())


def still_to_be_read(harness: SyncHarness) -> bool:
    """Whether the first project lacks what a repair set aside."""
    manifest = harness.pipeline.lake.manifest(harness.tracked[0].project_id)
    return manifest is not None and bool(manifest.set_aside)


def change_both(harness: SyncHarness) -> None:
    """Change an issue of each project, so that the next sync has to read both."""
    harness.site.clock.advance(timedelta(hours=1))
    for project in harness.tracked:
        key = project.project_key
        harness.site.edit_issue(next(iter(harness.site.issues_truth(key))), summary=f"after, in {key}")


def differences_elsewhere(harness: SyncHarness) -> list[str]:
    """What differs from the site in the project that is not damaged."""
    damaged = harness.site.issues_truth(harness.tracked[0].project_key)
    return [line for line in harness.differences() if not any(issue_id in line for issue_id in damaged)]


def check_repair(harness: SyncHarness, before: set[tuple[Any, ...]]) -> None:
    """Repair: all is as on the site, what is lost is counted, and a second repair finds nothing."""
    repaired = harness.pipeline.repair(harness.tracked)

    assert [outcome.error or outcome.unproved for outcome in repaired.result.outcomes] == [
        None for _ in repaired.result.outcomes
    ]
    assert harness.differences() == []
    assert sum(repaired.lost.values()) == len(before - versions(harness))
    again = harness.pipeline.repair(harness.tracked)
    assert not again.found
    assert again.warehouse is None


@pytest.mark.parametrize(
    ("kind", "damage"),
    sampled(
        [
            ("raw", "truncated"),
            ("raw", "flipped_in_the_footer"),
            ("newest raw", "missing"),
            ("manifest", "missing"),
            ("manifest", "garbage"),
        ],
        5,
    ),
)
def test_a_project_that_only_jira_can_bring_back_waits_for_a_repair(
    harness: SyncHarness, kind: str, damage: str
) -> None:
    path, before = NEEDS_REPAIR[kind](harness), versions(harness)
    DAMAGES[damage](path)
    change_both(harness)

    damaged, other = harness.sync().outcomes
    harness.publish()

    assert other.ok
    assert isinstance(damaged.error, DamagedFile)
    assert path.name in damaged.error.reason
    assert "jira-assets repair" in damaged.error.instruction
    assert differences_elsewhere(harness) == []
    check_repair(harness, before)


@pytest.mark.parametrize(
    ("kind", "damage"),
    sampled(
        [
            ("jira_issues", "missing"),
            ("jira_issue_changes", "flipped_in_the_footer"),
            ("jira_user_matches", "empty"),
            ("fields", "garbage"),
            ("site.json", "truncated"),
            ("published file", "flipped_in_the_footer"),
        ],
        6,
    ),
)
def test_tables_that_can_be_made_again_are_made_again_by_the_next_sync(
    harness: SyncHarness, kind: str, damage: str
) -> None:
    DAMAGES[damage](MADE_AGAIN[kind](harness))
    change_both(harness)

    result = harness.sync()
    harness.publish()

    assert result.failures == []
    assert harness.differences() == []


def test_a_publish_without_a_sync_makes_damaged_tables_again(harness: SyncHarness) -> None:
    query = "select * from jira_issue_sprints order by all"
    before = harness.ask(query)
    DAMAGES["garbage"](MADE_AGAIN["jira_issue_sprints"](harness))

    assert harness.pipeline.publish(force=True) is not None

    assert harness.ask(query) == before


@pytest.mark.prove
def test_raw_and_derived_files_damaged_together_are_read_again(harness: SyncHarness) -> None:
    for kind in (raw_file, derived("jira_issues")):
        DAMAGES["truncated"](kind(harness))
    change_both(harness)
    assert [outcome.ok for outcome in harness.sync().outcomes] == [False, True]
    harness.publish()
    assert differences_elsewhere(harness) == []

    repaired = harness.pipeline.repair(harness.tracked)

    assert not repaired.found.projects[0].is_known
    assert harness.differences() == []


def test_a_repair_that_jira_does_not_answer_is_ended_by_the_next_sync(harness: SyncHarness) -> None:
    issues = f"select * from jira_issues where project_id = '{harness.tracked[0].project_id}' order by all"
    shown = harness.ask(issues)
    DAMAGES["truncated"](raw_file(harness))
    harness.site.faults.add(faults.answer(401, path="/rest/api/3/issue/bulkfetch"))

    (failed,) = harness.pipeline.repair(harness.tracked).result.failures
    harness.site.faults.clear()

    assert failed.project_id == harness.tracked[0].project_id
    assert harness.ask(issues) == shown  # the tables stay until the issues are there again
    assert still_to_be_read(harness)
    assert harness.sync().failures == []
    assert not still_to_be_read(harness)
    assert harness.differences() == []


class Killed(BaseException):
    """The end of a process at this point."""


def die_at_step(monkeypatch: pytest.MonkeyPatch, step: int) -> None:
    """Die before the file of the lake that is moved or committed as this step, counted from 0."""
    steps = itertools.count()

    def mortal(write: Callable[[Path, Any], None]) -> Callable[[Path, Any], None]:
        def write_or_die(path: Path, argument: Any) -> None:
            if next(steps) == step:
                raise Killed
            write(path, argument)

        return write_or_die

    for name, write in (("move_durably", move_durably), ("write_atomically", write_atomically)):
        monkeypatch.setattr(f"jira_assets.lake.storage.local.{name}", mortal(write))


def check_death(harness: SyncHarness, monkeypatch: pytest.MonkeyPatch, kind: str, step: int) -> None:
    """Let a repair die at a step, and the next one end it."""
    DAMAGES["truncated"](NEEDS_REPAIR[kind](harness))
    with monkeypatch.context() as patch, suppress(Killed):
        die_at_step(patch, step)
        harness.pipeline.repair(harness.tracked)

    repaired = harness.pipeline.repair(harness.tracked)

    assert repaired.result.failures == []
    harness.sync()
    harness.publish()
    assert harness.differences() == []
    assert not harness.pipeline.repair(harness.tracked).found


@pytest.mark.parametrize("step", sampled([1, 2, 3]))
def test_a_repair_that_is_killed_is_ended_by_the_next(
    harness: SyncHarness, monkeypatch: pytest.MonkeyPatch, step: int
) -> None:
    check_death(harness, monkeypatch, "raw", step)


@pytest.mark.prove
@pytest.mark.parametrize("kind", NEEDS_REPAIR)
@pytest.mark.parametrize("step", range(12))
def test_a_repair_may_be_killed_at_any_step(
    harness: SyncHarness, monkeypatch: pytest.MonkeyPatch, kind: str, step: int
) -> None:
    check_death(harness, monkeypatch, kind, step)


def test_a_repair_reads_again_only_what_the_damaged_file_held_and_keeps_that_aside(
    harness: SyncHarness,
) -> None:
    path = newest_raw_file(harness)
    DAMAGES["garbage"](path)
    content = path.read_bytes()

    (outcome,) = harness.pipeline.repair(harness.tracked).result.outcomes

    assert outcome.fetched == 2
    (kept,) = (harness.pipeline.lake.root / "damaged").rglob(path.name)
    assert kept.read_bytes() == content
    assert not path.exists()


def test_a_lake_without_its_identity_is_repaired(harness: SyncHarness) -> None:
    DAMAGES["garbage"](identity(harness))
    with pytest.raises(DamagedFile, match="jira-assets repair"):
        harness.sync()

    harness.pipeline.repair(harness.tracked)

    assert harness.sync().failures == []
    assert harness.pipeline.lake.site() is not None


def test_damaged_raw_files_are_not_merged(harness: SyncHarness) -> None:
    flip(raw_file(harness), 100)

    harness.pipeline.compact()

    assert isinstance(harness.sync().outcomes[0].error, DamagedFile)


@pytest.mark.prove
@pytest.mark.parametrize("kind", ANYTHING)
def test_twenty_damages_of_each_kind_of_file_cost_nothing_but_what_is_told(
    harness: SyncHarness, kind: str
) -> None:
    dice = random.Random(kind)

    def flip_anywhere(path: Path) -> None:
        flip(path, dice.randrange(path.stat().st_size))

    ways = [*DAMAGES.values(), flip_anywhere]
    for turn in range(20):
        before = versions(harness)
        dice.choice(ways)(ANYTHING[kind](harness))
        change_both(harness)
        _, other = harness.sync().outcomes
        harness.publish()
        assert other.ok, turn
        assert differences_elsewhere(harness) == [], turn
        check_repair(harness, before)
