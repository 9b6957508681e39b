"""How the command line and the page put numbers and times into words."""

from __future__ import annotations

from datetime import UTC, datetime


def ago(moment: datetime | None, now: datetime | None = None) -> str:
    """Return how long ago something was, roughly."""
    if moment is None:
        return "never"
    seconds = ((now or datetime.now(UTC)) - moment).total_seconds()
    for size, unit in ((86400, "d"), (3600, "h"), (60, "min")):
        if seconds >= size:
            return f"{int(seconds // size)} {unit} ago"
    return "just now"


def counted(number: int, noun: str) -> str:
    """Say how many: 1 project, 2 projects."""
    return f"{number:,} {noun}{'' if number == 1 else 's'}"
