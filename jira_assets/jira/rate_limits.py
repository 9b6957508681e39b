"""How long to stay away, and from what, after Jira said no for the moment."""

from __future__ import annotations

import math
import random
import re
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Literal

from jira_assets.jira.response import Response, http_date
from jira_assets.jira.timestamps import parse_time

Scope = Literal["request", "endpoint", "site"]

FIRST_WAIT = 2.0
LONGEST_WAIT = 30.0
# No one waits so long, and a header may say any number, also one that no calendar holds.
MOST_SECONDS = 10 * 86_400.0
_dice = random.SystemRandom()


@dataclass(frozen=True)
class Limit:
    """Who has to stay away, for how many seconds at least, and whose pause it is and why."""

    scope: Scope
    seconds: float
    reason: str


def backoff(attempt: int) -> float:
    """Return the seconds to wait after the nth failure: 2 doubling to 30, ±30 % to spread clients out."""
    return min(FIRST_WAIT * 2.0 ** (attempt - 1), LONGEST_WAIT) * _dice.uniform(0.7, 1.3)


def read_limit(answer: Response, now: datetime) -> Limit:
    """Read from the headers of a 429 or 5xx how long to stay away, and from what.

    A spent quota stops the whole site until it is reset. A burst concerns one endpoint. Anything else
    with a Retry-After keeps its endpoint free too: others would run into the same wall.
    """
    limit = _limit_as_told(answer, now)
    return replace(limit, seconds=min(limit.seconds, MOST_SECONDS))


def _limit_as_told(answer: Response, now: datetime) -> Limit:
    # Seconds are counted from the server's clock where it says it: ours may be off.
    start = answer.date or now
    retry_after = _retry_after(answer.headers.get("Retry-After"), start)
    named = answer.headers.get("RateLimit-Reason", "")
    if answer.status != 429:
        return Limit("endpoint" if retry_after else "request", retry_after, _whose(answer, retry_after))
    told = f"429 {named}".strip()
    if "quota" in named.lower():
        seconds = max(retry_after, _quota_reset(answer, start))
        return Limit("site", seconds, f"Jira's quota is spent ({told})")
    scope: Scope = "endpoint" if retry_after or named else "request"
    return Limit(scope, retry_after, f"Jira limits the request rate ({told})")


def _whose(answer: Response, retry_after: float) -> str:
    """Say whose pause it is where no rate limit was named."""
    if retry_after:
        return f"Jira requested it ({answer.status} with Retry-After)"
    if answer.status >= 300:
        return f"back-off after Jira answered {answer.status}"
    if answer.is_page:
        return f"back-off after a web page instead of data ({answer.status})"
    return f"back-off after incomplete JSON ({answer.status})"


def _retry_after(text: str | None, start: datetime) -> float:
    """Read seconds or an HTTP date; 0 when absent, past or unreadable."""
    if not text:
        return 0.0
    try:
        seconds = float(text)
    except ValueError:
        until = http_date(text)
        seconds = (until - start).total_seconds() if until else 0.0
    return max(seconds, 0.0) if math.isfinite(seconds) else 0.0


def _quota_reset(answer: Response, start: datetime) -> float:
    """Return the seconds until the quota is full again, 0 when Jira does not say."""
    reset = parse_time(answer.headers.get("X-RateLimit-Reset"))
    if reset is not None:
        return max((reset - start).total_seconds(), 0.0)
    return _structured_reset(answer.headers.get("RateLimit", ""))


def _structured_reset(header: str) -> float:
    """Read `"global-app-quota";r=0;t=600, …`: the longest t of the entries that are used up, else of all."""
    entries = [dict(re.findall(r";\s*(\w+)=(\d+)", entry)) for entry in header.split(",")]
    timed = [entry for entry in entries if "t" in entry]
    spent = [entry for entry in timed if entry.get("r") == "0"]
    return float(max((int(entry["t"]) for entry in spent or timed), default=0))
