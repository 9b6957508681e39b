"""The models of the warehouse: each file of `sql/models/` is a table or view, and says all about it.

A header has its group in the catalog, its scope, the column that ties its rows to a project, the macro whose
answers it has, the macro that is created beside it, and the column by which it can be made in parts. Columns,
types and comments are those of the statement. What it reads gives the order.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from importlib.resources import files
from typing import Literal

from jira_assets.lake.sql_files import literal, statement_text

Scope = Literal["site", "project", "all projects", "pull requests", "view"]
"""Small and made from all projects each time; a row belongs to one project; rows depend on several projects;
the same, and empty without pull requests; holds no rows of its own."""

PARTS = (1, 4, 16, 64)
"""Into how many parts a table is divided until each fits into memory."""

GROUPS = ("site", "issues", "people", "pull_requests", "metrics")
MODELS = "models/"
MACROS = "macros/"
INTERMEDIATE = "intermediate/"
TOUCHED = "incremental/touched/"
FIRST_COMMENT = "\ncomment on "
"""Comments end a model."""

_HEADER = re.compile(r"^-- ([a-z ]+): (.+)$", re.MULTILINE)
_READS = re.compile(r"\bwarehouse\.(\w+)")
_VIEW_READS = re.compile(r"\b(?:from|join) (\w+)")
"""A view names tables without their schema."""
_SOURCES = re.compile(r"\b(lake|site|given)\.(\w+)|\{whole\}\.(\w+)")
_WORD = re.compile(r"\w+")
_TEXT = r"'((?:[^']|'')*)'"
_TABLE_COMMENT = re.compile(rf"comment on (?:table|view) warehouse\.\w+ is {_TEXT}")
_COLUMN_COMMENT = re.compile(rf"comment on column warehouse\.\w+\.(\w+) is {_TEXT}")
_CAST = re.compile(r"::\s*(\w+(?:\[\]|\([^)]*\))?)\s+as\s+(\w+)")
_CREATES_TABLE = re.compile(r"^create table ((?:warehouse|touched)\.\w+) as$", re.MULTILINE)
_CREATED = re.compile(r"^create (table|view) ", re.MULTILINE)
_PREPARED = re.compile(r"^create (?:table|view|macro|\{materialized\}) (\w+)", re.MULTILINE)


@dataclass(frozen=True)
class Column:
    """A column: its name, its type in DuckDB, and its meaning."""

    name: str
    type: str
    comment: str


@dataclass(frozen=True)
class Parts:
    """How a table can be made in parts: its rows with one value of a column need only rows with that value.

    `relations` are those whose rows are chosen by the column, as the statement names them. With `at_once`
    they are chosen by their project as well.
    """

    column: str
    relations: tuple[str, ...]
    at_once: int | None = None
    """Of how many issues a part may be made; with more, what spills to disk takes longer than more parts."""

    def divisions(self, issues: Mapping[str, int]) -> Iterator[Sequence[str]]:
        """Return conditions, one for each part: first for few parts, then for more and more.

        `issues` has the number of issues of each project. The files of the lake have one project each, so
        parts that are made of projects read every file once.
        """
        for share in PARTS:
            if self.at_once is None:
                yield self._by_value(share)
            else:
                most = min(self.at_once, sum(issues.values())) // share
                yield self._by_project(issues, max(most, 1))

    def split(self, text: str, conditions: Sequence[str]) -> Iterator[str]:
        """Divide the statement that makes the table into statements that each make a part of it."""
        for number, condition in enumerate(conditions):
            part = insertion(text) if number else text
            yield self._only(part, condition) if len(conditions) > 1 else part

    def among(self, text: str, values: str) -> str:
        """Return a statement that inserts the rows whose values of the column the relation `values` has."""
        return self._only(insertion(text), f"{self.column} in (from {values})")

    def split_touched(self, text: str, conditions: Sequence[str]) -> Iterator[str]:
        """Return statements that each make a part of the rows of touched issues, in the schema `touched`.

        They read those of other tables there, and choose them from all other relations.
        """
        for number, condition in enumerate(conditions):
            part = in_touched(text)
            for relation in self.relations:
                if relation.startswith("warehouse."):
                    part = _restricted(part, relation, condition, _touched(relation))
                else:
                    touched = f"{self.column} in (from touched_issues) and {condition}"
                    part = _restricted(part, relation, touched)
            yield insertion(part) if number else part

    def in_schema(self, whole: str) -> Parts:
        """Name the relations as the statement does once it is filled."""
        return replace(self, relations=tuple(name.format(whole=whole) for name in self.relations))

    def _by_value(self, count: int) -> list[str]:
        return [f"hash({self.column}) % {count} = {number}" for number in range(count)]

    def _by_project(self, issues: Mapping[str, int], most: int) -> list[str]:
        """Group projects of at most so many issues, and divide larger ones by the column."""
        groups: list[list[str]] = [[]]
        room, large = most, []
        for project, count in issues.items():
            name = literal(project)
            if count > most:
                large += [f"project_id = {name} and {part}" for part in self._by_value(-(-count // most))]
            elif count > room:
                groups.append([name])
                room = most - count
            else:
                groups[-1].append(name)
                room -= count
        parts = [f"project_id in ({', '.join(group)})" for group in groups if group] + large
        return parts or ["true"]  # without issues, the table is made nevertheless

    def _only(self, text: str, condition: str) -> str:
        for relation in self.relations:
            text = _restricted(text, relation, condition)
        return text


@dataclass(frozen=True)
class Model:
    """A published table or view."""

    name: str
    kind: Literal["table", "view"]
    group: str
    scope: Scope
    key: str | None
    """The column that ties a row to its project: `project_id`, `project_key` or `jira_id`."""
    macro: str | None
    """The macro whose usual answers the table has."""
    beside: str | None
    """A macro that is created together with it."""
    parts: Parts | None
    """How it can be made in parts, for tables that need much memory."""
    touched_by: str | None
    """The statement under sql/ that finds the values of its column of parts whose rows may have changed."""
    prepared_by: tuple[str, ...]
    """The statements under sql/ that have to run before."""
    needs: frozenset[str]
    """The models that it reads, and those that its preparations read."""
    sources: frozenset[str]
    """What it reads besides, such as `lake.jira_issues`, `site.fields` or `given.tracked`."""
    comment: str
    columns: tuple[Column, ...]

    @property
    def touched(self) -> str:
        """The table that has the values which `touched_by` found."""
        return f"touched_{self.name}"

    @property
    def is_of_issues(self) -> bool:
        """Whether each row depends on one issue, those above it, and what issues have in common.

        See `sql/incremental/contexts` and `sql/audits/hazards`.
        """
        return self.scope == "project" and self.parts is not None and self.parts.column == "jira_id"

    def of_projects(self, catalog: str, ids: str) -> str:
        """Return in SQL which rows belong to projects, by their column `project_id` or `project_key`."""
        condition = f"project_id in ({ids})"
        if self.key == "project_key":
            return f"project_key in (select project_key from {catalog}.jira_projects where {condition})"
        return condition


@cache
def models() -> dict[str, Model]:
    """Return all models by name, in the order in which they can be built."""
    names = _names_in(MODELS)
    found = {name: _read(name, names) for name in sorted(names)}
    ordered: dict[str, Model] = {}
    for model in sorted(found.values(), key=lambda model: (GROUPS.index(model.group), model.name)):
        _put_after_needs(model, found, ordered)
    return ordered


def tables() -> list[str]:
    """Return the names of the models that hold rows."""
    return [model.name for model in models().values() if model.kind == "table"]


def of_scope(*scopes: Scope) -> list[Model]:
    """Return the models of these scopes, in the order in which they can be built."""
    return [model for model in models().values() if model.scope in scopes]


def statements_of(chosen: Iterable[Model]) -> list[str]:
    """Return the statements under sql/ that make these models, in their order."""
    names = (name for model in chosen for name in (*model.prepared_by, f"{MODELS}{model.name}"))
    return list(dict.fromkeys(names))


def statements_before(names: Collection[str]) -> dict[str, set[str]]:
    """Return, for each of these statements, those of them that have to run before it."""
    return {name: set(_read_by(name)) & set(names) for name in names}


@cache
def _read_by(name: str) -> frozenset[str]:
    """Name the statements under sql/ whose tables and macros a statement reads."""
    model = models().get(name.removeprefix(MODELS))
    if model is not None:
        return frozenset([*model.prepared_by, *(f"{MODELS}{needed}" for needed in model.needs)])
    text = statement_text(f"warehouse/{name}")
    words = set(_WORD.findall(text))
    prepared = (made_by for made_by, made in _intermediate().items() if made & words and made_by != name)
    return frozenset([*prepared, *(f"{MODELS}{needed}" for needed in _READS.findall(text))])


def column_names(table: str) -> tuple[str, ...]:
    """Return the names of a model's columns."""
    return tuple(column.name for column in models()[table].columns)


