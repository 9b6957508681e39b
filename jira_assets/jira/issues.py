"""Issues by id, many at once; a batch that keeps failing is divided down to the issues to blame."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from functools import partial

import msgspec

from jira_assets.errors import IncompleteRead, NotFound
from jira_assets.jira.batch_splitting import (
    FAILURES_OF_A_PART,
    REFUSALS,
    Divided,
    fetch_divided,
    fetch_one_by_one,
)
from jira_assets.jira.endpoints import Endpoints
from jira_assets.jira.issue_parser import raw_issue
from jira_assets.jira.models import FetchedIssues, RawIssue
from jira_assets.jira.search import with_needed

ISSUES_A_REQUEST = 100

NO_FIELDS = "Jira returns it without any field."


class _IssueError(msgspec.Struct, rename="camel"):
    id: str | int | None = None
    error_message: str | None = None


class _BulkAnswer(msgspec.Struct, rename="camel"):
    issues: list[msgspec.Raw]
    issue_errors: list[_IssueError] | None = None


class IssueEndpoints(Endpoints):
    """Issues by id, as the database has them and not the search index."""

    def fetch_issues(self, ids: Collection[str], *, fields: Sequence[str]) -> FetchedIssues:
        """Fetch up to 100 issues by id.

        Jira leaves out issues that are gone or hidden silently, now and then others, too: they are in
        `not_returned`. Raises JiraUnavailable when Jira fails altogether.
        """
        check_number(ids, ISSUES_A_REQUEST)
        first, hesitant = self._fetch(list(ids), fields)
        if not hesitant:
            return first
        second, _ = self._fetch(hesitant, fields)  # what Jira lists as an error may pass, so it says
        found = {issue.id: issue for issue in (*first.issues, *second.issues)}
        unreadable = {**first.unreadable, **second.unreadable}
        return FetchedIssues(
            list(found.values()),
            first.not_returned | second.not_returned,
            {each: why for each, why in unreadable.items() if each not in found},
        )

    def fetch_issue(self, issue_id: str, *, fields: Sequence[str]) -> RawIssue:
        """Fetch one issue by itself; raises NotFound when it is gone or hidden."""
        params = {"fields": ",".join(with_needed(fields))}
        path = f"/rest/api/3/issue/{issue_id}"
        answer = self.transport.request("GET", path, params=params, failures=FAILURES_OF_A_PART)
        self.transport.spend(1)
        found = raw_issue(answer.decode(msgspec.Raw))
        if found is None or found.id != issue_id:
            raise IncompleteRead(
                f"The response to the request for issue {issue_id} does not contain that issue.",
                "The response was discarded. The next sync requests it again.",
            )
        if not found.has_fields:
            raise IncompleteRead(NO_FIELDS, "The next sync requests it again.")
        return found

    def _fetch(self, ids: Sequence[str], fields: Sequence[str]) -> tuple[FetchedIssues, list[str]]:
        """Fetch what one division gives; returns also the ids that Jira itself lists as failed."""
        if not ids:
            return FetchedIssues([]), []
        divided = self._fetch_many(ids, fields)
        issues = {issue.id: issue for found in divided.results for issue in found.issues}
        listed = {each: why for found in divided.results for each, why in found.unreadable.items()}
        unreadable = listed | {issue_id: error.reason for issue_id, error in divided.failed.items()}
        unreadable = {issue_id: why for issue_id, why in unreadable.items() if issue_id not in issues}
        left_out = set(ids) - issues.keys() - unreadable.keys()
        hesitant = [issue_id for issue_id in unreadable if issue_id in listed]
        return FetchedIssues(list(issues.values()), left_out, unreadable), hesitant

    def _fetch_many(self, ids: Sequence[str], fields: Sequence[str]) -> Divided[FetchedIssues]:
        """Fetch the issues in bulk or, where the site refuses that, one by one."""
        try:
            return fetch_divided(ids, partial(self._fetch_batch, fields=fields), self.check_site)
        except REFUSALS as refusal:
            fetch_one = partial(self.fetch_issue, fields=fields)
            found, failed = fetch_one_by_one(ids, fetch_one, refusal)
        unreadable = {each: error for each, error in failed.items() if not isinstance(error, NotFound)}
        return Divided([FetchedIssues(list(found.values()))], unreadable)

    def _fetch_batch(self, ids: Sequence[str], failures: int, *, fields: Sequence[str]) -> FetchedIssues:
        question = {"issueIdsOrKeys": list(ids), "fields": with_needed(fields)}
        answer = self._post("/rest/api/3/issue/bulkfetch", _BulkAnswer, question, failures=failures)
        self.transport.spend(len(answer.issues))
        asked = set(ids)
        found = [issue for raw in answer.issues if (issue := raw_issue(raw)) and issue.id in asked]
        failed = {str(error.id): error.error_message or "no reason" for error in answer.issue_errors or ()}
        failed |= {issue.id: NO_FIELDS for issue in found if not issue.has_fields}
        return FetchedIssues(
            [issue for issue in found if issue.has_fields],
            unreadable={each: why for each, why in failed.items() if each in asked},
        )


def check_number(ids: Collection[str], most: int) -> None:
    """Raise ValueError for more ids than Jira takes in one request."""
    if len(ids) > most:
        raise ValueError(f"{len(ids)} ids in one request, {most} is the most")
