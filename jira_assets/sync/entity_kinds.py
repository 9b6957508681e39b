"""The kinds of things that come as a list of each issue: where from, and in which version."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import msgspec

from jira_assets.jira.client import JiraClient
from jira_assets.jira.timestamps import parse_time

ListKind = Literal["comments", "attachments", "remote_links"]

_decode = msgspec.json.Decoder(dict[str, msgspec.Raw]).decode


@dataclass(frozen=True)
class EntityKind:
    """One kind: `name` as in the setting, `field` the field of an issue that has its list, if any has.

    `fetch` reads the whole list of one issue. `body` is the attribute of an entry that is left out unless
    texts are to be kept. `versions` names the statement that says which issues have a list, in which version.
    """

    name: ListKind
    versions: str = "sync/issue_versions"
    field: str | None = None
    body: str | None = None
    fetch: Callable[[JiraClient, str], list[bytes]] | None = None


COMMENTS = EntityKind("comments", field="comment", body="body", fetch=JiraClient.fetch_comments)
ATTACHMENTS = EntityKind("attachments", field="attachment")
REMOTE_LINKS = EntityKind(
    "remote_links", versions="sync/remote_link_versions", fetch=JiraClient.fetch_remote_links
)
KINDS = (COMMENTS, ATTACHMENTS, REMOTE_LINKS)
WORKLOGS = "worklogs"
"""The kind that is read of the whole site at once."""


def payload_of(entries: Sequence[bytes], without: str | None) -> bytes:
    """Write a list as one document, in the order of the ids, without an attribute of its entries.

    An entry without an id is left out.
    """
    cut = [(parts, entry) for entry in entries if (parts := _parts(entry))]
    ordered = sorted(cut, key=lambda pair: _order(pair[0]["id"]))
    kept = [
        entry if without is None else msgspec.json.encode({k: v for k, v in parts.items() if k != without})
        for parts, entry in ordered
    ]
    return well_formed(b"[%b]" % b",".join(kept))


def well_formed(document: bytes) -> bytes:
    r"""Return a document that every reader of JSON takes: half a surrogate pair becomes U+FFFD."""
    if b"\\ud" not in document and b"\\uD" not in document:
        return document
    text = msgspec.json.encode(_mended(_loads(document)))
    return bytes(text)


def digest_of(payload: bytes) -> str:
    """Return what tells a list from another one."""
    return hashlib.sha256(payload).hexdigest()


def versions_in(entries: Sequence[bytes]) -> set[tuple[str, Any]]:
    """Return ids and versions of the entries of a list."""
    found = set()
    for entry in entries:
        if parts := _parts(entry):
            entry_id, updated = (msgspec.json.decode(parts.get(name, b"null")) for name in ("id", "updated"))
            found.add((str(entry_id), parse_time(updated)))
    return found


def _parts(entry: bytes) -> dict[str, msgspec.Raw] | None:
    """Return the attributes of an entry; None for what is none, or has no id."""
    try:
        parts = _decode(entry)
    except msgspec.DecodeError:
        return None
    return parts if bytes(parts.get("id", b"null")) not in (b"null", b'""') else None


def _order(raw_id: bytes) -> tuple[int, bytes]:
    text = bytes(raw_id).strip(b'"')
    return (int(text) if text.isdigit() else 0, text)


def _loads(document: bytes) -> Any:
    import json  # the standard library reads half a surrogate pair

    return json.loads(document)


def _mended(value: Any) -> Any:
    if isinstance(value, str):
        return value.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    if isinstance(value, list):
        return [_mended(each) for each in value]
    if isinstance(value, dict):
        return {_mended(key): _mended(each) for key, each in value.items()}
    return value
