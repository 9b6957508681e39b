"""Begin to read before the Dagster run has started: Dagster loads longer than Jira takes to answer."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, fields
from datetime import timedelta
from functools import partial

from jira_assets.sync.pipeline import Pipeline
from jira_assets.sync.project import Task
from jira_assets.sync.run import SyncResult


@dataclass(frozen=True, kw_only=True)
class _PrefetchPipeline(Pipeline):
    """A pipeline on which these tasks are being done already."""

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


@contextmanager
def prefetching(pipeline: Pipeline, tasks: Sequence[Task]) -> Iterator[Pipeline]:
    """Begin the tasks, and yield a pipeline that returns their result when it is to do the same.

    When the block fails, what has not been requested yet is not requested any more.
    """
    known = {each.name: getattr(pipeline, each.name) for each in fields(Pipeline)}
    cancelled = threading.Event()
    with ThreadPoolExecutor(1, "ahead") as thread:
        begun = thread.submit(partial(pipeline.work_on, tasks, cancelled=cancelled))
        try:
            yield _PrefetchPipeline(**known, tasks=tasks, begun=begun)
        except BaseException:
            cancelled.set()
            raise
