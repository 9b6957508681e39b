"""Ways in which a demo site misbehaves on purpose."""

from __future__ import annotations

import json
import random
import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, Literal

Kind = Literal[
    "answer",  # this status, these headers and this body instead of the real answer
    "reset",  # the connection is reset before any answer
    "reset_midbody",  # the connection is reset in the middle of the answer
    "truncated",  # Content-Length promises more than comes
    "chunk_cut",  # a chunked answer ends without its last chunk
    "invalid_json",  # a complete 200 whose JSON stops in the middle
    "slow",  # the real answer, late
    "odd_records",  # the real list, and these elements with it
]
HTML = "text/html;charset=UTF-8"
OOPS = (
    '<!DOCTYPE html><html lang="en"><head><title>Oops - an error has occurred</title></head>'
    '<body class=" error-page error{status}"><h1>Oops</h1></body></html>'
)


_LISTS = ("values", "issues", "comments", "worklogs")
"""The names of lists in pages."""


@dataclass(slots=True, eq=False)
class Fault:
    """A rule: what goes wrong, how often, and for which requests.

    `count` None means without end. `path` is a prefix of the path below the mount (`/rest/api/3/search`),
    `when` a text that the query string or the body must hold.
    """

    kind: Kind
    probability: float = 1.0
    count: int | None = None
    path: str = ""
    when: str = ""
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    body: str = ""
    retry_after: float | None = None
    reset_in: timedelta | None = None
    seconds: float = 0.0
    exact: bool = False
    """Whether `path` is the whole path."""
    elements: Sequence[Any] = ()

    def concerns(self, path: str, text: str) -> bool:
        """Return whether a request may meet this fault."""
        is_there = path == self.path if self.exact else path.startswith(self.path)
        return self.count != 0 and is_there and self.when in text

    def with_odd_records(self, body: bytes) -> bytes:
        """Add the elements to the list in an answer, or to its page; an empty list ends paging and stays."""
        found = json.loads(body)
        values = found
        if isinstance(found, dict):
            values = next(found[name] for name in _LISTS if name in found)
        values += self.elements if values else ()
        return json.dumps(found).encode()

    def headers_at(self, now: datetime) -> dict[str, str]:
        """Return the headers of the answer, those that name a moment included."""
        headers = dict(self.headers)
        if self.retry_after is not None:
            headers["Retry-After"] = f"{self.retry_after:g}"
        if self.reset_in is not None:
            reset = now.astimezone(UTC) + self.reset_in
            headers["X-RateLimit-Reset"] = f"{reset:%Y-%m-%dT%H:%MZ}"
            headers["RateLimit"] = f'"global-app-quota";r=0;t={int(self.reset_in.total_seconds())}'
        return headers


def answer(status: int, body: str = "", *, content_type: str = "application/json", **rule: Any) -> Fault:
    """Answer with this status and body instead."""
    fault = Fault("answer", status=status, body=body, headers={"Content-Type": content_type})
    return _with(fault, rule)


def server_error(status: int = 503, *, retry_after: float | None = None, **rule: Any) -> Fault:
    """Fail with a 5xx."""
    return answer(status, OOPS.format(status=status), content_type=HTML, retry_after=retry_after, **rule)


def rate_limit(
    retry_after: float | None = 1, *, reason: str | None = "jira-burst-based", **rule: Any
) -> Fault:
    """Refuse with a 429, by default of a burst."""
    body = '{"errorMessages":["Rate limit exceeded."],"errors":{}}'
    fault = answer(429, body, retry_after=retry_after, **rule)
    fault.headers = {**fault.headers, **({"RateLimit-Reason": reason} if reason else {})}
    return fault


def quota_limit(reset_in: timedelta, *, retry_after: float | None = None, **rule: Any) -> Fault:
    """Refuse with the 429 of a spent hourly quota: nothing is answered until the reset."""
    fault = rate_limit(retry_after, reason="jira-quota-global-based", reset_in=reset_in, **rule)
    quota = {"X-RateLimit-Limit": "65000", "X-RateLimit-Remaining": "0", "X-RateLimit-NearLimit": "true"}
    policy = {"RateLimit-Policy": '"global-app-quota";q=65000;w=3600'}
    fault.headers = {**fault.headers, **quota, **policy}
    return fault


def html_rate_limit(**rule: Any) -> Fault:
    """Refuse with a 429 that says nothing but an HTML page."""
    return answer(429, OOPS.format(status=429), content_type="text/html", **rule)


def html_page(**rule: Any) -> Fault:
    """Return an HTML page with status 200, as a proxy or a login page does."""
    return answer(200, OOPS.format(status=200), content_type=HTML, **rule)


def broken(kind: Kind, **rule: Any) -> Fault:
    """Break the connection or the body."""
    return _with(Fault(kind), rule)


def odd_records(*elements: Any, **rule: Any) -> Fault:
    """Return the real list with these elements at its end, as sites with a history do."""
    return _with(Fault("odd_records", elements=elements), rule)


def every_fault(probability: float = 0.1, *, retry_after: float = 1) -> list[Fault]:
    """Return one of each family of faults (six of them fail a request), each at the given probability.

    The variants of a family share its probability evenly.
    """
    families: Sequence[Sequence[Fault]] = (
        [server_error(500), server_error(502), server_error(503), server_error(503, retry_after=retry_after)],
        [broken("reset"), broken("reset_midbody")],
        [broken("truncated"), broken("chunk_cut"), broken("invalid_json")],
        [rate_limit(retry_after)],
        [rate_limit(None, reason=None), html_rate_limit()],
        [html_page()],
        [broken("slow", seconds=0.02)],
    )
    faults = [fault for family in families for fault in family]
    for family in families:
        for fault in family:
            fault.probability = probability / len(family)
    return faults


class Faults:
    """The rules in force, tried in order; the same seed and requests give the same faults."""

    def __init__(self, seed: int = 0) -> None:
        self._random = random.Random(seed)
        self._lock = threading.Lock()
        self.rules: list[Fault] = []
        self.happened = 0

    def add(self, *faults: Fault) -> None:
        """Put rules into force."""
        with self._lock:
            self.rules.extend(faults)

    def clear(self) -> None:
        """Behave again."""
        with self._lock:
            self.rules.clear()

    def choose(self, path: str, text: str) -> Fault | None:
        """Return the fault that this request meets, or None."""
        with self._lock:
            for fault in self.rules:
                if fault.concerns(path, text) and self._random.random() < fault.probability:
                    fault.count = None if fault.count is None else fault.count - 1
                    self.happened += 1
                    return fault
        return None


def _with(fault: Fault, rule: dict[str, Any]) -> Fault:
    for name, value in rule.items():
        setattr(fault, name, value)
    return fault
