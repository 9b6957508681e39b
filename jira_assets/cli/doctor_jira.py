"""Check what Jira says: who we are, what the token may, which projects are visible, whose clock is right."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import closing
from datetime import UTC, datetime, timedelta

from jira_assets.cli.connect_finish import HOW_TO_SEE_PROJECTS
from jira_assets.cli.findings import Finding, bad, doubtful, good
from jira_assets.cli.wiring import open_state
from jira_assets.errors import Forbidden, JiraAssetsError, JiraError, NotFound, ScopeMissing
from jira_assets.jira.client import JiraClient
from jira_assets.jira.sign_in import choose_connection
from jira_assets.jira.transport import Transport
from jira_assets.settings import Settings
from jira_assets.state import TrackedProject
from jira_assets.sync.identity_check import IdentityCheck

SKEW = timedelta(seconds=60)
ATTEMPTS = 3


def check_jira(settings: Settings) -> Iterator[Finding]:
    """Ask Jira a few questions."""
    with open_state(settings) as state:
        if not settings.jira_api_token and state.credential() is None:
            return  # that nothing is connected was said already
        connection = choose_connection(settings, state)
        transport = Transport(connection, attempts=ATTEMPTS, patience=timedelta(seconds=30), pause=state)
        with closing(transport):
            client = JiraClient(transport)
            identity = client.prove_identity(None)
            now = datetime.now(UTC)
            yield good(
                "jira", f"{connection.base_url} knows {connection.credential} as {identity.display_name}"
            )
            yield _clock(now, identity.answered_at or now)
            tracked = state.tracked_projects()
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
        "Set it by NTP: `timedatectl set-ntp true`.",
    )


def _projects(
    client: JiraClient, visible: Mapping[str, str], tracked: list[TrackedProject]
) -> Iterator[Finding]:
    hidden = [each for each in tracked if each.project_id not in visible and _is_refused(client, each)]
    for project in hidden:
        yield bad(
            "projects",
            f"{project.project_key} is tracked, and this account does not see it.",
            f"Let a Jira admin give it the permission to browse {project.project_key}, or: "
            f"jira-assets projects untrack {project.project_key}",
        )
    if not visible:
        yield doubtful("projects", "none is visible to this account", HOW_TO_SEE_PROJECTS)
    elif not tracked:
        yield doubtful("projects", "none is tracked", "jira-assets projects track")
    elif not hidden:
        yield good("projects", f"every tracked one is visible ({len(tracked)})")


def _is_refused(client: JiraClient, project: TrackedProject) -> bool:
    """Tell whether Jira refuses a project that the list does not show: only its own answer says so."""
    try:
        client.fetch_project(project.project_id)
    except JiraError as error:
        return isinstance(error, Forbidden | NotFound) and bool(error.facts.get("json"))
    return False


def _boards(client: JiraClient, project_id: str) -> Finding:
    try:
        client.fetch_boards(project_id)
    except ScopeMissing:
        return doubtful(
            "scopes",
            "boards and sprints may not be read: sprints come from the issues, names and states may lag",
            "Give the app or token the scopes read:board-scope:jira-software, read:sprint:jira-software and "
            "read:project:jira, then: jira-assets connect",
        )
    except JiraAssetsError as error:
        return doubtful("scopes", error.reason, "Give the account access to Jira Software.")
    return good("scopes", "issues, people, boards and sprints may be read")
