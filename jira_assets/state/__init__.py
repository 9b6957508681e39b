"""What people decide and what they want to see: tracked projects, outcomes, team, overrides, pauses."""

from jira_assets.state.records import (
    ProjectRef,
    SyncRecord,
    SyncStatus,
    TeamMember,
    TrackedProject,
    UserOverride,
)
from jira_assets.state.store import State

__all__ = [
    "ProjectRef",
    "State",
    "SyncRecord",
    "SyncStatus",
    "TeamMember",
    "TrackedProject",
    "UserOverride",
]
