"""A damaged file costs its project, says what to do, and is made up for by a repair."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from jira_assets.demo.generate import generate_site
from jira_assets.errors import DamagedFile
from jira_assets_tests.rig import Rig, by_key, open_rig
from jira_assets_tests.sync.damages import DAMAGES

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
    lake, warehouse = synced.bench.settings.lake_dir, synced.bench.settings.warehouse_dir
    for folder in (lake, warehouse):
        shutil.copytree(folder, tmp_path / folder.name, symlinks=True)
    yield synced
    for folder in (lake, warehouse):
        shutil.rmtree(folder)
        shutil.copytree(tmp_path / folder.name, folder, symlinks=True)


def raw_file(rig: Rig) -> Path:
    return _of(rig, lambda manifest: manifest.raw[0].path)


def newest_raw_file(rig: Rig) -> Path:
    return _of(rig, lambda manifest: manifest.raw[-1].path)


def _of(rig: Rig, choose: Callable[..., str]) -> Path:
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


FATAL = {"raw": raw_file, "newest raw": newest_raw_file, "manifest": manifest_file}
TABLES = {
    name: derived(name)
    for name in ("jira_issues", "jira_issue_changes", "jira_issue_fields", "people_seen", "jira_user_matches")
}
OF_SITE = {"site.json": site_manifest, **{name: site_table(name) for name in ("fields", "sprints", "users")}}


@pytest.mark.parametrize("damage", DAMAGES)
@pytest.mark.parametrize("kind", FATAL)
def test_damage_of_what_only_jira_can_give_again_costs_its_project_until_a_repair(
    rig: Rig, kind: str, damage: str
) -> None:
    damaged, other = (project.project_key for project in rig.tracked)
    path = FATAL[kind](rig)
    DAMAGES[damage](path)
    rig.site.clock.advance(timedelta(hours=1))
    for project in (damaged, other):
        rig.site.edit_issue(next(iter(rig.site.issues_truth(project))), summary=f"after, in {project}")

    outcomes = by_key(rig.sync())
    rig.publish()

    assert outcomes[other].ok
    error = outcomes[damaged].error
    assert isinstance(error, DamagedFile)
    assert path.name in error.reason
    assert "jira-assets repair" in error.instruction
    assert [line for line in rig.differences() if not _is_of(rig, damaged, line)] == []

    repaired = rig.bench.repair(rig.tracked)

    assert [each.path for found in repaired.found.projects for each in found.damage] == [
        str(path.relative_to(rig.bench.lake.root))
    ]
    assert all(outcome.ok and outcome.unproved is None for outcome in repaired.result.outcomes)
    assert rig.differences() == []
    assert not rig.bench.repair(rig.tracked).found


def _is_of(rig: Rig, project: str, line: str) -> bool:
    return any(issue_id in line for issue_id in rig.site.issues_truth(project))


@pytest.mark.parametrize("damage", DAMAGES)
@pytest.mark.parametrize("kind", TABLES | OF_SITE)
def test_damage_of_what_is_made_again_costs_nothing(rig: Rig, kind: str, damage: str) -> None:
    DAMAGES[damage]((TABLES | OF_SITE)[kind](rig))
    rig.site.clock.advance(timedelta(hours=1))
    rig.site.edit_issue(next(iter(rig.site.issues_truth(rig.tracked[1].project_key))), summary="after")

    result = rig.sync()
    rig.publish()

    assert result.failures == []
    assert rig.differences() == []
    rig.bench.repair(rig.tracked)
    assert not rig.bench.repair(rig.tracked).found
    assert rig.differences() == []
