"""The issues above each issue, up to the highest level."""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path

import duckdb
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from jira_assets_tests.lake_fixture import LakeFixture, seen

Parents = dict[str, str]


def chains(bench: LakeFixture, parents: Parents, issues: set[str]) -> dict[str, list[str]]:
    """Publish issues with these parents, the even ones in another project; return what is above each."""
    for project, rest in (("10", 0), ("11", 1)):
        mine = sorted(issue for issue in issues if int(issue) % 2 == rest)
        above = {issue: parents.get(issue) for issue in mine}
        bench.land_and_derive(
            *(
                seen(issue, {"parent": parent and {"id": parent, "key": f"OLD-{parent}"}}, project=project)
                for issue, parent in above.items()
            ),
            project=project,
        )
    bench.preview("10", "11")
    found: dict[str, list[str]] = {}
    for row in bench.ask(
        "select jira_id, ancestor_id, depth from jira_issue_parents order by jira_id, depth"
    ):
        found.setdefault(row["jira_id"], []).append(row["ancestor_id"])
        assert len(found[row["jira_id"]]) == row["depth"]
    return found


def by_hand(parents: Parents, issues: set[str]) -> dict[str, list[str]]:
    found = {}
    for issue in issues:
        path = [issue]
        while path[-1] in issues and (above := parents.get(path[-1])) is not None and above not in path:
            path.append(above)
        if path[1:]:
            found[issue] = path[1:]
    return found


ISSUES = [str(number) for number in range(1, 8)]


def check_chains(engine: duckdb.DuckDBPyConnection, parents: Parents) -> None:
    folder = Path(tempfile.mkdtemp())
    try:
        issues = set(ISSUES[:6])  # the last one is in no tracked project
        assert chains(LakeFixture(folder, engine), parents, issues) == by_hand(parents, issues)
    finally:
        shutil.rmtree(folder)


def test_the_chain_is_that_of_the_parents(engine: duckdb.DuckDBPyConnection) -> None:
    # Two that are above each other, one below them, one whose parent is untracked, and one without a parent.
    check_chains(engine, {"1": "2", "2": "1", "3": "1", "4": ISSUES[6], "6": "4"})


@pytest.mark.prove
@settings(max_examples=40, deadline=None)
@given(parents=st.dictionaries(st.sampled_from(ISSUES[:6]), st.sampled_from(ISSUES)))
def test_the_chain_is_that_of_the_parents_whatever_they_are(
    engine: duckdb.DuckDBPyConnection, parents: Parents
) -> None:
    check_chains(engine, parents)


def test_each_issue_above_has_its_level_and_key_of_today(bench: LakeFixture) -> None:
    levels = {"1": (-1, "2"), "2": (0, "3"), "3": (1, "4"), "4": (2, "9")}
    for issue, (level, parent) in levels.items():
        kind = {"id": "5", "name": f"Level {level}", "hierarchyLevel": level}
        bench.land([seen(issue, {"issuetype": kind, "parent": {"id": parent, "key": f"OLD-{parent}"}})])
    bench.derive()
    bench.preview()

    rows = bench.ask("select * from jira_issue_parents where jira_id = '1' order by depth")
    assert [(row["ancestor_key"], row["level"], row["is_tracked"]) for row in rows] == [
        ("P10-2", 0, True),
        ("P10-3", 1, True),
        ("P10-4", 2, True),
        ("OLD-9", None, False),
    ]
