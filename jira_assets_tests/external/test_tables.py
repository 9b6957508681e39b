"""Tables that other programs made, in whatever form they made them."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import duckdb
import pytest

from jira_assets.errors import InputError
from jira_assets.external.tables import outside_table, source_identity

ROWS = [("asilva", "Ana Silva"), ("bli", None)]
SELECT = "select * from (values ('asilva', 'Ana Silva'), ('bli', null)) as member(login, name)"


def copied(path: Path, options: str = "") -> str:
    path.parent.mkdir(exist_ok=True)
    with closing(duckdb.connect()) as engine:
        engine.execute(f"copy ({SELECT}) to '{path}' {options}")
    return str(path)


def database(path: Path, *, other: bool = False) -> str:
    with closing(duckdb.connect(str(path))) as engine:
        engine.execute(f"create table members as {SELECT}")
        if other:
            engine.execute("create table other as select 1 as number")
            engine.execute("create schema hub; create view hub.people as from members")
    return str(path)


def sqlite_file(path: Path) -> str:
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("create table members (login text, name text)")
        connection.executemany("insert into members values (?, ?)", ROWS)
        connection.commit()
    return str(path)


def rows_of(source: str) -> list[tuple[Any, ...]]:
    with outside_table(source) as table:
        assert table.columns == ("login", "name")
        return table.engine.execute("select login, name from outside order by login").fetchall()


FORMS: dict[str, Callable[[Path], str]] = {
    "Parquet": lambda folder: copied(folder / "m.parquet"),
    "a folder": lambda folder: str(Path(copied(folder / "deep" / "m.parquet")).parent),
    "a pattern": lambda folder: copied(folder / "m1.parquet").replace("m1", "m*"),
    "CSV": lambda folder: copied(folder / "m.csv", "(header)"),
    "zipped CSV": lambda folder: copied(folder / "m.csv.gz", "(header, compression gzip)"),
    "TSV": lambda folder: copied(folder / "m.tsv", "(format csv, header, delimiter '\t')"),
    "JSON": lambda folder: copied(folder / "m.ndjson", "(format json)"),
    "DuckDB": lambda folder: database(folder / "m.db"),
    "a table of DuckDB": lambda folder: database(folder / "m.duckdb", other=True) + "#members",
    "a view of a schema": lambda folder: database(folder / "m.duckdb", other=True) + "#hub.people",
    "SQLite": lambda folder: sqlite_file(folder / "m.db"),
    "a table of SQLite": lambda folder: sqlite_file(folder / "m.sqlite") + "#members",
    "a query": lambda folder: f"\n from '{copied(folder / 'm.parquet')}';\n",
    "a name with a #": lambda folder: copied(folder / "m#1.parquet"),
}


@pytest.mark.parametrize("form", FORMS)
def test_the_same_table_is_read_from(form: str, tmp_path: Path) -> None:
    assert rows_of(FORMS[form](tmp_path)) == ROWS


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda folder: str(folder / "none.parquet"), "the file does not exist"),
        (lambda folder: str(folder / "*.csv"), "the file does not exist"),
        (lambda folder: "~nobody-of-this-name/m.csv", "cannot be read"),
        (lambda folder: str(folder / "**m.csv"), "cannot be read"),
        (
            lambda folder: copied(folder / "m.data", "(format parquet)"),
            "the file type cannot be recognized by the name",
        ),
        (
            lambda folder: database(folder / "m.db", other=True),
            "has several tables; write file#table with one",
        ),
        (lambda folder: database(folder / "m.db") + "#member", "it has no table member; .* one of: members"),
        (lambda folder: sqlite_file(folder / "m.db") + "#none", "it has no table none; .* one of: members"),
        (lambda folder: "select nothing from nowhere", "The query “select nothing from nowhere” cannot be"),
        (lambda folder: f"from '{folder}/none.parquet'", "No files found"),
    ],
)
def test_what_cannot_be_read_is_an_error_that_says_why(
    make: Callable[[Path], str], words: str, tmp_path: Path
) -> None:
    with pytest.raises(InputError, match=words) as caught, outside_table(make(tmp_path)):
        pass
    remedy = "Check the path." if words == "the file does not exist" else "file.duckdb#table"
    assert remedy in caught.value.instruction


@pytest.mark.parametrize("content", [b"", b"nothing of the kind", b"SQLite format 3\0 but no more"])
@pytest.mark.parametrize("name", ["m.parquet", "m.db"])
def test_a_damaged_file_is_an_error(content: bytes, name: str, tmp_path: Path) -> None:
    (tmp_path / name).write_bytes(content)
    with pytest.raises(InputError, match="cannot be read"), outside_table(str(tmp_path / name)):
        pass


def test_a_failure_in_the_middle_of_reading_is_an_error_too(tmp_path: Path) -> None:
    source = "select error('halfway') as login, 1 as name"
    with pytest.raises(InputError, match="halfway"), outside_table(source) as table:
        table.engine.execute("select * from outside").fetchall()


@pytest.mark.parametrize(
    "source",
    [
        "select 1 as login); copy (select 1) to '{file}'; select * from (select 1 as login",
        "select 1 as login; copy (select 1) to '{file}'",
    ],
)
def test_a_query_that_carries_another_statement_is_not_run(tmp_path: Path, source: str) -> None:
    written = tmp_path / "written.csv"
    with pytest.raises(InputError, match="cannot be read"), outside_table(source.format(file=written)):
        pass
    assert not written.exists()


def test_the_identity_of_files_changes_with_them_and_a_query_has_none(tmp_path: Path) -> None:
    source = copied(tmp_path / "m.parquet")
    before = source_identity(source)
    assert before is not None
    assert before == source_identity(source)
    copied(tmp_path / "m.parquet", "(compression zstd)")
    assert source_identity(source) != before
    assert source_identity(f"from '{source}'") is None
