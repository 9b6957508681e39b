"""Read heads of issues from the search index, page after page."""

from __future__ import annotations

from collections.abc import Iterator

from jira_assets.errors import SearchTokenExpired
from jira_assets.jira.answers import IssueHead
from jira_assets.jira.client import JiraClient

TRIES = 3


def read_heads(client: JiraClient, jql: str) -> Iterator[list[IssueHead]]:
    """Give the heads of the issues that match, thousands at a time; an issue may be given more than once.

    The pages start over when Jira no longer knows where they were.
    """
    for attempt in range(1, TRIES + 1):
        try:
            yield from client.search_heads(jql)
        except SearchTokenExpired:
            if attempt == TRIES:
                raise
        else:
            return
