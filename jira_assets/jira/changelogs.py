"""The changelogs of issues by id, many at once and always whole."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import UTC, datetime

import msgspec

from jira_assets.errors import IncompleteRead, JiraError, NotFound
from jira_assets.jira.batch_splitting import FAILURES_OF_A_PART, REFUSALS, fetch_divided, fetch_one_by_one
from jira_assets.jira.endpoints import Endpoints
from jira_assets.jira.issues import check_number
from jira_assets.jira.models import Changelogs
from jira_assets.jira.timestamps import parse_time

CHANGELOGS_A_REQUEST = 1000
_HISTORIES_A_PAGE = 10_000
_HISTORIES_OF_AN_ISSUE_A_PAGE = 100
_UNDATED = datetime(1, 1, 1, tzinfo=UTC)


class _IssueChanges(msgspec.Struct, rename="camel"):
    issue_id: str | int
    change_histories: list[msgspec.Raw] | None = None


class _Page(msgspec.Struct, rename="camel"):
    issue_change_logs: list[_IssueChanges]
    next_page_token: str | None = None


class _IssuePage(msgspec.Struct, rename="camel"):
    values: list[msgspec.Raw]
    is_last: bool | None = None


class _HistoryHead(msgspec.Struct):
    id: str | int | None = None
    # The schema says a date, its example is a number: both were seen.
    created: str | int | float | None = None


_decode_history = msgspec.json.Decoder(_HistoryHead).decode
# The key under which a history is kept is its id, or its text where it has none.
_Histories = dict[str, tuple[datetime, bytes]]


class ChangelogEndpoints(Endpoints):
    """Changelogs by issue id."""

    def fetch_changelogs(self, ids: Collection[str], changed: Collection[str] = ()) -> Changelogs:
        """Fetch the whole changelogs of up to 1000 issues: for each id its histories, oldest first.

        An issue without changes, gone or hidden has an empty list. `changed` are the ids that were updated
        after their creation: when Jira gives no history for any of them, one is requested by itself.
        """
        check_number(ids, CHANGELOGS_A_REQUEST)
        if not ids:
            return Changelogs({})

        def fetch(some: Sequence[str], failures: int) -> dict[str, _Histories]:
            return self._fetch_histories(some, failures, [each for each in some if each in changed])

        found: dict[str, _Histories] = {issue_id: {} for issue_id in ids}
        unreadable = {}
        try:
            divided = fetch_divided(list(ids), fetch, self.check_site)
        except REFUSALS as refusal:
            singles, failed = fetch_one_by_one(list(ids), self._fetch_one, refusal)
            found |= singles
            unreadable = {each: why.reason for each, why in failed.items() if not isinstance(why, NotFound)}
        else:
            for result in divided.results:
                found.update(result)
            for issue_id, error in divided.failed.items():
                try:
                    found[issue_id] = self._fetch_one(issue_id)
                except JiraError:
                    unreadable[issue_id] = error.reason
        histories = {each: _oldest_first(found[each]) for each in found if each not in unreadable}
        return Changelogs(histories, unreadable)

    def _fetch_histories(
        self, ids: Sequence[str], failures: int, changed: Sequence[str]
    ) -> dict[str, _Histories]:
        found: dict[str, _Histories] = {issue_id: {} for issue_id in ids}
        question: dict[str, object] = {"issueIdsOrKeys": list(ids), "maxResults": _HISTORIES_A_PAGE}
        seen: set[str] = set()
        while True:
            page = self._post("/rest/api/3/changelog/bulkfetch", _Page, question, failures=failures)
            self.transport.spend(len(page.issue_change_logs))
            for changes in page.issue_change_logs:  # the histories of one issue are spread over pages
                _collect(changes.change_histories or (), found.setdefault(str(changes.issue_id), {}))
            token = page.next_page_token
            if not token:
                break
            if token in seen:
                raise _incomplete("the same page token was returned twice")
            seen.add(token)
            question["nextPageToken"] = token
        if changed and not any(found.values()):
            self._check_emptiness(changed[0])
        return found

    def _check_emptiness(self, issue_id: str) -> None:
        """Raise IncompleteRead when an issue has a changelog after all."""
        try:
            histories = self._fetch_one(issue_id)
        except JiraError:
            return
        if histories:
            raise _incomplete(f"it contains no change of any issue, although issue {issue_id} has some")

    def _fetch_one(self, issue_id: str) -> _Histories:
        """Read the changelog of one issue, page by page."""
        found: _Histories = {}
        start, path = 0, f"/rest/api/3/issue/{issue_id}/changelog"
        while True:
            params = {"startAt": start, "maxResults": _HISTORIES_OF_AN_ISSUE_A_PAGE}
            answer = self.transport.request("GET", path, params=params, failures=FAILURES_OF_A_PART)
            page = answer.decode(_IssuePage)
            self.transport.spend(1)
            _collect(page.values, found)
            start += len(page.values)
            if page.is_last or not page.values:
                return found


def _collect(histories: Collection[msgspec.Raw], found: _Histories) -> None:
    for raw in histories:
        text = bytes(raw)
        try:
            head = _decode_history(raw)
        except msgspec.DecodeError:
            head = _HistoryHead()
        name = text.decode() if head.id is None else str(head.id)
        found[name] = (parse_time(head.created) or _UNDATED, text)


def _oldest_first(histories: Mapping[str, tuple[datetime, bytes]]) -> list[bytes]:
    def order(name: str) -> tuple[datetime, int, str]:
        return histories[name][0], int(name) if name.isdecimal() else 0, name

    return [histories[name][1] for name in sorted(histories, key=order)]


def _incomplete(what: str) -> IncompleteRead:
    return IncompleteRead(
        f"Jira's changelog response may be incomplete: {what}.",
        "The response was discarded. The next sync requests it again.",
    )
