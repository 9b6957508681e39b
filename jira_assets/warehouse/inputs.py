"""Offer what lake, site and state hold to the statements that make the warehouse.

They read from three schemas: `lake` has the derived tables of every tracked project, `site` the tables about
the site, `given` what the caller brought. What is not there yet is an empty table of the right columns.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from jira_assets.lake.lake import Lake
from jira_assets.lake.manifest import Manifest
from jira_assets.lake.rows import Columns, empty_table, encode_rows
from jira_assets.lake.site_manifest import SiteManifest
from jira_assets.lake.site_tables import SITE_TABLES
from jira_assets.lake.sql_files import literal, literals, statement
from jira_assets.qualified import split
from jira_assets.warehouse.entity_status import entity_status
from jira_assets.warehouse.metric_settings import MetricSettings, define_days, define_names
from jira_assets.warehouse.models import models
from jira_assets.warehouse.sites import PublishedSite, columns_of_site, define_sites

if TYPE_CHECKING:  # loaded late: an idle sync waits for Jira meanwhile
    import duckdb

Row = Mapping[str, Any]


@dataclass(frozen=True)
class PublishInputs:
    """What is published beside the lake: tracked projects by id, the team, how the syncs went, and the sites.

    Ids and keys of projects of further sites are qualified.
    """

    tracked: Sequence[str]
    team_members: Sequence[Row] = field(default_factory=list)
    sync_status: Sequence[Row] = field(default_factory=list)
    sites: Sequence[PublishedSite] = (PublishedSite(),)
    metrics: MetricSettings = field(default_factory=MetricSettings)
    extra_fields: Sequence[str] = ()
    team_from: str = "jira"


DERIVED_TABLES: Mapping[str, Columns] = {
    "jira_issues": {
        "jira_id": "varchar",
        "jira_key": "varchar",
        "project_key": "varchar",
        "summary": "varchar",
        "issue_type": "varchar",
        "issue_type_id": "varchar",
        "hierarchy_level": "integer",
        "is_subtask": "boolean",
        "parent_id": "varchar",
        "parent_key": "varchar",
        "status": "varchar",
        "status_id": "varchar",
        "status_category": "varchar",
        "priority": "varchar",
        "priority_id": "varchar",
        "resolution": "varchar",
        "resolution_id": "varchar",
        "assignee_account_id": "varchar",
        "reporter_account_id": "varchar",
        "creator_account_id": "varchar",
        "story_points": "double",
        "jira_team_id": "varchar",
        "jira_team": "varchar",
        "labels": "varchar[]",
        "component_ids": "varchar[]",
        "components": "varchar[]",
        "fix_version_ids": "varchar[]",
        "fix_versions": "varchar[]",
        "affects_version_ids": "varchar[]",
        "affects_versions": "varchar[]",
        "environment": "varchar",
        "original_estimate_seconds": "bigint",
        "remaining_estimate_seconds": "bigint",
        "time_spent_seconds": "bigint",
        "total_original_estimate_seconds": "bigint",
        "total_remaining_estimate_seconds": "bigint",
        "total_time_spent_seconds": "bigint",
        "security_level_id": "varchar",
        "security_level": "varchar",
        "votes": "bigint",
        "watchers": "bigint",
        "status_category_changed_at": "timestamp",
        "shows_links": "boolean",
        "issue_created_at": "timestamp",
        "updated_at": "timestamp",
        "resolved_at": "timestamp",
        "due_date": "date",
        "synced_at": "timestamp",
    },
    "jira_issue_sprints": {
        "jira_id": "varchar",
        "sprint_id": "varchar",
        "sprint_name": "varchar",
        "state": "varchar",
        "board_id": "varchar",
        "goal": "varchar",
        "started_at": "timestamp",
        "ended_at": "timestamp",
        "completed_at": "timestamp",
        "updated_at": "timestamp",
        "copied_at": "timestamp",
    },
    "jira_issue_links": {
        "jira_id": "varchar",
        "link_id": "varchar",
        "is_outward": "boolean",
        "other_id": "varchar",
        "other_key": "varchar",
        "type_id": "varchar",
        "type": "varchar",
        "outward": "varchar",
        "inward": "varchar",
    },
    "jira_issue_texts": {"jira_id": "varchar", "description_text": "varchar"},
    "jira_comments": {
        "comment_id": "varchar",
        "jira_id": "varchar",
        "author_account_id": "varchar",
        "update_author_account_id": "varchar",
        "created_at": "timestamp",
        "updated_at": "timestamp",
        "body_text": "varchar",
        "is_internal": "boolean",
        "visibility_type": "varchar",
        "visibility_value": "varchar",
        "seen_at": "timestamp",
        "deleted_seen_at": "timestamp",
    },
    "jira_attachments": {
        "attachment_id": "varchar",
        "jira_id": "varchar",
        "author_account_id": "varchar",
        "filename": "varchar",
        "mime_type": "varchar",
        "bytes": "bigint",
        "created_at": "timestamp",
        "seen_at": "timestamp",
        "deleted_seen_at": "timestamp",
    },
    "jira_remote_links": {
        "remote_link_id": "varchar",
        "jira_id": "varchar",
        "global_id": "varchar",
        "relationship": "varchar",
        "application": "varchar",
        "application_type": "varchar",
        "url": "varchar",
        "title": "varchar",
        "summary": "varchar",
        "is_resolved": "boolean",
        "seen_at": "timestamp",
        "deleted_seen_at": "timestamp",
    },
    "jira_issue_fields": {"jira_id": "varchar", "field_id": "varchar", "value": "varchar"},
    "jira_issue_changes": {
        "jira_id": "varchar",
        "change_id": "varchar",
        "changed_at": "timestamp",
        "author_account_id": "varchar",
        "field": "varchar",
        "field_id": "varchar",
        "from_value": "varchar",
        "from_string": "varchar",
        "to_value": "varchar",
        "to_string": "varchar",
    },
    "jira_deleted_issues": {
        "jira_id": "varchar",
        "jira_key": "varchar",
        "project_key": "varchar",
        "reason": "varchar",
        "moved_to_key": "varchar",
        "moved_to_project_id": "varchar",
        "noticed_at": "timestamp",
    },
    "statuses_seen": {
        "status_id": "varchar",
        "status": "varchar",
        "status_category": "varchar",
        "seen_at": "timestamp",
    },
    "people_seen": {
        "account_id": "varchar",
        "display_name": "varchar",
        "email": "varchar",
        "account_type": "varchar",
        "is_active": "boolean",
        "time_zone": "varchar",
        "last_seen_at": "timestamp",
        "shown_at": "timestamp",
    },
    "jira_user_matches": {
        "project_key": "varchar",
        "account_id": "varchar",
        "display_name": "varchar",
        "email": "varchar",
        "member_id": "varchar",
        "matched_by": "varchar",
    },
    "jira_unmatched_users": {
        "project_key": "varchar",
        "account_id": "varchar",
        "display_name": "varchar",
        "email": "varchar",
        "account_type": "varchar",
        "reason": "varchar",
        "candidates": "varchar[]",
        "suggestions": "varchar[]",
        "suggested_because": "varchar[]",
        "last_seen_at": "timestamp",
    },
}
"""The columns that publishing reads of each derived table, beside the project's id, which the path holds."""

