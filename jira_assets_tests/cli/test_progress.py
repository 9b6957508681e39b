"""What a person sees while a sync runs."""

from __future__ import annotations

import io
import re
import threading
from collections.abc import Iterator
from contextlib import redirect_stderr
from datetime import UTC, datetime

import pytest

from jira_assets.cli.commands.sync import choose_report
from jira_assets.cli.context import Invocation
from jira_assets.cli.interrupts import query_interrupts
from jira_assets.cli.progress import LineReport, QuietReport
from jira_assets.cli.progress_bars import BarReport, clock, time_left
from jira_assets.demo.http.faults import Fault, Faults
from jira_assets.demo.site import DemoSite
from jira_assets.jira.throttle import Wait
from jira_assets.settings.load import Settings
from jira_assets.sync.context import Progress
from jira_assets_tests.cli.conftest import Run
from jira_assets_tests.terminal import at_terminal, plain

NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)


class Gate(Faults):
    """Holds back every request for issues until it is opened."""

    def __init__(self) -> None:
        super().__init__()
        self.opened = threading.Event()

    def choose(self, path: str, text: str) -> Fault | None:
        """Wait at the gate."""
        if path.startswith("/rest/api/3/issue/bulkfetch"):
            self.opened.wait()
        return super().choose(path, text)


@pytest.fixture
def gate(run: Run, site: DemoSite) -> Iterator[Gate]:
    """Track everything, and hold back the issues."""
    assert run("projects", "track", "--all").exit_code == 0
    gate = site.faults = Gate()
    yield gate
    gate.opened.set()


def counts_issues(frames: list[str]) -> bool:
    """Check whether the row of PAY shows how many of its issues have come."""
    return any(re.search(r"^PAY +\S+ 0 of \d+", frame, re.MULTILINE) for frame in frames)


def test_bars_move_during_the_whole_sync(gate: Gate) -> None:
    with at_terminal("sync", columns=50) as terminal:
        terminal.read_until(lambda: "PAY" in terminal.written)
        seen = len(terminal.frames)
        terminal.read_until(lambda: counts_issues(terminal.frames[seen:-1]))
        terminal.read_until(lambda: len(set(terminal.frames[seen:])) > 2)
        held = terminal.frames[seen:-1]
        gate.opened.set()
        assert terminal.read_to_end() == 0

    assert all("syncing" in frame and "0 of 3" in frame for frame in held)
    assert len({frame for frame in terminal.frames if re.search(r"publishing +\S+ \d+ tables", frame)}) > 1
    assert all(len(line) <= 50 for frame in held for line in frame.splitlines())
    assert "publishing" not in terminal.left_behind
    assert "Published" in terminal.left_behind


@pytest.mark.prove
def test_ctrl_c_while_reading_leaves_one_word(gate: Gate, settings: Settings) -> None:
    with at_terminal("sync") as terminal:
        terminal.read_until(lambda: "PAY" in terminal.written)
        terminal.press_ctrl_c()
        terminal.read_until(lambda: "^C" in terminal.written)
        gate.opened.set()
        assert terminal.read_to_end() == 130

    assert terminal.left_behind == "Interrupted.\r\n"
    assert "Traceback" not in terminal.written
    assert not settings.warehouse_file.exists()


@pytest.mark.prove
def test_ctrl_c_while_publishing_leaves_one_word(gate: Gate, settings: Settings) -> None:
    gate.opened.set()
    with at_terminal("sync") as terminal:
        terminal.read_until(lambda: "publishing" in terminal.written)
        terminal.press_ctrl_c()
        assert terminal.read_to_end() == 130

    assert terminal.left_behind == "Interrupted.\r\n"
    assert "Traceback" not in terminal.written
    assert not settings.warehouse_file.exists()


class Screen(io.StringIO):
    """A terminal that is only written to."""

    def isatty(self) -> bool:
        """Pass for a terminal."""
        return True

    def text(self) -> str:
        """What was written, without colours."""
        return plain(self.getvalue())


@pytest.fixture
def screen(monkeypatch: pytest.MonkeyPatch) -> Screen:
    """Give a terminal 80 columns wide and without colours, to be put in the place of stderr."""
    for name, value in {"TERM": "xterm", "COLUMNS": "80", "NO_COLOR": "1"}.items():
        monkeypatch.setenv(name, value)
    return Screen()


