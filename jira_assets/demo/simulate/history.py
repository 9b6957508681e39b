"""Write the items of a changelog the way Jira words them."""

from __future__ import annotations

from typing import Any

from jira_assets.demo.catalog import Catalog, reference, references
from jira_assets.demo.data import Json
from jira_assets.demo.store import IssueStore

_NAMED = {
    "status": "statuses",
    "issuetype": "issue_types",
    "priority": "priorities",
    "resolution": "resolutions",
}
_FIELD_NAMES = {"fixVersions": "Fix Version", "versions": "Version", "components": "Component"}


def change_items(catalog: Catalog, store: IssueStore, field_id: str, old: Any, new: Any) -> list[Json]:
    """Return the changelog items for one field going from one value to another.

    Versions and components have one for each that comes or goes.
    """
    if field_id not in _FIELD_NAMES:
        return [_change_item(catalog, store, field_id, old, new)]
    before, after = references(old), references(new)
    gone = [([each], None) for each in before if each not in after]
    added = [(None, [each]) for each in after if each not in before]
    return [_change_item(catalog, store, field_id, *ends) for ends in (*gone, *added)]


def _change_item(catalog: Catalog, store: IssueStore, field_id: str, old: Any, new: Any) -> Json:
    if field_id == "parent":
        # Jira leaves the field id out here; the strings are keys.
        return {
            "field": "IssueParentAssociation",
            "fieldtype": "jira",
            **_ends(catalog, store, "parent", old, new),
        }
    field = catalog.fields.get(field_id)
    custom = field_id.startswith("customfield_")
    name = _FIELD_NAMES.get(field_id, field.name if custom and field else field_id)
    kind = "custom" if custom else "jira"
    return {
        "field": name,
        "fieldtype": kind,
        "fieldId": field_id,
        **_ends(catalog, store, field_id, old, new),
    }


def _ends(catalog: Catalog, store: IssueStore, field_id: str, old: Any, new: Any) -> Json:
    from_id, from_string = _printed(catalog, store, field_id, old)
    to_id, to_string = _printed(catalog, store, field_id, new)
    return {"from": from_id, "fromString": from_string, "to": to_id, "toString": to_string}


def _printed(catalog: Catalog, store: IssueStore, field_id: str, value: Any) -> tuple[str | None, str | None]:
    """Return the id and the text of a value; fields without ids have only a text."""
    if value in (None, [], ""):
        return (None, None) if field_id != "labels" else (None, "")
    if field_id in _NAMED:
        return _named(getattr(catalog, _NAMED[field_id]), reference(value))
    if field_id in ("assignee", "reporter", "creator"):
        account = reference(value)
        user = catalog.users.get(account or "")
        return account, user.display_name if user else account
    if field_id in catalog.sprint_fields:
        ids = references(value)
        sprints = [catalog.sprints[int(each)].name for each in ids if int(each) in catalog.sprints]
        return ", ".join(ids), ", ".join(sprints)
    if field_id == "parent":
        parent = store.resolve(reference(value) or "")
        return reference(value), None if parent is None else _key(catalog, parent)
    if field_id in _FIELD_NAMES:
        return _items(catalog, field_id, references(value))
    if field_id == "labels":
        return None, " ".join(value)
    return None, f"{value:g}" if isinstance(value, float) else str(value)


def _named(things: Any, item_id: str | None) -> tuple[str | None, str | None]:
    thing = things.get(item_id)
    return item_id, thing.name if thing else None


def _items(catalog: Catalog, field_id: str, ids: list[str]) -> tuple[str, str]:
    kind = "components" if field_id == "components" else "versions"
    found = [catalog.version_or_component(kind, each) for each in ids]
    return ", ".join(ids), ", ".join(each["name"] for each in found if each)


def _key(catalog: Catalog, issue: Any) -> str:
    return f"{catalog.projects[issue.project_id].key}-{issue.number}"
