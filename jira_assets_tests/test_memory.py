"""The default memory limit follows the machine, or the container that this process is in."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

import pytest

from jira_assets.memory import LEAST, MOST, SHARE, available_memory, default_memory_limit
from jira_assets.settings.table import SETTINGS
from jira_assets.settings.values import read_size

MB = 1_000_000
A_MACHINE = 32_000 * MB
UNLIMITED_V1 = "9223372036854771712"


@pytest.fixture(autouse=True)
def _large_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "sysconf", {"SC_PAGE_SIZE": 1000, "SC_PHYS_PAGES": 32 * MB}.__getitem__)


def system(root: Path, cgroup: str, limits: Mapping[str, object]) -> Path:
    """Write the files of the kernel that say which limits there are."""
    files = {"proc/self/cgroup": cgroup, **{f"sys/fs/cgroup/{name}": text for name, text in limits.items()}}
    for name, text in files.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(f"{text}\n", encoding="ascii")
    return root


@pytest.mark.parametrize(
    ("cgroup", "limits", "available"),
    [
        pytest.param("0::/", {"memory.max": "max"}, A_MACHINE, id="v2 without a limit"),
        pytest.param("0::/", {"memory.max": 512 * MB}, 512 * MB, id="v2 in a container"),
        pytest.param("0::/app", {"app/memory.max": "max", "memory.max": 512 * MB}, 512 * MB, id="v2 above"),
        pytest.param(
            "0::/system.slice/jira.service",
            {"system.slice/jira.service/memory.max": 900 * MB, "system.slice/memory.max": 700 * MB},
            700 * MB,
            id="v2, the lowest of several",
        ),
        pytest.param(
            "0::/jira.service",
            {"jira.service/memory.max": "max", "jira.service/memory.high": 600 * MB},
            600 * MB,
            id="v2, where the kernel begins to slow it down",
        ),
        pytest.param(
            "0::/docker/4f2a", {"memory.max": 512 * MB}, 512 * MB, id="v2 with the path that the host knows"
        ),
        pytest.param(
            "5:cpu,cpuacct:/\n4:memory:/docker/4f2a\n0::/",
            {"memory/memory.limit_in_bytes": 512 * MB},
            512 * MB,
            id="v1 in a container",
        ),
        pytest.param(
            "4:hugetlb,memory:/a/b",
            {"memory/a/b/memory.limit_in_bytes": UNLIMITED_V1, "memory/a/memory.limit_in_bytes": 700 * MB},
            700 * MB,
            id="v1 above",
        ),
        pytest.param(
            "4:memory:/", {"memory/memory.limit_in_bytes": UNLIMITED_V1}, A_MACHINE, id="v1 without a limit"
        ),
        pytest.param("0::/", {"memory.max": 64_000 * MB}, A_MACHINE, id="more than the machine has"),
        pytest.param("nothing of the sort", {"memory.max": "?"}, A_MACHINE, id="files that say nothing"),
    ],
)
def test_what_a_process_may_use_is_the_lowest_limit(
    tmp_path: Path, cgroup: str, limits: Mapping[str, object], available: int
) -> None:
    assert available_memory(system(tmp_path, cgroup, limits)) == available


def test_without_cgroups_it_is_what_the_machine_has(tmp_path: Path) -> None:
    assert available_memory(tmp_path) == A_MACHINE


@pytest.mark.parametrize(
    ("container", "limit"),
    [
        (128 * MB, "180MB"),
        (512 * MB, "180MB"),
        (1_000 * MB, "250MB"),
        (1_040 * MB, "260MB"),
        (16_000 * MB, "260MB"),
    ],
)
def test_the_default_is_a_share_within_bounds(tmp_path: Path, container: int, limit: str) -> None:
    root = system(tmp_path, "0::/", {"memory.max": container})

    assert default_memory_limit(root) == read_size(limit)


@pytest.mark.parametrize(
    ("container", "limit"), [(512 * MB, "180MB"), (1_000 * MB, "300MB"), (4_000 * MB, "1800MB")]
)
def test_work_that_is_done_again_may_use_half_of_what_there_is(
    tmp_path: Path, container: int, limit: str
) -> None:
    root = system(tmp_path, "0::/", {"memory.max": container})

    assert default_memory_limit(root, sparing=True) == read_size(limit)


def test_where_nothing_is_known_it_is_the_least(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def unknown(name: str) -> int:
        raise ValueError(f"unrecognized configuration name {name}")

    monkeypatch.setattr(os, "sysconf", unknown)

    assert available_memory(tmp_path) is None
    assert default_memory_limit(tmp_path) == default_memory_limit(tmp_path, sparing=True) == "180MB"


def test_the_description_of_the_setting_names_share_and_bounds() -> None:
    [setting] = [setting for setting in SETTINGS if setting.name == "memory_limit"]

    assert SHARE == 4
    assert "a quarter" in setting.description
    assert f"at least {LEAST // MB}MB" in setting.description
    assert f"at most {MOST // MB}MB" in setting.description
