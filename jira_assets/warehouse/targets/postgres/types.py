"""The types of the published columns in PostgreSQL, and their values in the text format of COPY.

DuckDB writes the lines, in parallel and without an object for each value. What PostgreSQL cannot hold is
marked by the NUL character, which no text in PostgreSQL may contain, and counted where the lines are read.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence

from jira_assets.lake.sql_files import identifier
from jira_assets.warehouse.models import Column

NULL = r"\N"
_SCALARS = {
    "BOOLEAN": "boolean",
    "TINYINT": "smallint",
    "UTINYINT": "smallint",
    "SMALLINT": "smallint",
    "USMALLINT": "integer",
    "INTEGER": "integer",
    "UINTEGER": "bigint",
    "BIGINT": "bigint",
    "UBIGINT": "numeric(20,0)",
    "HUGEINT": "numeric(39,0)",
    "UHUGEINT": "numeric(39,0)",
    "FLOAT": "real",
    "DOUBLE": "double precision",
    "VARCHAR": "text",
    "UUID": "uuid",
    "JSON": "jsonb",
    "DATE": "date",
    "TIME": "time without time zone",
}
_DECIMAL = re.compile(r"DECIMAL\((\d+),(\d+)\)")
_SYSTEM_COLUMNS = {"tableoid", "xmin", "cmin", "xmax", "cmax", "ctid"}
_LONGEST_NAME = 63
_STRING = r'"(?:[^"\\]|\\.)*"'
_ODD_NUMBER = "NaN|Inf|[eE][+-]?[0-9]{5}"
"""Numbers that DuckDB takes for JSON and PostgreSQL does not."""

_FIRST_DAY, _LAST_DAY = "4714-11-24 (BC)", "5874897-12-31"
"""The days that PostgreSQL knows; DuckDB knows more on both ends."""


def type_of(column: str) -> str:
    """Return the type of a column, as PostgreSQL's `format_type` writes it, by its type in DuckDB."""
    if column.endswith("[]"):
        element = type_of(column.removesuffix("[]"))
        return "jsonb" if element.endswith("[]") or element == "jsonb" else f"{element}[]"
    if decimal := _DECIMAL.fullmatch(column):
        return f"numeric({decimal[1]},{decimal[2]})"
    if column.startswith(("STRUCT(", "MAP(", "UNION(")):
        return "jsonb"
    if column.startswith("TIMESTAMP"):
        return "timestamp without time zone"
    return _SCALARS.get(column, "text")


def name_of(column: str) -> str:
    """Return the name of a column: fields that people add as columns may have long or reserved names."""
    if column in _SYSTEM_COLUMNS:
        return f"field_{column}"
    if len(column) <= _LONGEST_NAME:
        return column
    return f"{column[: _LONGEST_NAME - 9]}_{hashlib.sha256(column.encode()).hexdigest()[:8]}"


def line_of(columns: Sequence[Column]) -> str:
    """Return in DuckDB's SQL the line of a row."""
    fields = (f"coalesce({_escaped(column.type, _quoted_name(column.name))}, '{NULL}')" for column in columns)
    return " || chr(9) || ".join(fields)


def changed_values(columns: Sequence[Column], *, texts: bool) -> str:
    """Return in DuckDB's SQL how many values of a row PostgreSQL cannot hold as they are.

    Unless `texts` are looked at, these are dates.
    """
    parts = ["0", *(f"({is_far})::integer" for column in columns if (is_far := far(column)))]
    if texts:
        values = (_text(column.type, _quoted_name(column.name)) for column in columns)
        parts += [f"coalesce(contains({value}, chr(0)), false)::integer" for value in values]
    return " + ".join(parts)


def far(column: Column) -> str | None:
    """Return in DuckDB's SQL whether a row has a date that PostgreSQL does not know; None for other types."""
    name = _quoted_name(column.name)
    if _is_temporal(column.type):
        return f"coalesce(not {_is_near(column.type, name)}, false)"
    element = column.type.removesuffix("[]")
    if column.type == f"{element}[]" and _is_temporal(element):
        near = _is_near(element, "entry")
        return f"coalesce(len(list_filter({name}, lambda entry: not {near})) > 0, false)"
    return None


def _quoted_name(name: str) -> str:
    return f"t.{identifier(name)}"


def _is_temporal(kind: str) -> bool:
    return kind == "DATE" or (kind.startswith("TIMESTAMP") and not kind.endswith("[]"))


def _is_near(kind: str, value: str) -> str:
    """Infinite dates are in both databases."""
    if kind == "DATE":
        return f"(isinf({value}) or {value} between date '{_FIRST_DAY}' and date '{_LAST_DAY}')"
    return f"(isinf({value}) or {value} >= timestamp '{_FIRST_DAY} 00:00:00')"


def _escaped(kind: str, value: str) -> str:
    text = _text(kind, value)
    if not type_of(kind).startswith(("text", "jsonb")) and not kind.endswith("[]"):
        return text
    for special, letter in (("'\\'", "\\"), ("chr(10)", "n"), ("chr(13)", "r"), ("chr(9)", "t")):
        text = f"replace({text}, {special}, '\\{letter}')"
    return text


def _text(kind: str, value: str) -> str:
    """Return in DuckDB's SQL the text by which PostgreSQL reads a value; null where it is null."""
    if kind == "VARCHAR":
        return value
    wanted = type_of(kind)
    if wanted == "jsonb":
        return _json(f"{value}::varchar" if kind == "JSON" else f"to_json({value})::varchar")
    if kind.endswith("[]"):
        return _array(kind.removesuffix("[]"), value)
    if _is_temporal(kind):
        return _moment(kind, value)
    return f"{value}::varchar"


def _moment(kind: str, value: str) -> str:
    if kind == "TIMESTAMP WITH TIME ZONE":
        value = f"({value} at time zone 'UTC')"
    elif kind.startswith("TIMESTAMP_"):
        value = f"{value}::timestamp"
    era = f"case when contains({value}::varchar, ' (BC)') then ' BC' else '' end"
    return f"case when {_is_near(kind, value)} then replace({value}::varchar, ' (BC)', '') || {era} end"


def _array(kind: str, value: str) -> str:
    element = f"replace(replace({_text(kind, 'entry')}, '\\', '\\\\'), '\"', '\\\"')"
    entries = f"list_transform({value}, lambda entry: coalesce('\"' || {element} || '\"', 'NULL'))"
    return f"'{{' || array_to_string({entries}, ',') || '}}'"


def _json(text: str) -> str:
    """Escape sequences of NUL become the character; numbers out of range, a text that begins with it."""
    outside_strings = f"regexp_replace({text}, '{_STRING}', '', 'g')"
    # Most values end the comparison at the first, cheap look.
    is_out_of_range = (
        f"regexp_matches({text}, '{_ODD_NUMBER}') and regexp_matches({outside_strings}, '{_ODD_NUMBER}')"
    )
    as_text = f"'\"' || chr(0) || substr(to_json({text})::varchar, 2)"
    valid = f"case when {is_out_of_range} then {as_text} else {text} end"
    # A control character cannot stand in JSON, so it can stand for an escaped backslash meanwhile.
    without = f"replace(replace(replace({valid}, '\\\\', chr(1)), '\\u0000', chr(0)), chr(1), '\\\\')"
    return f"case when contains({text}, '\\u0000') then {without} else {valid} end"
