"""Ask again, and in another way, about issues that a bulk fetch left out."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from itertools import islice
from typing import TypeVar

from jira_assets.errors import JiraError, NotFound
from jira_assets.jira.client import JiraClient
from jira_assets.jira.issues import ISSUES_A_REQUEST
from jira_assets.jira.models import FetchedIssues, RawIssue
from jira_assets.sync.context import SyncContext

Item = TypeVar("Item")

SINGLES_AT_ONCE = 8


def fetch_by_id(context: SyncContext, ids: Collection[str], fields: Sequence[str]) -> FetchedIssues:
    """Fetch any number of issues by id; what the bulk fetch leaves out is asked for one by one.

    `not_returned` are the issues that neither way gives. The single requests stop when a whole round of them
    finds nothing: then the bulk fetch was right.
    """
    answers = context.side_by_side(
        lambda part: context.client.fetch_issues(part, fields=fields),
        batches(sorted(ids), ISSUES_A_REQUEST),
    )
    found = {issue.id: issue for answer in answers for issue in answer.issues}
    unreadable = {issue_id: why for answer in answers for issue_id, why in answer.unreadable.items()}
    left_out = {issue_id for answer in answers for issue_id in answer.not_returned}
    for part in batches(sorted({*left_out, *unreadable}), SINGLES_AT_ONCE):
        singles = context.side_by_side(lambda issue_id: _fetch_one(context.client, issue_id, fields), part)
        for issue_id, single in zip(part, singles, strict=True):
            if isinstance(single, RawIssue):
                found[issue_id] = single
            elif not isinstance(single, NotFound):
                unreadable.setdefault(issue_id, single.reason)
        if left_out.issuperset(part) and all(isinstance(single, NotFound) for single in singles):
            break
    unreadable = {issue_id: why for issue_id, why in unreadable.items() if issue_id not in found}
    return FetchedIssues(list(found.values()), left_out - found.keys() - unreadable.keys(), unreadable)


def _fetch_one(client: JiraClient, issue_id: str, fields: Sequence[str]) -> RawIssue | JiraError:
    try:
        return client.fetch_issue(issue_id, fields=fields)
    except JiraError as error:
        return error


def batches(items: Iterable[Item], size: int) -> Iterator[list[Item]]:
    """Yield the items in lists of at most `size`."""
    iterator = iter(items)
    while batch := list(islice(iterator, size)):
        yield batch
