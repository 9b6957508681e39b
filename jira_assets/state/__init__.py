"""What people decide and want to see: site, credential, projects, outcomes, team, overrides, pauses."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from jira_assets.state.models import (
    Alert,
    AlertMessage,
    ConnectedSite,
    Credential,
    ForgottenAccount,
    ProjectRef,
    SyncRecord,
    SyncRequest,
    SyncStatus,
    TeamMember,
    TrackedProject,
    UserOverride,
)

if TYPE_CHECKING:
    from jira_assets.state.store import State

__all__ = [
    "Alert",
    "AlertMessage",
    "ConnectedSite",
    "Credential",
    "ForgottenAccount",
    "ProjectRef",
    "State",
    "SyncRecord",
    "SyncRequest",
    "SyncStatus",
    "TeamMember",
    "TrackedProject",
    "UserOverride",
]


def __getattr__(name: str) -> Any:
    # SQLAlchemy takes longer to import than a small command takes altogether; the records do without it.
    if name == "State":
        from jira_assets.state.store import State

        return State
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
