from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import click
import pytest
from click.testing import CliRunner

from jira_assets import __version__
from jira_assets.cli import main
from jira_assets.cli.context import Invocation, pass_invocation
from jira_assets.cli.lazy import LazyGroup
from jira_assets.cli.main import COMMANDS, ELSEWHERE
from jira_assets.errors import AuthenticationError, InputError
from jira_assets_tests.cli.conftest import Run

HEAVY = {"sqlalchemy", "alembic", "dagster", "duckdb", "requests", "rich", "cryptography"}


@click.command()
@click.argument("how")
@pass_invocation
def fail(invocation: Invocation, how: str) -> None:
    """Fail in one of several ways."""
    invocation.say("about to fail")
    errors = {
        "input": InputError("The file is empty.", "Write something into it."),
        "authentication": AuthenticationError("Jira refused the token.", "Make a new one."),
        "bug": ZeroDivisionError("division by zero"),
        "interrupt": KeyboardInterrupt(),
        "usage": click.UsageError("Not like that."),
    }
    raise errors[how]


@click.group(cls=LazyGroup, commands_at={"fail": (f"{__name__}:fail", "Fail.")})
@click.option("--quiet", is_flag=True)
@click.pass_context
def failing(context: click.Context, quiet: bool) -> None:
    """Stand in for the real group."""
    context.obj = Invocation(verbosity=-1 if quiet else 0)


@pytest.mark.parametrize(
    ("how", "exit_code", "words"),
    [
        ("input", 1, "Error: The file is empty.\nWrite something into it.\n"),
        ("authentication", 4, "Error: Jira refused the token.\nMake a new one.\n"),
        ("bug", 1, "Error: ZeroDivisionError: division by zero\nThis is a bug"),
        ("interrupt", 130, "Interrupted.\n"),
        ("usage", 2, "Error: Not like that.\n"),
    ],
)
@pytest.mark.parametrize("quiet", [True, False])
def test_an_error_is_told_on_stderr_with_its_exit_code(
    how: str, exit_code: int, words: str, quiet: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("JIRA_ASSETS_DEBUG", raising=False)
    result = CliRunner().invoke(failing, ["--quiet", "fail", how] if quiet else ["fail", how])
    assert result.exit_code == exit_code
    assert words in result.stderr
    assert "Traceback" not in result.stderr
    assert ("about to fail" in result.stderr) is not quiet
    assert result.stdout == ""


@pytest.mark.parametrize("command", ["doctor", "sync"])
def test_windows_is_refused_in_words(run: Run, monkeypatch: pytest.MonkeyPatch, command: str) -> None:
    monkeypatch.setattr("sys.platform", "win32")
    monkeypatch.setitem(sys.modules, "fcntl", None)  # what importing it meets there

    result = run(command)

    assert result.exit_code == 1
    assert "Error: Windows is not supported" in result.stderr
    assert "WSL 2" in result.stderr


def test_debugging_shows_where_it_failed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("JIRA_ASSETS_DEBUG", "1")
    assert isinstance(CliRunner().invoke(failing, ["fail", "bug"]).exception, ZeroDivisionError)


def test_the_help_names_every_command_and_the_exit_codes(run: Run) -> None:
    result = run("--help")
    assert result.exit_code == 0
    assert all(f"  {name} " in result.stdout for name in COMMANDS)
    assert "4    Jira does not accept the credentials" in result.stdout


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_explains_itself(name: str, run: Run) -> None:
    result = run(name, "--help")
    assert result.exit_code == 0
    command = main.get_command(click.Context(main), name)
    assert command is not None
    assert command.help
    assert COMMANDS[name][1].endswith(".")


def test_a_mistyped_command_is_answered_with_the_one_that_was_meant(run: Run) -> None:
    result = run("statsu")
    assert result.exit_code == 2
    assert "Did you mean 'status'?" in result.stderr


def test_the_version_is_that_of_the_package(run: Run) -> None:
    assert __version__ in run("--version").stdout


@pytest.mark.parametrize(
    ("words", "allowed"),
    [
        (["--help"], set()),
        (["config"], set()),
        (["status"], {"sqlalchemy"}),
        (["projects", "--help"], set()),
        (["connect", "--help"], set()),
        (["doctor", "--help"], set()),
        (["up", "--help"], set()),
    ],
)
def test_small_commands_import_nothing_heavy(words: list[str], allowed: set[str], home: Path) -> None:
    code = (
        "import sys; from jira_assets.cli import main\n"
        "try: main(sys.argv[1:])\n"
        f"finally: print(sorted({HEAVY!r} & set(sys.modules)), file=sys.stderr)"
    )
    done = subprocess.run([sys.executable, "-c", code, *words], capture_output=True, text=True, check=False)
    imported = done.stderr.splitlines()[-1]
    assert [name for name in HEAVY - allowed if f"'{name}'" in imported] == []


def test_a_sync_asks_jira_before_it_loads_duckdb() -> None:
    code = (
        "import sys, jira_assets.cli.commands.sync, jira_assets.sync.choose_tasks\n"
        "sys.exit('duckdb' in sys.modules or 'dagster' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_the_home_may_be_given_as_an_option(run: Run, tmp_path: Path) -> None:
    other = tmp_path / "other home"
    assert run("--home", str(other), "team", "list").exit_code == 0
    assert (other / "state.db").is_file()


def test_a_command_that_is_called_otherwise_is_named(run: Run) -> None:
    for word, command in ELSEWHERE.items():
        result = run(word, "PAY")
        assert result.exit_code == 2
        assert f"Use: main {command}" in result.stderr
        assert run(*command.split()[:2], "--help").exit_code == 0


@pytest.mark.parametrize("words", [["up"], ["demo", "--once"]])
def test_a_home_that_cannot_be_created_is_named_with_the_remedy(
    run: Run, tmp_path: Path, words: list[str]
) -> None:
    in_the_way = tmp_path / "file"
    in_the_way.write_text("a file", encoding="utf-8")

    result = run("--home", str(in_the_way / "home"), *words)

    assert result.exit_code == 1
    assert str(in_the_way) in result.stderr
    assert "select another home with --home" in result.stderr
    assert "bug" not in result.stderr


def test_an_empty_home_is_not_taken_for_this_folder(run: Run, tmp_path: Path) -> None:
    result = run("--home", "", "status")

    assert result.exit_code == 2
    assert "The path is empty. A variable of the shell may not be set." in result.stderr
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    "words",
    [
        ["web", "--port", "80000"],
        ["up", "--port", "0"],
        ["demo", "--projects", "0"],
        ["demo", "--issues", "-5"],
    ],
)
def test_a_number_out_of_range_is_refused_with_the_range(run: Run, words: list[str]) -> None:
    result = run(*words)

    assert result.exit_code == 2
    assert f"Invalid value for '{words[1]}': {words[2]} is not in the range" in result.stderr
