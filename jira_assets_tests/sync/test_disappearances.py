"""Whatever disappears from a site, however late it shows: after sync and reconcile the tables tell the truth.

As far as it can be told from outside, that is: see `witness`.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Collection
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from jira_assets.demo.generate.generate import generate_site
from jira_assets.errors import IncompleteRead, MassDeletionSuspected
from jira_assets.sync.run import SyncResult
from jira_assets_tests.harness import SyncHarness, open_harness
from jira_assets_tests.sync.events import (
    DISAPPEARANCES,
    EDITS,
    MOMENT,
    RENAMES,
    WAITS,
    CrashError,
    Happening,
    dying_at_step,
)
from jira_assets_tests.sync.oracle import View, Witness, gone_elsewhere, misnamed, problems

TRACKED = ("MOB", "PAY")
PUT_AWAY = ("archived", "trashed", "out of sight")
UNKNOWABLE = ("out of sight",)
LATE = {"": timedelta(0), "_minutes_late": timedelta(minutes=1), "_a_day_late": timedelta(days=1)}


@dataclass(frozen=True)
class Step:
    """One thing that happens: `what`, decided by `which`, and how late search shows it."""

    what: str
    which: int
    late: str = ""


@dataclass
class Story:
    """A history under way."""

    harness: SyncHarness
    witness: Witness

    def note(self, result: SyncResult, *, excused: Collection[str] = PUT_AWAY) -> tuple[View, list[str]]:
        """Write down what came of a sync; it may fail for projects that stand in an excused way.

        Besides, nobody has to believe at once that most of a project is gone.
        """
        whole = [each.project_id for each in result.outcomes if each.ok and each.mode != "incremental"]
        view = self.witness.note_sync(whole=whole)
        for outcome in result.failures:
            silent = isinstance(outcome.error, IncompleteRead) and not searchable(
                self.harness, outcome.project_id
            )
            doubted = silent or isinstance(outcome.error, MassDeletionSuspected)
            assert doubted or view.standing(outcome.project_id) in excused, outcome.error
        self.witness.note_published()
        return view, whole


def searchable(harness: SyncHarness, project_id: str) -> set[int]:
    """Return the issues of a project that a search can name."""
    return (
        set(harness.site.index.candidates([int(project_id)], "created", (None, None)))
        - harness.site.store.hidden
    )


def sync(story: Story, which: int) -> None:
    """Sync, now and then everything again, and publish or leave that to the next."""
    full = which % 10 == 0
    harness = story.harness
    story.note(harness.sync(full=full) if which % 2 else harness.pipeline.sync(harness.tracked, full=full))


def reconcile(story: Story, which: int) -> None:
    story.note(story.harness.reconcile(), excused=UNKNOWABLE)


def die(story: Story, which: int) -> None:
    work = story.harness.reconcile if which % 2 else story.harness.sync
    with dying_at_step(1 + which % 23), suppress(CrashError):
        work()
    story.witness.note_sync(perhaps=story.witness.tracked)


def two_at_once(story: Story, which: int) -> None:
    works: list[Callable[[], SyncResult]] = [story.harness.reconcile, story.harness.sync]
    with ThreadPoolExecutor(2) as threads:
        results = [future.result() for future in [threads.submit(work) for work in works]]
    for result in results:
        story.note(result)


SYNCS = {each.__name__: each for each in (sync, reconcile, die, two_at_once)}
CHANGES = EDITS | DISAPPEARANCES | RENAMES
steps = st.one_of(
    st.builds(Step, st.sampled_from(sorted(CHANGES)), st.integers(0, 400), st.sampled_from(sorted(LATE))),
    st.builds(Step, st.sampled_from(sorted(DISAPPEARANCES)), st.integers(0, 400)),
    st.builds(Step, st.sampled_from(sorted(WAITS)), st.integers(0, 400)),
    st.builds(Step, st.sampled_from(sorted(SYNCS)), st.integers(0, 400)),
)
histories = st.lists(steps, max_size=16)
A_SYNC_THAT_DIED_MAY_NOT_HAVE_SEEN_A_MOVE = [
    Step("move", 84),
    Step("archive_or_restore", 164),
    Step("move", 0),
    Step("archive_or_restore", 374),
    Step("transition", 0),
    Step("archive_or_restore", 34),
    Step("die", 0),
    Step("take_or_give_permission", 400),
]


def happen(story: Story, step: Step) -> None:
    """Let one thing happen."""
    if step.what in SYNCS:
        SYNCS[step.what](story, step.which)
        return
    site = story.harness.site
    function: Happening = (CHANGES | WAITS)[step.what]
    if not LATE[step.late]:
        function(story.harness, step.which)
    else:
        with site.indexed_late(LATE[step.late]):
            function(story.harness, step.which)


def check_now(story: Story, *, settled: bool, accept: tuple[str, ...] = ()) -> None:
    """Sync and reconcile once more, then hold the tables against the truth."""
    story.note(story.harness.pipeline.sync(story.harness.tracked))
    result = story.harness.reconcile(accept=accept)
    view, whole = story.note(result, excused=() if accept else UNKNOWABLE)

    assert problems(story.witness, view, whole, settled=settled) == []


def check(history: list[Step]) -> None:
    """Let the history happen; then look at once, when search has caught up, and when all is given back."""
    data = generate_site(1, projects=3, issues=18, now_ms=1_790_000_000_000)
    with tempfile.TemporaryDirectory() as home, open_harness(Path(home), data) as harness:
        harness.track(*TRACKED)
        story = Story(harness, Witness(harness))
        story.note(harness.pipeline.sync(harness.tracked))
        for step in history:
            harness.site.clock.advance(MOMENT)
            happen(story, step)
        check_now(story, settled=False)
        harness.site.clock.advance(timedelta(days=2))
        check_now(story, settled=True)
        give_everything_back(harness)
        harness.site.clock.advance(timedelta(days=2))
        check_now(story, settled=True, accept=tuple(each.project_key for each in harness.tracked))
        assert harness.differences(gone=gone_elsewhere(story.witness)) == []
        assert misnamed(harness) == []


def give_everything_back(harness: SyncHarness) -> None:
    """Restore every project and every permission."""
    for project in harness.site.catalog.projects.values():
        project.archived = project.trashed = project.forbidden = project.invisible = False
    for hidden in list(harness.site.store.hidden):
        harness.site.show_issue(hidden)


@pytest.mark.prove
def test_the_tables_tell_the_truth_whatever_disappeared() -> None:
    check(A_SYNC_THAT_DIED_MAY_NOT_HAVE_SEEN_A_MOVE)


@pytest.mark.prove
@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(histories)
def test_the_tables_tell_the_truth_in_200_histories(history: list[Step]) -> None:
    check(history)
