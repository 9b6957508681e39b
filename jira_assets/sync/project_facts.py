"""What every tick and every view of the page ask of the manifests of all projects."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from functools import lru_cache

import msgspec

from jira_assets.lake.entity_state import EntityState
from jira_assets.lake.lake import Lake
from jira_assets.lake.manifest import Manifest, fingerprint
from jira_assets.lake.manifest_facts import ManifestFacts
from jira_assets.lake.site_manifest import Notice
from jira_assets.sync.completeness import issue_notices

MOST_SITES = 32
"""Of so many lakes, the facts are remembered."""


class ProjectFacts(msgspec.Struct, frozen=True):
    """The newest version in the lake, and what is missing of the project; `files` condenses its content."""

    newest: datetime | None
    notices: tuple[Notice, ...]
    entities: Mapping[str, EntityState] = {}
    has_entity_problem: bool = False
    files: str = ""


def project_facts(lake: Lake) -> Mapping[str, ProjectFacts]:
    """Return the facts of every project with a readable manifest, by id."""
    facts = _facts_in(lake.place).of(lake)
    if not lake.folders:
        return facts
    found = dict(facts)
    for prefix in lake.folders:
        of_site = lake.of(prefix)
        for own_id, known in _facts_in(of_site.place).of(of_site).items():
            notices = tuple(_qualified(known.notices, prefix))
            found[prefix + own_id] = msgspec.structs.replace(known, notices=notices)
    return found


def _qualified(notices: Iterable[Notice], prefix: str) -> Iterator[Notice]:
    for notice in notices:
        yield msgspec.structs.replace(notice, project_id=prefix + (notice.project_id or ""))


def _facts_of(manifest: Manifest) -> ProjectFacts:
    return ProjectFacts(
        manifest.newest,
        tuple(issue_notices(manifest)),
        manifest.entities,
        manifest.entity_problem is not None,
        fingerprint(sorted(manifest.file_paths())),
    )


@lru_cache(MOST_SITES)
def _facts_in(place: str) -> ManifestFacts[ProjectFacts]:
    return ManifestFacts(_facts_of)
