"""Threads for questions to Jira, which projects that are read at the same time take in turns."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from heapq import heappop, heappush
from types import TracebackType
from typing import Any, Self, TypeVar

Result = TypeVar("Result")

TURN = 50
"""Tasks of a project that come before those of projects behind it: the requests for 4,000 issues."""


class RankedThreads:
    """A pool of threads, as a context manager that waits for its tasks.

    Of the tasks that wait, those of the first project begin first: it ends early, and is derived while
    others are read. After each turn of tasks it comes behind all others, so a large project holds up
    no small one.
    """

    def __init__(self, threads: int, name: str) -> None:
        self._threads = ThreadPoolExecutor(threads, name)
        self._waiting: list[tuple[int, int, int, Future[Any], Callable[[], Any]]] = []
        self._submitted: Counter[int] = Counter()
        self._guard = threading.Lock()

    def submit(self, task: Callable[[], Result], rank: int = 0) -> Future[Result]:
        """Run a task of the project of that rank, when it is its turn."""
        future: Future[Result] = Future()
        with self._guard:
            number = self._submitted[rank]
            self._submitted[rank] += 1
            heappush(self._waiting, (number // TURN, rank, number, future, task))
        self._threads.submit(self._run_first)
        return future

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._threads.shutdown()

    def _run_first(self) -> None:
        with self._guard:
            *_, future, task = heappop(self._waiting)
        if not future.set_running_or_notify_cancel():
            return
        try:
            result = task()
        except BaseException as error:  # for who waits for the task, as in any executor
            future.set_exception(error)
        else:
            future.set_result(result)
