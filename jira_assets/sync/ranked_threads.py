"""Threads for questions to Jira, which projects that are read at the same time share."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from heapq import heappop, heappush
from itertools import count
from types import TracebackType
from typing import Any, Self, TypeVar

Result = TypeVar("Result")

Rank = tuple[int, int]
"""How many issues of a project are to be read, as far as that is known, and its place among the projects."""


class RankedThreads:
    """A pool of threads, as a context manager that waits for its tasks.

    Of the tasks that wait, those of the smallest project begin first. So projects that are read at the same
    time end one after the other, and each is derived while others are read.
    """

    def __init__(self, threads: int, name: str) -> None:
        self._threads = ThreadPoolExecutor(threads, name)
        self._waiting: list[tuple[Rank, int, Future[Any], Callable[[], Any]]] = []
        self._numbers = count()
        self._guard = threading.Lock()

    def submit(self, task: Callable[[], Result], rank: Rank = (0, 0)) -> Future[Result]:
        """Run a task of the project of that rank, when it is its turn."""
        future: Future[Result] = Future()
        with self._guard:
            heappush(self._waiting, (rank, next(self._numbers), future, task))
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
