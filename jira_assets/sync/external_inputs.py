"""Follow what other programs keep: team and pull requests. What cannot be read is said, and stays."""

from __future__ import annotations

from dataclasses import replace

from jira_assets.clock import utc_now
from jira_assets.errors import InputError
from jira_assets.external.pull_requests import land_pull_requests
from jira_assets.external.tables import source_identity
from jira_assets.external.team import read_members
from jira_assets.lake.lake import Lake
from jira_assets.lake.manifest import fingerprint
from jira_assets.lake.sql_files import statements_version
from jira_assets.people.publish_matches import MATCHING_VERSION
from jira_assets.settings.load import Settings
from jira_assets.state import State

_SHOWN_SETTINGS = (
    "time_zone",
    "hierarchy_levels",
    "undelivered_resolutions",
    "active_statuses",
    "blocked_statuses",
    "status_categories",
    "parquet_mirror",
    "story_points_field",
    "sprint_field",
    "team_field",
    "team_from",
    "extra_fields",
    "entities",
    "entity_bodies",
)
"""Settings that are brought to bear without a question to Jira."""

FOLLOWED_SQL = ("lake/derive", "lake/entities", "warehouse", "external")
"""Folders of SQL whose change derives and publishes again."""


def follow_sources(lake: Lake, state: State, settings: Settings) -> list[str]:
    """Read every source that the settings name; returns what is worth telling a person."""
    notices = []
    try:
        _follow_team(state, settings)
    except InputError as error:
        notices.append(f"The team (JIRA_ASSETS_TEAM) was not updated. {error}")
    try:
        land_pull_requests(lake, settings.pull_requests, utc_now(), memory_limit=settings.memory_limit)
    except InputError as error:
        notices.append(f"The pull requests (JIRA_ASSETS_PULL_REQUESTS) were not updated. {error}")
    return notices


def outside_identity(state: State, settings: Settings) -> str:
    """Condense what people decided, what other programs keep, and how the tables are made of it.

    What changes of that is brought into the tables without a question to Jira; so is a newer version of ours.
    Whether a source that is a query changed shows only by reading it.
    """
    sources = [source for source in (settings.team, settings.pull_requests) if source is not None]
    # A sync copies the team of a source into the state: no news to a process that knows the source.
    members = [] if settings.team is not None else state.team.members()
    names = [[site.site_id, site.short_name] for site in state.sites.all() if site.short_name]
    return fingerprint(
        [
            [[source, source_identity(source)] for source in sources],
            [
                [member.member_id, member.display_name, member.email, member.jira_account_id, member.team]
                for member in members
            ],
            [[override.account_id, override.member_id] for override in state.team.overrides()],
            [
                [project.project_id, project.story_points_field, project.sprint_field]
                for project in state.projects.tracked()
            ],
            _shown(settings),
            [
                MATCHING_VERSION,
                *(statements_version(folder) for folder in FOLLOWED_SQL),
            ],
            *names,
        ]
    )


def settings_version(settings: Settings) -> str:
    """Return a digest of the settings that decide what the tables show."""
    return fingerprint(_shown(settings))


def _shown(settings: Settings) -> list[str]:
    return [str(getattr(settings, name)) for name in _SHOWN_SETTINGS]


def note_followed(lake: Lake, identity: str) -> None:
    """Keep that the published tables show what was condensed into this identity."""
    with lake.lock("site", "publishing"):
        site = lake.site_manifest()
        if site.note_followed(identity):
            lake.commit_site(site)


def _follow_team(state: State, settings: Settings) -> None:
    if settings.team is None:
        return
    members = read_members(settings.team)
    known = {replace(member, imported_at=None) for member in state.team.members()}
    if set(members) != known:
        state.team.replace(members)
