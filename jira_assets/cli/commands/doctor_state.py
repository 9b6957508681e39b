"""Check the state database and the credential in it, without asking Jira."""

from __future__ import annotations

from collections.abc import Iterator

from jira_assets.auth.status import Connected, connected_as, sites_in_use
from jira_assets.cli.check_results import Finding, bad, doubtful, good, of_site
from jira_assets.cli.wiring import open_state
from jira_assets.settings.load import Settings
from jira_assets.settings.values import mask_password


def check_state(settings: Settings) -> Iterator[Finding]:
    """Open the state, and the seal of the credential."""
    from jira_assets.state.schema import SCHEMA_VERSION

    with open_state(settings) as state:
        yield good("state", f"{mask_password(settings.state_url)}, schema {SCHEMA_VERSION}")
        sites = sites_in_use(state.sites.all(), state.projects.tracked())
        connections = [(site, connected_as(settings, state.of(site))) for site in sites]
    for site, connected in connections:
        yield of_site(site, _credential(connected))


def _credential(connected: Connected) -> Finding:
    if connected.trouble and connected.remedy:
        judge = doubtful if connected.ends_soon else bad
        return judge("credential", connected.trouble, connected.remedy)
    what = f"{connected.kind} of {connected.account}" if connected.account else str(connected.kind)
    by = f"; reconnect by {connected.reconnect_by:%Y-%m-%d}" if connected.reconnect_by else ""
    return good("credential", f"{what}{by}")
