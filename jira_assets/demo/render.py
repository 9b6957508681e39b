"""Print the issues of a demo site as Jira prints them (Cloud v3 JSON).

Everything an issue points to is printed from the catalog at the moment of asking, as a rename shows in
every later answer. Encoded pieces and whole issues are kept until the site's `epoch` moves on.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass, field
from typing import Any, Protocol

import msgspec

from jira_assets.demo.data import DemoIssue, DemoUser, Json
from jira_assets.demo.entity_printer import EntityPrinter
from jira_assets.demo.selection import BULKY_FIELDS, Selection
from jira_assets.demo.things import FORMER_USER

EXPAND = "operations,versionedRepresentations,editmeta,changelog,renderedFields"
_REFERENCES = {
    "status": "status",
    "issuetype": "issue_type",
    "priority": "priority",
    "resolution": "resolution",
    "assignee": "user",
    "reporter": "user",
    "creator": "user",
    "parent": "parent",
    "fixVersions": "version",
    "versions": "version",
    "components": "component",
    "issuelinks": "link",
}
_GONE = msgspec.Raw(b"null")
"""What a link to a deleted or hidden issue is printed as; an issue does not show it."""


class Issues(Protocol):
    """Where a parent is found."""

    hidden: set[int]

    def resolve(self, id_or_key: str) -> DemoIssue | None:
        """Find an issue by its id or key."""


@dataclass
class Renderer(EntityPrinter):
    """Print issues; `touched` names what was edited after it was loaded.

    Unless it `embeds_entities`, lists of comments and the like are printed only where they are stored.
    """

    issues: Issues
    embeds_entities: bool = True
    epoch: int = 0
    touched: set[tuple[str, str]] = field(default_factory=set)
    _pieces: dict[str, dict[Any, msgspec.Raw]] = field(default_factory=dict)
    _pieces_of: dict[str, dict[Any, msgspec.Raw]] = field(default_factory=dict)
    _kinds: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.forget()

    def forget(self) -> None:
        """Drop every encoded piece: something that issues point to has changed."""
        self.epoch += 1
        self._pieces.clear()
        self._kinds = dict(_REFERENCES)
        for each in self.catalog.fields.values():
            schema = each.schema or {}
            if each.is_sprint:
                self._kinds[each.id] = "sprint"
            elif each.custom and "user" in (schema.get("type"), schema.get("items")):
                self._kinds[each.id] = "user"
        self._pieces_of = {name: self._pieces.setdefault(kind, {}) for name, kind in self._kinds.items()}

    def touch(self, kind: str, item_id: object) -> None:
        """Note that a thing was edited, so that even verbatim JSON of it is printed afresh."""
        self.touched.add((kind, str(item_id)))
        self.forget()

    def issue(self, issue: DemoIssue, selection: Selection) -> Json:
        """Print an issue with the fields requested."""
        if selection.only_id:
            return {"id": str(issue.id)}
        body: Json = {
            "expand": EXPAND,
            "id": str(issue.id),
            "self": f"{self.base_url}/rest/api/3/issue/{issue.id}",
            "key": self.key(issue),
        }
        if selection.has_fields:
            body["fields"] = self.fields(issue, selection)
        return body

    @property
    def lists(self) -> Collection[str]:
        """The fields that every issue has beside those that are stored."""
        return BULKY_FIELDS if self.embeds_entities else ()

    def key(self, issue: DemoIssue) -> str:
        """Return the present key of an issue."""
        return f"{self.catalog.projects[issue.project_id].key}-{issue.number}"

    def fields(self, issue: DemoIssue, selection: Selection) -> Json:
        """Print the fields of an issue that are requested, of those it has."""
        # The loop over every field of every issue is where a full read spends its time.
        stored, pieces = issue.fields, self._pieces_of
        printed: Json = {}
        for name in selection.of_those(stored):
            value = stored[name]
            known = pieces.get(name)
            if known is None or value is None:
                printed[name] = value
            elif value.__class__ is str or value.__class__ is int:
                printed[name] = known.get(value) or self._reference(self._kinds[name], value)
            else:
                printed[name] = self._value(self._kinds[name], value)
        if "project" in selection:
            printed["project"] = self._project_of(issue)
        for name in self.lists:
            if name in selection and name not in stored:
                printed[name] = self.embedded(name, issue.id)
        for name, ms in (("created", issue.created), ("updated", issue.updated)):
            if name in selection and name not in stored:
                printed[name] = self.time(ms)
        return printed

    def _project_of(self, issue: DemoIssue) -> Any:
        verbatim = issue.fields.get("project")
        edited = ("project", str(issue.project_id)) in self.touched
        if verbatim is not None and not edited and str(verbatim["id"]) == str(issue.project_id):
            return verbatim
        return self._piece("project", issue.project_id)

    def _value(self, kind: str, value: Any) -> Any:
        if isinstance(value, list):
            printed = [self._reference(kind, each) for each in value]
            return [each for each in printed if each != _GONE]
        return self._reference(kind, value)

    def _reference(self, kind: str, value: Any) -> Any:
        """Print what a value points to; verbatim JSON stays as it is until the thing itself is edited."""
        if not isinstance(value, dict):
            return self._piece(kind, value)
        item_id = value.get("accountId", value.get("id"))
        return self._piece(kind, item_id) if (kind, str(item_id)) in self.touched else value

    def _piece(self, kind: str, item_id: Any) -> msgspec.Raw:
        pieces = self._pieces.setdefault(kind, {})
        known = pieces.get(item_id)
        if known is None:
            printer: Callable[[str], Json | None] = getattr(self, f"_print_{kind}")
            known = pieces[item_id] = msgspec.Raw(msgspec.json.encode(printer(str(item_id))))
        return known

    def _print_status(self, item_id: str) -> Json:
        return self.status(self.catalog.statuses[item_id])

    def _print_issue_type(self, item_id: str) -> Json:
        return self.issue_type(item_id)

    def _print_priority(self, item_id: str) -> Json:
        return self.priority(item_id)

    def _print_resolution(self, item_id: str) -> Json:
        return self.resolution(item_id)

    def _print_user(self, item_id: str) -> Json:
        user = self.catalog.users.get(item_id)
        return self.user(user or DemoUser(item_id, FORMER_USER, active=False))

    def _print_version(self, item_id: str) -> Json | None:
        return self.version_or_component("versions", item_id)

    def _print_component(self, item_id: str) -> Json | None:
        return self.version_or_component("components", item_id)

    def _print_project(self, item_id: str) -> Json:
        return self.project_head(self.catalog.projects[int(item_id)])

    def _print_sprint(self, item_id: str) -> Json:
        return self.sprint_in_issue(self.catalog.sprints[int(item_id)])

    def _print_parent(self, item_id: str) -> Json | None:
        parent = self.issues.resolve(item_id)
        if parent is None:
            return None
        return self._head(parent)

    def _print_link(self, text: str) -> Json | None:
        link_id, direction, name, other_id = text.split("/")
        other = self.issues.resolve(other_id)
        if other is None or other.id in self.issues.hidden:
            return None
        return self.link(link_id, direction, name) | {f"{direction}Issue": self._head(other)}

    def _head(self, issue: DemoIssue) -> Json:
        """Print an issue the way others carry it."""
        shown = Selection.of(("summary", "status", "priority", "issuetype"))
        return {
            "id": str(issue.id),
            "key": self.key(issue),
            "self": f"{self.base_url}/rest/api/3/issue/{issue.id}",
            "fields": self.fields(issue, shown),
        }

    def history(self, history: Json, *, epoch: bool = False) -> Json:
        """Print a changelog entry; `epoch` prints its time as a number, as some sites do."""
        printed: Json = {"id": history["id"]}
        if history.get("author") is not None:
            printed["author"] = self._reference("user", history["author"])
        created = history["created"]
        printed["created"] = created if epoch else self.time(created)
        return printed | {"items": history["items"]}
