"""However a project's life is cut, every moment belongs to exactly one slice."""

from __future__ import annotations

import itertools

from hypothesis import given
from hypothesis import strategies as st

from jira_assets.sync.slices import NARROWEST_MS, Window, cut, slice_jql, to_slices
from jira_assets.warehouse.manifest import Slice

counts = st.integers(0, 5000)


@st.composite
def neighbouring_windows(draw: st.DrawFn) -> list[Window]:
    """Windows side by side with any counts."""
    edges = sorted(draw(st.sets(st.integers(0, 10**13), min_size=2, max_size=20)))
    return [Window(since, until, draw(counts)) for since, until in itertools.pairwise(edges)]


@given(neighbouring_windows(), st.integers(1, 3000))
def test_slices_cover_all_time_without_overlap(windows: list[Window], target: int) -> None:
    slices = to_slices(windows, target)

    assert slices[0].since is None
    assert slices[-1].until is None
    for before, after in itertools.pairwise(slices):
        assert before.until == after.since
        assert before.until is not None


@given(neighbouring_windows(), st.integers(1, 3000))
def test_joining_small_neighbours_keeps_every_counted_issue(windows: list[Window], target: int) -> None:
    slices = to_slices(windows, target)

    assert sum(part.expected for part in slices) == sum(window.count for window in windows)
    largest = max(window.count for window in windows)
    assert all(part.expected <= max(target, largest) for part in slices)


@given(st.integers(0, 10**12), st.integers(1, 10**11), counts, st.integers(1, 3000))
def test_the_pieces_of_a_window_are_the_window(since: int, width: int, count: int, target: int) -> None:
    pieces = cut(Window(since, since + width, count), target)

    assert pieces[0][0] == since
    assert pieces[-1][1] == since + width
    assert all(end == start for (_, end), (start, _) in itertools.pairwise(pieces))
    assert len(pieces) == 1 or all(end - start >= NARROWEST_MS for start, end in pieces)


def test_the_question_for_an_open_ended_slice_names_the_project_only() -> None:
    assert slice_jql("10", Slice(None, None, 5)) == "project = 10 order by created asc"


def test_the_question_for_a_slice_in_the_middle_is_half_open() -> None:
    jql = slice_jql("10", Slice(1000, 2000, 5))

    assert jql == "project = 10 and created >= 1000 and created < 2000 order by created asc"
