"""What every change of a demo site needs: finding things, the time, and putting a version into its place."""

from __future__ import annotations

import threading
from collections.abc import Iterable
from dataclasses import replace
from datetime import timedelta
from typing import Any

from jira_assets.demo.accounts import Accounts
from jira_assets.demo.catalog import Catalog, ids_called, reference
from jira_assets.demo.clock import VirtualClock
from jira_assets.demo.data import DemoIssue, DemoProject, DemoSprint, DemoStatus, Json
from jira_assets.demo.entities import EntityStore
from jira_assets.demo.http.behaviour import Switches
from jira_assets.demo.index import SearchIndex
from jira_assets.demo.render import Renderer
from jira_assets.demo.store import IssueStore


class SiteBase:
    """The parts of a site; `lock` guards them all."""

    lock: threading.RLock
    clock: VirtualClock
    switches: Switches
    accounts: Accounts
    catalog: Catalog
    store: IssueStore
    index: SearchIndex
    render: Renderer
    entities: EntityStore
    _last_id: int
    _last_project_id: int = 0

    def project(self, text: str | int) -> DemoProject:
        """Find a project by id, key, name or former key; raises KeyError."""
        found = self.catalog.project(str(text))
        if found is None:
            raise KeyError(f"no project {text}")
        return found

    def issue(self, id_or_key: str | int) -> DemoIssue:
        """Find the present version of an issue; raises KeyError."""
        found = self.store.resolve(str(id_or_key))
        if found is None:
            raise KeyError(f"no issue {id_or_key}")
        return found

    def sprint(self, text: str | int) -> DemoSprint:
        """Find a sprint by id or name; raises KeyError."""
        return self.catalog.sprints[int(self._id_of(self.catalog.sprints, str(text)))]

    def _id_of(self, things: Any, text: str, project_id: int | None = None) -> str:
        """Find a thing by id or name, one of the project's own before those of the whole site."""
        called = ids_called(things, text)
        found = sorted(called, key=lambda each: self._distance(things, each, project_id))
        if not found:
            raise KeyError(f"nothing is called {text}")
        return found[0]

    def _distance(self, things: Any, item_id: str, project_id: int | None) -> tuple[int, str]:
        thing = things.get(item_id) or things.get(int(item_id))
        owner = getattr(thing, "project_id", None)
        return (0 if owner == project_id else 1 if owner is None else 2), item_id

    def _fitting(self, things: Iterable[Any], project_id: int) -> list[Any]:
        """Return the statuses or issue types of a project: its own if it has any, else the site's."""
        known = list(things)
        own = [each for each in known if each.project_id == project_id]
        return own or [each for each in known if each.project_id is None]

    def _status_of(self, issue: DemoIssue) -> DemoStatus | None:
        return self.catalog.statuses.get(reference(issue.fields.get("status")) or "")

    def _new_id(self) -> int:
        self._last_id += 1
        return self._last_id

    def _put(self, issue: DemoIssue) -> DemoIssue:
        """Store a version now and let search see it after the lag."""
        document = self.store.put(issue)
        self._announce(issue.id, document)
        if self.store.children(issue.id) or issue.fields.get("issuelinks"):
            # Children and linked issues show its summary and status, so they are printed afresh.
            self.render.touch("parent", issue.id)
        return issue

    def _announce(self, issue_id: int, document: Any) -> None:
        now = self.clock.now_ms()
        lag = self.switches.index_lag // timedelta(milliseconds=1)
        self.index.catch_up(now)
        self.index.put(issue_id, document, due_ms=now + lag, now_ms=now)

    def _changed(
        self, issue: DemoIssue, fields: Json, items: list[Json], author: str | None, **others: Any
    ) -> DemoIssue:
        """Put the next version of an issue, with a changelog entry when there are items."""
        now = max(self.clock.now_ms(), issue.updated)
        histories = issue.histories
        if items:
            entry = {"id": str(self._new_id()), "author": author, "created": now, "items": items}
            histories = [*histories, entry]
        # A loaded issue prints its own `updated` as long as no one touches it.
        fresh = {name: value for name, value in fields.items() if name != "updated"}
        return self._put(replace(issue, fields=fresh, updated=now, histories=histories, **others))
