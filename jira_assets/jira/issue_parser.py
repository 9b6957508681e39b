"""The few parts of an issue that are read on arrival; the rest stays verbatim."""

from __future__ import annotations

from typing import Any

import msgspec

from jira_assets.jira.models import IssueRef, RawIssue
from jira_assets.jira.timestamps import parse_time


class _Project(msgspec.Struct):
    id: str | int | None = None
    key: str | None = None


class _Fields(msgspec.Struct):
    project: _Project | None = None
    created: str | int | float | None = None
    updated: str | int | float | None = None


class _Part(msgspec.Struct):
    id: str | int
    key: str | None = None
    fields: _Fields | None = None


class _OnlyId(msgspec.Struct):
    id: str | int


class _AnyFields(msgspec.Struct):
    fields: Any = None


_decode = msgspec.json.Decoder(_Part).decode
_decode_id = msgspec.json.Decoder(_OnlyId).decode
_decode_fields = msgspec.json.Decoder(_AnyFields).decode


def issue_ref(answer: msgspec.Raw) -> IssueRef:
    """Read the head of an issue, with empty texts for what it lacks, be it the id."""
    return _head(_part(answer) or _Part(""))


def raw_issue(answer: msgspec.Raw) -> RawIssue | None:
    """Read the head of an issue and keep its bytes; None for one without an id."""
    part = _part(answer)
    if part is None:
        return None
    head, fields = _head(part), part.fields or _Fields()
    return RawIssue(
        head.id,
        head.key,
        head.updated,
        head.project_id,
        head.project_key,
        bytes(answer),
        was_changed=fields.updated != fields.created,
        has_fields=fields != _Fields() or bool(_decode_fields(answer).fields),
    )


def _head(part: _Part) -> IssueRef:
    fields = part.fields or _Fields()
    project = fields.project or _Project()
    project_id = "" if project.id is None else str(project.id)
    return IssueRef(str(part.id), part.key or "", parse_time(fields.updated), project_id, project.key or "")


def _part(answer: msgspec.Raw) -> _Part | None:
    try:
        return _decode(answer)
    except msgspec.DecodeError:
        pass
    try:  # an id is enough to ask for the issue
        return _Part(_decode_id(answer).id)
    except msgspec.DecodeError:
        return None
