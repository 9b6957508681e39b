"""Projects that are read at the same time take turns at the threads that ask Jira."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from concurrent.futures import Future
from contextlib import contextmanager

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jira_assets.sync.ranked_threads import TURN, RankedThreads


class Recorder:
    """One thread that is held up until all tasks were submitted, and the tasks in the order they ran."""

    def __init__(self, threads: RankedThreads) -> None:
        self.threads = threads
        self.ran: list[tuple[int, int]] = []
        self.futures: list[Future[None]] = []

    def submit(self, rank: int) -> Future[None]:
        number = len(self.futures)
        future = self.threads.submit(lambda: self.ran.append((rank, number)), rank)
        self.futures.append(future)
        return future


@contextmanager
def held_up() -> Iterator[Recorder]:
    begin = threading.Event()
    with RankedThreads(1, "ask") as threads:
        first = threads.submit(lambda: begin.wait(30), -1)
        recorder = Recorder(threads)
        try:
            yield recorder
        finally:
            begin.set()
        assert first.result()


@given(st.lists(st.integers(0, 5), max_size=30))
def test_tasks_of_the_first_project_come_first_and_in_their_order(ranks: list[int]) -> None:
    with held_up() as recorder:
        for rank in ranks:
            recorder.submit(rank)

    assert recorder.ran == sorted((rank, number) for number, rank in enumerate(ranks))


def test_a_large_project_comes_behind_a_small_one_after_a_turn() -> None:
    with held_up() as recorder:
        for _ in range(2 * TURN):
            recorder.submit(0)
        recorder.submit(1)

    assert [rank for rank, _ in recorder.ran] == [0] * TURN + [1] + [0] * TURN


def test_what_is_called_off_does_not_run() -> None:
    with held_up() as recorder:
        kept, called_off = recorder.submit(0), recorder.submit(0)
        assert called_off.cancel()

    assert kept.done()
    assert recorder.ran == [(0, 0)]


def test_a_task_returns_its_result_or_its_error() -> None:
    def fail() -> None:
        raise ZeroDivisionError("no answer")

    with RankedThreads(2, "ask") as threads:
        answer, error = threads.submit(lambda: 42), threads.submit(fail)

        assert answer.result() == 42
        with pytest.raises(ZeroDivisionError, match="no answer"):
            error.result()
