"""How long questions beside the issues are asked again: a minute for all of them together."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import datetime, timedelta

from jira_assets.errors import JiraAssetsError, JiraUnavailable

TOGETHER = timedelta(minutes=1)
LONGEST_WAIT = 10.0
MOST_ATTEMPTS = 12
EQUAL_FAILURES = 5
"""So many failures of one kind are no chance: also a question that is first asked late gets as many tries."""
MOST_GIVEN_UP = 8
"""After so many of one endpoint in a row, the rest is not asked: it would fail as well."""


class RetryBudget:
    """Shared by questions that may be left unanswered; safe to use from many threads."""

    def __init__(self, clock: Callable[[], datetime], together: timedelta = TOGETHER) -> None:
        self._until = clock() + together
        self._lock = threading.Lock()
        self._given_up: Counter[str] = Counter()
        self._last: dict[str, JiraAssetsError] = {}

    def check(self, endpoint: str) -> None:
        """Raise what this endpoint failed with, when it did so too often to be asked once more."""
        with self._lock:
            if self._given_up[endpoint] < MOST_GIVEN_UP:
                return
            error = self._last[endpoint]
        raise JiraUnavailable(
            f"{endpoint} was skipped after {MOST_GIVEN_UP} failed requests. {error.reason}",
            error.instruction,
            **error.facts,
        )

    def lasts(
        self, endpoint: str, failures: Sequence[JiraAssetsError], now: datetime, wait: timedelta
    ) -> bool:
        """Return whether to ask again after a wait, when all attempts at a question failed like this."""
        is_late = now + wait > self._until
        with self._lock:
            if len(failures) < MOST_ATTEMPTS and not (
                is_late and self._is_for_good(endpoint, failures, wait)
            ):
                return True
            self._given_up[endpoint] += 1
            self._last[endpoint] = failures[-1]
            return False

    def answered(self, endpoint: str) -> None:
        """Note that the endpoint works."""
        with self._lock:
            del self._given_up[endpoint]

    def waits_until(self, moment: datetime) -> bool:
        """Return whether an endpoint that is closed until then is worth waiting for."""
        return moment <= self._until

    def _is_for_good(self, endpoint: str, failures: Sequence[JiraAssetsError], wait: timedelta) -> bool:
        if self._given_up[endpoint] or wait.total_seconds() > LONGEST_WAIT:
            return True
        latest = {kind_of(error) for error in failures[-EQUAL_FAILURES:]}
        return len(failures) >= EQUAL_FAILURES and len(latest) == 1


def kind_of(error: JiraAssetsError) -> tuple[str, object]:
    """Sort failures: by the status that Jira answered, else by what was lost."""
    return type(error).__name__, error.facts.get("status", error.reason)


_patience: ContextVar[RetryBudget | None] = ContextVar("patience", default=None)


def current_retry_budget() -> RetryBudget | None:
    """Return the patience that holds in the present context."""
    return _patience.get()


@contextmanager
def bounded(patience: RetryBudget) -> Iterator[None]:
    """Bound how long questions inside are asked, also in threads that run in a copy of this context."""
    token = _patience.set(patience)
    try:
        yield
    finally:
        _patience.reset(token)
