"""Search by JQL, page after page, and count."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import msgspec

from jira_assets.errors import BadQuery, IncompleteRead, JiraUnavailable, RequestTooLarge, SearchTokenExpired
from jira_assets.jira.batch_splitting import FAILURES_FOR_GOOD, FAILURES_TO_BELIEVE
from jira_assets.jira.endpoints import Endpoints
from jira_assets.jira.issue_parser import issue_ref, raw_issue
from jira_assets.jira.models import IssueRef, RawIssue

# The most that Jira gives at once, and only when few small fields are requested.
HEADS_A_PAGE = 5000
# A page that fails again and again may be too much for Jira, or hold what it cannot print.
PAGES_SHRINK_BY = 5
SMALLEST_PAGE = 50
# What an issue is filed under: it has to come with every issue.
_NEEDED_FIELDS = ("updated", "project")


class _Page(msgspec.Struct, rename="camel", kw_only=True):
    # Without a default: an answer that has no issues in it is not an empty page.
    issues: list[msgspec.Raw]
    is_last: bool | None = None
    next_page_token: str | None = None
    warnings: list[msgspec.Raw] | None = None


class _Count(msgspec.Struct):
    count: int


class SearchEndpoints(Endpoints):
    """Questions in JQL."""

    def search(self, jql: str, *, fields: Sequence[str], page_size: int = 100) -> Iterator[list[RawIssue]]:
        """Return the issues that match, page by page; pages may be short or empty, and an issue may repeat.

        An issue without an id is left out. Raises SearchTokenExpired when the pages cannot continue: start
        again. Raises IncompleteRead when Jira's pages don't add up.
        """
        for page in self._search_pages({"jql": jql, "fields": with_needed(fields), "maxResults": page_size}):
            yield [issue for raw in page.issues if (issue := raw_issue(raw)) is not None]

    def search_refs(self, jql: str, *, consistent: Sequence[str] = ()) -> Iterator[list[IssueRef]]:
        """Return only id, key, `updated` and project of the issues that match, thousands at a time.

        The id is empty of an issue that Jira gave without one. For up to 50 ids that are to be `consistent`
        Jira brings its search index up to date first.
        """
        question: dict[str, object] = {"jql": jql, "fields": _NEEDED_FIELDS, "maxResults": HEADS_A_PAGE}
        if consistent:
            question["reconcileIssues"] = [int(issue_id) for issue_id in consistent]
        for page in self._search_pages(question):
            yield [issue_ref(raw) for raw in page.issues]

    def approximate_count(self, jql: str) -> int:
        """Ask how many issues match, by an estimate that may miss the latest changes.

        It is a second opinion, so that a few failures are enough to do without.
        """
        path = "/rest/api/3/search/approximate-count"
        return self._post(path, _Count, {"jql": jql}, failures=FAILURES_TO_BELIEVE).count

    def _search_pages(self, question: dict[str, object]) -> Iterator[_Page]:
        """Read pages as long as there is a token: a page that calls itself the last may have one, too."""
        jql = str(question["jql"])
        seen: set[str] = set()
        was_last = False
        while True:
            try:
                page = self._search_page(question)
            except SearchTokenExpired:
                if was_last:
                    return
                raise
            if page.warnings:
                raise _incomplete(
                    f"it contains the warning: {bytes(page.warnings[0])[:300].decode(errors='replace')}", jql
                )
            self.transport.spend(len(page.issues))
            yield page
            was_last, token = bool(page.is_last), page.next_page_token
            if not token and page.is_last is False:
                raise _incomplete("a page is not the last page and has no token for the next page", jql)
            if not token or (was_last and token in seen):
                return
            if token in seen:
                raise _incomplete("the same page token was returned twice", jql)
            seen.add(token)
            question["nextPageToken"] = token

    def _search_page(self, question: dict[str, object]) -> _Page:
        """Read a page, a smaller one when Jira fails to give it."""
        size = int(str(question["maxResults"]))
        while size > SMALLEST_PAGE:
            try:
                return self._ask(question, failures=FAILURES_TO_BELIEVE)
            except (JiraUnavailable, IncompleteRead, RequestTooLarge):
                size = max(size // PAGES_SHRINK_BY, SMALLEST_PAGE)
                question["maxResults"] = size
        return self._ask(question, failures=FAILURES_FOR_GOOD)

    def _ask(self, question: dict[str, object], failures: int) -> _Page:
        try:
            return self._post("/rest/api/3/search/jql", _Page, question, failures=failures)
        except BadQuery as error:
            if "nextPageToken" not in question:
                raise
            # The same question was good enough for page one, so it is the token. Jira's words for that
            # are not documented.
            raise SearchTokenExpired(
                f"Jira rejected the token of the next search page. {error.reason}",
                "Repeat the search from the first page.",
                **error.facts,
            ) from error


def with_needed(fields: Sequence[str]) -> list[str]:
    """Add what an issue is filed under to the fields requested."""
    if "*all" in fields or "*navigable" in fields:
        return list(fields)
    return list(dict.fromkeys([*fields, *_NEEDED_FIELDS]))


def _incomplete(what: str, jql: str) -> IncompleteRead:
    return IncompleteRead(
        f"Jira's search response may be incomplete: {what}.",
        "The response was discarded. The next sync requests it again.",
        jql=jql,
    )
