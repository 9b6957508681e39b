"""Projects that are read at the same time share the threads that ask Jira: small ones come first."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from concurrent.futures import Future
from contextlib import contextmanager

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jira_assets.sync.ranked_threads import Rank, RankedThreads


class Recorder:
    """One thread that is held up until all tasks were submitted, and the tasks in the order they ran."""

    def __init__(self, threads: RankedThreads) -> None:
        self.threads = threads
        self.ran: list[tuple[Rank, int]] = []
        self.futures: list[Future[None]] = []

    def submit(self, rank: Rank) -> Future[None]:
        number = len(self.futures)
        future = self.threads.submit(lambda: self.ran.append((rank, number)), rank)
        self.futures.append(future)
        return future


@contextmanager
def held_up() -> Iterator[Recorder]:
    begin = threading.Event()
    with RankedThreads(1, "ask") as threads:
        first = threads.submit(lambda: begin.wait(30), (-1, 0))
        recorder = Recorder(threads)
        try:
            yield recorder
        finally:
            begin.set()
        assert first.result()


@given(st.lists(st.tuples(st.integers(0, 3), st.integers(0, 3)), max_size=30))
def test_tasks_of_the_smallest_project_come_first_and_in_their_order(ranks: list[Rank]) -> None:
    with held_up() as recorder:
        for rank in ranks:
            recorder.submit(rank)

    assert recorder.ran == sorted((rank, number) for number, rank in enumerate(ranks))


def test_what_is_called_off_does_not_run() -> None:
    with held_up() as recorder:
        kept, called_off = recorder.submit((0, 0)), recorder.submit((0, 0))
        assert called_off.cancel()

    assert kept.done()
    assert recorder.ran == [((0, 0), 0)]


def test_a_task_returns_its_result_or_its_error() -> None:
    def fail() -> None:
        raise ZeroDivisionError("no answer")

    with RankedThreads(2, "ask") as threads:
        answer, error = threads.submit(lambda: 42), threads.submit(fail)

        assert answer.result() == 42
        with pytest.raises(ZeroDivisionError, match="no answer"):
            error.result()
