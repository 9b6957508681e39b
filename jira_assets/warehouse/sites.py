"""The sites whose tables are published together, and how the ids of further ones are written.

Statements ask for a part of an id, or for what belongs to its site, by macros. Where there is one site, these
return what they are given, or a constant.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from jira_assets.lake.rows import Columns
from jira_assets.lake.sql_files import literal, literals
from jira_assets.qualified import CUSTOM_FIELD

if TYPE_CHECKING:  # loaded late: an idle sync waits for Jira meanwhile
    import duckdb


@dataclass(frozen=True)
class PublishedSite:
    """A site: what its ids begin with, its short name, its address and its title in Jira."""

    prefix: str = ""
    short_name: str | None = None
    url: str = ""
    title: str | None = None


IDS: Mapping[str, Sequence[str]] = {
    "jira_issues": (
        "jira_id",
        "project_key",
        "issue_type_id",
        "parent_id",
        "status_id",
        "priority_id",
        "resolution_id",
        "jira_team_id",
        "component_ids",
        "fix_version_ids",
        "affects_version_ids",
        "security_level_id",
    ),
    "jira_issue_links": ("jira_id", "link_id", "other_id", "type_id"),
    "jira_issue_texts": ("jira_id",),
    "jira_comments": ("comment_id", "jira_id"),
    "jira_attachments": ("attachment_id", "jira_id"),
    "jira_remote_links": ("remote_link_id", "jira_id"),
    "jira_issue_sprints": ("jira_id", "sprint_id", "board_id"),
    "jira_issue_fields": ("jira_id", "field_id"),
    "jira_issue_changes": ("jira_id", "change_id", "field_id", "from_value", "to_value"),
    "jira_deleted_issues": ("jira_id", "project_key", "moved_to_project_id"),
    "statuses_seen": ("status_id",),
    "projects": ("project_id", "project_key", "former_keys"),
    "sprints": ("sprint_id", "board_id"),
    "worklogs": ("worklog_id", "jira_id", "moved_from_jira_id"),
    "statuses": ("status_id", "project_id"),
    "fields": ("field_id", "project_id"),
    "issue_types": ("issue_type_id", "project_id"),
    "priorities": ("priority_id",),
    "resolutions": ("resolution_id",),
    "versions": ("version_id", "project_id"),
    "components": ("component_id", "project_id"),
    "boards": ("board_id", "project_id", "project_ids", "filter_id", "estimation_field"),
    "board_columns": ("board_id", "status_ids"),
}
"""The columns, by table of a lake, that hold ids or keys of Jira's that are numbered anew on every site."""

WITHOUT_IDS = "users"
"""The table whose rows do not show by an id which site they are from; it has a column that does."""

_CHANGED_IDS = (
    "component",
    "epic child",
    "epic link",
    "fix version",
    "issueparentassociation",
    "issuetype",
    "parent",
    "priority",
    "project",
    "resolution",
    "security",
    "sprint",
    "status",
    "version",
)
"""Fields, by their name in changelogs, whose changes are from an id, or several, to another."""


def columns_of_site(table: str, columns: Columns, prefix: str) -> str:
    """Say in SQL how the columns of a table are read from the lake of the site with that prefix."""
    site = [f"{literal(prefix)} as site"] if table == WITHOUT_IDS else []
    if not prefix:
        return ", ".join(["*", *site])
    ids = (*IDS.get(table, ()), "project")
    read = [
        f"{_qualified(table, name, kind, prefix)} as {name}" if name in ids else name
        for name, kind in columns.items()
    ]
    return ", ".join([*read, *site])


def _qualified(table: str, name: str, kind: str, prefix: str) -> str:
    start = literal(prefix)
    if name in ("field_id", "estimation_field"):
        return (
            f"case when starts_with({name}, {literal(CUSTOM_FIELD)}) then {start} || {name} else {name} end"
        )
    if name == "jira_team_id":  # teams of Atlassian have global ids, those of older fields are numbered
        return f"case when regexp_full_match({name}, '[0-9]+') then {start} || {name} else {name} end"
    if table == "jira_issue_changes" and name in ("from_value", "to_value"):
        fields = literals(_CHANGED_IDS)
        return (
            f"case when lower(field) in ({fields}) or is_sprint_field({start} || field_id) "
            f"then regexp_replace({name}, '([0-9]+)', {literal(prefix + chr(92) + '1')}, 'g') else {name} end"
        )
    if kind.endswith("[]"):
        return f"list_transform({name}, lambda entry: {start} || entry)"
    return f"{start} || {name}"


def define_sites(engine: duckdb.DuckDBPyConnection, sites: Sequence[PublishedSite]) -> None:
    """Create the macros for ids: prefix, rest, rest as a number, and address and name of the site."""
    if len(sites) == 1:
        prefix, rest = "''", "value"
    else:
        prefix, rest = "regexp_extract(value, '^(.*:)?')", "regexp_extract(value, '[^:]*$')"
    engine.execute(f"create macro prefix_of(value) as {prefix}")
    engine.execute(f"create macro own_id(value) as {rest}")
    engine.execute("create macro id_number(value) as try_cast(own_id(value) as bigint)")
    engine.execute(f"create macro site_url(value) as {_by_site(sites, lambda site: site.url.rstrip('/'))}")
    engine.execute(f"create macro site_of(value) as {_by_site(sites, lambda site: site.short_name)}")


def _by_site(sites: Sequence[PublishedSite], value_of: Callable[[PublishedSite], str | None]) -> str:
    first, *others = sites
    text = _text(value_of(first))
    if not others:
        return text
    cases = " ".join(
        f"when starts_with(value, {literal(site.prefix)}) then {_text(value_of(site))}" for site in others
    )
    return f"case {cases} else {text} end"


def _text(value: str | None) -> str:
    return "null::varchar" if value is None else literal(value)
