"""Versions of many projects are compared with the lake in one reading, each with its own project."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from jira_assets.jira.models import IssueRef
from jira_assets.lake.diff import LakeDiff, StaleIssue
from jira_assets.sync.known_versions import find_stale_issues
from jira_assets_tests.lake_fixture import NOON, LakeFixture, at, seen


def listed(jira_id: str, project: str = "10", key: str | None = None, minutes: float = 0) -> IssueRef:
    """A version as search names it."""
    return IssueRef(jira_id, key or f"P{project}-{jira_id}", at(minutes), project, f"P{project}")


@pytest.fixture(autouse=True)
def _settled(monkeypatch: pytest.MonkeyPatch) -> None:
    """Rely on what was written a moment ago."""
    monkeypatch.setattr("jira_assets.lake.storage.local.SETTLED_NS", -1)


def test_each_issue_is_compared_within_its_project(bench: LakeFixture) -> None:
    bench.land([seen("1"), seen("2"), seen("9", updated=at(3))])
    bench.land([seen("9", kind="moved", updated=None)])
    bench.land([seen("3", project="20"), seen("9", project="20", updated=at(3))], project="20")
    known = [listed("1"), listed("2"), listed("3", "20"), listed("9", "20", minutes=3)]
    news = [
        listed("2", minutes=5),
        listed("9", minutes=3),
        listed("1", "20"),
        listed("1", "30"),
    ]

    assert find_stale_issues(bench.lake, known) == []
    assert find_stale_issues(bench.lake, [listed("3", "20", key="P20-77")]) != []
    assert find_stale_issues(bench.lake, [listed("1"), *news, listed("3", "20")]) == news


def test_the_same_versions_are_looked_up_once_while_the_manifest_is_the_same(
    bench: LakeFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    bench.land([seen("1")])
    bench.land([seen("3", project="20")], project="20")
    looked_up: list[str] = []
    add = LakeDiff.add

    def noting(diff: LakeDiff, refs: Sequence[IssueRef]) -> list[StaleIssue]:
        looked_up.extend(ref.id for ref in refs)
        return add(diff, refs)

    monkeypatch.setattr(LakeDiff, "add", noting)
    refs = [listed("1"), listed("3", "20")]

    assert [find_stale_issues(bench.lake, refs) for _ in "abc"] == [[]] * 3
    assert looked_up == ["10/1", "20/3"]
    bench.land([seen("1", kind="gone", updated=None)])
    assert find_stale_issues(bench.lake, refs) == [listed("1")]
    assert looked_up == ["10/1", "20/3", "10/1"]


def test_a_damaged_file_concerns_its_own_project(bench: LakeFixture) -> None:
    bench.land([seen("1", updated=NOON)])
    bench.land([seen("3", project="20")], project="20")
    (raw,) = bench.manifest("20").raw
    bench.lake.path(raw.path).write_bytes(b"PAR1 no longer")

    assert find_stale_issues(bench.lake, [listed("1"), listed("3", "20")]) == [listed("3", "20")]
