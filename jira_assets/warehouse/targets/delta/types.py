"""The types of the published columns in Delta, and their values in the Parquet files.

All types are those that every reader of Delta knows. What Delta or its readers cannot hold becomes null.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from jira_assets.lake.sql_files import identifier
from jira_assets.warehouse.models import Column

_SCALARS = {
    "boolean": ("boolean", "BOOLEAN"),
    "tinyint": ("byte", "TINYINT"),
    "utinyint": ("short", "SMALLINT"),
    "smallint": ("short", "SMALLINT"),
    "usmallint": ("integer", "INTEGER"),
    "integer": ("integer", "INTEGER"),
    "uinteger": ("long", "BIGINT"),
    "bigint": ("long", "BIGINT"),
    "ubigint": ("decimal(20,0)", "DECIMAL(20,0)"),
    "hugeint": ("decimal(38,0)", "DECIMAL(38,0)"),
    "uhugeint": ("decimal(38,0)", "DECIMAL(38,0)"),
    "float": ("float", "FLOAT"),
    "double": ("double", "DOUBLE"),
    "blob": ("binary", "BLOB"),
    "date": ("date", "DATE"),
}
"""By DuckDB's type that of Delta, and the one in which DuckDB writes it; those not named are text."""

_TEXT = ("string", "VARCHAR")
_INSTANT = ("timestamp", "TIMESTAMP WITH TIME ZONE")
"""The times of the published tables are UTC. Fewer readers know Delta's type without a zone."""

_DIGITS = "99999999999999999999999999999999999999"
_HELD = {
    "date": "{} between date '0001-01-01' and date '9999-12-31'",
    "timestamp": "try_cast({} as timestamp) between timestamp '0001-01-01 00:00:00' "
    "and timestamp '9999-12-31 23:59:59.999999'",
    "hugeint": f"{{}} between -{_DIGITS}::hugeint and {_DIGITS}::hugeint",
    "uhugeint": f"{{}} <= {_DIGITS}::uhugeint",
}
"""Which values readers of Delta know: of dates those that Python, Java and Arrow all have."""

Write = Callable[[str], str]
"""Returns in DuckDB's SQL something about a value, which is given in SQL."""


@dataclass(frozen=True)
class Kind:
    """A type in Delta, as its schema has it, and how a value of DuckDB becomes one.

    `cast` is the type in which DuckDB writes it. `held` gives the value with null for what cannot be held,
    and `is_changed` whether there is such; None where every value can be held.
    """

    delta: Any
    cast: str
    held: Write | None = None
    is_changed: Write | None = None


def kind_of(column: str) -> Kind:
    """Return the kind of a column by its type in DuckDB."""
    import duckdb

    return _kind(duckdb.sqltype(column), 0)


def _kind(given: Any, depth: int) -> Kind:
    name = given.id
    if name == "decimal":
        digits = dict(given.children)
        text = f"({digits['precision']},{digits['scale']})"
        return Kind(f"decimal{text}", f"DECIMAL{text}")
    if name in ("list", "array"):
        return _list(_kind(given.children[0][1], depth + 1), depth)
    if name == "struct":
        return _struct({name: _kind(child, depth) for name, child in given.children})
    if name == "map":
        (_, key), (_, value) = given.children
        return _map(_kind(key, depth + 1), _kind(value, depth + 1), depth)
    if name.startswith("timestamp"):
        return _scalar(_INSTANT, _HELD["timestamp"])
    return _scalar(_SCALARS.get(name, _TEXT), _HELD.get(name))


def _scalar(types: tuple[str, str], held: str | None) -> Kind:
    if held is None:
        return Kind(*types)
    return Kind(
        *types,
        lambda value: f"case when {held.format(value)} then {value} end",
        lambda value: f"({value} is not null and not coalesce({held.format(value)}, false))",
    )


def _list(element: Kind, depth: int) -> Kind:
    delta = {"type": "array", "elementType": element.delta, "containsNull": True}
    held, changed, entry = element.held, element.is_changed, f"e{depth}"
    if held is None or changed is None:
        return Kind(delta, f"{element.cast}[]")
    return Kind(
        delta,
        f"{element.cast}[]",
        lambda value: f"list_transform({value}, lambda {entry}: {held(entry)})",
        lambda value: f"coalesce(len(list_filter({value}, lambda {entry}: {changed(entry)})) > 0, false)",
    )


def _map(key: Kind, value: Kind, depth: int) -> Kind:
    delta = {"type": "map", "keyType": key.delta, "valueType": value.delta, "valueContainsNull": True}
    entry = f"e{depth}"
    # A key cannot be null: one that cannot be held takes its entry with it.
    changes = [("key", key.is_changed), ("value", value.is_changed)]
    parts = [is_changed(f"{entry}.{name}") for name, is_changed in changes if is_changed]
    if not parts:
        return Kind(delta, f"MAP({key.cast}, {value.cast})")
    changed = f"({' or '.join(parts)})"
    return Kind(
        delta,
        f"MAP({key.cast}, {value.cast})",
        lambda given: (
            f"case when {given} is not null then map_from_entries(list_filter(map_entries({given}), "
            f"lambda {entry}: not {changed})) end"
        ),
        lambda given: (
            f"coalesce(len(list_filter(map_entries({given}), lambda {entry}: {changed})) > 0, false)"
        ),
    )


def _struct(fields: dict[str, Kind]) -> Kind:
    delta = {"type": "struct", "fields": [field_of(name, kind) for name, kind in fields.items()]}
    cast = f"STRUCT({', '.join(f'{identifier(name)} {kind.cast}' for name, kind in fields.items())})"
    changes = [(name, kind.is_changed) for name, kind in fields.items() if kind.is_changed]
    if not changes:
        return Kind(delta, cast)

    def held(value: str) -> str:
        parts = (
            f"{identifier(name)} := {(kind.held or str)(f'{value}.{identifier(name)}')}"
            for name, kind in fields.items()
        )
        return f"case when {value} is not null then struct_pack({', '.join(parts)}) end"

    return Kind(
        delta,
        cast,
        held,
        lambda value: f"({' or '.join(changed(f'{value}.{identifier(name)}') for name, changed in changes)})",
    )


def field_of(name: str, kind: Kind, metadata: dict[str, str] | None = None) -> dict[str, Any]:
    """Return a field of a schema of Delta."""
    return {"name": name, "type": kind.delta, "nullable": True, "metadata": metadata or {}}


def written(columns: Sequence[Column]) -> str:
    """Return in DuckDB's SQL the columns of a row `t` as they are written to Parquet."""
    return ", ".join(_written(column) for column in columns)


def _written(column: Column) -> str:
    kind, value = kind_of(column.type), f"t.{identifier(column.name)}"
    return f"({(kind.held or str)(value)})::{kind.cast} as {identifier(column.name)}"


def changed_values(columns: Sequence[Column]) -> str | None:
    """Return in DuckDB's SQL how many values of a row `t` cannot be held; None: all can."""
    found = [(kind_of(column.type).is_changed, column.name) for column in columns]
    parts = [f"({is_changed(f't.{identifier(name)}')})::integer" for is_changed, name in found if is_changed]
    return " + ".join(parts) or None
