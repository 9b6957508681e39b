"""Divide a request for many issues that keeps failing, down to the issues that make it fail."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Generic, TypeVar

from jira_assets.errors import (
    BadQuery,
    EndpointRemoved,
    Forbidden,
    IncompleteRead,
    JiraError,
    JiraUnavailable,
    NotFound,
    RequestTooLarge,
    SiteUnavailable,
)

Result = TypeVar("Result")

DIVISIBLE = (JiraUnavailable, SiteUnavailable, IncompleteRead, BadQuery, RequestTooLarge)
"""What the content of one issue can cause: a 5xx or 4xx, a body that is cut off, JSON of another shape."""

REFUSALS = (Forbidden, NotFound, EndpointRemoved)
"""Answers of a site that does not give many issues at once: a proxy may allow single reads only."""

FAILURES_TO_BELIEVE = 3
FAILURES_OF_A_PART = 2
"""How many attempts fail before a batch is divided or an issue blamed; a part in between needs fewer."""

FAILURES_FOR_GOOD = 10
"""How many attempts at what cannot be divided fail before it is given up: within a minute and a half."""

MOST_BLAMED_AT_FIRST = 4
"""When so many single issues fail and none succeeds, the endpoint is broken and not the issues."""


@dataclass
class Divided(Generic[Result]):
    """What the parts of a batch gave, and the error of each id that fails by itself."""

    results: list[Result] = field(default_factory=list)
    failed: dict[str, JiraError] = field(default_factory=dict)


def fetch_divided(
    ids: Sequence[str], fetch: Callable[[Sequence[str], int], Result], check_site: Callable[[], object]
) -> Divided[Result]:
    """Fetch all ids at once or, where that fails, by halves.

    `fetch` takes ids and how many failures are enough. `check_site` raises when Jira as a whole is down,
    which blames no issue. Raises the error of the batch when every issue of it seems to fail.
    """
    divided: Divided[Result] = Divided()
    try:
        divided.results.append(fetch(ids, FAILURES_TO_BELIEVE))
    except DIVISIBLE as error:
        check_site()
        if len(ids) == 1:
            divided.failed[ids[0]] = error
        else:
            _fetch_halves(ids, fetch, divided)
            check_site()
    return divided


def _fetch_halves(
    ids: Sequence[str], fetch: Callable[[Sequence[str], int], Result], divided: Divided[Result]
) -> None:
    middle = len(ids) // 2
    for half in (ids[:middle], ids[middle:]):
        failures = FAILURES_OF_A_PART if len(half) > 1 else FAILURES_TO_BELIEVE
        try:
            divided.results.append(fetch(half, failures))
        except DIVISIBLE as error:
            if len(half) > 1:
                _fetch_halves(half, fetch, divided)
                continue
            divided.failed[half[0]] = error
            if len(divided.failed) >= MOST_BLAMED_AT_FIRST and not divided.results:
                raise


def fetch_one_by_one(
    ids: Sequence[str], fetch: Callable[[str], Result], refusal: JiraError
) -> tuple[dict[str, Result], dict[str, JiraError]]:
    """Fetch each id by itself where a request for many is refused; returns results and errors by id.

    Raises the refusal when each single request is refused in the same way.
    """
    results: dict[str, Result] = {}
    failed: dict[str, JiraError] = {}
    for issue_id in ids:
        try:
            results[issue_id] = fetch(issue_id)
        except JiraError as error:
            failed[issue_id] = error
            enough = len(failed) in (MOST_BLAMED_AT_FIRST, len(ids)) and not results
            if enough and all(type(each) is type(refusal) for each in failed.values()):
                raise refusal from error
    return results, failed
