"""A request to a demo site after it has been read: who asks for what."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import msgspec

from jira_assets.demo.accounts import Account
from jira_assets.demo.http.reply import bad_payload, refuse
from jira_assets.demo.site import DemoSite


@dataclass(frozen=True, slots=True)
class Call:
    """A request; `account` None is an anonymous one, `arguments` are the variable parts of the path."""

    site: DemoSite
    account: Account | None
    arguments: Sequence[str]
    query: Mapping[str, Sequence[str]]
    raw_body: bytes = b""
    authorization: str | None = None

    def body(self, *known: str) -> dict[str, Any]:
        """Return the JSON body; an unknown key is refused, as the endpoints that take one do."""
        try:
            body = msgspec.json.decode(self.raw_body or b"{}")
        except msgspec.DecodeError:
            raise bad_payload() from None
        if not isinstance(body, dict) or not set(body) <= set(known):
            raise bad_payload()
        return body

    def text(self, name: str, default: str = "") -> str:
        """Return the last value of a query parameter."""
        return self.query[name][-1] if self.query.get(name) else default

    def several(self, name: str) -> list[str]:
        """Return all values of a query parameter, also those joined with commas."""
        return [part for value in self.query.get(name, ()) for part in value.split(",") if part]

    def number(self, name: str, default: int) -> int:
        """Return a query parameter as a number."""
        try:
            return int(self.text(name, str(default)))
        except ValueError:
            raise refuse(400, f"The value of '{name}' is not a number.") from None

    def flag(self, name: str) -> bool:
        """Return a query parameter as a yes or no."""
        return self.text(name).lower() == "true"


def whole_number(value: Any, *, least: int, name: str = "maxResults") -> int:
    """Return a number of a JSON body; raises Refusal for anything else."""
    if not isinstance(value, int) or isinstance(value, bool) or value < least:
        raise refuse(400, f"The value '{value}' of '{name}' is not valid.")
    return value


def texts(value: Any) -> list[str]:
    """Return a list of texts of a JSON body; raises Refusal for anything else."""
    if not isinstance(value, list) or not all(isinstance(each, str | int) for each in value):
        raise bad_payload()
    return [str(each) for each in value]
