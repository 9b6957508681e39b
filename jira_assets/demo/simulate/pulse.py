"""Run a demo site on its own: changes at a pace, and a diary with which it lives through them again."""

from __future__ import annotations

import threading
from collections.abc import Callable
from pathlib import Path
from random import Random
from types import TracebackType

from jira_assets.demo.clock import moment
from jira_assets.demo.simulate.life import Life
from jira_assets.demo.site import DemoSite


class Diary:
    """The moments at which a site changed, one a line; with the same seed they make the same changes."""

    def __init__(self, path: Path | None) -> None:
        self._path = path

    def moments(self) -> list[int]:
        """Return the moments, in epoch milliseconds."""
        if self._path is None or not self._path.exists():
            return []
        whole, _, _torn = self._path.read_text(encoding="ascii").rpartition("\n")
        return [int(line) for line in whole.splitlines()]

    def note(self, at_ms: int) -> None:
        """Write down that something is about to change, so that nothing that was seen is forgotten."""
        if self._path is not None:
            with self._path.open("a", encoding="ascii") as file:
                file.write(f"{at_ms}\n")


class Pulse:
    """Make changes at random moments until it is stopped; use it as a context manager."""

    def __init__(
        self,
        site: DemoSite,
        life: Life,
        *,
        changes_a_minute: float = 0.0,
        diary: Diary | None = None,
        tell: Callable[[str], object] = lambda _: None,
    ) -> None:
        self._site = site
        self._life = life
        self._pace = changes_a_minute
        self._diary = diary or Diary(None)
        self._tell = tell
        self._stopped = threading.Event()
        self._gaps = Random(0)
        self._thread = threading.Thread(target=self._run, name="pulse", daemon=True)

    def relive(self) -> int:
        """Repeat everything in the diary, each thing at its moment; return how many."""
        moments = self._diary.moments()
        for at_ms in moments:
            self._change(at_ms)
        return len(moments)

    def beat(self) -> str:
        """Make one change now."""
        with self._site.lock:
            now = self._site.clock.now_ms()
            self._diary.note(now)
            return self._change(now)

    def __enter__(self) -> Pulse:
        if self._pace > 0:
            self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stopped.set()
        if self._thread.is_alive():
            self._thread.join()

    def _change(self, at_ms: int) -> str:
        # The clock stands still meanwhile: living through the diary gives the same times to the millisecond.
        with self._site.lock, self._site.clock.held_at(moment(at_ms)):
            return self._life.step()

    def _run(self) -> None:
        while not self._stopped.wait(60 * self._gaps.expovariate(self._pace)):
            self._tell(self.beat())
