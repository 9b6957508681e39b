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
from jira_assets.sync.empty_search import refuse_empty_search
from jira_assets.sync.issue_fetcher import tombstone
from jira_assets.sync.project_state import ProjectState, out_of_sight
from jira_assets.sync.project_sync import ProjectSync

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


def look_up_candidates(sync: ProjectSync, diff: LakeDiff, refusal: JiraError | None) -> DeletionCandidates:
    """Ask by id about every issue of the lake that no page named, and those that could not be read before.

    `refusal` is what search said when it would not name any; it is raised when the project is in order.
    """
    unseen = diff.unseen()
    candidates = DeletionCandidates(search_named_any=diff.named > 0, alive=diff.alive())
    if unseen or refusal:
        candidates.state = sync.state()
    if refusal and (candidates.state == "live" or not unseen):
        raise sync.explain(refusal) from refusal
    if candidates.state != "live":
        unseen = [issue for issue in unseen if not issue.is_put_away]  # what was said of it still holds
    _ask_by_id(sync, candidates, unseen, _unread_unseen(sync.manifest, diff, unseen))
    return candidates


def _unread_unseen(manifest: Manifest, diff: LakeDiff, unseen: list[UnlistedIssue]) -> dict[str, UnreadIssue]:
    """Return what could not be read before, that the lake does not have and no page named."""
    known = diff.is_listed([issue.jira_id for issue in manifest.unread])
    known.update(issue.jira_id for issue in unseen)
    return {issue.jira_id: issue for issue in manifest.unread if issue.jira_id not in known}


def _ask_by_id(
    sync: ProjectSync,
    candidates: DeletionCandidates,
    unseen: list[UnlistedIssue],
    unread: dict[str, UnreadIssue],
) -> None:
    """Sort the issues by what Jira says of each; it asks the database, not the search index."""
    ids = [*(issue.jira_id for issue in unseen), *unread]
    answer = fetch_by_id(sync.context, ids, ["updated", "project"])
    here = ("", sync.manifest.project_id)
    found = {issue.id: issue.ref for issue in answer.issues}
    for issue_id in unread.keys() & found.keys():
        if found[issue_id].project_id in here:
            candidates.still_here.append(found[issue_id])
    for issue_id in unread.keys() & answer.unreadable.keys():
        candidates.undecided[issue_id] = unread[issue_id]
    for issue in unseen:
        ref = found.get(issue.jira_id)
        if ref is not None and ref.project_id not in here:
            candidates.elsewhere.append((issue, ref))
        elif ref is not None and candidates.state == "live":
            candidates.still_here.append(ref)
        elif issue.jira_id in answer.unreadable:
            why, now = answer.unreadable[issue.jira_id], sync.context.clock()
            candidates.undecided[issue.jira_id] = UnreadIssue(
                issue.jira_id, issue.jira_key, issue.updated_at, now, why
            )
        else:
            candidates.absent.append(issue)


def confirm_deletions(
    sync: ProjectSync, candidates: DeletionCandidates, *, accept: bool
) -> list[Observation]:
    """Say of each issue that is gone why; raise when that cannot be believed, and nothing is then deleted.

    Raises NotFound for a project that is out of sight, IncompleteRead when search is out of order, and
    MassDeletionSuspected for a mass disappearance that was neither accepted nor seen again on another day.
    """
    if candidates.absent:
        # Credentials that died meanwhile would make everything look gone.
        sync.client.prove_identity(sync.session.account_id)
    manifest = sync.manifest
    if not accept:
        if candidates.state == "invisible":
            raise out_of_sight(manifest.project_key, "invisible")
        if candidates.state == "live" and not candidates.search_named_any:
            refuse_empty_search(manifest, len(candidates.still_here))
        _refuse_mass_disappearance(sync, candidates)
    kind: Kind = "gone" if candidates.state == "live" else candidates.state
    moved = [tombstone(issue, manifest.project_id, "moved", ref) for issue, ref in candidates.elsewhere]
    return moved + [tombstone(issue, manifest.project_id, kind) for issue in candidates.absent]


def _refuse_mass_disappearance(sync: ProjectSync, candidates: DeletionCandidates) -> None:
    """Do not believe on one day that most of a project is gone, nor ever by itself that all of it is."""
    gone = 0
    if candidates.state == "live":
        gone = sum(not issue.is_put_away for issue in candidates.absent)
    is_all = gone > 0 and not candidates.search_named_any
    if not is_all and (gone < MANY or 2 * gone <= candidates.alive):
        return
    before = sync.manifest.disappearance
    if before is not None and before.noticed_at.date() < sync.at.date() and not is_all:
        return
    sync.manifest.suspect_deletion(sync.at, gone)
    sync.commit()
    key = sync.manifest.project_key
    raise MassDeletionSuspected(
        f"{gone:,} of {candidates.alive:,} issues of {key} disappeared at once, "
        "without being moved or their project being archived. Nothing was deleted.",
        "Check that the account can still see them (permissions, issue security). If they were "
        f"deleted, run `jira-assets reconcile --accept {key}`"
        + ("." if is_all else "; a reconcile on another day accepts it as well."),
    )