GIVEN_TABLES: Mapping[str, Columns] = {
    "tracked": {
        "project_id": "varchar",
        "project_key": "varchar",
        "story_points_field": "varchar",
        "sprint_field": "varchar",
        "team_fields": "varchar[]",
    },
    "team_members": {
        "member_id": "varchar",
        "display_name": "varchar",
        "email": "varchar",
        "jira_account_id": "varchar",
        "team": "varchar",
    },
    "sites": {
        "prefix": "varchar",
        "short_name": "varchar",
        "url": "varchar",
        "title": "varchar",
    },
    "entity_status": {
        "project_id": "varchar",
        "project_key": "varchar",
        "entity": "varchar",
        "read_at": "timestamp",
        "issues_behind": "bigint",
        "proved_at": "timestamp",
        "in_jira": "bigint",
        "in_lake": "bigint",
        "missing": "bigint",
        "unseen": "bigint",
        "problem": "varchar",
    },
    "metric_settings": {
        "project_id": "varchar",
        "time_zone": "varchar",
        "as_of": "date",
        "hierarchy_levels": "integer[]",
        "undelivered_resolutions": "varchar[]",
        "active_statuses": "varchar[]",
        "blocked_statuses": "varchar[]",
        "status_categories": "map(varchar, varchar)",
    },
}


WHOLE_TABLES = (
    "jira_issues",
    "jira_issue_links",
    "jira_issue_sprints",
    "statuses_seen",
    "people_seen",
    "jira_user_matches",
    "jira_deleted_issues",
)
"""Derived tables that tables about the site are made from: they read all projects, always."""


def offer_sources(
    lake: Lake,
    manifests: Sequence[Manifest],
    sites: Mapping[str, SiteManifest],
    inputs: PublishInputs,
    *,
    replaced: Collection[str] | None = None,
) -> None:
    """Create the schemas `lake`, `whole`, `site` and `given`; `sites` has the manifests by prefix.

    Where only some projects are `replaced`, `lake` has those, `whole` has all, and `lake.other_keys` the
    issues of the others, which it finds in the catalog `base`.
    """
    lake.engine.execute("create schema lake; create schema whole; create schema site; create schema given")
    define_days(lake.engine, inputs.metrics.time_zone)
    define_names(lake.engine)
    define_sites(lake.engine, inputs.sites)
    for table, rows in given_rows(manifests, inputs, sites).items():
        _offer_rows(lake.engine, f"given.{table}", rows, _given_columns(table))
    _offer_site(lake, sites)
    made = [manifest for manifest in manifests if replaced is None or manifest.project_id in replaced]
    for table, columns in DERIVED_TABLES.items():
        _offer_derived(lake, f"lake.{table}", made, table, columns)
        if replaced is not None and table in WHOLE_TABLES:
            _offer_derived(lake, f"whole.{table}", manifests, table, columns)
    _offer_other_keys(lake.engine, replaced)
    lake.engine.execute(statement("warehouse/inputs/keys"))
    lake.engine.execute(statement("warehouse/inputs/moved"))
    lake.engine.execute(statement("warehouse/inputs/present"))
    lake.engine.execute(statement("warehouse/inputs/parents", whole="lake" if replaced is None else "whole"))
    lake.engine.execute(statement("warehouse/inputs/renamed"))


