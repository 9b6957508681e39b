"""Find the issues whose lists are to be read: those that are another version than when that was done last."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from jira_assets.lake.derive_entities import READS
from jira_assets.lake.lake import Lake
from jira_assets.lake.manifest import Manifest
from jira_assets.lake.sql_files import literals, statement
from jira_assets.sync.entity_kinds import EntityKind


@dataclass(frozen=True)
class KnownList:
    """A list as it was last read."""

    updated_at: datetime | None
    digest: str
    entries: int


@dataclass(frozen=True)
class ListedIssue:
    """An issue of which lists are to be read, and those that are known, by kind."""

    jira_id: str
    jira_key: str
    updated_at: datetime | None
    known: Mapping[str, KnownList]


def issues_to_read(
    lake: Lake, manifest: Manifest, kinds: Sequence[EntityKind], *, every: bool, at_once: int
) -> Iterator[list[ListedIssue]]:
    """Yield the issues whose lists of these kinds (of one group) are not read yet, or `every` one."""
    cursor = lake.engine.cursor()
    cursor.execute(_question(lake, manifest, kinds, every=every))
    while rows := cursor.fetchmany(at_once):
        yield [_listed(*row) for row in rows]


def count_to_read(lake: Lake, manifest: Manifest, kinds: Sequence[EntityKind]) -> int:
    """Count the issues whose lists of these kinds are not read yet."""
    query = f"select count(*) from ({_question(lake, manifest, kinds, every=False)})"
    found = lake.engine.execute(query).fetchone()
    return int(found[0]) if found else 0


def _question(lake: Lake, manifest: Manifest, kinds: Sequence[EntityKind], *, every: bool) -> str:
    files = {
        name: lake.path(file.path) if (file := manifest.derived_file(table)) else ""
        for name, table in (("issues", "jira_issues"), ("changes", "jira_issue_changes"), ("reads", READS))
    }
    states = [manifest.entities[kind.name] for kind in kinds]
    return statement(
        "sync/lists_to_read",
        versions=statement(kinds[0].versions, issues=files["issues"], changes=files["changes"]),
        reads=files["reads"],
        kinds=literals(kind.name for kind in kinds),
        how_many=len(kinds),
        first_seq=max(state.first_seq for state in states),
        is_all=every,
    )


def _listed(
    jira_id: str, jira_key: str, updated_at: datetime | None, reads: list[dict[str, Any]] | None
) -> ListedIssue:
    known = {
        read["entity"]: KnownList(_aware(read["updated_at"]), read["digest"] or "", read["entries"] or 0)
        for read in reads or ()
    }
    return ListedIssue(jira_id, jira_key, _aware(updated_at), known)


def _aware(moment: datetime | None) -> datetime | None:
    return moment and moment.replace(tzinfo=UTC)
