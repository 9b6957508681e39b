"""Every SQL file consists of whole statements of DuckDB, as editors and formatters expect."""

from __future__ import annotations

import string
from pathlib import Path

import duckdb
import pytest

import jira_assets
from jira_assets.lake.sql_files import statement

PACKAGE = Path(jira_assets.__file__).parent
FILES = sorted(PACKAGE.glob("*/sql/**/*.sql"))
NOTHING = frozenset({"extra_columns", "extra_source", "extra_comments", "key_columns"})
"""Parts that are empty unless a site has something to add."""
QUERIES = frozenset({"chances", "days_to_goal", "forecast", "instants", "people"})
"""Parts that are queries."""


def name_of(file: Path) -> str:
    room, _, path = file.relative_to(PACKAGE).with_suffix("").as_posix().partition("/sql/")
    return f"{room}/{path}"


def filled(file: Path) -> str:
    """Fill every part of a statement with a name, which may stand for a table, a column or a path."""
    parts = {part for _, part, _, _ in string.Formatter().parse(file.read_text(encoding="utf-8")) if part}
    dummies = (
        dict.fromkeys(parts, "filled")
        | dict.fromkeys(parts & NOTHING, "")
        | dict.fromkeys(parts & QUERIES, "select 1")
        | dict.fromkeys(parts & {"materialized"}, "view")
    )
    return statement(name_of(file), **dummies)


def test_every_file_is_found_below_its_room() -> None:
    assert set(FILES) == set(PACKAGE.rglob("*.sql"))


@pytest.mark.parametrize("file", FILES, ids=name_of)
def test_duckdb_parses_the_file(file: Path) -> None:
    """It holds that the text parses, not that the tables and columns exist: the tests of each room run it."""
    assert duckdb.extract_statements(filled(file))


def test_a_part_of_a_statement_is_refused() -> None:
    with pytest.raises(duckdb.ParserException, match="syntax error"):
        duckdb.extract_statements("list_distinct(filled)::varchar[]")
