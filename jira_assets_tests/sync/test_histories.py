"""Whatever happens to a site, and wherever a sync dies: after one more sync the warehouse equals the site."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from jira_assets.demo.generate import generate_site
from jira_assets.warehouse import files
from jira_assets_tests.rig import Rig, open_rig

LOOK_BACK = timedelta(minutes=2)


class CrashError(BaseException):
    """The process is gone: nothing after this point happens."""


@contextmanager
def dying_at_step(step: int) -> Iterator[None]:
    """Let the process die just before the given file is put in place, and write nothing from then on."""
    real, done = files.put_in_place, [0]

    def put_in_place(temporary: Path, final: Path) -> None:
        done[0] += 1
        if done[0] >= step:
            raise CrashError
        real(temporary, final)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(files, "put_in_place", put_in_place)
        yield


@dataclass(frozen=True)
class Step:
    """One thing that happens: `what`, to the issue (or at the step, after the seconds) that `which` names."""

    what: str
    which: int


def some_issue(rig: Rig, which: int) -> str:
    """Pick an issue by number."""
    ids = sorted(rig.site.issues_truth())
    return ids[which % len(ids)]


def create(rig: Rig, which: int) -> None:
    project = rig.tracked[which % len(rig.tracked)]
    rig.site.create_issue(project.project_key, summary=f"created {which}")


def edit(rig: Rig, which: int) -> None:
    rig.site.edit_issue(some_issue(rig, which), summary=f"edited {which}")


def estimate(rig: Rig, which: int) -> None:
    issue_id = some_issue(rig, which)
    field = rig.site.catalog.points_field(int(rig.site.truth(issue_id).project_id))
    if field is not None:
        changes: dict[str, Any] = {field: float(which % 13)}
        rig.site.edit_issue(issue_id, **changes)


def transition(rig: Rig, which: int) -> None:
    issue = rig.site.truth(some_issue(rig, which))
    names = sorted(
        status.name
        for status in rig.site.catalog.statuses.values()
        if status.project_id in (None, int(issue.project_id))
    )
    rig.site.transition(issue.id, names[which % len(names)])


def put_into_sprint(rig: Rig, which: int) -> None:
    issue = rig.site.truth(some_issue(rig, which))
    boards = {b.id for b in rig.site.catalog.boards.values() if str(b.project_id) == issue.project_id}
    sprints = sorted(s.id for s in rig.site.catalog.sprints.values() if s.board_id in boards)
    if sprints:
        rig.site.add_to_sprint(issue.id, sprints[which % len(sprints)])


def edit_indexed_late(rig: Rig, which: int) -> None:
    rig.site.switches.index_lag = timedelta(seconds=which % int(LOOK_BACK.total_seconds()))
    edit(rig, which)
    rig.site.switches.index_lag = timedelta(0)


def move(rig: Rig, which: int) -> None:
    issue = rig.site.truth(some_issue(rig, which))
    others = [p.project_key for p in rig.tracked if p.project_id != issue.project_id]
    rig.site.move_issue(issue.id, others[which % len(others)])


def wait(rig: Rig, which: int) -> None:
    rig.site.clock.advance(timedelta(seconds=which))


def sync(rig: Rig, which: int) -> None:
    assert rig.sync(full=which % 10 == 0).failures == []


def sync_and_die(rig: Rig, which: int) -> None:
    with dying_at_step(1 + which % 30), suppress(CrashError):
        rig.sync()


def two_syncs_at_once(rig: Rig, which: int) -> None:
    with ThreadPoolExecutor(2) as threads:
        for future in [threads.submit(rig.sync), threads.submit(rig.sync)]:
            assert future.result().failures == []


STEPS: dict[str, Callable[[Rig, int], None]] = {
    function.__name__: function
    for function in (
        create,
        edit,
        estimate,
        transition,
        put_into_sprint,
        edit_indexed_late,
        move,
        wait,
        sync,
        sync_and_die,
        two_syncs_at_once,
    )
}
histories = st.lists(st.builds(Step, st.sampled_from(sorted(STEPS)), st.integers(0, 400)), max_size=14)


def check(history: list[Step]) -> None:
    """Let the history happen, then sync once more and compare."""
    with (
        tempfile.TemporaryDirectory() as home,
        open_rig(Path(home), generate_site(1, projects=2, issues=16, now_ms=1_790_000_000_000)) as rig,
    ):
        rig.track()
        for step in history:
            STEPS[step.what](rig, step.which)
        rig.site.clock.advance(LOOK_BACK)  # by now everything is in the search index

        assert rig.sync().failures == []

        assert rig.differences() == []


@settings(
    max_examples=20,
    deadline=None,
    derandomize=True,
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
@given(histories)
def test_after_one_more_sync_the_warehouse_equals_the_site(history: list[Step]) -> None:
    check(history)


@pytest.mark.prove
@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(histories)
def test_after_one_more_sync_the_warehouse_equals_the_site_in_200_histories(history: list[Step]) -> None:
    check(history)


@pytest.mark.parametrize("step", range(1, 30))
def test_a_first_sync_that_dies_at_any_step_is_healed_by_the_next(step: int, tmp_path: Path) -> None:
    with open_rig(tmp_path, generate_site(1, projects=1, issues=8, now_ms=1_790_000_000_000)) as rig:
        rig.track()
        with dying_at_step(step), suppress(CrashError):
            rig.sync()

        rig.sync()

        assert rig.differences() == []
