"""Ask for the accounts of issues that the site's list of people does not have, by id.

Without the permission to browse people the site lists none, and some accounts are never listed. What an issue
showed of them when it was read may be hidden by now: only an answer about an account says what is shown.
"""

from __future__ import annotations

from collections.abc import Collection
from functools import partial

from jira_assets.lake.site_manifest import SiteManifest
from jira_assets.lake.site_tables import read_site_table
from jira_assets.people.accounts import accounts_seen
from jira_assets.people.matching import FORMER_USER
from jira_assets.people.names import fold_name
from jira_assets.sync.context import SyncContext
from jira_assets.sync.optional_parts import Read, read_part
from jira_assets.sync.reference_lists import Row, Rows, user_row

LEAST_LOST = 10
"""So many people and more than half of all are not deleted on one day."""


def is_outage(before: Rows, listed: Rows) -> bool:
    """Check whether a list looks like those of an outage, when Jira gives people without their attributes."""
    named = {row["account_id"] for row in before if _is_named(row)}
    lost = [row for row in listed if row["account_id"] in named and not _is_named(row)]
    return len(lost) >= LEAST_LOST and 2 * len(lost) > len(named)


def _is_named(row: Row) -> bool:
    return fold_name(row["display_name"] or "") not in ("", FORMER_USER)


def unlisted_users(context: SyncContext, manifest: SiteManifest, listed: Collection[str]) -> Rows:
    """Return the rows of accounts that were seen in issues and are not listed.

    One that Jira does not answer about keeps the row that it has: nothing was withdrawn.
    """
    wanted = accounts_seen(context.lake, context.lake.manifests()) - {*listed}
    if not wanted:
        return []
    before = read_site_table(context.lake, manifest, "users")
    rows = {row["account_id"]: row for row in before if row["account_id"] in wanted}
    part = read_part(context, partial(context.client.fetch_users_by_id, sorted(wanted)))
    if isinstance(part, Read):
        rows |= {user.account_id: user_row(user) for user in part.content if user.account_id in wanted}
    return list(rows.values())
