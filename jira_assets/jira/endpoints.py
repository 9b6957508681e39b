"""What every group of endpoints needs: a transport, paging by position, lists read record by record."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from typing import TypeVar

import msgspec

from jira_assets.errors import IncompleteRead
from jira_assets.jira.records import read_record, read_records
from jira_assets.jira.transport import Params, Transport

Item = TypeVar("Item", bound=msgspec.Struct)
Shape = TypeVar("Shape")


class _Page(msgspec.Struct, rename="camel"):
    values: list[msgspec.Raw]
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

    def _record(self, path: str, shape: type[Item]) -> Item:
        return read_record(self.transport.request("GET", path), shape)

    def _list(self, path: str, item: type[Item]) -> list[Item]:
        return read_records(self._get(path, list[msgspec.Raw]), item)

    def _pages(self, path: str, item: type[Item], params: Params) -> Iterator[list[Item]]:
        """Read pages by position until Jira says it was the last, or one is empty.

        A page may be shorter than asked for, so the next starts after what came, not after what was asked.
        """
        start = 0
        before: list[msgspec.Raw] = []
        while True:
            page = self._get(path, _Page, {**params, "startAt": start})
            if page.values and page.values == before:  # it does not heed the position
                _check_whole(path, page)
                return
            self.transport.spend(len(page.values))
            yield read_records(page.values, item)
            before, start = page.values, start + len(page.values)
            if page.is_last or not page.values:
                return


def _check_whole(path: str, page: _Page) -> None:
    """A list that comes whole, whatever position is asked for, does not say that there is more."""
    if page.is_last is False:
        raise IncompleteRead(
            f"Jira returned the same page of {path} twice and reported more pages.",
            "The response was discarded. The next sync requests it again.",
        )
