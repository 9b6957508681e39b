"""Look, after a sync, for what would otherwise be wrong silently, and keep it among the notices."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from contextlib import suppress
from datetime import datetime

from jira_assets.errors import LockHeld
from jira_assets.formatting import counted
from jira_assets.jira.models import Field
from jira_assets.lake.lake import Lake
from jira_assets.lake.manifest import Manifest
from jira_assets.lake.site_manifest import Notice
from jira_assets.settings.load import Settings
from jira_assets.state import State
from jira_assets.sync.estimate_checks import PART as ESTIMATES
from jira_assets.sync.estimate_checks import estimate_notices
from jira_assets.sync.field_discovery import read_site_facts
from jira_assets.sync.setting_checks import PART as SETTING
from jira_assets.sync.setting_checks import KnownNames, unmatched_settings

CUT = "embedded lists"
_ENTRIES = {"comment": "comments", "worklog": "worklogs"}


def note_settings(lake: Lake, state: State, settings: Settings, now: datetime) -> None:
    """Look at the settings of the home, by what all its sites have.

    Who holds the site's tables just now looks at the end of its own sync.
    """
    with suppress(LockHeld), lake.lock("site", "notices", wait=False):
        site = lake.site_manifest()
        found = unmatched_settings(KnownNames(lake, state.projects.tracked()), settings, now)
        looked_at = [notice.key for notice in site.notices if notice.part.startswith(SETTING)]
        if site.renew_notices(looked_at, found):
            lake.commit_site(site)


def note_findings(lake: Lake, state: State, now: datetime, changed: Collection[str]) -> None:
    """Look at the projects of a site whose tables were made anew."""
    with suppress(LockHeld), lake.lock("site", "notices", wait=False):
        site = lake.site_manifest()
        found: list[Notice] = []
        fields = read_site_facts(lake).fields if changed else ()
        for project in state.projects.tracked():
            manifest = lake.readable_manifest(project.project_id) if project.project_id in changed else None
            if manifest is not None:
                found += _of_project(lake, manifest, fields, now)
        if site.renew_notices([(part, key) for part in (ESTIMATES, CUT) for key in changed], found):
            lake.commit_site(site)


def _of_project(lake: Lake, manifest: Manifest, fields: Sequence[Field], now: datetime) -> Iterator[Notice]:
    yield from estimate_notices(lake, manifest, fields, now)
    cut = {name: each for group in manifest.derived.values() for name, each in group.cut.items()}
    if cut:
        parts = [
            (
                f"{each.kept:,} of {each.total:,} {_ENTRIES[name]} were read, "
                f"{counted(each.issues, 'issue')} truncated"
            )
            for name, each in sorted(cut.items())
        ]
        yield Notice(
            CUT,
            f"Jira returns only the first entries with an issue: {'; '.join(parts)}.",
            "These lists are incomplete. To exclude them, add the fields to JIRA_ASSETS_EXCLUDED_FIELDS.",
            now,
            manifest.project_id,
        )
