from __future__ import annotations

import csv
import json
import os
import pty
import subprocess
import sys
from pathlib import Path

import pytest

from jira_assets.settings.load import Settings
from jira_assets_tests.child_process import child_process
from jira_assets_tests.cli.conftest import Run, held_for_writing

SAMPLES = """
    select
        '{"a": [1]}'::json as document, 1.50::decimal(4, 2) as points, ['x', 'y'] as labels,
        timestamp '2026-11-23 12:00:00.5' as at, true as done, null as nothing, 'a,"b"' as summary,
        170141183460469231731687303715884105727::hugeint as huge
"""


def test_json_keeps_every_type(run: Run, warehouse: Path) -> None:
    result = run("sql", SAMPLES.replace("170141183460469231731687303715884105727", "7"), "--json")
    assert json.loads(result.stdout) == [
        {
            "document": {"a": [1]},
            "points": 1.5,
            "labels": ["x", "y"],
            "at": "2026-11-23T12:00:00.500000",
            "done": True,
            "nothing": None,
            "summary": 'a,"b"',
            "huge": 7,
        }
    ]


def test_json_keeps_numbers_of_any_size(run: Run, warehouse: Path) -> None:
    result = run("sql", SAMPLES, "--json")
    assert json.loads(result.stdout)[0]["huge"] == 2**127 - 1


def test_columns_of_one_name_are_kept_apart_in_json(run: Run, warehouse: Path) -> None:
    assert json.loads(run("sql", "select 1 as a, 2 as a, 3 as b, 4 as a", "--json").stdout) == [
        {"a": 1, "a_2": 2, "b": 3, "a_3": 4}
    ]


def test_a_writer_is_named(run: Run, warehouse: Path) -> None:
    with held_for_writing(warehouse) as process:
        told = run("sql", "select 1 as one")
    assert told.exit_code == 1
    assert f"Process {process.pid} (" in told.stderr
    assert "Close it in that process and open it read-only." in told.stderr
    assert "bug" not in told.stderr


def test_what_a_writer_left_is_warned_of(run: Run, warehouse: Path) -> None:
    assert "Warning" not in run("sql", "select 1 as one").stderr
    warehouse.with_name(f"{warehouse.name}.wal").write_bytes(b"")
    told = run("sql", "select 1 as one")
    assert (told.stdout, told.exit_code) == ("one\n1\n", 0)
    assert "differs from the published file: a program wrote to it" in told.stderr


def test_a_pipe_gets_csv(run: Run, warehouse: Path) -> None:
    header, row = csv.reader(run("sql", SAMPLES).stdout.splitlines())
    assert dict(zip(header, row, strict=True)) == {
        "document": '{"a": [1]}',
        "points": "1.50",
        "labels": '["x","y"]',
        "at": "2026-11-23 12:00:00.500000",
        "done": "true",
        "nothing": "",
        "summary": 'a,"b"',
        "huge": str(2**127 - 1),
    }


def test_the_query_may_come_on_stdin(run: Run, warehouse: Path) -> None:
    result = run("sql", "--table", stdin="select 'x' as a, 'line\nbreak' as b;")
    assert result.stdout == "a  b\nx  line break\n"


def test_no_rows_are_an_empty_answer_in_every_form(run: Run, warehouse: Path) -> None:
    query = "select 1 as a where false"
    assert run("sql", query, "--json").stdout == "[]\n"
    assert run("sql", query, "--csv").stdout == "a\n"
    assert run("sql", query, "--table").stdout == "a\n"


def test_a_table_says_when_it_does_not_show_everything(run: Run, warehouse: Path) -> None:
    result = run("sql", "from range(501)", "--table")
    assert len(result.stdout.splitlines()) == 501
    assert "Only the first 500 rows" in result.stderr
    assert len(json.loads(run("sql", "from range(2501)", "--json").stdout)) == 2501


@pytest.mark.parametrize("query", ["selec", "from nowhere", "from query", "select 'x'::int"])
def test_a_query_that_does_not_work_is_told_without_a_traceback(
    run: Run, warehouse: Path, query: str
) -> None:
    result = run("sql", query)
    assert (result.exit_code, result.stdout) == (1, "")
    assert "Error: The query failed." in result.stderr


@pytest.mark.parametrize(
    ("query", "reason"),
    [
        ("copy (select 1) to 'out.csv'", "No file is written here (COPY, EXPORT)."),
        ("from read_csv('/etc/passwd')", "/etc/passwd cannot be read here: only the published tables can."),
        ("install httpfs", "No extension is installed or loaded here."),
        ("attach 'other.duckdb'", "No other database is opened here (ATTACH, DETACH)."),
        ("set threads = 1", "The settings of DuckDB are locked here."),
        ("create table x as select 1", "Nothing can be changed here but temporary tables."),
    ],
)
def test_what_is_not_allowed_is_told_with_another_way(
    run: Run, warehouse: Path, settings: Settings, query: str, reason: str
) -> None:
    result = run("sql", query)
    assert (result.exit_code, result.stdout) == (1, "")
    assert result.stderr.startswith(f"Error: {reason}\n")
    assert f"duckdb -readonly {settings.warehouse_file}" in result.stderr
    assert not Path("out.csv").exists()


@pytest.mark.parametrize("query", ["", " ;\n"])
def test_an_empty_query_is_a_wrong_usage(run: Run, warehouse: Path, query: str) -> None:
    assert run("sql", stdin=query).exit_code == 2


def test_without_a_warehouse_the_next_step_is_told(run: Run) -> None:
    result = run("sql", "select 1")
    assert result.exit_code == 1
    assert "jira-assets sync" in result.stderr


def test_a_conversation_survives_a_wrong_query(warehouse: Path) -> None:
    ours, theirs = pty.openpty()
    code = "from jira_assets.cli import main; main(['sql', '--csv'])"
    with child_process(
        [sys.executable, "-c", code], stdin=theirs, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as talk:
        os.write(ours, b"selec;\nselect\n 6 * 7 as answer;\nexit\n")
        out, err = talk.communicate(timeout=60)
    os.close(ours)
    os.close(theirs)
    assert talk.returncode == 0
    assert "Error: The query failed." in err
    assert "answer\n42\n" in out


@pytest.mark.parametrize("damage", ["header", "block"])
def test_a_damaged_file_is_named_with_the_remedy(run: Run, warehouse: Path, damage: str) -> None:
    file = warehouse.resolve()
    content = bytearray(file.read_bytes())
    start = 0 if damage == "header" else 8192
    content[start : start + 4096] = bytes(4096)
    file.chmod(0o644)
    file.write_bytes(content)

    result = run("sql", "select 1")

    assert result.exit_code == 1
    assert f"{warehouse.with_name('jira.duckdb')} cannot be opened: " in result.stderr
    assert "Run `jira-assets publish`" in result.stderr
    assert "bug" not in result.stderr
