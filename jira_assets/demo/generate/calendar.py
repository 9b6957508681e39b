"""When things happen on the demo site: mostly on weekdays, mostly in daytime."""

from __future__ import annotations

from datetime import UTC, datetime
from random import Random
from zoneinfo import ZoneInfo

HOUR = 3_600_000
DAY = 24 * HOUR
WEEK = 7 * DAY
HISTORY = 2 * 365 * DAY
"""How far back the life of a generated site reaches."""

FIRST_HOUR, LAST_HOUR = 6, 17
WEEKEND_WORK = 0.08
NIGHT_WORK = 0.05


def working_time(rng: Random, at: int) -> int:
    """Move a time (epoch ms) forward into working hours; a few people work at night or on Sunday."""
    hour = at % DAY // HOUR
    if not FIRST_HOUR <= hour <= LAST_HOUR and rng.random() > NIGHT_WORK:
        midnight = at - at % DAY + (DAY if hour > LAST_HOUR else 0)
        at = midnight + FIRST_HOUR * HOUR + int(rng.random() * (LAST_HOUR - FIRST_HOUR) * HOUR)
    days_to_monday = 7 - weekday(at)
    if days_to_monday <= 2 and rng.random() > WEEKEND_WORK:
        at += days_to_monday * DAY
    return at


def weekday(at: int) -> int:
    """Return the weekday in UTC, Monday being 0 (the epoch began on a Thursday)."""
    return (at // DAY + 3) % 7


def creation_times(rng: Random, count: int, now: int) -> list[int]:
    """Spread the births of issues over two years, rising steadily towards now.

    The number a week grows by a hundredth from each to the next, the last one too: a chart shows no cliff.
    """
    times = []
    for _ in range(count):
        at = working_time(rng, now - 1 - int(HISTORY * (1 - rng.random() ** 0.5)))
        # A birth that the working hours pushed past now happened at that time in one of the weeks before.
        times.append(at if at < now else at - (1 + int(rng.random() * 4)) * WEEK)
    return sorted(times)


def jira_date(at: int) -> str:
    """Print a day the way Jira prints due dates."""
    return datetime.fromtimestamp(at // 1000, UTC).strftime("%Y-%m-%d")


def jira_time(at: int, zone: ZoneInfo) -> str:
    """Print an instant the way Jira does: milliseconds, and an offset without a colon."""
    local = datetime.fromtimestamp(at // 1000, zone)
    return f"{local:%Y-%m-%dT%H:%M:%S}.{at % 1000:03d}{local:%z}"
