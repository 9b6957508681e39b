from __future__ import annotations

import io
import re
from collections.abc import Sequence
from contextlib import redirect_stdout
from datetime import UTC, datetime, timedelta
from pathlib import Path

import click
import pytest
from click.shell_completion import ShellComplete
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from jira_assets.cli import main
from jira_assets.cli.output import write_table
from jira_assets.formatting import ago, counted
from jira_assets.state import ProjectRef, State

NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.fixture(autouse=True)
def narrow(monkeypatch: pytest.MonkeyPatch) -> None:
    """Make terminals 40 columns wide."""
    monkeypatch.setenv("COLUMNS", "40")
    monkeypatch.setenv("TERM", "xterm")


def shown(columns: list[str], *rows: Sequence[str | None]) -> str:
    """Write a table to a terminal and give what is on it."""
    with redirect_stdout(Terminal()) as screen:
        write_table(columns, rows)
    return screen.getvalue()


def test_brackets_in_a_summary_are_no_markup() -> None:
    assert "[bold]Pay[/bold] [WIP]" in shown(["key", "summary"], ["PAY-1", "[bold]Pay[/bold] [WIP]"])


def test_a_table_stays_within_the_terminal() -> None:
    lines = click.unstyle(shown(["key", "summary"], ["PAY-1", "word " * 30])).splitlines()
    assert 30 < max(map(len, lines)) <= 40


def test_many_columns_that_do_not_fit_are_written_below_each_other() -> None:
    columns = [f"column_{number}" for number in range(6)]
    lines = shown(columns, [*"xxxxx", "a long value " * 9], [None] * 6).splitlines()
    assert lines[0].startswith("── 1 ")
    assert lines[6] == "column_5  " + ("a long value " * 9).rstrip()
    assert lines[8] == "column_0"


words = st.text(st.sampled_from("abc-:0123김é"), min_size=1, max_size=30)
cells = st.lists(words, min_size=0, max_size=6).map(" ".join)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.integers(1, 7).flatmap(lambda n: st.lists(st.lists(cells, min_size=n, max_size=n), min_size=1)))
def test_no_word_is_ever_cut(rows: list[list[str]]) -> None:
    columns = [f"column_{number}" for number in range(len(rows[0]))]
    on_screen = shown(columns, *[list(row) for row in rows])
    for row in [columns, *rows]:
        assert all(word in on_screen for cell in row for word in cell.split())


def test_a_long_last_column_runs_on_beyond_the_edge() -> None:
    address = "sqlite:////home/ana/a/very/long/folder/state.db"
    assert f"STATE  environment  {address}\n" in shown(
        ["name", "from", "value"], ["STATE", "environment", address]
    )


def test_no_colours_where_nobody_wants_them(monkeypatch: pytest.MonkeyPatch) -> None:
    colour = re.compile(r"\x1b\[[0-9;]*3[0-9]")
    monkeypatch.setenv("NO_COLOR", "1")
    text = shown(["key"], ["PAY-1"])
    assert "PAY-1" in text
    assert not colour.search(text)


@pytest.mark.parametrize(
    ("passed", "words"),
    [
        (timedelta(seconds=-5), "just now"),
        (timedelta(seconds=59), "just now"),
        (timedelta(minutes=59, seconds=59), "59 min ago"),
        (timedelta(hours=23, minutes=59), "23 h ago"),
        (timedelta(days=400), "400 d ago"),
    ],
)
def test_how_long_ago_something_was(passed: timedelta, words: str) -> None:
    assert ago(NOON - passed, NOON) == words
    assert ago(None, NOON) == "never"


def test_one_is_not_many() -> None:
    assert [counted(number, "project") for number in (0, 1, 1234)] == [
        "0 projects",
        "1 project",
        "1,234 projects",
    ]


def test_tab_offers_the_tracked_keys(state: State) -> None:
    state.projects.track([ProjectRef("1", "PAY"), ProjectRef("2", "PAX"), ProjectRef("3", "WEB")])
    completion = ShellComplete(main, {}, "jira-assets", "_JIRA_ASSETS_COMPLETE")
    assert [item.value for item in completion.get_completions(["projects", "untrack"], "pa")] == [
        "PAX",
        "PAY",
    ]
    assert "status" in [item.value for item in completion.get_completions([], "")]


def test_tab_creates_nothing(home: Path) -> None:
    completion = ShellComplete(main, {}, "jira-assets", "_JIRA_ASSETS_COMPLETE")
    assert completion.get_completions(["projects", "untrack"], "") == []
    assert not home.exists()
    assert isinstance(main, click.Group)
