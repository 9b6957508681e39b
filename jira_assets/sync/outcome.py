"""What a sync did to a project."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

from jira_assets.errors import JiraAssetsError
from jira_assets.warehouse.manifest import Paused, Proof

Mode = Literal["incremental", "full", "reconcile"]
"""Read what changed; read everything again; or name everything, and read what the lake lacks of it."""


@dataclass(frozen=True)
class Outcome:
    """The result for one project; a failed one carries the error and leaves the lake as it was.

    `fingerprints` and `rows` describe the tables derived now, by table; `changed` tells whether they differ
    from those before. `proof` is the newest there is; it may be older than this sync, and `unproved` says why
    the last full listing gave none. `missing` issues are listed by Jira and could not be read. `paused` is
    set when the time was up before the project was read to its end, which is no error: what was read is kept.
    """

    project_id: str
    project_key: str
    mode: Mode = "incremental"
    error: JiraAssetsError | None = None
    changed: bool = False
    issues: int = 0
    fetched: int = 0
    created: int = 0
    updated: int = 0
    deleted: int = 0
    requests: int = 0
    seconds: float = 0.0
    watermark: datetime | None = None
    fingerprints: dict[str, str] = field(default_factory=dict)
    rows: dict[str, int] = field(default_factory=dict)
    nulled: dict[str, int] = field(default_factory=dict)
    proof: Proof | None = None
    unproved: str | None = None
    missing: int = 0
    paused: Paused | None = None

    @property
    def result(self) -> Literal["complete", "incomplete", "unproved", "paused", "error"]:
        """Return how much of the project the lake has now, as far as that is known."""
        if self.error is not None:
            return "error"
        if self.paused is not None:
            return "paused"
        if self.missing:
            return "incomplete"
        return "unproved" if self.unproved else "complete"

    @property
    def ok(self) -> bool:
        """Whether the project was read to the end."""
        return self.error is None and self.paused is None
