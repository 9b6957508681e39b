"""Read files of Cloud v3 JSON, one issue or user a line; every complaint names the file and the line."""

from __future__ import annotations

import gzip
import re
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Literal

import msgspec

from jira_assets.demo.data import DemoIssue, Json
from jira_assets.errors import InputError

ENDINGS = (".jsonl", ".jsonl.gz")
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


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a file, and where it stands."""

    path: Path
    number: int
    text: bytes

    def broken(self, what: object) -> InputError:
        """Say what is wrong with this line."""
        return InputError(
            f"{self.path}, line {self.number}: {what}.",
            "Every line has to be one whole JSON object as Jira Cloud's REST API v3 prints it. "
            "Correct or remove the line.",
        )


def issue_files(paths: Sequence[Path]) -> tuple[list[Path], list[Path]]:
    """Find the issue files and the user files among files and folders."""
    files = [file for path in paths for file in _files(Path(path))]
    users = [file for file in files if _stem(file) == "users"]
    issues = [file for file in files if _stem(file) != "users"]
    if not issues:
        raise InputError(
            f"There is no issue file in {', '.join(map(str, paths)) or 'an empty list of paths'}.",
            "Give files called <PROJECT>.jsonl or <PROJECT>.jsonl.gz, or a folder that holds some.",
        )
    return issues, users


def lines(path: Path) -> Iterator[Line]:
    """Read the lines of a plain or compressed file, leaving out blank ones."""
    number = 0
    try:
        with gzip.open(path) if path.suffix == ".gz" else path.open("rb") as file:
            for number, text in enumerate(file, 1):
                if text.strip():
                    yield Line(path, number, text)
    except (EOFError, gzip.BadGzipFile, zlib.error) as broken:
        raise Line(path, number + 1, b"").broken(f"the compressed file breaks off ({broken})") from broken
    except OSError as failed:
        raise InputError(f"{path} cannot be read: {failed.strerror}.", "Check the path.") from failed


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
    """Give the JSON of a user."""
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
    """Tell sprints from other lists by what their first one has."""
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


def _files(path: Path) -> list[Path]:
    if not path.exists():
        raise InputError(f"{path} does not exist.", "Check the path.")
    if not path.is_dir():
        return [path]
    return sorted(file for file in path.iterdir() if file.name.endswith(ENDINGS))


def _stem(path: Path) -> str:
    return path.name.removesuffix(".gz").removesuffix(".jsonl")


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
