"""The Jira client: every endpoint that we ask, typed."""

from __future__ import annotations

from jira_assets.jira.boards import BoardEndpoints
from jira_assets.jira.changelogs import ChangelogEndpoints
from jira_assets.jira.entities import EntityEndpoints
from jira_assets.jira.identity import IdentityEndpoints
from jira_assets.jira.issues import IssueEndpoints
from jira_assets.jira.metadata import CatalogEndpoints
from jira_assets.jira.search import SearchEndpoints


class JiraClient(
    IdentityEndpoints,
    SearchEndpoints,
    IssueEndpoints,
    ChangelogEndpoints,
    EntityEndpoints,
    CatalogEndpoints,
    BoardEndpoints,
):
    """Everything that can be asked of a Jira site, over one transport; safe to use from many threads."""
