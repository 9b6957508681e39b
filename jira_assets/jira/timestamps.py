"""The times that Jira prints, as aware datetimes in UTC."""

from __future__ import annotations

import re
from datetime import UTC, datetime

_EPOCH_TEXT = re.compile(r"-?[0-9]{9,}(\.[0-9]+)?")
# 10^11 seconds are the year 5138 and 10^11 milliseconds are March 1973: no issue lies beyond either.
_MILLISECONDS_FROM = 100_000_000_000


def parse_time(value: object) -> datetime | None:
    """Read a time as Jira prints it: ISO 8601 with any offset, or epoch seconds or milliseconds.

    A text without an offset is taken as UTC. Returns None for everything that is no time between the years
    1 and 9999 in UTC; never raises, whatever the value.
    """
    try:
        if isinstance(value, str):
            # The dash first: this is asked for each entry of each changelog, and a pattern costs more.
            if value[4:5] == "-" or not _EPOCH_TEXT.fullmatch(value):
                return _from_text(value)
            return _from_epoch(float(value) if "." in value else int(value))
        if isinstance(value, int | float) and not isinstance(value, bool):
            return _from_epoch(value)
    except (ValueError, OverflowError, OSError):
        pass
    return None


def epoch_ms(moment: datetime) -> int:
    """Return a time as whole milliseconds since 1970, rounded down: in JQL, it alone needs no zone."""
    since = moment - datetime(1970, 1, 1, tzinfo=UTC)
    return (since.days * 86_400 + since.seconds) * 1000 + since.microseconds // 1000


def _from_text(text: str) -> datetime:
    moment = datetime.fromisoformat(text)
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)


def _from_epoch(number: float) -> datetime:
    milliseconds = number if abs(number) >= _MILLISECONDS_FROM else number * 1000
    # Whole seconds and the rest apart: a float of both loses the last digits.
    seconds, rest = divmod(milliseconds, 1000)
    return datetime.fromtimestamp(int(seconds), UTC).replace(microsecond=int(rest * 1000))
