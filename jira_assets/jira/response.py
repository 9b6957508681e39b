"""What came back of one HTTP request."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import TypeVar

import msgspec

from jira_assets.decoding import decode_json
from jira_assets.errors import IncompleteRead

Shape = TypeVar("Shape")
_PAGE = re.compile(rb"<(!doctype|html|head|body|title|h1)\b", re.IGNORECASE)


@dataclass(frozen=True)
class Response:
    """One answer of Jira; header names are looked up in any case, the url has no query and no secrets."""

    status: int
    headers: Mapping[str, str] = field(repr=False)
    body: bytes = field(repr=False)
    method: str = "GET"
    url: str = ""

    @property
    def date(self) -> datetime | None:
        """When Jira answered, by its own clock, whole seconds."""
        return http_date(self.headers.get("Date"))

    @property
    def is_page(self) -> bool:
        """Distinguish an HTML page from data; the header does not: Jira calls a bare line of text HTML."""
        return bool(_PAGE.search(self.body[:2000]))

    def is_json(self) -> bool:
        """Return whether the body is one whole JSON document; cheap, it builds no objects."""
        try:
            msgspec.json.decode(self.body, type=msgspec.Raw)
        except msgspec.DecodeError:
            return False
        return True

    def decode(self, shape: type[Shape]) -> Shape:
        """Read the body as `shape`; raises IncompleteRead when it is something else."""
        try:
            return decode_json(self.body, shape)
        except msgspec.DecodeError as error:
            found = str(error).rstrip(".")
            raise IncompleteRead(
                f"Jira answered {self.method} {self.url} with an unexpected response: {found}.",
                "The response was discarded. The next sync requests it again.",
                url=self.url,
            ) from error


def http_date(text: str | None) -> datetime | None:
    """Read a date as HTTP headers print it, None when there is none."""
    if not text:
        return None
    try:
        moment = parsedate_to_datetime(text)
    except ValueError:
        return None
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
