"""What every group of endpoints needs: a transport, paging by position, lists read record by record."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from datetime import datetime
from typing import TypeVar

import msgspec

from jira_assets.errors import IncompleteRead, JiraError
from jira_assets.jira.batch_splitting import FAILURES_FOR_GOOD
from jira_assets.jira.http import Params, Transport
from jira_assets.jira.record_parser import read_record, read_records

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
        self._down: tuple[datetime, JiraError] | None = None

    def check_site(self) -> None:
        """Ask the site for something small; raises what it answers when it is down for a minute or more."""
        asked_at = self.transport.clock()
        with self._checking:  # when many requests fail at once, one question is enough for all that wait
            if self._down is not None and self._down[0] > asked_at:
                raise self._down[1]
            try:
                self.transport.request("GET", "/rest/api/3/myself", failures=FAILURES_FOR_GOOD)
            except JiraError as error:
                self._down = self.transport.clock(), error
                raise

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
    """A list that comes whole, whatever position is requested, does not say that there is more."""
    if page.is_last is False:
        raise IncompleteRead(
            f"Jira returned the same page of {path} twice and reported more pages.",
            "The response was discarded. The next sync requests it again.",
        )
