"""Make sure that the lake and the connected Jira site belong together."""

from __future__ import annotations

from jira_assets.errors import AuthenticationError, JiraError
from jira_assets.jira.client import JiraClient
from jira_assets.warehouse.lake import Lake, SiteIdentity


def claim_lake(client: JiraClient, lake: Lake) -> SiteIdentity:
    """Record the site in a new lake, or check that it is the one recorded; raises `WrongSite` when not.

    Asks Jira only when the address is not the one recorded: a site may have got a new address.
    """
    connection = client.transport.connection
    known = lake.site()
    if known is not None and connection.site_url and connection.site_url == known.site_url:
        return known
    site = SiteIdentity(_site_id(client), connection.site_url or client.fetch_server_info().base_url)
    lake.claim(site)
    return site


def _site_id(client: JiraClient) -> str:
    connection = client.transport.connection
    if connection.cloud_id:
        return connection.cloud_id
    try:
        return client.fetch_tenant_info().cloud_id
    except AuthenticationError:
        raise
    except JiraError:
        # Sites behind a proxy may hide this page; their address then has to do.
        return connection.site_url or ""
