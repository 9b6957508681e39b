"""The fields that people chose to see as columns of `jira_issues`, and the SQL that makes them."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from jira_assets.lake.sql_files import literal, literals

if TYPE_CHECKING:  # loaded late: an idle sync waits for Jira meanwhile
    import duckdb

_TEXT = (
    "case json_type({value}) "
    "when 'OBJECT' then coalesce("
    "{value} ->> '$.value', {value} ->> '$.displayName', {value} ->> '$.name', {value} ->> '$.key', "
    "{value}::varchar) "
    "when 'ARRAY' then {value}::varchar "
    "else {value} ->> '$' end"
)
_LIST = f"list_transform(from_json({{value}}, '[\"JSON\"]'), lambda item: {_TEXT.format(value='item')})"
_KINDS: Mapping[str, tuple[str, str]] = {
    "number": ("double", "try_cast({value} ->> '$' as double)"),
    "date": ("date", "calendar_day({value} ->> '$')"),
    "datetime": ("timestamp", "utc_time({value} ->> '$')"),
    "array": ("varchar[]", _LIST),
}
"""By the type that Jira gives a field: the type of the column, and how a value gets there."""


@dataclass(frozen=True)
class ExtraColumn:
    """A column of `jira_issues`; team-managed projects may each have a field of the same name."""

    name: str
    label: str
    field_ids: tuple[str, ...]
    kind: str


def choose_columns(
    wanted: Sequence[str], fields: Sequence[Mapping[str, Any]], taken: Collection[str]
) -> list[ExtraColumn]:
    """Find the fields by id or name, and name a column for each; what the site has not stays null."""
    columns: list[ExtraColumn] = []
    for text in wanted:
        found = _find(text, fields)
        label = str(found[0]["field_name"]) if found else text
        names = {*taken, *(column.name for column in columns)}
        ids = tuple(sorted({str(field["field_id"]) for field in found})) or (text,)
        kinds = {str(field["schema_type"]) for field in found}
        columns.append(
            ExtraColumn(
                _column_name(label, ids[0], names), label, ids, kinds.pop() if len(kinds) == 1 else ""
            )
        )
    return columns


def read_fields(engine: duckdb.DuckDBPyConnection) -> list[dict[str, Any]]:
    """Read the fields of all sites that are published."""
    rows = engine.execute("select field_id, field_name, schema_type from site.fields").fetchall()
    return [dict(zip(("field_id", "field_name", "schema_type"), row, strict=True)) for row in rows]


def column_list(columns: Sequence[ExtraColumn]) -> str:
    """List the columns after the others of the select."""
    return "".join(f",\n    extra.{column.name}::{_kind(column)[0]} as {column.name}" for column in columns)


def column_source(columns: Sequence[ExtraColumn]) -> str:
    """Join what holds the values of the columns."""
    if not columns:
        return ""
    ids = literals(field_id for column in columns for field_id in column.field_ids)
    values = ", ".join(_aggregate(column) for column in columns)
    return (
        f"left join (select jira_id, project, {values} from lake.jira_issue_fields "
        f"where field_id in ({ids}) group by jira_id, project) as extra "
        "on issue.jira_id = extra.jira_id and issue.project = extra.project"
    )


def column_comments(columns: Sequence[ExtraColumn]) -> str:
    """Say in the file what each column is."""
    return "\n".join(
        f"comment on column warehouse.jira_issues.{column.name} is {literal(_comment(column))};"
        for column in columns
    )


def _comment(column: ExtraColumn) -> str:
    return f"Field {column.label} ({', '.join(column.field_ids)})"


def _find(text: str, fields: Sequence[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    by_id = [field for field in fields if field["field_id"] == text]
    return by_id or [field for field in fields if str(field["field_name"]).lower() == text.lower()]


def _column_name(label: str, field_id: str, taken: Collection[str]) -> str:
    plain = re.sub(r"\W+", "_", label.lower(), flags=re.ASCII).strip("_")
    name = plain if plain[:1].isalpha() else f"field_{plain}".rstrip("_")
    for candidate in (name, f"field_{name}"):
        if candidate not in taken:
            return candidate
    return f"{name}_{re.sub(r'[^a-z0-9]+', '_', field_id.lower())}"


def _kind(column: ExtraColumn) -> tuple[str, str]:
    return _KINDS.get(column.kind, ("varchar", _TEXT))


def _aggregate(column: ExtraColumn) -> str:
    ids = literals(column.field_ids)
    value = _kind(column)[1].format(value="value::json")
    return f"any_value({value}) filter (where field_id in ({ids})) as {column.name}"
