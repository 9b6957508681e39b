"""The copies on a host stay within a limit, except for those in use and those that are nowhere else."""

from __future__ import annotations

import os
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from jira_assets.lake.storage.cache import IN_USE_SECONDS, UNUSED_SECONDS, Cache

SIZE = 100


def fetch(path: Path) -> bool:
    path.write_bytes(b"x" * SIZE)
    return True


def is_right(path: Path) -> bool:
    return path.stat().st_size == SIZE


@pytest.fixture
def cache(tmp_path: Path) -> Cache:
    """A cache with room for all files."""
    return Cache(tmp_path / "cache", 10**6)


def with_little_room(cache: Cache) -> Cache:
    """Return the same cache with room for three files."""
    return Cache(cache.root, 3 * SIZE)


def add(cache: Cache, key: str, *, used: float = 0.0) -> None:
    """Fetch a file, which was used that many seconds ago."""
    assert cache.add(key, fetch, is_right)
    used_at = time.time() - used
    os.utime(cache.path(key), (used_at, used_at))


def keys(cache: Cache) -> list[str]:
    return sorted(path.stem for path in cache.root.rglob("*.parquet"))


def test_what_was_used_longest_ago_goes_first(cache: Cache) -> None:
    for number, name in enumerate("abcde"):
        add(cache, f"raw/{name}.parquet", used=2 * IN_USE_SECONDS - number)
    assert cache.find("raw/a.parquet") is not None
    assert with_little_room(cache).remove_unused() == 2
    assert keys(cache) == ["a", "d", "e"]


def test_what_is_in_use_stays_whatever_the_limit(cache: Cache) -> None:
    for name in "abcde":
        add(cache, f"raw/{name}.parquet")
    assert with_little_room(cache).remove_unused() == 0
    assert keys(cache) == list("abcde")


def test_what_is_in_no_store_yet_stays_whatever_the_limit(cache: Cache) -> None:
    path = cache.path("raw/new.parquet")
    path.parent.mkdir(parents=True)
    path.write_bytes(b"x" * SIZE * 9)
    past = time.time() - UNUSED_SECONDS - 1
    os.utime(path, (past, past))
    assert with_little_room(cache).remove_unused() == 0
    assert not cache.is_copy("raw/new.parquet")

    cache.note_kept("raw/new.parquet")
    assert cache.is_copy("raw/new.parquet")
    os.utime(path, (past, past))
    assert with_little_room(cache).remove_unused() == 1
    assert keys(cache) == []


def test_what_nobody_used_for_a_week_goes_though_there_is_room(cache: Cache) -> None:
    add(cache, "raw/a.parquet", used=UNUSED_SECONDS + 1)
    add(cache, "raw/b.parquet", used=UNUSED_SECONDS - 60)
    cache.remove_unused()
    assert keys(cache) == ["b"]


def test_room_is_made_while_files_are_added(cache: Cache) -> None:
    little = with_little_room(cache)
    for name in "abcdefgh":
        add(cache, f"raw/{name}.parquet", used=2 * IN_USE_SECONDS)
        add(little, "raw/one-more.parquet", used=2 * IN_USE_SECONDS)
    assert len(keys(cache)) <= 4


def test_what_came_otherwise_than_it_was_written_is_fetched_once_more(cache: Cache) -> None:
    sizes = [1, SIZE]

    def cut_once(path: Path) -> bool:
        path.write_bytes(b"x" * sizes.pop(0))
        return True

    assert cache.add("raw/a.parquet", cut_once, is_right)
    sizes[:] = [1, 2]
    assert not cache.add("raw/b.parquet", cut_once, is_right)
    assert cache.path("raw/b.parquet").stat().st_size == 2
    assert cache.add("raw/c.parquet", lambda _: False, is_right)  # there is none
    assert keys(cache) == ["a", "b"]


def test_many_may_fetch_the_same_file_at_the_same_time(cache: Cache) -> None:
    with ThreadPoolExecutor(8) as pool:
        done = pool.map(lambda _: cache.add("raw/a.parquet", fetch, is_right), range(50))
        assert all(done)
    assert is_right(cache.path("raw/a.parquet"))
    assert [path.name for path in cache.root.rglob(".part-*")] == []