def _read(name: str, names: frozenset[str]) -> Model:
    text = statement_text(f"warehouse/{MODELS}{name}")
    header = dict(_HEADER.findall(text.partition("\n\n")[0]))
    macro = header.get("macro")
    beside = header.get("beside")
    prepared_by = [f"{MACROS}{each}" for each in (macro, beside) if each]
    words = set(_WORD.findall(text))
    prepared_by += [made_by for made_by, made in _intermediate().items() if made & words]
    read = "".join([text, *(statement_text(f"warehouse/{each}") for each in prepared_by)])
    comment = _TABLE_COMMENT.search(text)
    created = _CREATED.search(text)
    is_view = created is not None and created.group(1) == "view"
    needs = {*_READS.findall(read), *(_VIEW_READS.findall(text) if is_view else ())}
    return Model(
        name=name,
        kind="view" if is_view else "table",
        group=header["group"],
        scope=header["scope"],
        key=header.get("key"),
        macro=macro,
        beside=beside,
        parts=_parts(header.get("parts"), header.get("at once")),
        touched_by=f"{TOUCHED}{name}" if name in _names_in(TOUCHED) else None,
        prepared_by=tuple(prepared_by),
        needs=frozenset(needs) & names - {name},
        sources=frozenset(_source(*found) for found in _SOURCES.findall(read)),
        comment=_unquoted(comment.group(1)) if comment else "",
        columns=tuple(_columns(text)),
    )


