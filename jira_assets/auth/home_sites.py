"""Choose which site of a home a new connection is for, and store it there."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from typing import Protocol

from jira_assets.errors import InputError, WrongSite
from jira_assets.state import ConnectedSite, Credential, State


class HeldSite(Protocol):
    """The site whose issues a lake holds; `site_id` is its cloud id, or its address where that is unknown."""

    @property
    def site_id(self) -> str:
        """Its cloud id, or its address."""

    @property
    def site_url(self) -> str:
        """Its address."""


FindHeldSite = Callable[[], HeldSite | None]
"""Return the site whose issues the lake of the first site holds, None when it holds none."""


def store_connection(
    state: State,
    site: ConnectedSite,
    credential: Credential,
    held_site: FindHeldSite,
    short_name: str | None,
) -> ConnectedSite:
    """Store a credential for a known site, for a further one under a short name, or for the first one.

    Raises `WrongSite` where the home has another first site and no short name is given, `InputError` where
    the short name is that of another site.
    """
    sites = state.sites.all()
    known = _known(sites, site, short_name)
    if known is None and short_name and (sites[0].url or _is_taken(state, sites[0], site, held_site())):
        known = state.sites.add(_named(site, short_name))
    elif known is None:
        _check_first(state, sites[0], site, held_site())
        known = sites[0]
        if short_name:
            known = state.sites.rename(known, short_name)
    state.of(known).credentials.connect(site, credential)
    return state.of(known).credentials.site()


def share_grant(
    state: State, holder: ConnectedSite, credential: Credential, covered: Collection[str]
) -> None:
    """Have other sites that a consent covers use it, in place of one of the same account to the same app.

    `covered` are cloud ids. Atlassian extends the grant of an account at each consent: one is enough.
    """
    for site in state.sites.all():
        if site.grant_id == holder.grant_id or site.cloud_id not in covered:
            continue
        other = state.of(site).credentials.current()
        if other is not None and credential.renews(other):
            state.sites.use_grant(site, holder.grant_id)


def _named(site: ConnectedSite, short_name: str) -> ConnectedSite:
    return ConnectedSite(site.cloud_id, site.url, site.name, short_name=short_name)


def _known(
    sites: Sequence[ConnectedSite], site: ConnectedSite, short_name: str | None
) -> ConnectedSite | None:
    """Return the site of the home that the connection is to; raises when it has another name."""
    for each in sites:
        is_same = each.cloud_id == site.cloud_id if each.cloud_id and site.cloud_id else each.url == site.url
        if is_same and each.url:
            if short_name and each.short_name not in (None, short_name):
                raise InputError(
                    f"{site.url} is connected already, as {each.short_name}.",
                    f"Connect it without --site-name, or rename it: `jira-assets sites rename "
                    f"{each.short_name} {short_name}`. Nothing was changed.",
                )
            return each
        if short_name is not None and each.short_name == short_name:
            raise InputError(
                f"{short_name} is the name of {each.url}, and the new connection is to {site.url}.",
                "Choose another --site-name. Nothing was changed.",
            )
    return None


def _check_first(state: State, first: ConnectedSite, site: ConnectedSite, held: HeldSite | None) -> None:
    if (holds := _is_taken(state, first, site, held)) is not None:
        raise WrongSite(
            f"{holds}, and the new connection is to {site.url}.",
            "To add that site to this home, choose a short name for it: `jira-assets connect --site-name "
            "NAME`. Or set JIRA_ASSETS_HOME to another folder. Nothing was changed.",
        )


def _is_taken(state: State, first: ConnectedSite, site: ConnectedSite, held: HeldSite | None) -> str | None:
    """Say why the first site is not this one: its issues, or its tracked projects, are those of another."""
    if held is not None and held.site_id not in (site.cloud_id, site.url):
        return f"The lake of this home holds {held.site_url}"
    tracked = state.of(first).projects.tracked(include_inactive=True)
    if tracked and first.cloud_id and first.cloud_id != site.cloud_id:
        return f"This home tracks projects of {first.url}"
    return None
