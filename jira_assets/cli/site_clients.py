"""Ask each site of the home, and write what it answers with the name of the site."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import partial
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
    """Return a client for each connected site; raises `AuthenticationError` when none is connected.

    Where there are several sites, one whose credential cannot be used is reported and left out.
    """
    from jira_assets.auth.status import connected_sites  # late: it imports SQLAlchemy

    def connect(site: ConnectedSite) -> list[tuple[ConnectedSite, JiraClient]]:
        return [(site, open_client(invocation.settings, state.of(site)))]

    sites = connected_sites(invocation.settings, state)
    return list(_of_each(invocation, [(site, partial(connect, site)) for site in sites]))


def ask_each(
    invocation: Invocation,
    asked: Iterable[tuple[ConnectedSite, JiraClient]],
    question: Callable[[JiraClient], Iterable[Project]],
) -> Iterator[Project]:
    """Return the projects that each site answers, with qualified ids and keys.

    Where there are several sites, one that does not answer is reported and left out; raises its error where
    there is one, or none answers.
    """

    def ask(site: ConnectedSite, client: JiraClient) -> list[Project]:
        return [qualified(project, site.prefix) for project in question(client)]

    return _of_each(invocation, [(site, partial(ask, site, client)) for site, client in asked])


def _of_each(
    invocation: Invocation, wanted: Sequence[tuple[ConnectedSite, Callable[[], Iterable[Answer]]]]
) -> Iterator[Answer]:
    from jira_assets.auth.remedies import error_of  # late: it imports SQLAlchemy

    failed = 0
    for site, answer in wanted:
        try:
            found = list(answer())
        except JiraAssetsError as error:
            failed += 1
            known = error_of(error, site)
            if failed == len(wanted):
                raise known from error
            invocation.say(f"! {site.label}: {known}")
            continue
        yield from found


def qualified(project: Project, prefix: str) -> Project:
    """Return a project with qualified id and key."""
    return msgspec.structs.replace(project, id=prefix + project.id, key=prefix + project.key)


def keys_of(keys: Iterable[str], prefix: str) -> list[str]:
    """Return those of some qualified keys that are of one site, as that has them."""
    return [own_key for key in keys for start, own_key in [split(key)] if start == prefix]
