"""Check what Jira says: who we are, what the token may, which projects are visible, whose clock is right."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import closing
from datetime import UTC, datetime, timedelta

from jira_assets.auth.remedies import error_of
from jira_assets.auth.status import connected_as, sites_in_use
from jira_assets.auth.verify import HOW_TO_SEE_PROJECTS
from jira_assets.cli.check_results import Finding, bad, doubtful, good, of_site
from jira_assets.cli.wiring import open_state
from jira_assets.errors import (
    AuthenticationError,
    Forbidden,
    JiraAssetsError,
    JiraError,
    NotFound,
    ScopeMissing,
)
from jira_assets.jira.client import JiraClient
from jira_assets.settings.load import Settings
from jira_assets.state import State, TrackedProject
from jira_assets.sync.identity_check import IdentityCheck
from jira_assets.sync.transport import open_transport

SKEW = timedelta(seconds=60)
ATTEMPTS = 3
ASKED_ALONE = 20
"""Tracked projects that Jira's list leaves out, and that are each asked how they stand."""


def check_jira(settings: Settings) -> Iterator[Finding]:
    """Ask each site a few questions; one that does not answer keeps no other from being asked."""
    with open_state(settings) as state:
        for site in sites_in_use(state.sites.all(), state.projects.tracked()):
            try:
                for finding in _check_site(settings, state.of(site)):
                    yield of_site(site, finding)
            except JiraAssetsError as error:
                yield of_site(site, bad("jira", error.reason, error_of(error, site).instruction))


def _check_site(settings: Settings, state: State) -> Iterator[Finding]:
    if connected_as(settings, state).kind is None:
        return  # that nothing is connected was said already
    transport = open_transport(settings, state, attempts=ATTEMPTS, patience=timedelta(seconds=30))
    connection = transport.connection
    with closing(transport):
        client = JiraClient(transport)
        identity = client.prove_identity(None)
        now = datetime.now(UTC)
        yield good(
            "jira", f"{connection.base_url} accepts {connection.credential} as {identity.display_name}"
        )
        yield _clock(now, identity.answered_at or now)
        tracked = state.projects.tracked()
        try:
            visible = {project.id: project.key for project in client.fetch_projects()}
        except JiraAssetsError as failure:
            error = IdentityCheck().judge(client, failure)
            yield doubtful("projects", f"the list cannot be read: {error.reason}", error.instruction)
            visible = {}
        else:
            yield from _projects(client, visible, tracked)
        for project_id in [*visible, *(project.project_id for project in tracked)][:1]:
            yield _boards(client, project_id)


def _clock(ours: datetime, theirs: datetime) -> Finding:
    skew = ours - theirs
    if abs(skew) <= SKEW:
        return good("clock", "agrees with Jira's to within a minute")
    direction = "ahead of" if skew > timedelta() else "behind"
    return doubtful(
        "clock",
        f"is {abs(skew).total_seconds():,.0f} s {direction} Jira's",
        "Synchronize the clock by NTP: `timedatectl set-ntp true`.",
    )


def _projects(
    client: JiraClient, visible: Mapping[str, str], tracked: list[TrackedProject]
) -> Iterator[Finding]:
    hidden = [project for project in tracked if project.project_id not in visible]
    for project in hidden[:ASKED_ALONE]:
        yield _left_out(client, project)
    if len(hidden) > ASKED_ALONE:
        more = ", ".join(project.project_key for project in hidden[ASKED_ALONE:])
        yield doubtful(
            "projects",
            f"Jira's list of projects omits more tracked projects: {more}",
            "Resolve the findings above first, then run `jira-assets doctor` again.",
        )
    if not visible:
        yield doubtful("projects", "Jira's list of projects is empty", HOW_TO_SEE_PROJECTS)
    elif not tracked:
        yield doubtful("projects", "no project is tracked", "jira-assets projects track")
    elif not hidden:
        yield good("projects", f"every tracked project is visible ({len(tracked)})")


def _left_out(client: JiraClient, project: TrackedProject) -> Finding:
    """Ask a project itself: a list that leaves it out does not say that it is gone."""
    key = project.project_key
    try:
        found = client.fetch_project(project.project_id)
    except NotFound:
        return bad(
            "projects",
            f"{key} is tracked, but this account cannot see it.",
            f"Ask a Jira admin for the permission to browse {key}. If the project was deleted: "
            f"jira-assets projects untrack {key}",
        )
    except JiraError as error:
        return bad("projects", f"{key} is tracked, but cannot be read. {error.reason}", error.instruction)
    if found.deleted or found.archived:
        where = "in Jira's trash" if found.deleted else "archived"
        return doubtful(
            "projects", f"{key} is tracked, but is {where}.", f"jira-assets projects untrack {key}"
        )
    return doubtful(
        "projects",
        f"{key} is readable, but Jira's list of projects omits it.",
        "Run `jira-assets doctor` again later. If the finding persists, ask a Jira admin for the cause.",
    )


def _boards(client: JiraClient, project_id: str) -> Finding:
    try:
        client.fetch_boards(project_id)
    except ScopeMissing:
        return doubtful(
            "scopes",
            "no permission to read boards and sprints: sprints are read from the issues, names and "
            "states may be out of date",
            "Give the app or token the scopes read:board-scope:jira-software, "
            "read:sprint:jira-software and read:project:jira, then run: jira-assets connect",
        )
    except (AuthenticationError, Forbidden) as error:
        # The identity was proved a moment ago: it is not the credential that is refused, but Jira Software.
        return doubtful(
            "scopes",
            "access to boards and sprints is refused: sprints are read from the issues, names and "
            f"states may be out of date. {error.reason}",
            "Ask a Jira admin to give the account access to Jira Software.",
        )
    except JiraError as error:
        return doubtful("scopes", f"boards and sprints cannot be read. {error.reason}", error.instruction)
    return good("scopes", "issues, people, boards and sprints are readable")
