"""The few parts of an issue that are read on arrival; the rest stays verbatim."""

from __future__ import annotations

from datetime import datetime

import msgspec

from jira_assets.errors import IncompleteRead
from jira_assets.jira.answers import IssueHead, RawIssue
from jira_assets.jira.times import parse_time


class _Project(msgspec.Struct):
    id: str
    key: str


class _Fields(msgspec.Struct):
    project: _Project
    updated: str | None = None


class HeadPart(msgspec.Struct):
    """An issue of which only the head is read."""

    id: str
    key: str
    fields: _Fields


_decode_head = msgspec.json.Decoder(HeadPart).decode


def head_of(part: HeadPart) -> IssueHead:
    """Give the head of an issue."""
    project = part.fields.project
    return IssueHead(part.id, part.key, _updated(part), project.id, project.key)


def raw_issue(answer: msgspec.Raw) -> RawIssue:
    """Read the head of an issue and keep its bytes; raises IncompleteRead when it has no head."""
    try:
        part = _decode_head(answer)
    except msgspec.DecodeError as error:
        raise IncompleteRead(
            f"Jira gave an issue without what identifies it: {error}.",
            "Try again; if it stays, Jira's API has changed: please report it.",
        ) from error
    project = part.fields.project
    return RawIssue(part.id, part.key, _updated(part), project.id, project.key, bytes(answer))


def _updated(part: HeadPart) -> datetime | None:
    return parse_time(part.fields.updated)
