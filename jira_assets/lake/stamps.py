"""Name each publish by its moment: names sort by time, and files of one publish are found by it."""

from __future__ import annotations

import re
import time
from datetime import UTC, datetime

STAMP = re.compile(r"(\d{8}T\d{6})\d{9}Z")


def new_stamp() -> str:
    """Name the present moment, to the nanosecond."""
    nanoseconds = time.time_ns()
    moment = datetime.fromtimestamp(nanoseconds // 10**9, UTC)
    return f"{moment:%Y%m%dT%H%M%S}{nanoseconds % 10**9:09d}Z"


def moment_of(stamp: str) -> datetime:
    """Read the moment out of such a name, in UTC, to the second; raises `ValueError` where it is none."""
    found = STAMP.fullmatch(stamp)
    if found is None:
        raise ValueError(f"{stamp!r} does not name a publish")
    return datetime.strptime(found[1], "%Y%m%dT%H%M%S").replace(tzinfo=UTC)
