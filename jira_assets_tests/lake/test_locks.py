"""A lock is held by a living process or by nobody."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from jira_assets.errors import LakeError, LockHeld
from jira_assets.lake.lake import Lake
from jira_assets.lake.locks import Holder, holder, lock_held
from jira_assets.lake.storage.local import LocalStorage

HOLD = (
    "import sys\nfrom pathlib import Path\nfrom jira_assets.lake.locks import lock_held\n"
    "with lock_held(Path(sys.argv[1]), 'syncing P10'):\n    print('held', flush=True)\n    sys.stdin.read()\n"
)


def hold_elsewhere(path: Path) -> subprocess.Popen[str]:
    """Start a process that holds the lock until it is killed or its input ends."""
    process = subprocess.Popen(
        [sys.executable, "-c", HOLD, str(path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "held\n"
    return process


def end(process: subprocess.Popen[str]) -> None:
    process.kill()
    process.communicate()


def test_the_holders_of_many_projects_are_found_in_one_pass(tmp_path: Path) -> None:
    lake = Lake(tmp_path)
    for project_id in ("10", "20"):
        with lake.lock(project_id, "a sync before"):
            pass
    process = hold_elsewhere(LocalStorage(tmp_path).lock_path("20"))
    try:
        assert {key: who.pid for key, who in lake.holders(["10", "20", "30"]).items()} == {"20": process.pid}
    finally:
        end(process)
    assert lake.holders(["10", "20", "30"]) == {}


def test_who_does_not_wait_is_told_who_holds_it(tmp_path: Path) -> None:
    process = hold_elsewhere(tmp_path / "p.lock")
    try:
        found = holder(tmp_path / "p.lock")
        assert found is not None
        assert (found.pid, found.purpose) == (process.pid, "syncing P10")
        with (
            pytest.raises(LockHeld, match=rf"process {process.pid} \(syncing P10"),
            lock_held(tmp_path / "p.lock", "mine", wait=False),
        ):
            raise AssertionError
    finally:
        end(process)


def test_the_lock_of_a_killed_process_is_free_at_once(tmp_path: Path) -> None:
    end(hold_elsewhere(tmp_path / "p.lock"))

    assert holder(tmp_path / "p.lock") is None
    with lock_held(tmp_path / "p.lock", "mine", wait=False):
        found = holder(tmp_path / "p.lock")
        assert found is not None
        assert found.pid == os.getpid()


def test_who_waits_hears_of_the_holder_and_then_has_it(tmp_path: Path) -> None:
    process = hold_elsewhere(tmp_path / "p.lock")
    waiting = threading.Event()
    heard: list[Holder | None] = []

    def on_wait(present: Holder | None) -> None:
        heard.append(present)
        waiting.set()

    def release() -> None:
        waiting.wait()
        end(process)

    releaser = threading.Thread(target=release)
    releaser.start()
    with lock_held(tmp_path / "p.lock", "mine", on_wait=on_wait):
        releaser.join()
    assert [present.pid for present in heard if present] == [process.pid]


def test_who_waited_for_a_lock_that_is_gone_does_not_have_it(tmp_path: Path) -> None:
    path, is_waiting = tmp_path / "10.lock", threading.Event()
    errors: list[LakeError] = []

    def wait() -> None:
        try:
            with lock_held(path, "second", on_wait=lambda _: is_waiting.set()):
                pass
        except LakeError as error:
            errors.append(error)

    with lock_held(path, "removing the site"):
        waiter = threading.Thread(target=wait)
        waiter.start()
        assert is_waiting.wait(60)
        path.unlink()
    waiter.join(60)
    assert "was removed while this process waited" in errors[0].reason


def test_an_error_inside_frees_the_lock(tmp_path: Path) -> None:
    with pytest.raises(ZeroDivisionError, match="division by zero"), lock_held(tmp_path / "p.lock", "mine"):
        _ = 1 / 0

    assert holder(tmp_path / "p.lock") is None


def test_a_lock_nobody_ever_took_is_free(tmp_path: Path) -> None:
    assert holder(tmp_path / "none.lock") is None
