"""The shapes of Jira's JSON, as DuckDB's from_json wants them, and the SQL that depends on them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import msgspec

from jira_assets.lake.sql_files import identifier, literal

STAGED_FIELDS = (
    "summary",
    "issuetype",
    "status",
    "priority",
    "resolution",
    "assignee",
    "reporter",
    "creator",
    "parent",
    "labels",
    "components",
    "fixVersions",
    "created",
    "updated",
    "resolutiondate",
    "duedate",
    "description",
    "environment",
)
"""The fields of every issue that the tables are made of, each cut out as JSON."""

TYPED_FIELDS: Mapping[str, object] = {
    "versions": [{"id": "VARCHAR", "name": "VARCHAR"}],
    "issuelinks": [
        {
            "id": "VARCHAR",
            "type": {"id": "VARCHAR", "name": "VARCHAR", "inward": "VARCHAR", "outward": "VARCHAR"},
            "outwardIssue": {"id": "VARCHAR", "key": "VARCHAR"},
            "inwardIssue": {"id": "VARCHAR", "key": "VARCHAR"},
        }
    ],
    "security": {"id": "VARCHAR", "name": "VARCHAR"},
    "votes": {"votes": "BIGINT"},
    "watches": {"watchCount": "BIGINT"},
    "timeoriginalestimate": "BIGINT",
    "timeestimate": "BIGINT",
    "timespent": "BIGINT",
    "aggregatetimeoriginalestimate": "BIGINT",
    "aggregatetimeestimate": "BIGINT",
    "aggregatetimespent": "BIGINT",
    "statuscategorychangedate": "VARCHAR",
}
"""Fields that are read at once, which costs half as much; a value of another shape is null."""

PERSON = {
    "accountId": "VARCHAR",
    "displayName": "VARCHAR",
    "emailAddress": "VARCHAR",
    "accountType": "VARCHAR",
    "active": "BOOLEAN",
    "timeZone": "VARCHAR",
}

STATUS = {"id": "VARCHAR", "name": "VARCHAR", "statusCategory": {"key": "VARCHAR"}}

HISTORIES = [
    {
        "id": "VARCHAR",
        "created": "VARCHAR",
        "author": PERSON,
        "items": [
            {
                "field": "VARCHAR",
                "fieldId": "VARCHAR",
                "from": "VARCHAR",
                "fromString": "VARCHAR",
                "to": "VARCHAR",
                "toString": "VARCHAR",
            }
        ],
    }
]

LEGACY_SPRINT_COLUMNS = {
    "sprint_id": "id",
    "sprint_name": "name",
    "state": "state",
    "board_id": "rapidViewId",
    "goal": "goal",
    "started_at": "startDate",
    "ended_at": "endDate",
    "completed_at": "completeDate",
}

_LEGACY_SPRINT_KEYS = (
    "id|rapidViewId|state|name|goal|startDate|endDate|completeDate|activatedDate|sequence|synced"
    "|autoStartStop|incompleteIssuesDestinationId"
)


def shape(value: object) -> str:
    """Write a shape as a quoted SQL text."""
    return literal(msgspec.json.encode(value).decode())


def issue_shape(field_ids: Sequence[str]) -> str:
    """Describe an issue of which each of these fields is cut out as JSON."""
    names = {name.lower(): name for name in (*TYPED_FIELDS, *field_ids, *STAGED_FIELDS)}
    whole = {*field_ids, *STAGED_FIELDS}
    shapes = {name: "JSON" if name in whole else TYPED_FIELDS[name] for name in names.values()}
    return shape({"fields": shapes})


def typed_fields(field_ids: Sequence[str]) -> dict[str, str]:
    """Name the typed fields in SQL; those among the given fields were cut out as JSON."""
    return {
        name: f"from_json({field_path(name)}, {shape(kind)})" if name in field_ids else field_path(name)
        for name, kind in TYPED_FIELDS.items()
    }


def field_path(field_id: str | None) -> str:
    """Name a staged field in SQL; no field is a null."""
    return "null::json" if field_id is None else f"fields.{identifier(field_id)}"


def first_set(field_ids: Sequence[str]) -> str:
    """Name the first of these fields that has a value in SQL."""
    return f"coalesce({', '.join(field_path(name) for name in field_ids)})" if field_ids else field_path(None)


def field_pairs(field_ids: Sequence[str]) -> str:
    """List these fields with their values in SQL."""
    pairs = (f"{{'field_id': {literal(name)}, 'value': {field_path(name)}}}" for name in field_ids)
    return f"[{', '.join(pairs)}]::struct(field_id varchar, value json)[]"


def legacy_sprint_parts() -> str:
    """Cut the text of a sprint's Java object into columns: each value ends where the next key begins."""
    rest = f"=(.*?)(?:,(?:{_LEGACY_SPRINT_KEYS})=|$)"
    return ",\n".join(
        f"nullif(regexp_extract(body, '(?:^|,){key}{rest}', 1, 's'), '<null>') as {column}"
        for column, key in LEGACY_SPRINT_COLUMNS.items()
    )
