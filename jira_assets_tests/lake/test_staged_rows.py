"""What is staged in a file comes into DuckDB as it was."""

from __future__ import annotations

from pathlib import Path

import duckdb
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from jira_assets.lake.sql_files import literal
from jira_assets.lake.staged_rows import SEPARATOR, copy_staged, quoted, staged_format

FEW_LINES = 2**20 // 16
"""Bytes of one of the texts below, of which a buffer of the reader has not room for many."""

texts = st.text(st.characters(codec="utf-8", exclude_characters="\0\x01"), max_size=20) | st.sampled_from(
    ["null", "NULL", "\\N", '"', "'", ",", "\n", "\r\n", "\r", "#", "\\", "[1,\n2]", "\x02", "\u2028", "😀"]
)
values = st.none() | texts | texts.map(lambda text: text + "ü" * FEW_LINES)


def landed(folder: Path, rows: list[tuple[str | None, ...]]) -> list[tuple[str | None, ...]]:
    staging, parquet = folder / "rows.csv", folder / "rows.parquet"
    lines = [
        SEPARATOR.join(b"" if value is None else quoted(value.encode()) for value in row) + b"\n"
        for row in rows
    ]
    staging.write_bytes(b"".join(lines))
    columns = "{a: 'varchar', b: 'varchar', c: 'varchar'}"
    options = staged_format(max(map(len, lines)))
    with duckdb.connect(config={"memory_limit": "100MB", "threads": 1}) as engine:
        copy_staged(
            engine,
            f"copy (from read_csv({literal(staging)}, columns = {columns}, {options})) to {literal(parquet)}",
        )
        return engine.execute(f"from read_parquet({literal(parquet)})").fetchall()


@settings(max_examples=40)
@given(st.lists(st.tuples(values, values, values), min_size=1, max_size=8))
def test_every_text_and_null_comes_back_verbatim(
    tmp_path_factory: pytest.TempPathFactory, rows: list[tuple[str | None, ...]]
) -> None:
    assert landed(tmp_path_factory.mktemp("staged"), rows) == rows


def test_the_quoting_character_is_replaced_and_shifts_no_other_value(tmp_path: Path) -> None:
    assert landed(tmp_path, [("a\x01b", None, "c")]) == [("a�b", None, "c")]
