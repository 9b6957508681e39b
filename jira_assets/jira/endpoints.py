"""What every group of endpoints needs: a transport, and Jira's paging by position."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from typing import Generic, TypeVar

import msgspec

from jira_assets.jira.transport import Params, Transport

Item = TypeVar("Item")
Shape = TypeVar("Shape")


class _Page(msgspec.Struct, Generic[Item], rename="camel"):
    values: list[Item]
    is_last: bool | None = None


class Endpoints:
    """A group of Jira's endpoints."""

    def __init__(self, transport: Transport) -> None:
        self.transport = transport
        self._checking = threading.Lock()

    def check_site(self) -> None:
        """Ask the site for something small, with all patience; raises what it answers when it is down."""
        with self._checking:  # when many requests fail at once, one question at a time is enough
            self.transport.request("GET", "/rest/api/3/myself")

    def _get(self, path: str, shape: type[Shape], params: Params | None = None) -> Shape:
        return self.transport.request("GET", path, params=params).decode(shape)

    def _post(self, path: str, shape: type[Shape], body: object, *, failures: int | None = None) -> Shape:
        return self.transport.request("POST", path, json=body, failures=failures).decode(shape)

    def _pages(self, path: str, item: type[Item], params: Params) -> Iterator[list[Item]]:
        """Read pages by position until Jira says it was the last, or one is empty.

        A page may be shorter than asked for, so the next starts after what came, not after what was asked.
        """
        start = 0
        while True:
            page = self._get(path, _Page[item], {**params, "startAt": start})  # type: ignore[valid-type]  # a type made at run time
            self.transport.spend(len(page.values))
            yield page.values
            start += len(page.values)
            if page.is_last or not page.values:
                return
