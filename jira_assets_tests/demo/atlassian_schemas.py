"""Atlassian's OpenAPI documents as JSON schemas that a validator understands."""

from __future__ import annotations

import json
from functools import lru_cache
from typing import Any

from jsonschema import Draft202012Validator

from jira_assets_tests.shared_data import shared_data

DOCUMENTS = {"/rest/agile": "jira-software.json", "/rest/api": "jira-platform-v3.json"}

NULL_ALL_THE_SAME = ("from", "fromString", "to", "toString", "nextPageToken")
"""Plain strings in the documents, null in real answers (where a field was empty, or on the last page)."""


def problems(method: str, path: str, answer: Any) -> list[str]:
    """Return where an answer differs from the schema of its endpoint (a path of the document)."""
    errors = validator(method, path).iter_errors(answer)
    return [
        f"{'/'.join(map(str, error.absolute_path))}: {error.message[:200]}"
        for error in errors
        if not (error.instance is None and error.absolute_path[-1] in NULL_ALL_THE_SAME)
    ]


@lru_cache
def validator(method: str, path: str) -> Draft202012Validator:
    """Return the validator for the 200 answer of an endpoint."""
    document = openapi(next(name for prefix, name in DOCUMENTS.items() if path.startswith(prefix)))
    content = document["paths"][path][method]["responses"]["200"]["content"]
    schema = next(iter(content.values()))["schema"]
    return Draft202012Validator({**schema, "components": document["components"]})


@lru_cache
def openapi(name: str) -> dict[str, Any]:
    """Read a document, with OpenAPI 3.0's `nullable` turned into what JSON schema has for it."""
    text = (shared_data("openapi") / name).read_text(encoding="utf-8")
    document: dict[str, Any] = json.loads(text, object_hook=_nullable)
    return document


def _nullable(part: dict[str, Any]) -> dict[str, Any]:
    if part.get("nullable") is not True:
        return part
    rest = {name: value for name, value in part.items() if name != "nullable"}
    return {"anyOf": [rest, {"type": "null"}]}
