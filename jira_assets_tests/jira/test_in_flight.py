"""Requests in flight: no more than allowed, and those that wait longest come next."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor

from hypothesis import given
from hypothesis import strategies as st

from jira_assets.jira.in_flight import ProcessLimit

PATIENCE = 30.0


class Waiters:
    """Threads that wait for a slot one after the other, and note when they get it."""

    def __init__(self, limit: ProcessLimit) -> None:
        self.limit = limit
        self.got: list[int] = []
        self._arrived = threading.Semaphore(0)

    def wait(self, number: int) -> None:
        assert self.limit.acquire(PATIENCE)
        self.got.append(number)
        self._arrived.release()

    def one_more_got_a_slot(self) -> bool:
        return self._arrived.acquire(timeout=PATIENCE)


def queued(limit: ProcessLimit) -> int:
    return len(limit._waiting)


@given(st.integers(1, 5), st.integers(0, 8))
def test_a_slot_is_taken_at_once_while_one_is_free(slots: int, wanted: int) -> None:
    limit = ProcessLimit(slots)

    assert [limit.acquire(0) for _ in range(wanted)] == [number < slots for number in range(wanted)]


def test_who_waits_longest_is_next_whatever_returns_and_asks_again() -> None:
    limit = ProcessLimit(1)
    waiters = Waiters(limit)
    assert limit.acquire(0)
    with ThreadPoolExecutor(3) as threads:
        futures = []
        for number in range(3):
            futures.append(threads.submit(waiters.wait, number))
            while queued(limit) <= number:  # each has its place before the next one comes
                pass
        for number in range(3):
            limit.release()
            assert not limit.acquire(0)  # what is returned belongs to who waits
            assert waiters.one_more_got_a_slot()
            assert waiters.got == list(range(number + 1))
        limit.release()
        for future in futures:
            future.result()

    assert limit.acquire(0)


def test_a_slot_that_comes_too_late_is_left_to_others() -> None:
    limit = ProcessLimit(1)
    assert limit.acquire(0)
    assert not limit.acquire(0.001)

    limit.release()

    assert limit.acquire(0)
    assert not limit.acquire(0)


def test_many_threads_never_hold_more_slots_than_there_are() -> None:
    limit = ProcessLimit(3)
    held, most, guard = 0, 0, threading.Lock()

    def take(_: int) -> None:
        nonlocal held, most
        assert limit.acquire(PATIENCE)
        with guard:
            held += 1
            most = max(most, held)
        with guard:
            held -= 1
        limit.release()

    with ThreadPoolExecutor(12) as threads:
        list(threads.map(take, range(600)))

    assert most <= 3
    assert [limit.acquire(0) for _ in range(4)] == [True, True, True, False]
