"""Begin to read before whoever shows the work has started: Dagster loads longer than Jira takes to answer."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from contextvars import ContextVar, copy_context
from dataclasses import dataclass, fields
from datetime import timedelta
from functools import partial

from jira_assets.sync.pipeline import Pipeline
from jira_assets.sync.project import Task
from jira_assets.sync.run import SyncResult


@dataclass(frozen=True, kw_only=True)
class _PrefetchPipeline(Pipeline):
    """A workbench on which these tasks are being done already."""

    tasks: Sequence[Task]
    begun: Future[SyncResult]

    def work_on(
        self,
        tasks: Sequence[Task],
        *,
        deep: bool = False,
        run_time: timedelta | None = None,
        cancelled: threading.Event | None = None,
    ) -> SyncResult:
        """Wait for the work that was begun, if that is what is wanted; else do it now."""
        if not deep and run_time is None and list(tasks) == list(self.tasks):
            return self.begun.result()
        return super().work_on(tasks, deep=deep, run_time=run_time, cancelled=cancelled)


_at_hand: ContextVar[Pipeline | None] = ContextVar("workbench", default=None)


def current_pipeline() -> Pipeline | None:
    """Find the workbench on which work was begun for whoever asks, None when there is none."""
    return _at_hand.get()


@contextmanager
def prefetching(pipeline: Pipeline, tasks: Sequence[Task]) -> Iterator[None]:
    """Do the tasks while the block goes on; who asks inside it for the workbench finds them under way.

    When the block fails, what has not been asked yet is not asked any more.
    """
    known = {each.name: getattr(pipeline, each.name) for each in fields(Pipeline)}
    cancelled = threading.Event()
    with ThreadPoolExecutor(1, "ahead") as thread:
        begun = thread.submit(copy_context().run, partial(pipeline.work_on, tasks, cancelled=cancelled))
        token = _at_hand.set(_PrefetchPipeline(**known, tasks=tasks, begun=begun))
        try:
            yield
        except BaseException:
            cancelled.set()
            raise
        finally:
            _at_hand.reset(token)
