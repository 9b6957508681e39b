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
from jira_assets_tests.harness import Rig, open_rig
from jira_assets_tests.sync.damages import DAMAGES, flip

NOW_MS = 1_795_435_200_000


@pytest.fixture(scope="module")
def synced(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Rig]:
    """Two projects, one of which was synced twice, so that it has two raw files; all is published."""
    home = tmp_path_factory.mktemp("damage") / "home"
    with open_rig(home, generate_site(7, projects=2, issues=12, now_ms=NOW_MS)) as rig:
        rig.track()
        rig.sync()
        rig.site.clock.advance(timedelta(minutes=30))
        issues = list(rig.site.issues_truth(rig.tracked[0].project_key))
        rig.site.edit_issue(issues[0], summary="edited once")
        rig.site.edit_issue(issues[1], summary="edited as well")
        rig.sync()
        rig.publish()
        yield rig


@pytest.fixture
def rig(synced: Rig, tmp_path: Path) -> Iterator[Rig]:
    """The same home for each test: what a test leaves is put back from a copy."""
    settings = synced.bench.settings
    folders = (settings.lake_dir, settings.warehouse_dir)
    for folder in folders:
        shutil.copytree(folder, tmp_path / folder.name, symlinks=True)
    yield synced
    for folder in folders:
        shutil.rmtree(folder)
        shutil.copytree(tmp_path / folder.name, folder, symlinks=True)


def raw_file(rig: Rig) -> Path:
    return _of(rig, lambda manifest: manifest.raw[0].path)


def newest_raw_file(rig: Rig) -> Path:
    return _of(rig, lambda manifest: manifest.raw[-1].path)


def _of(rig: Rig, choose: Callable[[Any], str]) -> Path:
    """Choose a file of the first project by its manifest."""
    manifest = rig.bench.lake.manifest(rig.tracked[0].project_id)
    return rig.bench.lake.path(choose(manifest))


def derived(table: str) -> Callable[[Rig], Path]:
    return lambda rig: _of(rig, lambda manifest: manifest.derived_file(table).path)


def site_table(table: str) -> Callable[[Rig], Path]:
    return lambda rig: rig.bench.lake.path(rig.bench.lake.site_manifest().tables[table].path)


def manifest_file(rig: Rig) -> Path:
    return rig.bench.lake.root / "manifests" / f"{rig.tracked[0].project_id}.json"


def site_manifest(rig: Rig) -> Path:
    return rig.bench.lake.root / "manifests" / "site.json"


def identity(rig: Rig) -> Path:
    return rig.bench.lake.root / "lake.json"


def published(rig: Rig) -> Path:
    return rig.bench.settings.warehouse_file.resolve()


