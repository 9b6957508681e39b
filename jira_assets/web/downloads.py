"""Rows as CSV, for a person with a spreadsheet."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from typing import Any

from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from jira_assets.web.desk import Desk
from jira_assets.web.published import Rows

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
    desk: Desk = request.app.state.desk
    parameters = {
        "search": request.query_params.get("q", "").strip(),
        "project": request.query_params.get("project") or None,
        "decided": [override.account_id for override in desk.state.overrides()],
        "most": 1_000_000,
        "skipped": 0,
    }
    rows = desk.published.ask("unmatched", parameters)
    places = [rows.columns.index(column) for column in COLUMNS]
    chosen = Rows(COLUMNS, [tuple(row[place] for place in places) for row in rows.rows], rows.as_of)
    return csv_answer(chosen, "unmatched-accounts.csv")


def csv_answer(rows: Rows, name: str) -> Response:
    """Send rows as a file of that name."""
    headers = {"content-disposition": f'attachment; filename="{name}"', "x-as-of": rows.as_of.isoformat()}
    return StreamingResponse(write_csv(rows.columns, rows.rows), 200, headers, "text/csv; charset=utf-8")


def write_csv(columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> Iterator[str]:
    """Write CSV that no spreadsheet takes for formulas: names and summaries are other people's words."""
    buffer = io.StringIO()
    writer = csv.writer(buffer, lineterminator="\r\n")
    writer.writerow(columns)
    for row in rows:
        writer.writerow([_cell(value) for value in row])
        if buffer.tell() > 65_536:
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
