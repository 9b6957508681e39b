"""The times that Jira prints, as aware datetimes in UTC."""

from __future__ import annotations

import re
from datetime import UTC, datetime

_EPOCH_TEXT = re.compile(r"-?\d{9,}(\.\d+)?")
# 10^11 seconds are the year 5138 and 10^11 milliseconds are March 1973: no issue lies beyond either.
_MILLISECONDS_FROM = 100_000_000_000


def parse_time(value: str | float) -> datetime:
    """Read a time as Jira prints it: ISO 8601 with any offset, or epoch seconds or milliseconds.

    A text without an offset is taken as UTC. Raises ValueError when it is no time.
    """
    if isinstance(value, str):
        # The dash first: this is asked for each entry of each changelog, and a pattern costs more.
        if value[4:5] == "-" or not _EPOCH_TEXT.fullmatch(value):
            return _from_text(value)
        value = float(value) if "." in value else int(value)
    return _from_epoch(value)


def epoch_ms(moment: datetime) -> int:
    """Give a time as whole milliseconds since 1970, rounded down: the only form JQL reads without a zone."""
    since = moment - datetime(1970, 1, 1, tzinfo=UTC)
    return (since.days * 86_400 + since.seconds) * 1000 + since.microseconds // 1000


def _from_text(text: str) -> datetime:
    moment = datetime.fromisoformat(text)
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)


def _from_epoch(number: float) -> datetime:
    milliseconds = number if abs(number) >= _MILLISECONDS_FROM else number * 1000
    try:
        # Whole seconds and the rest apart: a float of both loses the last digits.
        seconds, rest = divmod(milliseconds, 1000)
        return datetime.fromtimestamp(int(seconds), UTC).replace(microsecond=int(rest * 1000))
    except (OverflowError, OSError) as error:
        raise ValueError(f"{number} is no time") from error
