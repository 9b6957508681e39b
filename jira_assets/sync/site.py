"""Begin to ask a site: prove who we are, and that the lake and the site belong together."""

from __future__ import annotations

from functools import partial

from jira_assets.errors import JiraAssetsError
from jira_assets.jira.client import JiraClient
from jira_assets.sync.context import SyncContext
from jira_assets.sync.mark import Mark, take_mark
from jira_assets.warehouse.lake import SiteIdentity


def arrive(context: SyncContext) -> Mark:
    """Take the mark of a sync, and record the site in a new lake.

    Raises `AuthenticationError` when Jira does not know us, before anything is recorded; raises `WrongSite`
    when the lake belongs to another site.
    """
    site = context.submit(partial(_identify, context.client, context.lake.site()))
    mark = take_mark(context)
    context.lake.claim(site.result())
    return mark


def claim_lake(context: SyncContext) -> None:
    """Record the site in a new lake, or check that it is the recorded one, when we are known already."""
    context.lake.claim(_identify(context.client, context.lake.site()))


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
