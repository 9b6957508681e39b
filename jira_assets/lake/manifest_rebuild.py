"""Make a manifest from the raw files of a project, where its own is lost."""

from __future__ import annotations

from datetime import UTC, datetime

from jira_assets.lake.file_damage import unreadable
from jira_assets.lake.files import size_and_digest
from jira_assets.lake.lake import Lake
from jira_assets.lake.manifest import Damage, Manifest, RawFile
from jira_assets.lake.sql_files import literal, statement


def rebuild_manifest(lake: Lake, project_id: str, project_key: str) -> tuple[Manifest, list[Damage]]:
    """Name all raw files of the project that are readable; also returns those that are not.

    Merging leaves files whose observations are in another file as well, for an hour: they are left out. The
    project counts as never read, so that its next sync reads everything.
    """
    present = lake.raw_files(project_id)
    damaged = [Damage(path, reason) for path in present if (reason := unreadable(lake.suspect(path)))]
    readable = sorted(set(present) - {damage.path for damage in damaged})
    raw, next_seq = [], 1
    if readable:
        listed = ", ".join(literal(lake.path(path)) for path in readable)
        rows = lake.engine.execute(statement("lake/rebuild_manifest", files=f"[{listed}]")).fetchall()
        raw = [_raw_file(lake, path, *facts) for path, _, *facts in rows]
        next_seq = max((last_seq for _, last_seq, *_ in rows), default=0) + 1
    return Manifest(project_id, project_key, raw=raw, next_seq=next_seq), damaged


def last_seq(path: str) -> int:
    """Read the number of the last observation in a raw file from its name; 0 where it has none."""
    parts = path.rpartition("/")[2].split("-")
    return int(parts[1]) if len(parts) > 1 and parts[1].isdigit() else 0


def _raw_file(lake: Lake, path: str, rows: int, asked_at: datetime, newest: datetime | None) -> RawFile:
    return RawFile(
        path[len(f"{lake.root}/") :],
        rows,
        asked_at.replace(tzinfo=UTC),
        newest and newest.replace(tzinfo=UTC),
        *size_and_digest(lake.path(path)),
    )
