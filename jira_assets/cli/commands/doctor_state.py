"""Check the state database and the credential in it, without asking Jira."""

from __future__ import annotations

from collections.abc import Iterator

from jira_assets.auth.status import connected_as
from jira_assets.cli.check_results import Finding, bad, doubtful, good
from jira_assets.cli.wiring import open_state
from jira_assets.settings.load import Settings
from jira_assets.settings.values import mask_password


def check_state(settings: Settings) -> Iterator[Finding]:
    """Open the state, and the seal of the credential."""
    from jira_assets.state.schema import SCHEMA_VERSION

    with open_state(settings) as state:
        yield good("state", f"{mask_password(settings.state_url)}, schema {SCHEMA_VERSION}")
        connected = connected_as(settings, state)
    what = f"{connected.kind} of {connected.account}" if connected.account else str(connected.kind)
    if connected.trouble and connected.remedy:
        yield (doubtful if connected.ends_soon else bad)("credential", connected.trouble, connected.remedy)
    elif connected.reconnect_by:
        yield good("credential", f"{what}; reconnect by {connected.reconnect_by:%Y-%m-%d}")
    else:
        yield good("credential", what)
