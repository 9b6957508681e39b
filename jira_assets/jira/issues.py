"""Issues and their changelogs by id, many at once."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import UTC, datetime

import msgspec

from jira_assets.errors import IncompleteRead, JiraUnavailable
from jira_assets.jira.answers import FetchedIssues, RawIssue
from jira_assets.jira.endpoints import Endpoints
from jira_assets.jira.issue_parts import raw_issue
from jira_assets.jira.search import with_needed
from jira_assets.jira.times import parse_time

ISSUES_A_REQUEST = 100
CHANGELOGS_A_REQUEST = 1000
_HISTORIES_A_PAGE = 10_000


class _IssueError(msgspec.Struct, rename="camel"):
    id: str | int
    error_message: str | None = None


class _BulkAnswer(msgspec.Struct, rename="camel"):
    issues: list[msgspec.Raw]
    issue_errors: list[_IssueError] | None = None


class _IssueChanges(msgspec.Struct, rename="camel"):
    issue_id: str | int
    change_histories: list[msgspec.Raw] | None = None


class _ChangelogPage(msgspec.Struct, rename="camel"):
    issue_change_logs: list[_IssueChanges]
    next_page_token: str | None = None


class _HistoryHead(msgspec.Struct):
    id: str | int
    # The schema says a date, its example is a number: both were seen.
    created: str | int | float


_decode_history = msgspec.json.Decoder(_HistoryHead).decode
# When, then id; the key under which a history is kept is its id.
_Histories = dict[int, tuple[datetime, bytes]]
# A history whose time cannot be read is kept, before those whose time is known.
_UNKNOWN = datetime.min.replace(tzinfo=UTC)


class IssueEndpoints(Endpoints):
    """Issues by id."""

    def fetch_issues(self, ids: Collection[str], *, fields: Sequence[str]) -> FetchedIssues:
        """Fetch up to 100 issues by id, as the database (not the search index) has them.

        Jira says nothing about issues that are gone or hidden: they are in `not_returned`. Raises
        JiraUnavailable when it fails to give one that it knows, also at a second try.
        """
        _check_number(ids, ISSUES_A_REQUEST)
        issues, failed = self._bulk_fetch(ids, fields)
        if failed:
            more, failed = self._bulk_fetch(failed, fields)
            issues = {**issues, **more}
        if failed:
            number, (first, message) = len(failed), next(iter(failed.items()))
            raise JiraUnavailable(
                f"Jira could not give {number} issues now, among them id {first}: {message}",
                "Try again later; nothing is lost, the next sync goes on.",
                ids=sorted(failed),
            )
        return FetchedIssues(list(issues.values()), set(ids) - issues.keys())

    def _bulk_fetch(
        self, ids: Collection[str], fields: Sequence[str]
    ) -> tuple[dict[str, RawIssue], dict[str, str]]:
        if not ids:
            return {}, {}
        question = {"issueIdsOrKeys": list(ids), "fields": with_needed(fields)}
        answer = self._post("/rest/api/3/issue/bulkfetch", _BulkAnswer, question)
        self.transport.spend(len(answer.issues))
        issues = [raw_issue(issue) for issue in answer.issues]
        failed = {str(error.id): error.error_message or "no reason" for error in answer.issue_errors or []}
        return {issue.id: issue for issue in issues}, failed

    def fetch_changelogs(self, ids: Collection[str]) -> dict[str, list[bytes]]:
        """Fetch the whole changelogs of up to 1000 issues by id: for each id its histories, oldest first.

        An issue without changes, gone or hidden has an empty list.
        """
        _check_number(ids, CHANGELOGS_A_REQUEST)
        found: dict[str, _Histories] = {issue_id: {} for issue_id in ids}
        question: dict[str, object] = {"issueIdsOrKeys": list(ids), "maxResults": _HISTORIES_A_PAGE}
        seen: set[str] = set()
        while ids:
            page = self._post("/rest/api/3/changelog/bulkfetch", _ChangelogPage, question)
            self.transport.spend(len(page.issue_change_logs))
            _collect(page, found)
            token = page.next_page_token
            if not token:
                break
            if token in seen:
                raise IncompleteRead(
                    "Jira gave the same page token twice while reading changelogs.",
                    "Nothing was taken over from it; the next sync asks again.",
                )
            seen.add(token)
            question["nextPageToken"] = token
        return {issue_id: _oldest_first(histories) for issue_id, histories in found.items()}


def _collect(page: _ChangelogPage, found: dict[str, _Histories]) -> None:
    """Add a page to what was found: the histories of one issue are spread over pages."""
    for changes in page.issue_change_logs:
        histories = found.setdefault(str(changes.issue_id), {})
        for raw in changes.change_histories or []:
            history_id, when = _history_head(raw)
            histories[history_id] = (when, bytes(raw))


def _history_head(raw: msgspec.Raw) -> tuple[int, datetime]:
    try:
        head = _decode_history(raw)
        return int(head.id), parse_time(head.created) or _UNKNOWN
    except ValueError as error:  # msgspec's errors are ValueErrors too
        raise IncompleteRead(
            f"Jira gave an entry of a changelog without what identifies it: {error}.",
            "Try again; if it stays, Jira's API has changed: please report it.",
        ) from error


def _oldest_first(histories: _Histories) -> list[bytes]:
    ordered = sorted((when, history_id) for history_id, (when, _) in histories.items())
    return [histories[history_id][1] for _, history_id in ordered]


def _check_number(ids: Collection[str], most: int) -> None:
    if len(ids) > most:
        raise ValueError(f"{len(ids)} ids in one request, {most} is the most")
