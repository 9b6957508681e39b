"""Keep the table of people, also where the site does not list them.

Without the permission to browse people the site lists none, and some accounts are never listed: those seen in
issues are then asked for by id. What an issue showed of them when it was read may be hidden by now: only an
answer about an account says what is shown.
"""

from __future__ import annotations

from collections.abc import Collection
from functools import partial

from jira_assets.errors import IncompleteRead
from jira_assets.jira.client import JiraClient
from jira_assets.jira.models import User
from jira_assets.people.accounts import accounts_seen
from jira_assets.people.matching import FORMER_USER
from jira_assets.people.names import fold_name
from jira_assets.sync.site_sync import Part, Read, Row, Rows, SiteSync

PEOPLE = "people"
LEAST_LOST = 10
"""So many people and more than half of all are not deleted on one day."""


def fetch_users(client: JiraClient) -> Rows:
    """Fetch the accounts that the site lists."""
    return [_row(user) for user in client.fetch_users()]


def doubt_outage(site: SiteSync, part: Part[Rows]) -> Part[Rows]:
    """Return an error for a list as in an outage, until it is a day since that began."""
    if not isinstance(part, Read) or not _is_outage(site.rows("users"), part.content):
        return part
    notices = site.manifest.notices
    since = [notice.since for notice in notices if notice.part == PEOPLE and notice.is_unread]
    if any(site.now() - each >= site.context.options.refresh_every for each in since):
        return part
    return IncompleteRead(
        "Jira returned most people without their names, as in an outage.",
        "If they were really deleted, no action is required: the list is believed after a day.",
    )


def put_users(site: SiteSync, listed: Rows) -> None:
    """Replace the table by these people, and the accounts of issues that are not among them."""
    _put(site, listed + _unlisted(site, {row["account_id"] for row in listed}))


def put_unlisted_users(site: SiteSync) -> None:
    """Read people by id while their list is forbidden."""
    answered = {row["account_id"]: row for row in _unlisted(site, ())}
    if answered:
        present = {row["account_id"]: row for row in site.rows("users")} | answered
        _put(site, list(present.values()))


def _put(site: SiteSync, rows: Rows) -> None:
    site.put("users", list(map(site.context.redaction().row, rows)))


def _unlisted(site: SiteSync, listed: Collection[str]) -> Rows:
    """Return the rows of accounts that were seen in issues and are not listed.

    One that Jira does not answer about keeps the row that it has: nothing was withdrawn.
    """
    wanted = accounts_seen(site.lake, site.lake.manifests()) - {*listed}
    if not wanted:
        return []
    rows = {row["account_id"]: row for row in site.rows("users") if row["account_id"] in wanted}
    part = site.read(partial(site.client.fetch_users_by_id, sorted(wanted)))
    if isinstance(part, Read):
        rows |= {user.account_id: _row(user) for user in part.content if user.account_id in wanted}
    return list(rows.values())


def _row(user: User) -> Row:
    """Shape an account as a row of the site's table; an address that is not shown is null."""
    return {
        "account_id": user.account_id,
        "display_name": user.display_name,
        "email": user.email or None,
        "account_type": user.account_type,
        "is_active": user.active,
        "time_zone": user.time_zone,
    }


def _is_outage(before: Rows, listed: Rows) -> bool:
    """Check whether a list looks like those of an outage, when Jira gives people without their attributes."""
    named = {row["account_id"] for row in before if _is_named(row)}
    lost = [row for row in listed if row["account_id"] in named and not _is_named(row)]
    return len(lost) >= LEAST_LOST and 2 * len(lost) > len(named)


def _is_named(row: Row) -> bool:
    return fold_name(row["display_name"] or "") not in ("", FORMER_USER)
