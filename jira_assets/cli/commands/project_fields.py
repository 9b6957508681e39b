"""`jira-assets projects fields`: which fields hold story points, sprints and teams, and why."""

from __future__ import annotations

import difflib
from collections.abc import Sequence
from dataclasses import asdict, astuple
from typing import TYPE_CHECKING

import click

from jira_assets.cli.completion import complete_tracked_keys
from jira_assets.cli.context import Invocation, pass_invocation
from jira_assets.cli.output import write_json, write_table
from jira_assets.cli.project_keys import PROJECT_KEY
from jira_assets.cli.wiring import open_client, open_state
from jira_assets.errors import InputError
from jira_assets.qualified import split
from jira_assets.sync.field_discovery import SPRINT_TYPE

if TYPE_CHECKING:
    from jira_assets.cli.discovered_fields import Discovered
    from jira_assets.jira.client import JiraClient
    from jira_assets.jira.models import Field


@click.command()
@click.argument("key", type=PROJECT_KEY, shell_complete=complete_tracked_keys)
@click.option("--story-points", metavar="FIELD", help="Story-point field, such as customfield_10016.")
@click.option("--sprint", metavar="FIELD", help="Sprint field.")
@click.option("--discover", is_flag=True, help="Reset both fields to automatic discovery.")
@click.option("--json", "as_json", is_flag=True, help="fields, candidates, was_read, is_current.")
@pass_invocation
def fields(
    invocation: Invocation,
    key: str,
    story_points: str | None,
    sprint: str | None,
    discover: bool,
    as_json: bool,
) -> None:
    """Show the fields of the tracked project KEY, or set its story-point field and sprint field.

    The output shows how each field was selected. A field set for a project overrides the field set for the
    site (JIRA_ASSETS_STORY_POINTS_FIELD and JIRA_ASSETS_SPRINT_FIELD), which overrides discovery.
    `jira-assets publish` applies a change; Dagster does so within a minute.
    """
    if discover and (story_points or sprint):
        raise click.UsageError("--discover cannot be combined with --story-points or --sprint.")
    settings = invocation.settings
    with open_state(settings) as state:
        (project,) = state.projects.find([key])
        if story_points or sprint:
            prefix = split(project.project_id)[0]
            (site,) = (each for each in state.sites.all() if each.prefix == prefix)
            _check_fields(open_client(settings, state.of(site)), story_points, sprint)
        if story_points or sprint or discover:
            state.projects.choose_fields(
                project.project_id,
                story_points=None if discover else story_points or project.story_points_field,
                sprint=None if discover else sprint or project.sprint_field,
            )
            (project,) = state.projects.find([key])
        from jira_assets.cli.discovered_fields import read_discovered  # late: it imports DuckDB
        from jira_assets.lake.home_lake import open_lake

        lake = open_lake(settings, state, state.sites.all())
        found = read_discovered(settings, lake, project)
    if as_json:
        write_json(asdict(found))
        return
    write_table(["field of", "id", "name", "why"], [astuple(field) for field in found.fields])
    if found.candidates:
        click.echo("\nCandidates for story points")
        write_table(["id", "name", "issues with a number"], [astuple(each) for each in found.candidates])
    _say_more(invocation, project.project_key, found)


def _say_more(invocation: Invocation, key: str, found: Discovered) -> None:
    if not found.was_read:
        invocation.say(
            f"{key} has not been read yet. `jira-assets sync {key}` discovers the fields that are not "
            "set by hand."
        )
    elif not found.is_current:
        invocation.say("The choice changed after the tables were built. `jira-assets publish` applies it.")
    invocation.say(
        f"To select another field: `jira-assets projects fields {key} --story-points FIELD` (or "
        "--sprint). --discover resets the choice."
    )


def _check_fields(client: JiraClient, story_points: str | None, sprint: str | None) -> None:
    known = client.fetch_fields()
    schemas = [(field, field.schema) for field in known if field.custom and field.schema]
    if story_points:
        _check_field(known, story_points, [field for field, schema in schemas if schema.type == "number"])
    if sprint:
        _check_field(known, sprint, [field for field, schema in schemas if schema.custom == SPRINT_TYPE])


def _check_field(known: Sequence[Field], wanted: str, fitting: Sequence[Field]) -> None:
    """Refuse a field that Jira does not have; name those that can hold what is meant, the closest first."""
    if any(field.id == wanted for field in known):
        return
    named = [field.id for field in known if field.name.casefold() == wanted.casefold()]
    if named:
        raise InputError(
            f"{wanted} is the name of {' and '.join(named)}.", "Use the field id. Nothing was changed."
        )

    def likeness(field: Field) -> float:
        return difflib.SequenceMatcher(None, wanted.casefold(), field.name.casefold()).ratio()

    shown = ", ".join(
        f"{field.id} ({field.name})" for field in sorted(fitting, key=likeness, reverse=True)[:5]
    )
    raise InputError(
        f"Jira has no field {wanted!r}.",
        f"Fields of the required kind: {shown or 'none'}. Use the id of a field. Nothing was changed.",
    )
