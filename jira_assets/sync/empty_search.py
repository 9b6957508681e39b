"""Distinguish an idle or empty project from a search that returns nothing for everything.

A reading that brought nothing moves the watermark like any other. Were that believed of a search that is
out of order, or blind to a project, whatever changes until it recovers would lie before it, out of reach.
"""

from __future__ import annotations

from threading import Lock
from typing import TYPE_CHECKING

from jira_assets.errors import IncompleteRead
from jira_assets.lake.manifest import Manifest
from jira_assets.sync.project_state import out_of_sight

if TYPE_CHECKING:  # the context holds a `EmptySearchGuard`
    from jira_assets.sync.project_sync import ProjectSync


class EmptySearchGuard:
    """What a run knows of the search: once it has named any issue, nothing means nothing."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._search_answers = False

    def broken(self) -> None:
        """Note that search has named an issue."""
        self._search_answers = True

    def believe(self, sync: ProjectSync) -> None:
        """Believe that nothing changed in a project, unless search does not even name what is old there.

        Raises NotFound when the account can no longer see it, IncompleteRead when search is out of order.
        """
        with self._lock:  # one question answers for every project of the run
            issues = sync.manifest.derived_file("jira_issues")
            if self._search_answers or issues is None or not issues.rows:
                return
            newest = f"{sync.jql} order by updated desc"
            if any(sync.client.search(newest, fields=["updated"], page_size=1)):
                self.broken()
                return
        state, key = sync.state(), sync.manifest.project_key
        if state == "invisible":
            raise out_of_sight(key, state)
        if state == "live":
            raise IncompleteRead(
                f"Jira's search returns no issue of {key}, but the lake has {issues.rows:,}. "
                "Either search is out of order, or the issues are hidden or deleted.",
                f"Nothing was changed. `jira-assets reconcile {key}` determines the cause.",
            )


def refuse_empty_search(manifest: Manifest, given: int) -> None:
    """Doubt a search that named nothing of a project of which Jira gives issues by id."""
    if given:
        raise IncompleteRead(
            f"Jira's search returns no issue of {manifest.project_key}, but Jira still returns "
            f"{given:,} of them by id: its search is out of order.",
            "Nothing was deleted. Sync again later.",
        )
