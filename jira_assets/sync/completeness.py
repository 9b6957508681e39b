"""Describe what is missing of a project, and why there is no new proof of it."""

from __future__ import annotations

from collections.abc import Sequence

from jira_assets.formatting import counted
from jira_assets.lake.manifest import Manifest, UnreadIssue
from jira_assets.lake.site_manifest import Notice

COMPLETENESS = "completeness"
"""The part of the notice that a proof failed."""
MOST_NAMED = 5


def name_unread(unread: Sequence[UnreadIssue]) -> str:
    """Count the issues and name the first of them."""
    keys = [issue.jira_key or issue.jira_id for issue in unread]
    more = ", …" if len(keys) > MOST_NAMED else ""
    return f"{counted(len(keys), 'issue')} that Jira lists ({', '.join(keys[:MOST_NAMED])}{more})"


def issue_notices(manifest: Manifest) -> list[Notice]:
    """Describe what is missing of a project, and why there is no new proof of it."""
    notices = []
    if manifest.unread:
        first = manifest.unread[0]
        named = first.jira_key or first.jira_id
        reason = f"{name_unread(manifest.unread)} could not be read. {named}: {first.reason.rstrip('.')}."
        notices.append(
            Notice("issues", reason, "Every sync requests them again.", first.since, manifest.project_id)
        )
    if manifest.unproved:
        proved = f"{manifest.proof.at:%Y-%m-%d %H:%M} UTC" if manifest.proof else "never"
        notices.append(
            Notice(
                COMPLETENESS,
                f"not proved: {manifest.unproved.reason}. Last proved complete: {proved}.",
                f"`jira-assets reconcile {manifest.project_key}` tries again.",
                manifest.unproved.at,
                manifest.project_id,
            )
        )
    if manifest.entity_problem:
        problem = manifest.entity_problem
        notices.append(
            Notice("entities", problem.reason, problem.instruction, problem.since, manifest.project_id)
        )
    return notices
