"""The session of a sync: the time up to which its answers are complete."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial

from jira_assets.errors import JiraAssetsError
from jira_assets.jira.client import JiraClient
from jira_assets.lake.lake import Lake, SiteIdentity
from jira_assets.sync.context import SyncContext

NOTABLE_SKEW = timedelta(seconds=60)


@dataclass(frozen=True)
class SyncSession:
    """The smaller of our clock and Jira's, taken before the first question, and how far they are apart."""

    at: datetime
    skew: timedelta
    account_id: str
    display_name: str

    @property
    def warning(self) -> str | None:
        """Say that the clocks disagree, when they do notably."""
        if abs(self.skew) <= NOTABLE_SKEW:
            return None
        direction = "ahead of" if self.skew > timedelta() else "behind"
        return (
            f"The clock of this machine is {abs(self.skew).total_seconds():.0f} s {direction} "
            "Jira's. No data is lost. Synchronize the clock (NTP) so that ages are displayed "
            "correctly."
        )


def verify_identity(client: JiraClient) -> SyncSession:
    """Prove who we are and note the time; raise `AuthenticationError` when Jira does not know us.

    Dead credentials are answered with "200, nothing there" by most of Jira, so no sync starts without this.
    """
    ours = client.transport.clock()
    identity = client.prove_identity(None)
    theirs = identity.answered_at or ours
    return SyncSession(min(ours, theirs), ours - theirs, identity.account_id, identity.display_name)


def start_session(context: SyncContext, verified: SyncSession | None = None) -> SyncSession:
    """Begin the session of a sync, or continue a `verified` one, and record the site in a new lake.

    Raises `AuthenticationError` when Jira does not know us, before anything is recorded; raises `WrongSite`
    when the lake belongs to another site.
    """
    site = context.submit(partial(_identify, context.client, context.lake.site()))
    session = verified or verify_identity(context.client)
    context.lake.claim(site.result())
    return session


def claim_lake(lake: Lake, client: JiraClient) -> None:
    """Record the site in a new lake, or check that it is the recorded one, when we are known already."""
    lake.claim(_identify(client, lake.site()))


def _identify(client: JiraClient, known: SiteIdentity | None) -> SiteIdentity:
    """Ask Jira only when the address is not the one recorded: a site may have got a new address."""
    connection = client.transport.connection
    if known is not None and connection.site_url and connection.site_url == known.site_url:
        return known
    return SiteIdentity(_site_id(client), connection.site_url or client.fetch_server_info().base_url)


def _site_id(client: JiraClient) -> str:
    connection = client.transport.connection
    if connection.cloud_id:
        return connection.cloud_id
    try:
        return client.fetch_tenant_info().cloud_id
    except JiraAssetsError:
        # Sites behind a proxy may hide this page; their address then has to do. Whether Jira knows us is
        # asked elsewhere at the same time.
        return connection.site_url or ""
