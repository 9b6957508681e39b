"""Replay the changelog of an issue one entry after the other, as a person would with pencil and paper."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from jira_assets.demo.clock import moment
from jira_assets_tests.lake_fixture import Row

SYSTEM_NAMES = {
    "IssueParentAssociation": "parent",
    "Component": "components",
    "Fix Version": "fixVersions",
    "Version": "versions",
    "Key": "issuekey",
    "Link": "issuelinks",
}
LISTS = {"labels", "components", "fixVersions", "versions"}
NOT_REPLAYED = {"issuelinks", "description", "environment", "comment"}
NUMBERS = {"timeestimate", "timeoriginalestimate", "timespent"}

Value = tuple[str | None, str | None]
"""Id and name; numbers, days, texts and labels have no id."""


@dataclass
class FieldKinds:
    """What a reader has to know of the custom fields of a site."""

    lists: set[str]
    numbers: set[str]
    ranks: set[str]
    by_name: Mapping[str, str]

    @classmethod
    def of(cls, fields: Iterable[Any]) -> FieldKinds:
        """Find it in the schemas of the fields."""
        kinds = cls(set(), set(), set(), {})
        names: dict[str, list[str]] = {}
        for each in fields:
            schema = each.schema or {}
            if each.custom:
                names.setdefault(each.name.lower(), []).append(each.id)
                {"array": kinds.lists, "number": kinds.numbers}.get(schema["type"], set()).add(each.id)
                if "lexo-rank" in schema["custom"]:
                    kinds.ranks.add(each.id)
        kinds.by_name = {name: ids[0] for name, ids in names.items() if len(ids) == 1}
        return kinds

    def id_of(self, item: Row) -> str | None:
        """Find the field of a changelog item."""
        name = item["field"]
        found = item.get("fieldId") or SYSTEM_NAMES.get(name) or self.by_name.get(name.lower())
        return found or (name if name in LISTS | NUMBERS else None)


@dataclass
class History:
    """What is known of one issue: its values since when, and what ended."""

    created: Any
    held: dict[tuple[str, str], tuple[Any, Value]] = field(default_factory=dict)
    """By field and element, the time it began; a field that is no list has the element ''."""
    over: list[tuple[str, str | None, str | None, Any, Any]] = field(default_factory=list)
    changed: set[str] = field(default_factory=set)
    named: set[tuple[str, str]] = field(default_factory=set)
    """The elements of lists that some change named."""

    def end(self, key: tuple[str, str], value: Value, at: Any) -> None:
        """End what is held, or what was there from the beginning."""
        since, value = self.held.pop(key, (self.created, value))
        if value != (None, None):
            self.over.append((key[0], *value, since, at))

    def spans(self) -> Iterator[tuple[str, str | None, str | None, Any, Any]]:
        """Return field, id, name, beginning and end."""
        yield from self.over
        for (name, _), (since, value) in self.held.items():
            if value != (None, None):
                yield name, *value, since, None

    def at(self, name: str, instant: Any, today: Any) -> Any:
        """Return the id or the name that a field had, a set for a list; what never changed is as today."""
        is_list = isinstance(today, list)
        today = {str(each) for each in today} if is_list else today
        if name not in self.changed:
            return today
        found = {
            value_id or value
            for field_name, value_id, value, since, until in self.spans()
            if field_name == name and since <= instant and (until is None or until > instant)
        }
        if is_list:
            named = {key for list_name, key in self.named if list_name == name}
            return found | (today - named)
        assert len(found) <= 1
        return next(iter(found), None)


def replay(issue: Any, kinds: FieldKinds) -> History:
    """Replay an issue of a demo site; lists are completed by what no change names."""
    history = History(moment(issue.created).replace(tzinfo=None))
    entries = sorted(issue.histories, key=lambda entry: (entry["created"], int(entry["id"])))
    for entry in entries:
        at = moment(entry["created"]).replace(tzinfo=None)
        for item in entry["items"]:
            name = kinds.id_of(item)
            if name is not None and name not in NOT_REPLAYED | kinds.ranks:
                _apply(history, name, item, at, kinds)
    return history


def _apply(history: History, name: str, item: Row, at: Any, kinds: FieldKinds) -> None:
    before, after = (_values(name, item[one], item[two], kinds) for one, two in ENDS)
    first = name not in history.changed
    history.changed.add(name)
    if name in LISTS | kinds.lists:
        keys = {(name, str(element[0] or element[1])): element for element in before | after}
        for key, element in keys.items():
            if element in after:
                is_from_creation = element in before and key not in history.named
                history.held.setdefault(key, (history.created if is_from_creation else at, element))
            else:
                history.end(key, element, at)
        history.named |= keys.keys()
    else:
        (old,), (new,) = before or {(None, None)}, after or {(None, None)}
        if first:
            history.held[(name, "")] = (history.created, old)
        history.end((name, ""), old, at)
        history.held[(name, "")] = (at, new)


ENDS = (("from", "fromString"), ("to", "toString"))


def _values(name: str, ids: str | None, names: str | None, kinds: FieldKinds) -> set[Any]:
    if name == "labels":
        return {(None, label) for label in (names or "").split()}
    if name in LISTS | kinds.lists:
        return {(each, None) for each in re.findall(r"[^\[\], ]+", ids or "")}
    if name in NUMBERS | kinds.numbers:
        return {(None, names)} if names else set()
    return {(ids, None) if ids else (None, names)} if ids or names else set()
