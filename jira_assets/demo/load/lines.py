"""Read lines of Cloud v3 JSON, each an issue or a user, and refuse what could not be served."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import Any, Literal

import msgspec

from jira_assets.demo.data import DemoIssue, Json
from jira_assets.demo.load.files import Line

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class ProjectPart(msgspec.Struct):
    """What is needed of an issue's project."""

    id: str
    key: str
    name: str


class NamedPart(msgspec.Struct):
    """What is needed of an issue's type or status."""

    id: str
    name: str


class NeededFields(msgspec.Struct):
    """The fields that an issue cannot be served without."""

    project: ProjectPart
    issuetype: NamedPart
    status: NamedPart
    created: str
    updated: str
    priority: NamedPart | None = None
    resolution: NamedPart | None = None


class SprintPart(msgspec.Struct):
    """What is needed of a sprint inside an issue."""

    id: int
    name: str
    state: Literal["future", "active", "closed", "FUTURE", "ACTIVE", "CLOSED"]
    start: str | None = msgspec.field(name="startDate", default=None)
    end: str | None = msgspec.field(name="endDate", default=None)
    complete: str | None = msgspec.field(name="completeDate", default=None)


class ChangelogPart(msgspec.Struct):
    """A changelog that came inside an issue."""

    histories: list[dict[str, Any]] = []


class IssueLine(msgspec.Struct):
    """A line of an issue file."""

    id: str
    key: str
    fields: dict[str, Any]
    changelog: ChangelogPart = msgspec.field(default_factory=ChangelogPart)


class UserLine(msgspec.Struct):
    """The part of a user's line that has to be there."""

    account_id: str = msgspec.field(name="accountId")
    display_name: str = msgspec.field(name="displayName")


def read_issue(line: Line) -> DemoIssue:
    """Make an issue of a line; its fields stay verbatim, its times are read."""
    try:
        read = msgspec.json.decode(line.text, type=IssueLine)
        needed = msgspec.convert(read.fields, NeededFields)
        _check_sprints(read.fields)
        histories = [_history(each) for each in read.changelog.histories]
        issue = DemoIssue(
            id=int(read.id),
            project_id=int(needed.project.id),
            number=_number(read.key),
            created=milliseconds(needed.created),
            updated=milliseconds(needed.updated),
            fields={name: value for name, value in read.fields.items() if name not in ("created", "updated")},
            histories=sorted(histories, key=lambda history: int(history["created"])),
        )
    except (msgspec.DecodeError, ValueError, KeyError) as wrong:
        raise line.broken(wrong) from wrong
    if read.key != f"{needed.project.key}-{issue.number}":  # the project has got another key since
        issue.old_keys.append(read.key)
    return issue


def read_user(line: Line) -> Json:
    """Return the JSON of a user."""
    try:
        msgspec.json.decode(line.text, type=UserLine)
        user: Json = msgspec.json.decode(line.text)
    except msgspec.DecodeError as wrong:
        raise line.broken(wrong) from wrong
    return user


def milliseconds(text: str) -> int:
    """Read a time as Jira prints it (any offset, with or without colon) as epoch milliseconds."""
    time = datetime.fromisoformat(text)
    if time.tzinfo is None:
        raise ValueError(f"the time {text!r} has no offset from UTC")
    return (time - EPOCH) // timedelta(milliseconds=1)


def is_sprint_list(value: object) -> bool:
    """Distinguish sprints from other lists by what their first one has."""
    return (
        isinstance(value, list)
        and bool(value)
        and isinstance(value[0], dict)
        and {"id", "name", "state"} <= value[0].keys()
    )


def _check_sprints(fields: Json) -> None:
    for value in fields.values():
        if is_sprint_list(value):
            for sprint in msgspec.convert(value, list[SprintPart]):
                for time in filter(None, (sprint.start, sprint.end, sprint.complete)):
                    milliseconds(time)


def _number(key: str) -> int:
    found = re.fullmatch(r"[^-]+-(\d+)", key)
    if found is None:
        raise ValueError(f"{key!r} is no issue key")
    return int(found[1])


def _history(history: Json) -> Json:
    created = history["created"]
    at = created if isinstance(created, int) else milliseconds(created)
    return {
        "id": str(history["id"]),
        "author": history.get("author"),
        "created": at,
        "items": history["items"],
    }
