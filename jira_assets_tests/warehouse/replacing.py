"""Watch how publishes of what changed are made."""

from __future__ import annotations

from collections.abc import Callable, Collection
from pathlib import Path
from typing import Any

import pytest

from jira_assets.warehouse import publish
from jira_assets.warehouse.build import Builder
from jira_assets.warehouse.changes import Changes

Outcome = Collection[str] | None
"""What `replace_projects` returned."""


def watch_replacing(
    monkeypatch: pytest.MonkeyPatch, note: Callable[[Builder, Changes, Outcome], None]
) -> None:
    """Call `note` after each attempt to publish what changed alone."""
    real = publish.replace_projects  # type: ignore[attr-defined]  # imported there, not exported

    def watched(builder: Builder, build: Path, found: Changes, copied: Any) -> Outcome:
        others: Outcome = real(builder, build, found, copied)
        note(builder, found, others)
        return others

    monkeypatch.setattr(publish, "replace_projects", watched)
