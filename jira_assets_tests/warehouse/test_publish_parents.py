"""An issue shows the parent it has: under its key of today, and none when that is known to be gone."""

from __future__ import annotations

import json

import pytest

from jira_assets.lake.raw_writer import Kind, Observation
from jira_assets_tests.lake_fixture import LakeFixture, Row, at, seen
from jira_assets_tests.sampling import sampled

PARENT = {"parent": {"id": "1", "key": "P10-1"}}
AS_PRINTED = ("1", "P10-1", None)


def left(kind: Kind, to: Row | None = None, *, project: str = "10", key: str = "P10-1") -> Observation:
    """Say that the parent left its project, and where it went."""
    return seen("1", project=project, key=key, kind=kind, payload=json.dumps(to).encode())


def family(bench: LakeFixture) -> None:
    """Land a parent, a child beside it, and one in another project."""
    bench.land_and_derive(seen("1"), seen("2", PARENT), asked_at=at(0))
    bench.land_and_derive(seen("3", PARENT, project="11"), project="11", asked_at=at(0))


def children(bench: LakeFixture, *tracked: str) -> set[tuple[str | None, str | None, str | None]]:
    """What the children show of their parent."""
    bench.preview(*(tracked or ("10", "11")))
    rows = bench.ask("select parent_id, parent_key, former_parent_key from jira_issues where jira_id <> '1'")
    return {(row["parent_id"], row["parent_key"], row["former_parent_key"]) for row in rows}


def test_a_parent_that_is_gone_leaves_its_last_key_and_comes_back(bench: LakeFixture) -> None:
    family(bench)
    assert children(bench) == {AS_PRINTED}

    bench.land_and_derive(left("gone"), asked_at=at(1))
    assert children(bench) == {(None, None, "P10-1")}

    bench.land_and_derive(seen("1"), asked_at=at(2))
    assert children(bench) == {AS_PRINTED}


@pytest.mark.parametrize("kind", sampled(["archived", "trashed", "invisible"]))
def test_a_parent_in_a_project_that_was_put_away_stays(bench: LakeFixture, kind: Kind) -> None:
    family(bench)
    bench.land_and_derive(left(kind), asked_at=at(1))
    assert children(bench) == {AS_PRINTED}


def test_a_parent_that_moved_has_its_present_key(bench: LakeFixture) -> None:
    family(bench)
    bench.land_and_derive(left("moved", {"key": "OLD-7", "project_id": "12"}), asked_at=at(1))
    assert children(bench) == {("1", "OLD-7", None)}

    bench.land_site("projects", {"project_id": "12", "project_key": "NEW", "name": "x", "is_archived": False})
    assert children(bench) == {("1", "NEW-7", None)}
    moved_to = bench.ask_one("select moved_to_key from jira_deleted_issues")
    assert moved_to == {"moved_to_key": "NEW-7"}

    bench.land_and_derive(seen("1", key="NEW-8", project="12"), project="12", asked_at=at(2))
    assert children(bench, "10", "11", "12") == {("1", "NEW-8", None)}


@pytest.mark.prove
def test_of_several_projects_that_a_parent_left_the_last_counts(bench: LakeFixture) -> None:
    family(bench)
    bench.land_and_derive(left("moved", {"key": "P11-9", "project_id": "11"}), asked_at=at(1))
    bench.land_and_derive(seen("1", key="P11-9", project="11"), project="11", asked_at=at(1))
    assert children(bench) == {("1", "P11-9", None)}

    bench.land_and_derive(left("gone", project="11", key="P11-9"), project="11", asked_at=at(2))
    assert children(bench) == {(None, None, "P11-9")}


def test_a_parent_in_a_project_that_is_not_tracked_stays_as_jira_printed_it(bench: LakeFixture) -> None:
    family(bench)
    bench.land_and_derive(left("gone"), asked_at=at(1))
    assert children(bench, "11") == {AS_PRINTED}
