"""Divide the requests in flight of a site between the processes that ask it.

A process never takes what another one still holds: it gets its whole share when the others have given back
what they hold beyond theirs. So there are never more than the limit, in whatever order they renew.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

import msgspec


class Share(msgspec.Struct, frozen=True):
    """What a process has of a site.

    It may have `holds` requests in flight until it renews the share or, by the clock of the database,
    `until` then. It had use for `wants`, and its settings allow `limit` for the site.
    """

    process: str
    holds: int
    wants: int
    limit: int
    until: datetime


def divide(limit: int, wants: Sequence[int]) -> list[int]:
    """Divide what is wanted as evenly as possible, then what is left; the first in line get one more.

    Where there are more than `limit`, the last in line get nothing.
    """
    given = [0] * len(wants)
    for only_wanted in (True, False):
        while short := [
            number for number, want in enumerate(wants) if not only_wanted or given[number] < want
        ][: limit - sum(given)]:
            for number in short:
                given[number] += 1
    return given


def renew(shares: Sequence[Share], mine: Share, now: datetime, life: timedelta) -> tuple[list[Share], int]:
    """Return the shares after a process has renewed its own, and how many requests it may have from now on.

    `mine` holds what the process has in flight or may have until it knows the result. It stays in the place
    in line that it has; shares that ran out are gone.
    """
    line = [
        mine if share.process == mine.process else share
        for share in shares
        if share.process == mine.process or share.until > now
    ]
    if mine not in line:
        line.append(mine)
    place = line.index(mine)
    limit = min(share.limit for share in line)
    due = divide(limit, [share.wants for share in line])[place]
    free = limit - sum(share.holds for share in line if share is not mine)
    allowed = max(min(due, free), 0)
    line[place] = msgspec.structs.replace(mine, holds=max(allowed, mine.holds), until=now + life)
    return line, allowed


def without(shares: Sequence[Share], process: str) -> list[Share]:
    """Return the shares of the others."""
    return [share for share in shares if share.process != process]