def _offer_derived(
    lake: Lake,
    name: str,
    manifests: Sequence[Manifest],
    table: str,
    columns: Columns,
) -> None:
    files = defaultdict(list)
    for manifest in manifests:
        if (file := manifest.derived_file(table)) is not None:
            files[split(manifest.project_id)[0]].append(file.path)
    _offer_files(lake, name, table, files, {**columns, "project": "varchar"})


def _offer_site(lake: Lake, sites: Mapping[str, SiteManifest]) -> None:
    for table, columns in SITE_TABLES.items():
        files = {
            prefix: [str(Path(lake.folders.get(prefix, "")) / present.path)]
            for prefix, manifest in sites.items()
            if (present := manifest.tables.get(table)) is not None
        }
        _offer_files(lake, f"site.{table}", table, files, columns)
    lake.engine.execute(statement("warehouse/inputs/board_fields"))


def _offer_other_keys(engine: duckdb.DuckDBPyConnection, replaced: Collection[str] | None) -> None:
    columns = {"jira_id": "varchar", "jira_key": "varchar"}
    if replaced is None:
        engine.execute(f"create view lake.other_keys as {empty_table(columns)}")
    else:
        engine.execute(
            "create view lake.other_keys as "
            f"select jira_id, jira_key from base.jira_issues where project_id not in ({literals(replaced)})"
        )


def given_rows(
    manifests: Sequence[Manifest],
    inputs: PublishInputs,
    sites: Mapping[str, SiteManifest] = MappingProxyType({}),
) -> dict[str, list[Row]]:
    """Name the rows that come from no file."""
    found = {manifest.project_id: manifest for manifest in manifests}
    keys = {row.get("project_id"): row.get("project_key") for row in inputs.sync_status}
    tracked: list[Row] = [
        _tracked(project_id, found.get(project_id), keys.get(project_id))
        for project_id in sorted(set(inputs.tracked))
    ]
    return {
        "tracked": tracked,
        "team_members": list(inputs.team_members),
        "sites": [asdict(site) for site in inputs.sites],
        "sync_status": list(inputs.sync_status),
        "entity_status": list(entity_status(manifests, sites)),
        "metric_settings": list(inputs.metrics.rows(sorted(set(inputs.tracked)))),
    }


def _tracked(project_id: str, manifest: Manifest | None, project_key: str | None) -> Row:
    """Describe a tracked project, of which nothing may have been read yet."""
    return {
        "project_id": project_id,
        "project_key": manifest.project_key if manifest else project_key,
        "story_points_field": manifest.mapping.story_points_field if manifest else None,
        "sprint_field": manifest.mapping.sprint_field if manifest else None,
        "team_fields": manifest.mapping.team_fields if manifest else (),
    }


def _given_columns(table: str) -> Columns:
    """Return the columns of a table that the caller brings; its model has those of `sync_status`."""
    if table == "sync_status":
        return {column.name: column.type for column in models()[table].columns}
    return GIVEN_TABLES[table]


def _offer_files(
    lake: Lake, name: str, table: str, files: Mapping[str, Sequence[str]], columns: Columns
) -> None:
    """Create a view of the files, which are given by the prefix of their site."""
    parts = [
        f"select {columns_of_site(table, columns, prefix)} from ({_rows_of(lake, paths, columns)})"
        for prefix, paths in {"": [], **files}.items()
    ]
    lake.engine.execute(f"create view {name} as {' union all by name '.join(parts)}")


def _rows_of(lake: Lake, files: Sequence[str], columns: Columns) -> str:
    source = empty_table(columns)
    if files:
        listed = ", ".join(map(literal, lake.paths(files)))
        by_project = "true, hive_types = {'project': 'varchar'}" if "project" in columns else "false"
        # The empty table gives columns and types to files of an older version.
        source += (
            f" union all by name select * from read_parquet([{listed}], union_by_name = true, "
            f"hive_partitioning = {by_project})"
        )
    return source


def _offer_rows(engine: duckdb.DuckDBPyConnection, name: str, rows: Sequence[Row], columns: Columns) -> None:
    fields = ", ".join(f'"{column}": "{kind}"' for column, kind in columns.items())
    lines = b"[" + b",".join(encode_rows(rows, columns)) + b"]"
    engine.execute(
        f"create table {name} as select unnest(from_json(?, '[{{{fields}}}]'), max_depth := 2)",
        [lines.decode()],
    )
