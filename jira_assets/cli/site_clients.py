"""Ask each site of the home, and write what it answers with the name of the site."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import TYPE_CHECKING, TypeVar

import msgspec

from jira_assets.cli.context import Invocation
from jira_assets.cli.wiring import open_client
from jira_assets.errors import JiraAssetsError
from jira_assets.qualified import split

if TYPE_CHECKING:
    from jira_assets.jira.client import JiraClient
    from jira_assets.jira.models import Project
    from jira_assets.state import ConnectedSite, State

Answer = TypeVar("Answer")


def clients(invocation: Invocation, state: State) -> list[tuple[ConnectedSite, JiraClient]]:
    """Return a client for each connected site; raises `AuthenticationError` when none is connected."""
    from jira_assets.auth.status import connected_sites  # late: it imports SQLAlchemy

    sites = connected_sites(invocation.settings, state)
    return [(site, open_client(invocation.settings, state.of(site))) for site in sites]


def ask_each(
    invocation: Invocation,
    asked: Iterable[tuple[ConnectedSite, JiraClient]],
    question: Callable[[JiraClient], Iterable[Project]],
) -> Iterator[Project]:
    """Return the projects that each site answers, with qualified ids and keys.

    Where there are several sites, one that does not answer is reported and left out; raises its error where
    there is one, or none answers.
    """
    errors = []
    sites = list(asked)
    for site, client in sites:
        try:
            found = list(question(client))
        except JiraAssetsError as error:
            errors.append(error)
            if len(errors) == len(sites):
                raise
            invocation.say(f"! {site.label}: {error}")
            continue
        yield from (qualified(project, site.prefix) for project in found)


def qualified(project: Project, prefix: str) -> Project:
    """Return a project with qualified id and key."""
    return msgspec.structs.replace(project, id=prefix + project.id, key=prefix + project.key)


def keys_of(keys: Iterable[str], prefix: str) -> list[str]:
    """Return those of some qualified keys that are of one site, as that has them."""
    return [own_key for key in keys for start, own_key in [split(key)] if start == prefix]
