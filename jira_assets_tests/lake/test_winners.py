"""One observation of each issue stands: compared with a search through all of them."""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import duckdb
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from jira_assets.lake.raw_writer import Kind
from jira_assets_tests.lake_fixture import LakeFixture, at, seen

KINDS: list[Kind] = ["issue", "issue", "issue", "gone", "moved", "archived", "trashed", "invisible"]


class Sighting(NamedTuple):
    """One observation: of which issue, which version of it, and what was seen."""

    issue: int
    version: int | None
    kind: Kind
    alien: bool


sightings = st.builds(
    Sighting,
    issue=st.integers(1, 3),
    version=st.one_of(st.none(), st.integers(0, 3)),
    kind=st.sampled_from(KINDS),
    alien=st.sampled_from([False, False, False, True]),
)
batches = st.lists(st.lists(sightings, max_size=5), max_size=6)


def standing(history: Sequence[Sequence[Sighting]]) -> dict[int, tuple[Kind, set[int | None]]]:
    """Find by brute force what stands for each issue; an issue seen twice in one file may be either."""
    numbered = [(seq, one) for seq, batch in enumerate(history) for one in batch if not one.alien]
    found: dict[int, tuple[Kind, set[int | None]]] = {}
    for issue in {one.issue for _, one in numbered}:
        mine = [(seq, one) for seq, one in numbered if one.issue == issue]
        buried = max((seq for seq, one in mine if one.kind != "issue"), default=-1)
        alive = [(seq, one) for seq, one in mine if one.kind == "issue" and seq > buried]
        if alive:
            newest = max((-1 if one.version is None else one.version) for _, one in alive)
            found[issue] = ("issue", {None if newest == -1 else newest})
        else:
            kinds = {one.kind for seq, one in mine if seq == buried and one.kind != "issue"}
            found[issue] = (min(kinds), set()) if len(kinds) == 1 else ("gone", set())
    return found


@given(history=batches)
@settings(max_examples=8, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_the_newest_version_since_the_last_tombstone_stands(
    engine: duckdb.DuckDBPyConnection, history: list[list[Sighting]]
) -> None:
    check(engine, history)


@pytest.mark.prove
@given(history=batches)
@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_the_newest_version_stands_in_200_histories(
    engine: duckdb.DuckDBPyConnection, history: list[list[Sighting]]
) -> None:
    check(engine, history)


def check(engine: duckdb.DuckDBPyConnection, history: list[list[Sighting]]) -> None:
    """Land the batches, and compare what is derived with what stands."""
    with tempfile.TemporaryDirectory() as folder:
        bench = LakeFixture(Path(folder), engine)
        for batch in history:
            land(bench, batch)
        bench.derive()
        alive = {int(row["jira_id"]): row["updated_at"] for row in bench.rows("jira_issues")}
        dead = {int(row["jira_id"]) for row in bench.rows("jira_deleted_issues")}

    wanted = standing(history)
    assert alive.keys() == {issue for issue, (kind, _) in wanted.items() if kind == "issue"}
    assert dead == wanted.keys() - alive.keys()
    for issue, updated in alive.items():
        versions = {
            None if version is None else at(version).replace(tzinfo=None) for version in wanted[issue][1]
        }
        assert updated in versions


def land(bench: LakeFixture, batch: Sequence[Sighting]) -> None:
    bench.land(
        seen(
            str(one.issue),
            project="11" if one.alien else "10",
            updated=None if one.version is None else at(one.version),
            kind=one.kind,
        )
        for one in batch
    )


def test_an_older_version_from_a_stale_index_does_not_win(bench: LakeFixture) -> None:
    bench.land([seen("1", {"summary": "new"}, updated=at(5))])
    bench.land_and_derive(seen("1", {"summary": "old"}, updated=at(1)))

    assert [row["summary"] for row in bench.rows("jira_issues")] == ["new"]


def test_of_two_observations_of_one_version_the_later_wins(bench: LakeFixture) -> None:
    bench.land([seen("1", {"summary": "before"})])
    bench.land_and_derive(seen("1", {"summary": "after"}))

    assert [row["summary"] for row in bench.rows("jira_issues")] == ["after"]


def test_an_issue_seen_again_after_its_tombstone_lives(bench: LakeFixture) -> None:
    bench.land([seen("1", updated=at(5))])
    bench.land([seen("1", kind="gone", updated=None, payload=b"null")])
    bench.land_and_derive(seen("1", updated=at(5)))

    assert [row["jira_id"] for row in bench.rows("jira_issues")] == ["1"]
    assert bench.rows("jira_deleted_issues") == []


def test_a_tombstone_says_why_when_and_where_to(bench: LakeFixture) -> None:
    bench.land([seen("1"), seen("2")])
    bench.land_and_derive(
        seen("1", kind="moved", payload=b'{"key": "NEW-7", "project_id": "99"}'),
        seen("2", kind="invisible", payload=b"null"),
        asked_at=at(30),
    )

    found = {row["jira_id"]: row for row in bench.rows("jira_deleted_issues")}
    assert bench.rows("jira_issues") == []
    assert (found["1"]["reason"], found["1"]["moved_to_key"]) == ("moved", "NEW-7")
    assert (found["2"]["reason"], found["2"]["moved_to_key"]) == ("invisible", None)
    assert found["2"]["noticed_at"] == at(30).replace(tzinfo=None)
    assert found["2"]["jira_key"] == "P10-2"
