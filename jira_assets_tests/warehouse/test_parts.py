"""Where memory is scarce, a table is made in parts, with the rows that it has when it is made at once."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import duckdb
import pytest

from jira_assets.warehouse.models import Parts, models
from jira_assets_tests.lake_fixture import LakeFixture
from jira_assets_tests.warehouse.test_incremental_build import METRICS, PROJECTS, Site, contents

FITS = 16
"""So many parts are small enough here."""


@pytest.fixture
def tried(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Let tables run out of memory unless parts are small; returns how many parts were tried."""
    counts: list[int] = []
    real = Parts.split

    def split(parts: Parts, text: str, count: int) -> Iterator[str]:
        counts.append(count)
        for number, part in enumerate(real(parts, text, count)):
            if number and count < FITS:
                raise duckdb.OutOfMemoryException("full")
            if count > 1:
                yield part
        if count == 1:
            raise duckdb.OutOfMemoryException("full")

    monkeypatch.setattr(Parts, "split", split)
    return counts


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory, engine: duckdb.DuckDBPyConnection) -> Site:
    """A site on which some things happened."""
    made = Site(LakeFixture(tmp_path_factory.mktemp("parts"), engine), 3)
    for _ in range(15):
        made.happen()
    return made


def test_tables_that_are_made_in_parts_have_the_same_rows(site: Site, request: pytest.FixtureRequest) -> None:
    site.bench.publish(*PROJECTS, metrics=METRICS, force=True)
    at_once = contents(site.bench)
    tried = request.getfixturevalue("tried")

    site.bench.publish(*PROJECTS, metrics=METRICS, force=True)
    in_parts = contents(site.bench)

    assert {table for table in at_once if in_parts[table] != at_once[table]} == set()
    assert tried == [1, 4, FITS] * sum(model.parts is not None for model in models().values())
    assert all(at_once[model.name] for model in models().values() if model.parts)


def test_a_publish_fails_when_the_smallest_parts_do_not_fit(
    site: Site, tried: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("jira_assets_tests.warehouse.test_parts.FITS", 1000)

    with pytest.raises(duckdb.OutOfMemoryException, match="full"):
        site.bench.publish(*PROJECTS, metrics=METRICS, force=True)

    assert tried == [1, 4, 16, 64] * 2  # the second time with one thread


def test_a_table_may_be_made_in_parts_from_the_beginning(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    site.bench.publish(*PROJECTS, metrics=METRICS, force=True)
    at_once = contents(site.bench)
    issues = len(at_once["jira_issues"])
    model = models()["issue_field_spans"]
    assert model.parts is not None
    fewer = replace(model.parts, at_once=issues // 2)
    monkeypatch.setitem(models(), model.name, replace(model, parts=fewer))
    counts: dict[Parts, int] = {}
    real = Parts.split

    def split(parts: Parts, text: str, count: int) -> Iterator[str]:
        counts.setdefault(parts, count)
        return real(parts, text, count)

    monkeypatch.setattr(Parts, "split", split)
    site.bench.publish(*PROJECTS, metrics=METRICS, force=True)

    assert contents(site.bench) == at_once
    assert counts.pop(fewer) == 4
    assert set(counts.values()) == {1}
