"""What every tick and every view of the page ask of the manifests of all projects."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

import msgspec

from jira_assets.lake.lake import Lake
from jira_assets.lake.manifest import Manifest
from jira_assets.lake.manifest_facts import ManifestFacts
from jira_assets.lake.site_manifest import Notice
from jira_assets.sync.completeness import issue_notices


class ProjectFacts(msgspec.Struct, frozen=True):
    """The newest version in the lake, and what is missing of the project."""

    newest: datetime | None
    notices: tuple[Notice, ...]


def project_facts(lake: Lake) -> Mapping[str, ProjectFacts]:
    """Return the facts of every project with a readable manifest, by id."""
    return _FACTS.of(lake)


def _facts_of(manifest: Manifest) -> ProjectFacts:
    return ProjectFacts(manifest.newest, tuple(issue_notices(manifest)))


_FACTS = ManifestFacts(_facts_of)
