"""The search index catches up with the data in whatever order changes come due."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from jira_assets.demo.data import DemoIssue
from jira_assets.demo.index import Document, SearchIndex

NEVER = 10**9


def version(issue_id: int, updated: int, project_id: int = 1) -> Document:
    return Document(DemoIssue(issue_id, project_id, issue_id, 0, updated, {}))


def test_an_earlier_change_with_a_longer_lag_does_not_undo_a_later_one() -> None:
    index = SearchIndex([version(1, 10)])
    index.put(1, version(1, 20), due_ms=100, now_ms=20)
    index.put(1, version(1, 30), due_ms=50, now_ms=30)
    index.catch_up(60)
    assert index.pending() == 1
    index.catch_up(200)

    found = index.get(1)
    assert found is not None
    assert found.issue.updated == 30


def test_a_deletion_is_a_change_like_any_other() -> None:
    index = SearchIndex([version(1, 10)])
    index.put(1, None, due_ms=40, now_ms=20)
    assert index.get(1) is not None
    index.catch_up(40)

    assert index.get(1) is None
    assert list(index.candidates([1], "updated", (None, None))) == []


changes = st.tuples(st.integers(1, 6), st.integers(0, 30), st.integers(1, 3), st.booleans())


@given(st.lists(changes, max_size=40), st.integers(0, 60), st.integers(0, 60))
def test_windows_hold_exactly_the_latest_versions_within_them(
    steps: list[tuple[int, int, int, bool]], low: int, high: int
) -> None:
    index = SearchIndex([])
    latest: dict[int, Document | None] = {}
    for now, (issue_id, lag, project_id, deleted) in enumerate(steps):
        document = None if deleted else version(issue_id, now, project_id)
        index.put(issue_id, document, due_ms=now + lag, now_ms=now)
        latest[issue_id] = document
    index.catch_up(NEVER)

    for project_id in (1, 2, 3):
        wanted = {
            each.issue.id
            for each in latest.values()
            if each is not None and each.issue.project_id == project_id and low <= each.issue.updated <= high
        }
        assert set(index.candidates([project_id], "updated", (low, high))) == wanted
    everything = list(index.candidates([1, 2, 3], "created", (None, None)))
    assert sorted(everything) == sorted(issue_id for issue_id, each in latest.items() if each is not None)
