"""Choose when a sync repeats a proof that failed, instead of leaving that to the night."""

from __future__ import annotations

from jira_assets.errors import JiraError
from jira_assets.sync.context import SyncContext
from jira_assets.warehouse.comparison import Comparison
from jira_assets.warehouse.manifest import Manifest

CHEAP_TO_LIST = 1000
"""A project of so many issues is listed again by every sync until it is proved."""


def is_worth_proving(context: SyncContext, manifest: Manifest) -> bool:
    """Check whether a project is unproved, nothing of it is known to be unread, and a listing may prove it.

    What an early end of a listing left out lies before the watermark, so no incremental read ever finds it.
    A large project is listed again only once Jira counts as many issues as the lake has.
    """
    if manifest.unproved is None or manifest.unread:
        return False
    in_lake = Comparison(context.engine, context.lake, manifest).alive()
    try:
        counted = context.client.approximate_count(f"project = {manifest.project_id}")
    except JiraError:
        return in_lake <= CHEAP_TO_LIST
    return counted == in_lake or max(counted, in_lake) <= CHEAP_TO_LIST