def test_a_project_goes_from_reading_to_deriving_to_done(screen: Screen) -> None:
    with redirect_stderr(screen), BarReport() as report:
        report.begins(2)
        report.progress(Progress("PAY", 0, 1000))
        report.progress(Progress("PAY", 400, 1000))
        report.show()
        report.progress(Progress("PAY", 1000, stage="deriving"))
        report.show()
        report.progress(Progress("PAY", 1000, stage="done"))
        report.show()

    frames = re.findall(r"syncing[^\r]*", screen.text())
    assert any(
        re.search(r"0 of 2 projects.*\nPAY +\S+ +400 of 1,000 issues \d+:\d\d left", each) for each in frames
    )
    assert any(re.search(r"0 of 2 projects.*\nPAY .* deriving tables", each) for each in frames)
    assert any("1 of 2 projects" in each and "PAY" not in each for each in frames)
    assert not re.search(r"\x1b\[[0-9;]*3[0-9]", screen.getvalue())


@pytest.mark.parametrize(
    ("first", "now", "left"), [(0, 250, "0:30"), (100, 325, "0:30"), (0, 0, ""), (0, 1000, "")]
)
def test_the_time_left_is_that_of_the_mean_pace(first: int, now: int, left: str) -> None:
    assert time_left(now, 1000, first, 10) == left


def test_the_publish_and_each_target_have_a_row_one_after_the_other(screen: Screen) -> None:
    with redirect_stderr(screen), BarReport() as report:
        report.begins(1)
        report.publishing(54)
        report.show()
        report.publishing_to("postgres")
        report.show()
    text = screen.text()
    assert "54 tables" in text
    # The bar of a target moves: where it is dark at the moment, it has spaces.
    assert re.search(r"publishing [━╸╺ ]*[━╸╺][━╸╺ ]* to postgres", text[text.rindex("54 tables") :])


def test_what_is_said_meanwhile_stays_above_the_bars(screen: Screen) -> None:
    with redirect_stderr(screen), BarReport() as report:
        report.begins(1)
        report.progress(Progress("PAY", 0, message="waiting for [another] process"))
        report.waiting(Wait("search", 7, NOON, "a burst"))
    assert "PAY: waiting for [another] process" in screen.text()
    assert "Waiting 7 s: a burst" in screen.text()


@pytest.mark.parametrize(("term", "kind"), [("xterm", BarReport), ("dumb", LineReport)])
def test_a_terminal_that_cannot_erase_gets_lines(
    screen: Screen, monkeypatch: pytest.MonkeyPatch, term: str, kind: type
) -> None:
    monkeypatch.setenv("TERM", term)
    with redirect_stderr(screen):
        assert type(choose_report(Invocation())) is kind
        assert type(choose_report(Invocation(verbosity=-1))) is QuietReport


def test_where_no_terminal_is_progress_comes_in_lines(capsys: pytest.CaptureFixture[str]) -> None:
    report = LineReport()
    for progress in (
        Progress("PAY", 0, 1000),
        Progress("PAY", 400, 1000),
        Progress("WEB", 1),
        Progress("WEB", 1, stage="deriving"),
        Progress("WEB", 0, message="waiting for another process"),
    ):
        report.progress(progress)
    report.publishing(37)
    report.publishing_to("postgres")
    assert capsys.readouterr().err.splitlines() == [
        "PAY: 0 of 1,000 issues",
        "WEB: 1 issues",
        "WEB: waiting for another process",
        "Publishing 37 tables.",
        "Publishing to postgres.",
    ]


@pytest.mark.parametrize(
    ("seconds", "shown"),
    [(0, "0:00"), (59.6, "1:00"), (3599, "59:59"), (3600, "1:00:00"), (90061, "25:01:01")],
)
def test_spans_are_written_as_clocks_show_them(seconds: float, shown: str) -> None:
    assert clock(seconds) == shown


def test_a_query_that_ctrl_c_stopped_is_an_interrupt_and_no_other_error_is() -> None:
    with pytest.raises(KeyboardInterrupt), query_interrupts():
        raise RuntimeError("Query interrupted")
    with pytest.raises(RuntimeError, match="another"), query_interrupts():
        raise RuntimeError("another")
