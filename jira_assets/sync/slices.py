"""Cut a project's life into slices of about the same number of issues, to be read at the same time.

The cuts are by `created`, which never changes. A key or id would not do: comparing with one that was deleted
or moved is an error in JQL.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise

import msgspec

from jira_assets.jira.times import epoch_ms, parse_time
from jira_assets.sync.context import SyncContext
from jira_assets.warehouse.manifest import Slice

SMALLEST_SLICE = 300
LARGEST_SLICE = 2000
SLICES_WANTED = 12
NARROWEST_MS = 60_000
"""Windows are not cut finer than this: a bulk import creates thousands of issues within one second."""

MOST_ROUNDS = 6


@dataclass(frozen=True)
class Window:
    """A half-open span of `created` in epoch milliseconds, with the number of issues Jira estimates there."""

    since: int
    until: int
    count: int


def plan_slices(context: SyncContext, project_id: str) -> list[Slice]:
    """Ask for counts, and cut where many issues lie; the slices cover all time whatever the counts say."""
    total = context.client.approximate_count(f"project = {project_id}")
    if total <= SMALLEST_SLICE:
        return [Slice(None, None, total)]
    target = min(max(total // SLICES_WANTED, SMALLEST_SLICE), LARGEST_SLICE)
    windows = [Window(_first_created(context, project_id), epoch_ms(context.clock()) + 1, total)]
    for _ in range(MOST_ROUNDS):
        windows, finished = _cut_large_windows(context, project_id, windows, target)
        if finished:
            break
    return to_slices(windows, target)


def slice_jql(project_id: str, part: Slice) -> str:
    """Write the question for one slice; a stable order keeps pages from overlapping."""
    clauses = [f"project = {project_id}"]
    if part.since is not None:
        clauses.append(f"created >= {part.since}")
    if part.until is not None:
        clauses.append(f"created < {part.until}")
    return f"{' and '.join(clauses)} order by created asc"


def to_slices(windows: Sequence[Window], target: int) -> list[Slice]:
    """Join small neighbours and open both ends, so that no issue falls between or outside."""
    joined: list[Window] = []
    for window in windows:
        if joined and joined[-1].count + window.count <= target:
            last = joined.pop()
            window = Window(last.since, window.until, last.count + window.count)
        joined.append(window)
    last_index = len(joined) - 1
    return [
        Slice(
            since=None if index == 0 else window.since,
            until=None if index == last_index else window.until,
            expected=window.count,
        )
        for index, window in enumerate(joined)
    ]


def cut(window: Window, target: int) -> list[tuple[int, int]]:
    """Cut a window into equal spans, as many as its count asks for."""
    width = window.until - window.since
    pieces = max(1, min(-(-window.count // target), SLICES_WANTED, width // NARROWEST_MS))
    edges = [window.since + width * index // pieces for index in range(pieces + 1)]
    return list(pairwise(edges))


def _cut_large_windows(
    context: SyncContext, project_id: str, windows: Sequence[Window], target: int
) -> tuple[list[Window], bool]:
    spans = [span for window in windows for span in _spans(window, target)]
    known = {(window.since, window.until): window.count for window in windows}
    unknown = [span for span in spans if span not in known]
    counts = context.side_by_side(lambda span: _count(context, project_id, span), unknown)
    known.update(zip(unknown, counts, strict=True))
    return [Window(since, until, known[since, until]) for since, until in spans], not unknown


def _spans(window: Window, target: int) -> Iterable[tuple[int, int]]:
    # A window of up to twice the target is left whole: another round of questions would cost more.
    return cut(window, target) if window.count > 2 * target else [(window.since, window.until)]


def _count(context: SyncContext, project_id: str, span: tuple[int, int]) -> int:
    since, until = span
    return context.client.approximate_count(
        f"project = {project_id} and created >= {since} and created < {until}"
    )


def _first_created(context: SyncContext, project_id: str) -> int:
    pages = context.client.search(
        f"project = {project_id} order by created asc", fields=["created"], page_size=1
    )
    for issue in next(pages, []):
        created = msgspec.json.decode(issue.payload, type=_Created).fields.created
        return epoch_ms(parse_time(created))
    return epoch_ms(context.clock())


class _CreatedField(msgspec.Struct):
    created: str


class _Created(msgspec.Struct):
    fields: _CreatedField
