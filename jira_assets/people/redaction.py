"""Take the names and addresses of people out of Jira's JSON, wherever it says whose they are.

Jira names the account beside them: in every description of a person (fields, custom fields, authors of
changes, comments and worklogs), in changes of fields that hold people, and in mentions. A text that has the
id of the account in it loses the names that were found elsewhere; any other text that people typed is left.
"""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Iterator
from typing import Any

FORGOTTEN = "Forgotten person"
"""The name that stands in place of theirs."""

_KEPT = ("accountId", "id", "accountType", "active", "type")
"""What stays of a description of a person; their picture has the digest of their address."""
_SIDES = (("from", "fromString", "tmpFromAccountId"), ("to", "toString", "tmpToAccountId"))
"""How a change names the account and the name, before and after it."""


class Redaction:
    """Takes some accounts out of documents.

    `names` are the names and addresses that are known of them, with those that it finds.
    """

    def __init__(self, account_ids: Collection[str] = (), names: Collection[str] = ()) -> None:
        self.account_ids = frozenset(account_ids)
        self.names = set(names)
        self._needles = [account_id.encode() for account_id in self.account_ids]

    def __call__(self, document: bytes) -> bytes:
        """Return the document without them; the very same one where it does not mention them."""
        if not any(needle in document for needle in self._needles):
            return document
        found = json.loads(document)
        clean = self._clean_texts(self._clean(found))
        if clean == found:
            return document
        return _encode(clean)

    def row(self, row: dict[str, Any]) -> dict[str, Any]:
        """Return the row of an account without name, address and time zone, if it is one of them."""
        if row["account_id"] not in self.account_ids:
            return row
        self._note(row.get("display_name"), row.get("email"))
        return {**row, "display_name": FORGOTTEN, "email": None, "time_zone": None}

    def _clean(self, value: Any) -> Any:
        if isinstance(value, list):
            return [self._clean(each) for each in value]
        if not isinstance(value, dict):
            return value
        if self._is_person(value):
            return self._person(value)
        clean = {name: self._clean(part) for name, part in value.items()}
        if _is_one(value.get("id"), self.account_ids) and isinstance(value.get("text"), str):
            self._note(value["text"].removeprefix("@"))
            clean["text"] = f"@{FORGOTTEN}"
        for account, name, also in _SIDES:
            if isinstance(value.get(name), str):
                clean[name] = self._change(value.get(account) or value.get(also), value[name])
        return clean

    def _clean_texts(self, value: Any) -> Any:
        if isinstance(value, list):
            return [self._clean_texts(each) for each in value]
        if isinstance(value, dict):
            return {name: self._clean_texts(part) for name, part in value.items()}
        if not isinstance(value, str) or not any(account_id in value for account_id in self.account_ids):
            return value
        for name in sorted(self.names, key=lambda name: (-len(name), name)):
            value = re.sub(rf"(?<!\w){re.escape(name)}(?!\w)", FORGOTTEN, value)
        return value

    def _is_person(self, value: dict[str, Any]) -> bool:
        account_id = value.get("accountId", value.get("id") if "displayName" in value else None)
        return _is_one(account_id, self.account_ids)

    def _person(self, value: dict[str, Any]) -> dict[str, Any]:
        self._note(value.get("displayName"), value.get("emailAddress"))
        kept = {name: part for name, part in value.items() if name in _KEPT and not isinstance(part, dict)}
        if "accountId=" in str(value.get("self")):
            kept["self"] = value["self"]
        return {**kept, "displayName": FORGOTTEN}

    def _change(self, account: Any, names: str) -> str:
        """Replace the name in one side of a change, which may list several accounts and their names."""
        ids = _listed(account) if isinstance(account, str) else []
        if not self.account_ids.intersection(ids):
            return names
        if len(ids) == 1:
            self._note(names)
            return FORGOTTEN
        parts = _listed(names)
        if len(parts) != len(ids):
            return FORGOTTEN  # a name has a comma in it: it is not known which
        pairs = list(zip(ids, parts, strict=True))
        self._note(*(name for account_id, name in pairs if account_id in self.account_ids))
        clean = (FORGOTTEN if account_id in self.account_ids else name for account_id, name in pairs)
        return ", ".join(clean)

    def _note(self, *names: Any) -> None:
        self.names.update(_stated(names))


def _is_one(account_id: Any, account_ids: Collection[str]) -> bool:
    return isinstance(account_id, str) and account_id in account_ids


def _stated(names: Collection[Any]) -> Iterator[str]:
    for name in names:
        if isinstance(name, str) and name.strip() and name.strip() not in (FORGOTTEN, "Former user"):
            yield name.strip()


def _listed(text: str) -> list[str]:
    return [part.strip() for part in text.removeprefix("[").removesuffix("]").split(",")]


def _encode(value: Any) -> bytes:
    try:
        return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()
    except UnicodeEncodeError:  # half a surrogate pair, which only an escape can write
        return json.dumps(value, separators=(",", ":")).encode()
