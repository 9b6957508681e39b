"""The limit of a home: slots of all its processes together, each used by one request at a time."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from jira_assets.sync.in_flight_files import FileLimit

AT_ONCE = 0.0


@pytest.fixture
def one(tmp_path: Path) -> Iterator[FileLimit]:
    """The limit as a process has it."""
    with closing(FileLimit(tmp_path / "1", 3)) as limit:
        yield limit


@pytest.fixture
def other(tmp_path: Path) -> Iterator[FileLimit]:
    """The same limit as another process has it: locks belong to open files, not to processes."""
    with closing(FileLimit(tmp_path / "1", 3)) as limit:
        yield limit


def test_slots_are_those_of_all_processes_together(one: FileLimit, other: FileLimit) -> None:
    assert [one.acquire(AT_ONCE), one.acquire(AT_ONCE), other.acquire(AT_ONCE)] == [True, True, True]
    assert not one.acquire(AT_ONCE)
    assert not other.acquire(AT_ONCE)
    one.release()
    assert other.acquire(AT_ONCE)
    assert not one.acquire(AT_ONCE)


def test_a_process_alone_has_all_of_them_again_and_again(one: FileLimit) -> None:
    for _ in range(2):
        assert [one.acquire(AT_ONCE) for _ in range(4)] == [True, True, True, False]
        for _ in range(3):
            one.release()


def test_a_returned_slot_is_kept_for_the_next_request_until_another_process_waits(
    one: FileLimit, other: FileLimit, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert [one.acquire(AT_ONCE) for _ in range(3)] == [True, True, True]
    one.release()
    with monkeypatch.context() as patch:
        patch.delattr("fcntl.flock")
        assert one.acquire(AT_ONCE)  # without a system call
        one.release()
    assert not other.acquire(AT_ONCE)
    assert one.acquire(AT_ONCE)
    one.release()
    assert other.acquire(AT_ONCE)


def test_no_slot_stays_with_a_process_that_has_no_request_in_flight(one: FileLimit, other: FileLimit) -> None:
    for _ in range(3):
        assert one.acquire(AT_ONCE)
    for _ in range(3):
        one.release()
    assert [other.acquire(AT_ONCE) for _ in range(4)] == [True, True, True, False]


def test_a_lower_limit_counts_the_requests_of_others(one: FileLimit, tmp_path: Path) -> None:
    with closing(FileLimit(tmp_path / "1", 1)) as lower:
        assert one.acquire(AT_ONCE)
        assert not lower.acquire(AT_ONCE)
        one.release()
        assert lower.acquire(AT_ONCE)
        assert [one.acquire(AT_ONCE) for _ in range(3)] == [True, True, False]


def test_what_is_closed_too_early_holds_its_slot_until_it_is_answered(
    one: FileLimit, other: FileLimit
) -> None:
    assert one.acquire(AT_ONCE)
    one.close()
    assert [other.acquire(AT_ONCE) for _ in range(3)] == [True, True, False]
    one.release()
    assert other.acquire(AT_ONCE)


def test_sites_have_slots_of_their_own(one: FileLimit, tmp_path: Path) -> None:
    assert [one.acquire(AT_ONCE) for _ in range(3)] == [True, True, True]
    with closing(FileLimit(tmp_path / "2", 1)) as of_another_site:
        assert of_another_site.acquire(AT_ONCE)


def test_where_no_file_can_be_made_the_limit_is_that_of_the_process(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with closing(FileLimit(tmp_path / "file", 1)) as limit:
        for _ in range(2):
            assert [limit.acquire(AT_ONCE), limit.acquire(AT_ONCE)] == [True, False]
            limit.release()
