"""The panels: what each asks, and by which definition it is answered."""

from __future__ import annotations

import json
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

from jira_assets.web.queries.flow_filter import CHOICES

ITEMS = "Items are issues of the level of a story: no sub-tasks, no epics, unless the settings say otherwise."
ITEM_FILTERS = ("project", "sprint", "type", *CHOICES)
"""The filters that a panel follows which asks of each item: `items` in `panels.toml`."""
_CHARTS = files("jira_assets.web") / "charts"


@dataclass(frozen=True)
class Panel:
    """One panel. Its question stands in `sql/panels/<name>.sql`, its drawing in `charts/<name>.vl.json`."""

    name: str
    title: str
    definition: str
    needs: str
    """What there has to be before there is anything to draw."""
    enough: str
    """The column of which at least one row has to hold a value."""
    follows: frozenset[str]
    """The filters that it follows: project, sprint, board, type, window, and those by what issues have."""
    whole: str = "project"
    """What it shows all of where it follows none of the filters that are set."""
    by_team: bool = False
    """Whether it asks `sql/panels/<name>_by_team.sql` where a team is chosen."""


def _read_panels() -> Mapping[str, Panel]:
    described = tomllib.loads((_CHARTS / "panels.toml").read_text(encoding="utf-8"))
    return {name: _panel(name, **words) for name, words in described.items()}


def _panel(name: str, *, definition: str, follows: list[str], **rest: Any) -> Panel:
    filters = [each for name in follows for each in (ITEM_FILTERS if name == "items" else (name,))]
    return Panel(name, definition=definition.format(items=ITEMS), follows=frozenset(filters), **rest)


PANELS = _read_panels()


@cache
def chart(name: str) -> dict[str, Any]:
    """Read how a panel is drawn; the rows are named `rows` in it."""
    spec: dict[str, Any] = json.loads((_CHARTS / f"{name}.vl.json").read_text(encoding="utf-8"))
    return spec
