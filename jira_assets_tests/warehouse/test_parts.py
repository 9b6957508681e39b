"""Where memory is scarce, a table is made in parts, with the rows that it has when it is made at once."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import chain
from unittest import mock

import duckdb
import pytest
from hypothesis import given
from hypothesis import strategies as st

from jira_assets.warehouse.models import Parts, models
from jira_assets_tests.lake_fixture import LakeFixture, at, seen
from jira_assets_tests.warehouse.test_incremental_build import METRICS, PROJECTS, Site, contents

FITS = 16
"""So many parts are small enough here."""


@pytest.fixture
def tried(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Let tables run out of memory unless parts are small; returns how many parts were tried."""
    monkeypatch.setattr("jira_assets.warehouse.build.TABLES_UP_TO", 0)
    counts: list[int] = []
    real = Parts.split

    def split(parts: Parts, text: str, conditions: Sequence[str]) -> Iterator[str]:
        count = len(conditions)
        counts.append(count)
        for number, part in enumerate(real(parts, text, conditions)):
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
    with mock.patch.object(LakeFixture, "derive"):  # once, when all is there
        made = Site(LakeFixture(tmp_path_factory.mktemp("parts"), engine), 3)
        for _ in range(15):
            made.happen()
        agreement = {
            "name": "Time to resolution",
            "completedCycles": [{"breached": False}, {"breached": True}],
        }
        helped = seen("900", {"customfield_900": agreement}, project="10")
        made.bench.land([helped], project="10", asked_at=at(made.asked + 1))
    for project in PROJECTS:
        made.bench.derive(project)
    return made


@pytest.mark.prove
def test_tables_that_are_made_in_parts_have_the_same_rows(site: Site, request: pytest.FixtureRequest) -> None:
    site.bench.publish(*PROJECTS, metrics=METRICS, force=True)
    at_once = contents(site.bench)
    tried = request.getfixturevalue("tried")

    site.bench.publish(*PROJECTS, metrics=METRICS, force=True)
    in_parts = contents(site.bench)

    assert {table for table in at_once if in_parts[table] != at_once[table]} == set()
    assert tried.count(1) == sum(model.parts is not None for model in models().values())
    assert all(4 <= second < FITS <= third for second, third in zip(tried[1::3], tried[2::3], strict=True))
    assert [name for name, model in models().items() if model.parts and not at_once[name]] == []


@pytest.fixture
def few_at_once(monkeypatch: pytest.MonkeyPatch) -> dict[str, list[int]]:
    """Make the spans of fields of six issues at once; returns into how many parts each table was made."""
    model = models()["issue_field_spans"]
    assert model.parts is not None
    fewer = replace(model.parts, at_once=6)
    monkeypatch.setattr("jira_assets.warehouse.build.TABLES_UP_TO", 0)
    monkeypatch.setitem(models(), model.name, replace(model, parts=fewer))
    counts: dict[str, list[int]] = {"spans of fields": [], "others": []}
    real = Parts.split

    def split(parts: Parts, text: str, conditions: Sequence[str]) -> Iterator[str]:
        counts["spans of fields" if parts == fewer else "others"].append(len(conditions))
        return real(parts, text, conditions)

    monkeypatch.setattr(Parts, "split", split)
    return counts


@pytest.mark.few_tables("issue_field_spans", "issue_status_spans")
def test_a_publish_fails_when_the_smallest_parts_do_not_fit(
    site: Site, tried: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("jira_assets_tests.warehouse.test_parts.FITS", 1000)

    with pytest.raises(duckdb.OutOfMemoryException, match="full"):
        site.bench.publish(*PROJECTS, metrics=METRICS, force=True)

    assert tried == [1, 4, 16, 64] * 2  # the second time with one thread


@pytest.mark.few_tables("issue_field_spans", "issue_status_spans")
def test_a_table_may_be_made_in_parts_from_the_beginning(site: Site, request: pytest.FixtureRequest) -> None:
    site.bench.publish(*PROJECTS, metrics=METRICS, force=True)
    at_once = contents(site.bench)
    counts = request.getfixturevalue("few_at_once")

    site.bench.publish(*PROJECTS, metrics=METRICS, force=True)

    assert contents(site.bench) == at_once
    assert counts["spans of fields"][0] > len(PROJECTS)
    assert set(counts["others"]) == {1}


PARTS_OF_ISSUES = Parts("jira_id", ("some_issues",), at_once=64)


@given(issues=st.dictionaries(st.from_regex(r"[0-9]{1,5}", fullmatch=True), st.integers(1, 300), min_size=1))
def test_each_project_is_in_one_part_or_divided_into_all_of_its_own(issues: dict[str, int]) -> None:
    most = PARTS_OF_ISSUES.at_once or 0
    conditions = next(iter(PARTS_OF_ISSUES.divisions(issues)))
    groups = [re.findall(r"'(\d+)'", each) for each in conditions if " in " in each]
    pieces = Counter(each for each in conditions if " in " not in each)

    divided = [project for project, count in issues.items() if count > min(most, sum(issues.values()))]
    assert sorted(chain.from_iterable(groups)) == sorted(issues.keys() - divided)
    assert all(sum(issues[project] for project in group) <= most for group in groups)
    assert pieces == Counter(
        f"project_id = '{project}' and hash(jira_id) % {count} = {number}"
        for project in divided
        for count in [-(-issues[project] // most)]
        for number in range(count)
    )


def test_parts_of_projects_are_few_and_of_the_wanted_size() -> None:
    issues = {"10": 40, "11": 20, "12": 30, "13": 150}
    coarsest = next(iter(PARTS_OF_ISSUES.divisions(issues)))
    assert coarsest == [
        "project_id in ('10', '11')",
        "project_id in ('12')",
        "project_id = '13' and hash(jira_id) % 3 = 0",
        "project_id = '13' and hash(jira_id) % 3 = 1",
        "project_id = '13' and hash(jira_id) % 3 = 2",
    ]


def test_a_table_is_made_though_there_are_no_issues() -> None:
    for conditions in PARTS_OF_ISSUES.divisions({}):
        assert list(PARTS_OF_ISSUES.split("create table t", conditions)) == ["create table t"]
