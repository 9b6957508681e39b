"""A warehouse of a few tables: for tests that look at publishing, and not at what the other tables have."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager, nullcontext
from functools import partial
from unittest import mock

from jira_assets.warehouse.build import Builder
from jira_assets.warehouse.models import Model, models

FEW = (
    "jira_deleted_issues",
    "jira_issue_changes",
    "jira_issue_fields",
    "jira_issue_sprints",
    "jira_issues",
    "raw_jira_issues",
    "sync_status",
    "team_members",
    "warehouse_info",
)

_CHANGES = "jira_assets.warehouse.publish.find_changes"
_CONTEXTS = "jira_assets.warehouse.publish.contexts"
REPLACING = ("data_quality", "issue_field_spans", "sprint_burndown")
"""What the statements that replace projects name: a warehouse without these tables is made anew each time."""


@contextmanager
def few_tables(*more: str, described: bool = False) -> Iterator[None]:
    """Have only the models of a few tables, of these, and of those that they need.

    Comments take longer than these tables: only a `described` warehouse has them.
    """
    every = dict(models())
    chosen = set(_with_needs({*FEW, *more}, every))
    _have({name: model for name, model in every.items() if name in chosen})
    try:
        with (
            # The audit compares tables of metrics.
            mock.patch("jira_assets.warehouse.validation._check_replayed_series"),
            nullcontext() if chosen.issuperset(REPLACING) else mock.patch(_CHANGES, return_value=None),
            nullcontext() if chosen.issuperset(REPLACING) else mock.patch(_CONTEXTS, return_value={}),
            mock.patch("jira_assets.warehouse.publish.Builder", partial(Builder, is_described=described)),
        ):
            yield
    finally:
        _have(every)


def _with_needs(names: Iterable[str], every: dict[str, Model]) -> Iterator[str]:
    for name in names:
        yield name
        yield from _with_needs(every[name].needs, every)


def _have(chosen: dict[str, Model]) -> None:
    models().clear()
    models().update(chosen)
