"""Search by JQL, page after page, and count."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, TypeVar

import msgspec

from jira_assets.errors import BadQuery, IncompleteRead, SearchTokenExpired, UnknownProject
from jira_assets.jira.answers import IssueHead, RawIssue
from jira_assets.jira.endpoints import Endpoints
from jira_assets.jira.issue_parts import HeadPart, head_of, raw_issue

# The most that Jira gives at once, and only when few small fields are asked for.
HEADS_A_PAGE = 5000
# What an issue is filed under: it has to come with every issue.
_NEEDED_FIELDS = ("updated", "project")


class _Page(msgspec.Struct, rename="camel", kw_only=True):
    # Without a default: an answer that has no issues in it is not an empty page.
    issues: list[Any]
    is_last: bool | None = None
    next_page_token: str | None = None
    warnings: list[msgspec.Raw] | None = None


class _IssuePage(_Page, kw_only=True):
    issues: list[msgspec.Raw]


class _HeadPage(_Page, kw_only=True):
    issues: list[HeadPart]


class _Count(msgspec.Struct):
    count: int


PageShape = TypeVar("PageShape", bound=_Page)


class SearchEndpoints(Endpoints):
    """Questions in JQL."""

    def search(self, jql: str, *, fields: Sequence[str], page_size: int = 100) -> Iterator[list[RawIssue]]:
        """Give the issues that match, page by page; pages may be short or empty, and an issue may repeat.

        Raises SearchTokenExpired when the pages cannot go on: start again. Raises IncompleteRead when
        Jira's pages don't add up.
        """
        for page in self._search_pages(jql, _IssuePage, with_needed(fields), page_size):
            yield [raw_issue(issue) for issue in page.issues]

    def search_heads(self, jql: str) -> Iterator[list[IssueHead]]:
        """Give only id, key, `updated` and project of the issues that match, thousands at a time."""
        for page in self._search_pages(jql, _HeadPage, _NEEDED_FIELDS, HEADS_A_PAGE):
            yield [head_of(issue) for issue in page.issues]

    def approximate_count(self, jql: str) -> int:
        """Ask how many issues match, by an estimate that may miss the latest changes."""
        return self._post("/rest/api/3/search/approximate-count", _Count, {"jql": jql}).count

    def _search_pages(
        self, jql: str, shape: type[PageShape], fields: Sequence[str], page_size: int
    ) -> Iterator[PageShape]:
        question = {"jql": jql, "fields": list(fields), "maxResults": page_size}
        seen: set[str] = set()
        while True:
            page = self._search_page(question, shape)
            if page.warnings:
                raise _incomplete(f"it warns: {bytes(page.warnings[0])[:300].decode(errors='replace')}", jql)
            self.transport.spend(len(page.issues))
            yield page
            token = page.next_page_token
            if page.is_last or not token:
                return
            if token in seen:
                raise _incomplete("it gave the same page token twice", jql)
            seen.add(token)
            question["nextPageToken"] = token

    def _search_page(self, question: dict[str, object], shape: type[PageShape]) -> PageShape:
        try:
            return self._post("/rest/api/3/search/jql", shape, question)
        except UnknownProject:
            raise
        except BadQuery as error:
            if "nextPageToken" not in question:
                raise
            # The same question was good enough for page one, so it is the token. Jira's words for that
            # are not documented.
            raise SearchTokenExpired(
                f"Jira no longer knows the next page of a search. {error.reason}",
                "Search again from the first page.",
                **error.facts,
            ) from error


def with_needed(fields: Sequence[str]) -> list[str]:
    """Add what an issue is filed under to the fields asked for."""
    if "*all" in fields or "*navigable" in fields:
        return list(fields)
    return list(dict.fromkeys([*fields, *_NEEDED_FIELDS]))


def _incomplete(what: str, jql: str) -> IncompleteRead:
    return IncompleteRead(
        f"Jira's answer to a search cannot be trusted to be whole: {what}.",
        "Nothing was taken over from it; the next sync asks again.",
        jql=jql,
    )