def _columns(text: str) -> Iterator[Column]:
    """Read the columns, with the types they are cast to; the last cast is that of the outermost query."""
    types = {column: kind for kind, column in _CAST.findall(text)}
    for column, said in _COLUMN_COMMENT.findall(text):
        yield Column(column, types.get(column, ""), _unquoted(said))


def _parts(text: str | None, at_once: str | None) -> Parts | None:
    column, _, relations = (text or "").partition(" of ")
    limit = None if at_once is None else int(at_once.split()[0])
    return Parts(column, tuple(relations.split(", ")), limit) if text else None


def _source(schema: str, table: str, table_of_all: str) -> str:
    return f"lake.{table_of_all}" if table_of_all else f"{schema}.{table}"


@cache
def _intermediate() -> dict[str, set[str]]:
    """Return the statements of sql/intermediate/, and what each creates for models to read."""
    names = sorted(f"{INTERMEDIATE}{name}" for name in _names_in(INTERMEDIATE))
    return {name: set(_PREPARED.findall(statement_text(f"warehouse/{name}"))) for name in names}


@cache
def _names_in(folder: str) -> frozenset[str]:
    """Name the statements of a folder under sql/."""
    found = (files("jira_assets.warehouse") / "sql" / folder).iterdir()
    return frozenset(file.name.removesuffix(".sql") for file in found)


def _put_after_needs(
    model: Model, found: dict[str, Model], ordered: dict[str, Model], waiting: Sequence[str] = ()
) -> None:
    if model.name in waiting:
        raise ValueError(f"models need each other: {' → '.join([*waiting, model.name])}")
    for needed in sorted(model.needs):
        if needed not in ordered:
            _put_after_needs(found[needed], found, ordered, [*waiting, model.name])
    ordered.setdefault(model.name, model)


def in_touched(text: str) -> str:
    """Turn the statement that makes a table into one that makes it in the schema `touched`."""
    return _CREATES_TABLE.sub(lambda found: f"create table {_touched(found.group(1))} as", text)


def as_view(text: str) -> str:
    """Turn the statement that makes a table into one that makes a view; comments are left out."""
    return _begun_anew(text, r"create view \1 as")


def insertion(text: str) -> str:
    """Turn the statement that makes a table into one that inserts its rows; comments are left out."""
    return _begun_anew(text, r"insert into \1")


def _begun_anew(text: str, beginning: str) -> str:
    query, _, _ = _CREATES_TABLE.sub(beginning, text).partition(FIRST_COMMENT)
    return query


def _restricted(text: str, relation: str, condition: str, read: str | None = None) -> str:
    """Choose rows of a relation, or of that which is `read` in its place."""
    rows = f"from {read or relation} where {condition}"
    return re.sub(rf"\b(from|join) {re.escape(relation)}(?!\w)", rf"\1 ({rows})", text)


def _touched(table: str) -> str:
    return table.replace("warehouse.", "touched.", 1)


def _unquoted(text: str) -> str:
    return text.replace("''", "'")
