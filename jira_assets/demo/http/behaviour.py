"""How a demo site behaves where Jira sites differ, or where one day differs from the next."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from typing import Literal

from jira_assets.demo.jql.errors import RefusalWording


@dataclass(slots=True)
class Switches:
    """What a test may turn; the defaults are those of a healthy Cloud site."""

    index_lag: timedelta = timedelta(0)
    """How long a change takes, on the site's clock, until search and approximate-count show it.

    It holds for the changes made while it is set: `site.indexed_late(by)` sets it for a few of them.
    """
    most_operands: int = 2000
    """A query with more values fails with 500: Jira's search did from a few thousands on (JRACLOUD-84010)."""
    unknown_projects_silent: bool = False
    """A project that is not there leaves a query empty instead of answering 400."""
    short_pages: bool = False
    """Search pages end early at random, even empty ones in the middle."""
    omit_is_last: bool = False
    """Search leaves `isLast` out, as some sites do."""
    repeat_token: bool = False
    """Search gives the same page token for ever: the way a broken cursor shows."""
    search_warnings: bool = False
    """Search adds a warning that its result was cut."""
    changelog_epoch: bool = False
    """changelog/bulkfetch prints `created` as epoch milliseconds."""
    users_forbidden: bool = False
    """The account may not browse users: users/search answers 403."""
    hidden_email: Literal["absent", "null", "empty"] = "absent"
    """How users/search and user/bulk print an address that is hidden; issues leave it out."""
    unlisted_users: set[str] = field(default_factory=set)
    """Accounts that users/search leaves out; user/bulk gives them."""
    agile_forbidden: bool = False
    """The account has no access to Jira Software: boards and sprints answer 403."""
    short_components: bool = False
    """GET project/{id} prints components without leads and types of assignee, which need a request more."""
    components_forbidden: bool = False
    """GET project/{id}/components answers 403."""
    search_outage: bool = False
    """Search answers 200 with nothing and counts nothing, for every query; all else is well."""
    count_is_off_by: int = 0
    """approximate-count answers this much more (or less) than search finds."""
    empty_project_list_is_404: bool = False
    """project/search answers 404 instead of an empty page, as Atlassian documents it."""
    expired_token_status: int = 401
    """What the gateway answers to an access token that expired: 401, now and then 403 or 404."""
    data_center: bool = False
    """It is a Jira of Server or Data Center: nothing of the Cloud's API answers."""
    dead_credentials: bool = False
    """Credentials no longer count: 200 with nothing where anonymous access is possible, else 401."""
    unknown_project_wording: RefusalWording = "value"
    """How a 400 words that a query names a project that is not there."""
    projects_unknown_to_search: set[int] = field(default_factory=set)
    """Projects that were just created: search refuses them, everything else shows them."""
    search_ends_after: int | None = None
    """Search lists so many issues of a query and calls that the end; counting counts all."""
    last_page_has_token: bool = False
    """Every page of a search calls itself the last, and names the next one all the same."""
    left_out_of_bulk_reads: set[int] = field(default_factory=set)
    """Issues that issue/bulkfetch leaves out silently; GET issue/{id} gives them."""
    empty_bulk_reads: int = 0
    """The next bulk reads, so many, answer 200 with no issues and no errors."""
    empty_bulk_changelogs: int = 0
    """The next reads of changelogs in bulk, so many, answer 200 with no histories."""
    half_emoji: bool = False
    """A replacement character (U+FFFD) in any text is printed as half a surrogate pair."""
    hidden_groups: set[str] = field(default_factory=set)
    """Groups that callers are not in: comments and worklogs restricted to one of them are not shown."""
    time_tracking_off: bool = False
    """Time tracking is not in use: everything about worklogs answers 404."""
    worklogs_a_page: int = 1000
    """How many worklogs a page of worklog/updated and worklog/deleted names."""
    retriable_issue_errors: int = 0
    """That many issues of the next bulk reads come back as `issueErrors` instead of issues."""
