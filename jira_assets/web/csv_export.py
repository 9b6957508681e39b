"""Rows as CSV, for a person with a spreadsheet."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from tempfile import SpooledTemporaryFile
from typing import IO, Any

import duckdb
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from jira_assets.web.app_state import AppState
from jira_assets.web.warehouse_reader import answer, published_at, question

ACCOUNTS_AT_ONCE = 5_000
_IN_MEMORY = 2**20
_PART = 2**16
_FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "\n", "\uff1d", "\uff0b", "\uff0d", "\uff20")
COLUMNS = (
    "account_id",
    "display_name",
    "email",
    "account_type",
    "reason",
    "candidates",
    "suggestions",
    "suggested_because",
    "projects",
    "issues_assigned",
    "issues_reported",
    "last_seen_at",
)


def unmatched(request: Request) -> Response:
    """Send every account that the search finds."""
    app_state: AppState = request.app.state.app_state
    search = {
        "search": request.query_params.get("q", "").strip(),
        "project": request.query_params.get("project") or None,
        "decided": [override.account_id for override in app_state.state.team.overrides()],
    }
    with app_state.published.opened() as connection:
        accounts = _accounts(connection, search)
        return csv_answer(COLUMNS, accounts, published_at(connection), "unmatched-accounts.csv")


def _accounts(connection: duckdb.DuckDBPyConnection, search: Mapping[str, Any]) -> Iterator[Sequence[Any]]:
    """Read the accounts some thousands at a time: all of a large site would fill the memory of the page."""
    skipped, found = 0, 1
    while skipped < found:
        page = {"most": ACCOUNTS_AT_ONCE, "skipped": skipped}
        for row in answer(connection, question("unmatched"), {**search, **page}):
            found = row["found"]
            yield [row[column] for column in COLUMNS]
        skipped += ACCOUNTS_AT_ONCE


def csv_answer(columns: Sequence[str], rows: Iterable[Sequence[Any]], as_of: datetime, name: str) -> Response:
    """Send rows as a file of that name.

    All are read before the first is sent: who takes long to receive them keeps no one waiting.
    """
    spool = SpooledTemporaryFile(max_size=_IN_MEMORY)  # noqa: SIM115  # closed when it was sent
    for part in write_csv(columns, rows):
        spool.write(part.encode())
    spool.seek(0)
    headers = {"content-disposition": f'attachment; filename="{name}"', "x-as-of": as_of.isoformat()}
    return StreamingResponse(_parts(spool), 200, headers, "text/csv; charset=utf-8")


def _parts(spool: IO[bytes]) -> Iterator[bytes]:
    with spool:
        while part := spool.read(_PART):
            yield part


def write_csv(columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> Iterator[str]:
    """Write CSV that no spreadsheet takes for formulas: names and summaries are other people's words."""
    buffer = io.StringIO()
    writer = csv.writer(buffer, lineterminator="\r\n")
    writer.writerow(columns)
    for row in rows:
        writer.writerow([_cell(value) for value in row])
        if buffer.tell() > _PART:
            yield buffer.getvalue()
            buffer.seek(0)
            buffer.truncate()
    yield buffer.getvalue()


def _cell(value: Any) -> Any:
    if value is None:
        return ""
    if isinstance(value, datetime):
        return value.isoformat(sep=" ", timespec="seconds")
    if isinstance(value, list | tuple):
        value = ", ".join(map(str, value))
    if isinstance(value, str) and value.startswith(_FORMULA_STARTS):
        return f"'{value}"
    return value
