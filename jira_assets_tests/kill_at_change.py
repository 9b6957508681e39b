"""Run a command of `jira-assets`, and kill it just before a change of the files in its home.

`python -m jira_assets_tests.kill_at_change REPORT N WORDS…` ends itself by SIGKILL before its change number
N: a file or link that gets its name, is removed, or is opened to be written. Each step of a commit, swap,
compaction or repair begins with one. It writes that change to the file REPORT or, when it comes to its end,
the number of changes.
"""

from __future__ import annotations

import os
import signal
import sys
from pathlib import Path

COMPACT = "compact"
"""Compaction has no command, since a schedule runs it; here it is one."""

_CHANGES = {"os.rename", "os.remove", "os.link", "os.symlink", "os.mkdir", "os.rmdir"}
_WRITES = os.O_WRONLY | os.O_RDWR


class Counter:
    """Counts the changes below a folder, and ends the process before one of them."""

    def __init__(self, folder: Path, last: int, report: Path) -> None:
        self._ours = (str(folder / "lake"), str(folder / "warehouse"), str(folder / "run_locks"))
        self._last = last
        self._report = report
        self.changes = 0

    def __call__(self, event: str, args: tuple[object, ...]) -> None:
        if event not in _CHANGES and not (event == "open" and isinstance(args[2], int) and args[2] & _WRITES):
            return
        if not isinstance(args[0], str | os.PathLike) or not str(args[0]).startswith(self._ours):
            return
        if event in ("os.mkdir", "os.remove") and Path(args[0]).exists() == (event == "os.mkdir"):
            return  # changes nothing
        self.changes += 1
        if self.changes == self._last:
            self._report.write_text(f"{event} {args[0]}", encoding="utf-8")
            os.kill(os.getpid(), signal.SIGKILL)


def main() -> None:
    """Do as the module says."""
    report, last, *words = sys.argv[1:]
    counter = Counter(Path(os.environ["JIRA_ASSETS_HOME"]), int(last), Path(report))
    sys.addaudithook(counter)
    try:
        _run(words)
    finally:
        Path(report).write_text(str(counter.changes), encoding="utf-8")


def _run(words: list[str]) -> None:
    if words != [COMPACT]:
        from jira_assets.cli import main as command

        command(words)
        return
    from jira_assets.settings.load import load_settings
    from jira_assets.sync.pipeline import open_pipeline

    with open_pipeline(load_settings(dotenv=None)) as bench:
        bench.compact()
        bench.publish()


if __name__ == "__main__":
    main()
