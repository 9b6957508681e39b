"""Answer the panels of the Flow page from the published tables."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from textwrap import dedent, indent
from typing import Any

import duckdb

from jira_assets.lake.sql_files import literal
from jira_assets.web.queries.flow_filter import CHOICES, FlowFilter
from jira_assets.web.queries.headlines import headline
from jira_assets.web.queries.panels import PANELS, Panel
from jira_assets.web.warehouse_reader import PublishedWarehouse, Rows, answer, question

_PARAMETER = re.compile(r"\$([a-z_]+)")
_ITEM_FILTERS = re.compile(r"^( *)-- item filters$", re.MULTILINE)
# A filter stands on a line of its own, after another condition: `and ($name is null or …)`.
_FILTER = re.compile(r"^( *and )\(\$([a-z_]+) is null or (.*)\)\n", re.MULTILINE)


@dataclass(frozen=True)
class FlowOptions:
    """What there is to choose from, and what the data are like."""

    filter: FlowFilter
    projects: Sequence[str]
    sprints: Sequence[Mapping[str, Any]]
    boards: Sequence[Mapping[str, Any]]
    types: Sequence[str]
    choices: Mapping[str, Sequence[tuple[str, str]]]
    """By kind of filter: values with their names."""
    quality: Sequence[Mapping[str, Any]]
    newest_finish: date | None
    last_synced_at: datetime | None
    items: int
    left_out: int
    as_of: Any


def read_options(published: PublishedWarehouse, given: Mapping[str, str]) -> FlowOptions:
    """Read what the filters offer; unless another project is requested, the largest one is chosen."""
    with published.opened() as connection:
        chosen = read_filter(connection, given)
        project = {"project": chosen.project}
        span = _one(connection, "flow_span", project)
        projects = answer(connection, question("flow_options"))
        return FlowOptions(
            filter=chosen,
            projects=[row["project_key"] for row in projects],
            sprints=list(answer(connection, question("flow_sprints"), project)),
            boards=list(answer(connection, question("flow_boards"), project)),
            types=[row["issue_type"] for row in answer(connection, question("flow_types"), project)],
            choices=_choices(connection, chosen),
            quality=list(answer(connection, question("flow_quality"), project)),
            newest_finish=span["newest_finish"],
            last_synced_at=_in_utc(span["last_synced_at"]),
            items=span["items"],
            left_out=span["left_out"],
            as_of=projects.as_of,
        )


def _choices(
    connection: duckdb.DuckDBPyConnection, chosen: FlowFilter
) -> Mapping[str, Sequence[tuple[str, str]]]:
    """Read what there is to choose from; what is chosen is among it, even if no issue has it."""
    found: dict[str, dict[str, str]] = {kind: {} for kind in CHOICES}
    for row in answer(connection, question("flow_choices"), {"project": chosen.project}):
        found[row["kind"]][row["value"]] = row["name"]
    for kind, value in chosen.choices.items():
        found[kind].setdefault(value, value)
    return {kind: list(names.items()) for kind, names in found.items()}


def read_filter(connection: duckdb.DuckDBPyConnection, given: Mapping[str, str]) -> FlowFilter:
    """Read the filter; the window ends with the last day of the published series."""
    today = _one(connection, "flow_today", {})["as_of"]
    usual = None
    if not given.get("project"):
        projects = list(answer(connection, question("flow_options")))
        usual = max(projects, key=lambda row: row["issues"])["project_key"] if projects else None
    return FlowFilter.read(given, usual_project=usual, today=today or date.today())  # noqa: DTZ011


@dataclass(frozen=True)
class PanelAnswer:
    """The rows of a panel and what is said about them."""

    panel: Panel
    filter: FlowFilter
    rows: Rows
    sql: str

    @property
    def is_enough(self) -> bool:
        """Whether there is anything to draw."""
        place = self.rows.columns.index(self.panel.enough)
        return any(row[place] is not None for row in self.rows.rows)

    @property
    def needs(self) -> str:
        """What there has to be, and where it may be found."""
        longer = "window" in self.panel.follows and self.filter.weeks != 0
        fewer = self.filter.set & self.panel.follows
        ways = [
            *(["a longer window"] if longer else []),
            *(["fewer filters"] if fewer else []),
            "another project",
        ]
        return f"This requires {self.panel.needs}. Try {' or '.join(ways)}."

    @property
    def headline(self) -> str:
        """What to take home."""
        return headline(self.panel.name, list(self.rows)) if self.is_enough else ""

    @property
    def not_followed(self) -> Sequence[str]:
        """The filters that are set, and that this panel does not follow."""
        return sorted(self.filter.set - self.panel.follows)

    @property
    def whole(self) -> str | None:
        """What it shows all of, as no filter that is set narrows it; None where one does."""
        return None if self.filter.set & self.panel.follows else self.panel.whole


def answer_panel(published: PublishedWarehouse, name: str, given: Mapping[str, str]) -> PanelAnswer:
    """Answer one panel for the filter of an address."""
    with published.opened() as connection:
        chosen = read_filter(connection, given)
        by_team = PANELS[name].by_team and chosen.team is not None
        text = filtered(panel_question(name, by_team=by_team), chosen.parameters())
        parameters = _used(text, chosen.parameters())
        rows = answer(connection, text, parameters)
        return PanelAnswer(PANELS[name], chosen, rows, written_out(text, parameters))


def panel_question(name: str, *, by_team: bool = False) -> str:
    """Read the question of a panel, with the filters of items where they belong."""
    text = question(f"panels/{name}{'_by_team' if by_team else ''}")
    filters = dedent(question("item_filters").partition("    true\n")[2])
    return _ITEM_FILTERS.sub(lambda found: indent(filters, found[1]), text)


def filtered(sql: str, parameters: Mapping[str, Any]) -> str:
    """Leave out the filters that are not set: DuckDB would read their columns for nothing."""
    return _FILTER.sub(lambda line: "" if parameters[line[2]] is None else f"{line[1]}{line[3]}\n", sql)


def written_out(sql: str, parameters: Mapping[str, Any]) -> str:
    """Write a question with its values in place, so that it can be asked anywhere as it stands."""
    return _PARAMETER.sub(lambda match: _literal(parameters[match[1]]), sql)


def _literal(value: Any) -> str:
    return "null" if value is None else literal(str(value))


def _used(sql: str, parameters: Mapping[str, Any]) -> dict[str, Any]:
    """Choose the parameters that the question has: DuckDB refuses others."""
    names = set(_PARAMETER.findall(sql))
    return {name: value for name, value in parameters.items() if name in names}


def _in_utc(moment: datetime | None) -> datetime | None:
    return moment and moment.replace(tzinfo=UTC)


def _one(connection: duckdb.DuckDBPyConnection, name: str, parameters: Mapping[str, Any]) -> dict[str, Any]:
    return next(iter(answer(connection, question(name), parameters)))
