"""How numbers and times are written on the page."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime

from markupsafe import Markup, escape

NOTHING = "\u2013"
THIN = "\u202f"


def number(value: float | None, decimals: int = 0) -> str:
    """Write a number with thin spaces between thousands; a dash for nothing."""
    if value is None:
        return NOTHING
    return f"{value:,.{decimals}f}".replace(",", THIN)


def moment(value: datetime | None) -> str:
    """Write an instant in UTC."""
    if value is None:
        return "never"
    aware = value if value.tzinfo else value.replace(tzinfo=UTC)
    return f"{aware.astimezone(UTC):%Y-%m-%d %H:%M} UTC"


def duration(seconds: float | None) -> str:
    """Write how long something took; a dash for what has not ended."""
    if seconds is None:
        return NOTHING
    if seconds < 60:
        return f"{seconds:.1f} s"
    minutes = round(seconds / 60)
    return f"{minutes} min" if minutes < 60 else f"{minutes // 60} h {minutes % 60} min"


def day(value: date | None) -> str:
    """Write a day."""
    return NOTHING if value is None else f"{value:%Y-%m-%d}"


def with_code(words: str) -> Markup:
    """Set what stands between backticks as code: remedies name commands that way."""
    return Markup(re.sub("`([^`]+)`", r"<code>\1</code>", str(escape(words))))  # noqa: S704  # escaped before


def site(address: str) -> str:
    """Write the address of a site as people say it."""
    return address.removeprefix("https://").removeprefix("http://").rstrip("/")


def share(part: float | None, whole: float | None) -> str:
    """Write a part of a whole in percent; rounded so that only all of it is 100 %."""
    if not whole or part is None:
        return NOTHING
    percent = 100 * part / whole
    if percent in (0, 100):
        return f"{percent:.0f}{THIN}%"
    return f"{min(max(percent, 0.1), 99.9):.1f}{THIN}%"
