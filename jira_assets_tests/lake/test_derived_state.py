"""After new observations their issues alone are derived, and the tables are those of all observations."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from jira_assets.lake import derive, derived_state
from jira_assets.lake.compact import compact_manifest
from jira_assets.lake.derive import DeriveOptions, derive_projects
from jira_assets.lake.derived_state import Base, find_base
from jira_assets.lake.lake import Lake
from jira_assets.lake.manifest import FieldMapping, Manifest
from jira_assets.lake.raw_writer import Observation, RawFileWriter
from jira_assets_tests.lake_fixture import MAPPING, NOON, TEAM_FIELD, LakeFixture, at, seen, tables_of

FEW = st.integers(1, 3)


@pytest.fixture(autouse=True)
def of_any_size(monkeypatch: pytest.MonkeyPatch) -> None:
    """Takes over what holds of the smallest project, too, and after the largest change."""
    monkeypatch.setattr(derived_state, "LEAST_ISSUES", 0)
    monkeypatch.setattr(derived_state, "MOST", 1000)


@pytest.fixture(scope="module")
def lake(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lake]:
    with closing(Lake(tmp_path_factory.mktemp("lake"))) as lake:
        yield lake


@st.composite
def observations(draw: st.DrawFn, batch: int) -> list[Observation]:
    """Observations that were made at one time: whom and what they name is called alike in all of them."""

    def named(what: str, number: int) -> str | None:
        return f"{what} {number} in {batch}" if draw(st.booleans()) else None

    def person() -> dict[str, Any] | None:
        number = draw(FEW)
        found = {"accountId": f"a{number}", "displayName": f"Person {number} in {batch}"}
        return found if draw(st.booleans()) else None

    def issue(jira_id: str) -> Observation:
        status = draw(FEW)
        fields = {
            "summary": named("summary", int(jira_id)),
            "status": {"id": str(status), "name": f"Status {status} in {batch}" if status > 1 else None},
            "assignee": person(),
            "creator": person(),
            "labels": draw(st.lists(st.sampled_from(["x", "y"]), unique=True)),
            "description": named("text", int(jira_id)),
            "issuelinks": [{"id": str(link)} for link in draw(st.sets(FEW))],
            TEAM_FIELD: named("team", draw(FEW)),
            "customfield_16": draw(st.none() | FEW),
            "customfield_20": [{"id": str(sprint), "name": "S"} for sprint in draw(st.sets(FEW))],
            f"customfield_{draw(FEW)}": draw(FEW),
        }
        histories = [
            {
                "id": str(number),
                "created": "2026-01-01T00:00:00.000+0000",
                "author": person(),
                "items": [{"field": "status", "from": "1", "to": str(number)}],
            }
            for number in draw(st.sets(FEW))
        ]
        return seen(jira_id, fields, updated=at(draw(FEW)), histories=histories)

    ids = draw(st.lists(st.integers(1, 5), min_size=1, max_size=4, unique=True))
    return [
        seen(str(number), kind="gone") if draw(st.integers(1, 4)) == 4 else issue(str(number))
        for number in ids
    ]


def land(lake: Lake, manifest: Manifest, found: list[Observation], minutes: int) -> None:
    landing = RawFileWriter(lake, manifest, at(minutes))
    landing.add(found)
    if raw := landing.finish():
        manifest.add_raw(raw)


def check(lake: Lake, first: list[Observation], later: tuple[list[Observation], ...]) -> None:
    manifest = Manifest("10", "P10", watermark=NOON, mapping=MAPPING)
    land(lake, manifest, [seen("9"), *first], 0)
    (derived,) = derive_projects(lake, [manifest], DeriveOptions())
    for number, batch in enumerate(later, start=1):
        manifest.set_derived(derived_state.GROUP, derived)
        land(lake, manifest, batch, number)
        assert find_base(lake, manifest, ()) is not None
        (derived,) = derive_projects(lake, [manifest], DeriveOptions())

    manifest.derived = {}
    (whole,) = derive_projects(lake, [manifest], DeriveOptions())
    assert tables_of(lake, derived) == tables_of(lake, whole)
    assert (derived.fingerprint, derived.nulled) == (whole.fingerprint, whole.nulled)


@settings(max_examples=5)
@given(first=observations(0), later=st.tuples(observations(1), observations(2)))
def test_the_tables_are_those_that_all_observations_give(
    lake: Lake, first: list[Observation], later: tuple[list[Observation], ...]
) -> None:
    check(lake, first, later)


@pytest.mark.prove
@settings(max_examples=150)
@given(first=observations(0), later=st.tuples(observations(1), observations(2)))
def test_the_tables_are_those_that_all_observations_give_in_150_histories(
    lake: Lake, first: list[Observation], later: tuple[list[Observation], ...]
) -> None:
    check(lake, first, later)


def base_of(bench: LakeFixture) -> Base | None:
    return find_base(bench.lake, bench.manifest(), ())


@pytest.fixture
def derived(bench: LakeFixture) -> LakeFixture:
    """A project of 10 issues that is derived, and of which one changed after that."""
    bench.land_and_derive(*(seen(str(number)) for number in range(10)))
    bench.land([seen("1", {"summary": "New"})], asked_at=at(1))
    return bench


def test_only_what_was_added_is_read(derived: LakeFixture, monkeypatch: pytest.MonkeyPatch) -> None:
    staged: list[str] = []
    write = derive._Derivation._write

    def spy(self: Any, table: str, **parts: Any) -> None:
        write(self, table, **parts)
        if table == "jira_issues":
            stage = f"select list(jira_id) from {parts['stage']}"
            staged.extend(self._engine.execute(stage).fetchone()[0])

    monkeypatch.setattr(derive._Derivation, "_write", spy)
    assert derived.derive()

    assert staged == ["1"]
    assert {row["jira_id"]: row["summary"] for row in derived.rows("jira_issues")} == {
        **dict.fromkeys(map(str, range(10))),
        "1": "New",
    }


def test_a_table_that_is_not_as_it_was_written_is_not_taken_over(derived: LakeFixture) -> None:
    assert base_of(derived) is not None
    file = derived.manifest().derived_file("jira_issue_texts")
    assert file is not None
    path: Path = derived.lake.path(file.path)
    path.chmod(0o644)
    path.write_bytes(bytes([path.read_bytes()[0] ^ 1]) + path.read_bytes()[1:])

    assert base_of(derived) is None
    assert derived.derive()
    assert derived.derive() is False


def test_a_table_that_is_missing_is_no_base(derived: LakeFixture) -> None:
    file = derived.manifest().derived_file("jira_issue_links")
    assert file is not None
    derived.lake.path(file.path).unlink()

    assert base_of(derived) is None


def test_after_another_mapping_everything_is_derived(derived: LakeFixture) -> None:
    manifest = derived.manifest()
    manifest.map_fields(FieldMapping("customfield_17"))
    derived.lake.commit(manifest)

    assert base_of(derived) is None


def test_observations_of_an_earlier_time_have_everything_derived(derived: LakeFixture) -> None:
    derived.derive()
    derived.land([seen("2")], asked_at=at(0))

    assert base_of(derived) is None


def test_merged_raw_files_are_a_base_as_well(derived: LakeFixture) -> None:
    derived.derive()
    manifest = derived.manifest()
    compact_manifest(derived.lake, manifest, ())
    derived.land([seen("2", {"summary": "Newer"})], asked_at=at(2))

    base = base_of(derived)
    assert base is not None
    assert [file.rows for file in base.added] == [1]


@pytest.mark.parametrize(("least", "most", "is_used"), [(10, 0.1, True), (11, 0.1, False), (10, 0.09, False)])
def test_small_projects_and_large_changes_are_derived_from_everything(
    derived: LakeFixture, monkeypatch: pytest.MonkeyPatch, least: int, most: float, is_used: bool
) -> None:
    monkeypatch.setattr(derived_state, "LEAST_ISSUES", least)
    monkeypatch.setattr(derived_state, "MOST", most)

    assert (base_of(derived) is not None) == is_used


@pytest.mark.parametrize("updated", [at(1), at(3)], ids=["older", "newer"])
def test_a_malformed_payload_is_read_as_among_all_observations(bench: LakeFixture, updated: datetime) -> None:
    half = rb'{"fields": {"summary": "\ud83d", "status": {"id": "7", "name": "A"}, "customfield_77": 1}}'
    bench.land([seen("1", payload=half, updated=at(2))])
    bench.land([seen("2", {"customfield_77": 2})])
    bench.derive()
    bench.land([seen("1", {"status": {"id": "8", "name": "B"}}, updated=updated)], asked_at=at(4))
    assert base_of(bench) is not None
    bench.derive()

    manifest = bench.manifest()
    taken_over = manifest.derived[derived_state.GROUP]
    manifest.derived = {}
    (whole,) = derive_projects(bench.lake, [manifest], DeriveOptions())
    assert tables_of(bench.lake, taken_over) == tables_of(bench.lake, whole)
    assert {row["status_id"] for row in bench.rows("statuses_seen")} == {"7", "8"}
    assert len(bench.rows("jira_issue_fields")) == (2 if updated == at(1) else 1)
