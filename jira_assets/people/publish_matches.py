"""Write the matches and the unmatched of each project, where what they come from changed."""

from __future__ import annotations

import uuid
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict

import msgspec

from jira_assets.errors import LockHeld
from jira_assets.lake.derived_state import GROUP
from jira_assets.lake.files import size_and_digest
from jira_assets.lake.lake import Lake
from jira_assets.lake.manifest import Derived, DerivedFile, Manifest, fingerprint
from jira_assets.lake.rows import Columns, encode_rows, write_rows
from jira_assets.people.accounts import People, Row, matched_by_email, people_seen, read_people, user_lists
from jira_assets.people.matching import Matching, Person, Unmatched, match_people
from jira_assets.qualified import split
from jira_assets.state.models import TeamMember, UserOverride
from jira_assets.warehouse.inputs import DERIVED_TABLES

MATCHING_VERSION = 4
"""Raise this when the rules change: every project is then matched again."""

MATCHED: Columns = {
    "project_id": "varchar",
    "project_key": "varchar",
    "account_id": "varchar",
    "display_name": "varchar",
    "email": "varchar",
    "member_id": "varchar",
    "matched_by": "varchar",
    "issues_assigned": "bigint",
    "issues_reported": "bigint",
}
SEEN: Columns = {
    **DERIVED_TABLES["people_seen"],
    "issues_assigned": "bigint",
    "issues_reported": "bigint",
}
UNMATCHED: Columns = {
    "project_id": "varchar",
    "project_key": "varchar",
    "account_id": "varchar",
    "display_name": "varchar",
    "email": "varchar",
    "account_type": "varchar",
    "reason": "varchar",
    "candidates": "varchar[]",
    "suggestions": "varchar[]",
    "suggested_because": "varchar[]",
    "issues_assigned": "bigint",
    "issues_reported": "bigint",
    "last_seen_at": "timestamp",
}


def derive_matches(
    lake: Lake,
    *,
    project_ids: Iterable[str],
    members: Sequence[TeamMember],
    overrides: Sequence[UserOverride],
) -> set[str]:
    """Match everyone seen on any site and rewrite the tables of projects where that changes anything.

    Returns the ids of those projects. Whether a name is unique depends on all sites, so a new namesake in one
    project may change another. A project that is being synced is left to that sync.
    """
    manifests = lake.readable_manifests(project_ids)
    inputs = _inputs(lake, manifests.values(), members, overrides)
    if lake.site_manifest().people_matched_from == inputs and all(map(_is_matched, manifests.values())):
        return set()
    seen = people_seen(lake, manifests.values())
    kept = matched_by_email(lake, manifests.values())
    everybody = read_people(lake, manifests.values())
    matching = match_people(list(everybody.once.values()), members, overrides, kept)
    changed, busy = set(), set()
    for project_id, rows in seen.items():
        try:
            if _write_project(lake, project_id, rows, matching, everybody):
                changed.add(project_id)
        except LockHeld:
            busy.add(project_id)
    if not busy:
        _remember(lake, _inputs(lake, lake.readable_manifests(manifests).values(), members, overrides))
    return changed


def _is_matched(manifest: Manifest) -> bool:
    """Check that a project has the tables of its people, which it loses when a file of them is damaged."""
    return "people" in manifest.derived or manifest.derived_file("people_seen") is None


def _inputs(
    lake: Lake,
    manifests: Iterable[Manifest],
    members: Sequence[TeamMember],
    overrides: Sequence[UserOverride],
) -> str:
    seen = [file.path for manifest in manifests if (file := manifest.derived_file("people_seen"))]
    decided = [asdict(member) | {"imported_at": None} for member in members]
    decided += [asdict(override) | {"decided_at": None} for override in overrides]
    return fingerprint([MATCHING_VERSION, user_lists(lake), sorted(seen), decided])


