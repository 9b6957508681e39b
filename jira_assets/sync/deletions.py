"""Judge the issues that stand in the lake and that Jira no longer names.

Search is no witness: its index lags, and it leaves out what the account may not see. So nothing counts as
gone until asking by id fails, too. A deletion and a withdrawn permission look the same from outside; when
very much disappears at once it is more likely a permission, and is not believed on one day.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from jira_assets.errors import JiraError, MassDeletionSuspected
from jira_assets.jira.models import IssueRef
from jira_assets.lake.diff import LakeDiff, UnlistedIssue
from jira_assets.lake.manifest import Manifest, UnreadIssue
from jira_assets.lake.raw_writer import Kind, Observation
from jira_assets.sync.bulk_fetch import fetch_by_id
from jira_assets.sync.context import SyncContext
from jira_assets.sync.empty_search import refuse_empty_search
from jira_assets.sync.issue_fetcher import tombstone
from jira_assets.sync.project_state import ProjectState, explain_refusal, out_of_sight, project_state
from jira_assets.sync.session import SyncSession

MANY = 20
"""So many issues, when they are more than half of their project, do not just disappear."""


@dataclass
class DeletionCandidates:
    """The unseen issues of a project after asking about them by id, and the state of the project itself.

    `undecided` are those that Jira neither gives nor denies.
    """

    state: ProjectState = "live"
    search_named_any: bool = True
    alive: int = 0
    still_here: list[IssueRef] = field(default_factory=list)
    elsewhere: list[tuple[UnlistedIssue, IssueRef]] = field(default_factory=list)
    absent: list[UnlistedIssue] = field(default_factory=list)
    undecided: dict[str, UnreadIssue] = field(default_factory=dict)


def look_up_candidates(
    context: SyncContext, manifest: Manifest, diff: LakeDiff, refusal: JiraError | None
) -> DeletionCandidates:
    """Ask by id about every issue of the lake that no page named, and those that could not be read before.

    `refusal` is what search said when it would not name any; it is raised when the project is in order.
    """
    unseen = diff.unseen()
    candidates = DeletionCandidates(search_named_any=diff.named > 0, alive=diff.alive())
    if unseen or refusal:
        candidates.state = project_state(context, manifest.project_id)
    if refusal and (candidates.state == "live" or not unseen):
        raise explain_refusal(context, manifest.project_id, manifest.project_key, refusal) from refusal
    if candidates.state != "live":
        unseen = [issue for issue in unseen if not issue.is_put_away]  # what was said of it still holds
    _ask_by_id(context, manifest, candidates, unseen, _unread_unseen(manifest, diff, unseen))
    return candidates


def _unread_unseen(manifest: Manifest, diff: LakeDiff, unseen: list[UnlistedIssue]) -> dict[str, UnreadIssue]:
    """Return what could not be read before, that the lake does not have and no page named."""
    known = diff.is_listed([issue.jira_id for issue in manifest.unread])
    known.update(issue.jira_id for issue in unseen)
    return {issue.jira_id: issue for issue in manifest.unread if issue.jira_id not in known}


def _ask_by_id(
    context: SyncContext,
    manifest: Manifest,
    candidates: DeletionCandidates,
    unseen: list[UnlistedIssue],
    unread: dict[str, UnreadIssue],
) -> None:
    """Sort the issues by what Jira says of each; it asks the database, not the search index."""
    ids = [*(issue.jira_id for issue in unseen), *unread]
    answer = fetch_by_id(context, ids, ["updated", "project"])
    found = {issue.id: issue.ref for issue in answer.issues}
    for issue_id in unread.keys() & found.keys():
        if found[issue_id].project_id in ("", manifest.project_id):
            candidates.still_here.append(found[issue_id])
    for issue_id in unread.keys() & answer.unreadable.keys():
        candidates.undecided[issue_id] = unread[issue_id]
    for issue in unseen:
        ref = found.get(issue.jira_id)
        if ref is not None and ref.project_id not in ("", manifest.project_id):
            candidates.elsewhere.append((issue, ref))
        elif ref is not None and candidates.state == "live":
            candidates.still_here.append(ref)
        elif issue.jira_id in answer.unreadable:
            why, now = answer.unreadable[issue.jira_id], context.clock()
            candidates.undecided[issue.jira_id] = UnreadIssue(
                issue.jira_id, issue.jira_key, issue.updated_at, now, why
            )
        else:
            candidates.absent.append(issue)


def confirm_deletions(
    context: SyncContext,
    manifest: Manifest,
    session: SyncSession,
    candidates: DeletionCandidates,
    *,
    accept: bool,
) -> list[Observation]:
    """Say of each issue that is gone why; raise when that cannot be believed, and nothing is then deleted.

    Raises NotFound for a project that is out of sight, IncompleteRead when search is out of order, and
    MassDeletionSuspected for a mass disappearance that was neither accepted nor seen again on another day.
    """
    if candidates.absent:
        # Credentials that died meanwhile would make everything look gone.
        context.client.prove_identity(session.account_id)
    if not accept:
        if candidates.state == "invisible":
            raise out_of_sight(manifest.project_key, "invisible")
        if candidates.state == "live" and not candidates.search_named_any:
            refuse_empty_search(manifest, len(candidates.still_here))
        _refuse_mass_disappearance(context, manifest, session, candidates)
    kind: Kind = "gone" if candidates.state == "live" else candidates.state
    moved = [tombstone(issue, manifest.project_id, "moved", ref) for issue, ref in candidates.elsewhere]
    return moved + [tombstone(issue, manifest.project_id, kind) for issue in candidates.absent]


def _refuse_mass_disappearance(
    context: SyncContext, manifest: Manifest, session: SyncSession, candidates: DeletionCandidates
) -> None:
    """Do not believe on one day that most of a project is gone, nor ever by itself that all of it is."""
    gone = 0
    if candidates.state == "live":
        gone = sum(not issue.is_put_away for issue in candidates.absent)
    is_all = gone > 0 and not candidates.search_named_any
    if not is_all and (gone < MANY or 2 * gone <= candidates.alive):
        return
    before = manifest.disappearance
    if before is not None and before.noticed_at.date() < session.at.date() and not is_all:
        return
    manifest.suspect_deletion(session.at, gone)
    context.lake.commit(manifest)
    raise MassDeletionSuspected(
        f"{gone:,} of {candidates.alive:,} issues of {manifest.project_key} disappeared at once, "
        "without being moved or their project being archived. Nothing was deleted.",
        "Check that the account can still see them (permissions, issue security). If they were "
        f"deleted, run `jira-assets reconcile --accept {manifest.project_key}`"
        + ("." if is_all else "; a reconcile on another day accepts it as well."),
    )
