"""The mark of a sync: the time up to which its answers are complete."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from jira_assets.sync.context import SyncContext

NOTABLE_SKEW = timedelta(seconds=60)


@dataclass(frozen=True)
class Mark:
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


def take_mark(context: SyncContext, expected_account_id: str | None = None) -> Mark:
    """Prove who we are and note the time; raise `AuthenticationError` when Jira does not know us.

    Dead credentials are answered with "200, nothing there" by most of Jira, so no sync starts without this.
    """
    ours = context.clock()
    identity = context.client.prove_identity(expected_account_id)
    theirs = identity.answered_at or ours
    return Mark(min(ours, theirs), ours - theirs, identity.account_id, identity.display_name)