NEEDS_REPAIR: dict[str, Callable[[Rig], Path]] = {
    "raw": raw_file,
    "newest raw": newest_raw_file,
    "manifest": manifest_file,
}
MADE_AGAIN: dict[str, Callable[[Rig], Path]] = {
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


def versions(rig: Rig) -> set[tuple[Any, ...]]:
    """The versions of issues in the raw files of the first project."""
    manifest = rig.bench.lake.manifest(rig.tracked[0].project_id)
    assert manifest is not None
    files = [str(rig.bench.lake.path(file.path)) for file in manifest.raw]
    query = f"select jira_id, updated_at from read_parquet({files})"
    return set(duckdb.connect().execute(query).fetchall())


def still_to_be_read(rig: Rig) -> bool:
    """Whether the first project lacks what a repair set aside."""
    manifest = rig.bench.lake.manifest(rig.tracked[0].project_id)
    return manifest is not None and bool(manifest.set_aside)


def change_both(rig: Rig) -> None:
    """Change an issue of each project, so that the next sync has to read both."""
    rig.site.clock.advance(timedelta(hours=1))
    for project in rig.tracked:
        key = project.project_key
        rig.site.edit_issue(next(iter(rig.site.issues_truth(key))), summary=f"after, in {key}")


def differences_elsewhere(rig: Rig) -> list[str]:
    """What differs from the site in the project that is not damaged."""
    damaged = rig.site.issues_truth(rig.tracked[0].project_key)
    return [line for line in rig.differences() if not any(issue_id in line for issue_id in damaged)]


def check_repair(rig: Rig, before: set[tuple[Any, ...]]) -> None:
    """Repair: all is as on the site, what is lost is counted, and a second repair finds nothing."""
    repaired = rig.bench.repair(rig.tracked)

    assert [outcome.error or outcome.unproved for outcome in repaired.result.outcomes] == [
        None for _ in repaired.result.outcomes
    ]
    assert rig.differences() == []
    assert sum(repaired.lost.values()) == len(before - versions(rig))
    again = rig.bench.repair(rig.tracked)
    assert not again.found
    assert again.warehouse is None


@pytest.mark.parametrize(
    ("kind", "damage"),
    [
        ("raw", "truncated"),
        ("raw", "flipped_in_the_footer"),
        ("newest raw", "missing"),
        ("manifest", "missing"),
        ("manifest", "garbage"),
    ],
)
def test_a_project_that_only_jira_can_bring_back_waits_for_a_repair(rig: Rig, kind: str, damage: str) -> None:
    path, before = NEEDS_REPAIR[kind](rig), versions(rig)
    DAMAGES[damage](path)
    change_both(rig)

    damaged, other = rig.sync().outcomes
    rig.publish()

    assert other.ok
    assert isinstance(damaged.error, DamagedFile)
    assert path.name in damaged.error.reason
    assert "jira-assets repair" in damaged.error.instruction
    assert differences_elsewhere(rig) == []
    check_repair(rig, before)


@pytest.mark.parametrize(
    ("kind", "damage"),
    [
        ("jira_issues", "missing"),
        ("jira_issue_changes", "flipped_in_the_footer"),
        ("jira_user_matches", "empty"),
        ("fields", "garbage"),
        ("site.json", "truncated"),
        ("published file", "flipped_in_the_footer"),
    ],
)
def test_tables_that_can_be_made_again_are_made_again_by_the_next_sync(
    rig: Rig, kind: str, damage: str
) -> None:
    DAMAGES[damage](MADE_AGAIN[kind](rig))
    change_both(rig)

    result = rig.sync()
    rig.publish()

    assert result.failures == []
    assert rig.differences() == []


def test_a_publish_without_a_sync_makes_damaged_tables_again(rig: Rig) -> None:
    query = "select * from jira_issue_sprints order by all"
    before = rig.ask(query)
    DAMAGES["garbage"](MADE_AGAIN["jira_issue_sprints"](rig))

    assert rig.bench.publish(force=True) is not None

    assert rig.ask(query) == before


def test_raw_and_derived_files_damaged_together_are_read_again(rig: Rig) -> None:
    for kind in (raw_file, derived("jira_issues")):
        DAMAGES["truncated"](kind(rig))
    change_both(rig)
    assert [outcome.ok for outcome in rig.sync().outcomes] == [False, True]
    rig.publish()
    assert differences_elsewhere(rig) == []

    repaired = rig.bench.repair(rig.tracked)

    assert not repaired.found.projects[0].is_known
    assert rig.differences() == []


def test_a_repair_that_jira_does_not_answer_is_ended_by_the_next_sync(rig: Rig) -> None:
    issues = f"select * from jira_issues where project_id = '{rig.tracked[0].project_id}' order by all"
    shown = rig.ask(issues)
    DAMAGES["truncated"](raw_file(rig))
    rig.site.faults.add(faults.answer(401, path="/rest/api/3/issue/bulkfetch"))

    (failed,) = rig.bench.repair(rig.tracked).result.failures
    rig.site.faults.clear()

    assert failed.project_id == rig.tracked[0].project_id
    assert rig.ask(issues) == shown  # the tables stay until the issues are there again
    assert still_to_be_read(rig)
    assert rig.sync().failures == []
    assert not still_to_be_read(rig)
    assert rig.differences() == []


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
        monkeypatch.setattr(f"jira_assets.lake.lake.{name}", mortal(write))


def check_death(rig: Rig, monkeypatch: pytest.MonkeyPatch, kind: str, step: int) -> None:
    """Let a repair die at a step, and the next one end it."""
    DAMAGES["truncated"](NEEDS_REPAIR[kind](rig))
    with monkeypatch.context() as patch, suppress(Killed):
        die_at_step(patch, step)
        rig.bench.repair(rig.tracked)

    repaired = rig.bench.repair(rig.tracked)

    assert repaired.result.failures == []
    rig.sync()
    rig.publish()
    assert rig.differences() == []
    assert not rig.bench.repair(rig.tracked).found


@pytest.mark.parametrize("step", [1, 2, 3])
def test_a_repair_that_is_killed_is_ended_by_the_next(
    rig: Rig, monkeypatch: pytest.MonkeyPatch, step: int
) -> None:
    check_death(rig, monkeypatch, "raw", step)


@pytest.mark.prove
@pytest.mark.parametrize("kind", NEEDS_REPAIR)
@pytest.mark.parametrize("step", range(12))
def test_a_repair_may_be_killed_at_any_step(
    rig: Rig, monkeypatch: pytest.MonkeyPatch, kind: str, step: int
) -> None:
    check_death(rig, monkeypatch, kind, step)


def test_a_repair_reads_again_only_what_the_damaged_file_held(rig: Rig) -> None:
    DAMAGES["missing"](newest_raw_file(rig))

    (outcome,) = rig.bench.repair(rig.tracked).result.outcomes

    assert outcome.fetched == 2


def test_what_is_damaged_is_kept_aside(rig: Rig) -> None:
    path = raw_file(rig)
    DAMAGES["garbage"](path)
    content = path.read_bytes()

    rig.bench.repair(rig.tracked)

    (kept,) = (rig.bench.lake.root / "damaged").rglob(path.name)
    assert kept.read_bytes() == content
    assert not path.exists()


def test_a_lake_without_its_identity_is_repaired(rig: Rig) -> None:
    DAMAGES["garbage"](identity(rig))
    with pytest.raises(DamagedFile, match="jira-assets repair"):
        rig.sync()

    rig.bench.repair(rig.tracked)

    assert rig.sync().failures == []
    assert rig.bench.lake.site() is not None


def test_damaged_raw_files_are_not_merged(rig: Rig) -> None:
    flip(raw_file(rig), 100)

    rig.bench.compact()

    assert isinstance(rig.sync().outcomes[0].error, DamagedFile)


@pytest.mark.prove
@pytest.mark.parametrize("kind", ANYTHING)
def test_twenty_damages_of_each_kind_of_file_cost_nothing_but_what_is_told(rig: Rig, kind: str) -> None:
    dice = random.Random(kind)

    def flip_anywhere(path: Path) -> None:
        flip(path, dice.randrange(path.stat().st_size))

    ways = [*DAMAGES.values(), flip_anywhere]
    for turn in range(20):
        before = versions(rig)
        dice.choice(ways)(ANYTHING[kind](rig))
        change_both(rig)
        _, other = rig.sync().outcomes
        rig.publish()
        assert other.ok, turn
        assert differences_elsewhere(rig) == [], turn
        check_repair(rig, before)