def _write_project(
    lake: Lake,
    project_id: str,
    rows: list[Row],
    matching: Matching,
    people: People,
) -> bool:
    prefix, own_id = split(project_id)
    lake = lake.of(prefix)
    with lake.lock(own_id, "matching people", wait=False):
        manifest = lake.readable_manifest(own_id)
        if manifest is None:
            return False
        # As this site shows them: what it hides may be public elsewhere.
        shown = [_shown(row, people.by_site[prefix]) for row in rows]
        withdrawn = _withdraw(lake, manifest, rows, shown)
        changed = _replace(lake, manifest, shown, matching)
        if withdrawn or changed:
            lake.commit(manifest)
        return changed


def _replace(lake: Lake, manifest: Manifest, rows: list[Row], matching: Matching) -> bool:
    tables = _tables(manifest, rows, matching)
    lines = {name: encode_rows(rows, columns) for name, (rows, columns) in tables.items()}
    digest = fingerprint(
        [MATCHING_VERSION, {name: [line.decode() for line in part] for name, part in lines.items()}]
    )
    present = manifest.derived.get("people")
    if present is not None and present.fingerprint == digest:
        return False
    files = {}
    for name, (_, columns) in tables.items():
        relative = f"{name}/project={manifest.project_id}/{digest}-{uuid.uuid4().hex[:8]}.parquet"
        write_rows(lake.engine, lake.new_path(relative), lines[name], columns)
        files[name] = DerivedFile(relative, len(lines[name]), *size_and_digest(lake.path(relative)))
    manifest.set_derived("people", Derived(digest, files))
    return True


def _withdraw(
    lake: Lake,
    manifest: Manifest,
    rows: list[Row],
    fresh: list[Row],
) -> bool:
    """Write those seen in the project without the names and addresses that its site shows no more.

    An issue that was read before they were withdrawn brings them back whenever its project is derived.
    """
    if fresh == rows:
        return False
    group, table = manifest.derived[GROUP], "people_seen"
    present = group.files[table]
    relative = f"{present.path.rpartition('-')[0]}-{uuid.uuid4().hex[:8]}.parquet"
    write_rows(lake.engine, lake.new_path(relative), encode_rows(fresh, SEEN), SEEN)
    file = DerivedFile(relative, present.rows, *size_and_digest(lake.path(relative)))
    manifest.set_derived(GROUP, msgspec.structs.replace(group, files={**group.files, table: file}))
    return True


def _shown(row: Row, shown: Mapping[str, Person]) -> Row:
    """Show a person in a project as elsewhere."""
    person = shown[row["account_id"]]
    return {**row, "display_name": person.display_name or None, "email": person.email}


def _tables(manifest: Manifest, rows: list[Row], matching: Matching) -> dict[str, tuple[list[Row], Columns]]:
    matched = {match.account_id: match for match in matching.matches}
    unmatched = {entry.account_id: entry for entry in matching.unmatched}
    tables: defaultdict[str, list[Row]] = defaultdict(list)
    for row in sorted(rows, key=lambda row: str(row["account_id"])):
        shared = {**row, "project_id": manifest.project_id, "project_key": manifest.project_key}
        if match := matched.get(row["account_id"]):
            tables["matched"].append({**shared, "member_id": match.member_id, "matched_by": match.matched_by})
        elif entry := unmatched.get(row["account_id"]):
            tables["unmatched"].append({**shared, **_why(entry)})
    return {
        "jira_user_matches": (tables["matched"], MATCHED),
        "jira_unmatched_users": (tables["unmatched"], UNMATCHED),
    }


def _why(entry: Unmatched) -> Row:
    return {
        "reason": entry.reason,
        "candidates": list(entry.candidates),
        "suggestions": [suggestion.member_id for suggestion in entry.suggestions],
        "suggested_because": [suggestion.why for suggestion in entry.suggestions],
    }


def _remember(lake: Lake, inputs: str) -> None:
    with lake.lock("site", "matching people"):
        site = lake.site_manifest()
        site.note_matched(inputs)
        lake.commit_site(site)
