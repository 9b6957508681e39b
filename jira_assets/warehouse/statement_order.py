"""Run statements that depend on each other side by side.

Where there are few rows, planning a statement takes longer than running it, and uses one processor.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Collection, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from graphlib import TopologicalSorter

Run = Callable[[str], None]


def run_in_order(before: Mapping[str, Collection[str]], workers: Sequence[Run]) -> None:
    """Run each name of `before` once, when the names that it maps to are done.

    Each worker runs one name at a time, the first in the calling thread. Of names that can run, the first
    of the mapping is next. After an error no other name begins; the error is raised when all workers ended.
    """
    first, *others = workers
    queue = _Queue(before)
    with ThreadPoolExecutor(max(len(others), 1), thread_name_prefix="statements") as threads:
        futures = [threads.submit(queue.work, worker) for worker in others]
        queue.work(first)
        for future in futures:
            future.result()


class _Queue:
    def __init__(self, before: Mapping[str, Collection[str]]) -> None:
        self._places = {name: place for place, name in enumerate(before)}
        self._order = TopologicalSorter(before)
        self._order.prepare()
        self._ready = set(self._order.get_ready())
        self._changed = threading.Condition()
        self._is_stopped = False

    def work(self, run: Run) -> None:
        """Run what can run, until all is done or something failed."""
        try:
            while (name := self._next()) is not None:
                run(name)
                self._note_done(name)
        except BaseException:
            self._stop()
            raise

    def _next(self) -> str | None:
        with self._changed:
            while not self._ready and self._order.is_active() and not self._is_stopped:
                self._changed.wait()
            if self._is_stopped or not self._ready:
                return None
            name = min(self._ready, key=self._places.__getitem__)
            self._ready.remove(name)
            return name

    def _note_done(self, name: str) -> None:
        with self._changed:
            self._order.done(name)
            self._ready.update(self._order.get_ready())
            self._changed.notify_all()

    def _stop(self) -> None:
        with self._changed:
            self._is_stopped = True
            self._changed.notify_all()
