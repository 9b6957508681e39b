"""What the dates in a query mean: epoch milliseconds, the caller's own zone, or a span before now."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from jira_assets.demo.clock import epoch_ms, moment
from jira_assets.demo.jql.errors import JqlError
from jira_assets.demo.jql.tree import Value

MINUTE_MS = 60_000
_DATE = re.compile(r"(\d{4})[-/](\d{1,2})[-/](\d{1,2})(?:[ T](\d{1,2}):(\d{2}))?$")
_PERIOD = re.compile(r"([+-]?)((?:\d+[wdhm]?\s*)+)$")
_MINUTES = {"w": 7 * 24 * 60, "d": 24 * 60, "h": 60, "m": 1, "": 1}
_STARTS = {"startofday": "day", "startofweek": "week", "startofmonth": "month", "startofyear": "year"}


@dataclass(frozen=True, slots=True)
class Caller:
    """Who asks, as far as a date's meaning goes."""

    zone: ZoneInfo
    now_ms: int


def date_ms(value: Value, field: str, caller: Caller) -> int:
    """Return the epoch milliseconds a value stands for; raises JqlError.

    An unquoted number is epoch milliseconds; the same number in quotes is a span in minutes.
    """
    if value.arguments is not None:
        return _function_ms(value, caller)
    if not value.quoted and re.fullmatch(r"-?\d+", value.text):
        return int(value.text)
    text = value.text.strip()
    if match := _DATE.match(text):
        return _literal_ms(match, value.text, field, caller.zone)
    if match := _PERIOD.match(text):
        return caller.now_ms + _period_minutes(match) * MINUTE_MS
    raise _invalid(value.text, field)


def _literal_ms(match: re.Match[str], text: str, field: str, zone: ZoneInfo) -> int:
    year, month, day, hour, minute = (int(part or 0) for part in match.groups())
    try:
        return epoch_ms(datetime(year, month, day, hour, minute, tzinfo=zone))
    except ValueError:
        raise _invalid(text, field) from None


def _period_minutes(match: re.Match[str]) -> int:
    minutes = sum(int(n) * _MINUTES[unit] for n, unit in re.findall(r"(\d+)([wdhm]?)", match.group(2)))
    return -minutes if match.group(1) == "-" else minutes


def _function_ms(value: Value, caller: Caller) -> int:
    local = moment(caller.now_ms).astimezone(caller.zone)
    unit = _STARTS.get(value.text)
    if value.text == "now":
        return caller.now_ms
    if unit is None:
        raise JqlError(f"Unable to find JQL function '{value.text}({', '.join(value.arguments or ())})'.")
    start = local.replace(hour=0, minute=0, second=0, microsecond=0)
    if unit == "week":
        start -= timedelta(days=(start.weekday() + 1) % 7)
    elif unit != "day":
        start = start.replace(day=1, month=1 if unit == "year" else start.month)
    return epoch_ms(start)


def _invalid(text: str, field: str) -> JqlError:
    return JqlError(
        f"Date value '{text}' for field '{field}' is invalid. Valid formats include: 'yyyy/MM/dd HH:mm', "
        "'yyyy-MM-dd HH:mm', 'yyyy/MM/dd', 'yyyy-MM-dd', or a period format e.g. '-5d', '4w 2d'."
    )
