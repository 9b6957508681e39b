"""Whatever happens to a site, and wherever a sync dies: after one more sync the warehouse equals the site."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from jira_assets.demo.generate.generate import generate_site
from jira_assets.sync.choose_tasks import choose_tasks
from jira_assets.sync.external_inputs import note_followed, outside_identity
from jira_assets_tests.harness import SyncHarness, open_harness
from jira_assets_tests.sampling import sampled
from jira_assets_tests.sync.events import (
    EDITS,
    LOOK_BACK,
    MOMENT,
    CrashError,
    dying_at_step,
    edit,
    in_order,
    move,
    wait,
)

pytestmark = pytest.mark.few_tables


@dataclass(frozen=True)
class Step:
    """One thing that happens: `what`, to the issue (or at the step, after the seconds) that `which` names."""

    what: str
    which: int


def edit_indexed_late(harness: SyncHarness, which: int) -> None:
    with harness.site.indexed_late(timedelta(seconds=which % int(LOOK_BACK.total_seconds()))):
        edit(harness, which)


def sync(harness: SyncHarness, which: int) -> None:
    assert harness.sync(full=which % 10 == 0).failures == []


def sync_what_changed(harness: SyncHarness, _: int) -> None:
    """As the command does: one question about all projects, and a sync of those that changed."""
    pipeline = harness.pipeline
    note_followed(pipeline.lake, outside_identity(pipeline.state, pipeline.settings))
    tasks = choose_tasks(pipeline, harness.tracked).tasks
    if tasks:
        assert harness.work_on(tasks).failures == []


def sync_and_die(harness: SyncHarness, which: int) -> None:
    with dying_at_step(1 + which % 30), suppress(CrashError):
        harness.sync()
        harness.publish()


def two_syncs_at_once(harness: SyncHarness, which: int) -> None:
    with ThreadPoolExecutor(2) as threads:
        for future in [threads.submit(harness.sync), threads.submit(harness.sync)]:
            assert future.result().failures == []


SYNCS = in_order(sync, sync_what_changed, sync_and_die, two_syncs_at_once)
STEPS = EDITS | SYNCS | in_order(edit_indexed_late, move, wait)
steps = st.builds(Step, st.sampled_from(sorted(STEPS)), st.integers(0, 400))


EDITS_AND_QUESTIONS = EDITS | in_order(edit_indexed_late, wait, sync_what_changed)
questions = st.builds(Step, st.sampled_from(sorted(EDITS_AND_QUESTIONS)), st.integers(0, 400))


def check(history: list[Step], last: Callable[[SyncHarness, int], None] = sync) -> None:
    """Let the history happen, then sync once more and compare."""
    with (
        tempfile.TemporaryDirectory() as home,
        open_harness(
            Path(home), generate_site(1, projects=2, issues=16, now_ms=1_790_000_000_000)
        ) as harness,
    ):
        harness.track()
        for step in history:
            harness.site.clock.advance(MOMENT)
            STEPS[step.what](harness, step.which)
        harness.site.clock.advance(LOOK_BACK)  # by now everything is in the search index

        last(harness, 1)

        assert harness.differences() == []


def test_after_one_more_sync_the_warehouse_equals_the_site() -> None:
    check(
        [
            Step("edit_indexed_late", 35),
            Step("sync_and_die", 12),
            Step("move", 7),
            Step("two_syncs_at_once", 0),
            Step("put_into_sprint", 3),
            Step("sync_what_changed", 0),
            Step("transition", 11),
        ]
    )


@pytest.mark.prove
@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(steps, max_size=14))
def test_after_one_more_sync_the_warehouse_equals_the_site_in_200_histories(history: list[Step]) -> None:
    check(history)


@pytest.mark.prove
@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(questions, max_size=14))
def test_a_sync_of_what_one_question_lists_misses_no_edit(history: list[Step]) -> None:
    check([Step("sync", 1), *history], last=sync_what_changed)


@pytest.mark.parametrize("step", sampled(range(1, 30), 15))
def test_a_first_sync_that_dies_at_any_step_is_healed_by_the_next(step: int, tmp_path: Path) -> None:
    with open_harness(tmp_path, generate_site(1, projects=1, issues=8, now_ms=1_790_000_000_000)) as harness:
        harness.track()
        with dying_at_step(step), suppress(CrashError):
            harness.sync()
            harness.publish()

        harness.sync()

        assert harness.differences() == []
