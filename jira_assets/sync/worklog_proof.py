"""Compare the worklogs of every issue of a project with Jira, and land what is missing here."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from jira_assets.errors import AuthenticationError, JiraError, RateLimited
from jira_assets.jira.entities import embedded_list
from jira_assets.lake.derive_worklogs import WorklogTable
from jira_assets.lake.manifest import Manifest
from jira_assets.lake.sql_files import literal
from jira_assets.sync.bulk_fetch import fetch_by_id
from jira_assets.sync.context import SyncContext
from jira_assets.sync.entity_kinds import versions_in
from jira_assets.sync.worklog_files import WorklogLanding

ISSUES_AT_ONCE = 800


class Here(NamedTuple):
    """Worklogs that Jira shows and that are here, or not; and those here that it does not show."""

    present: int
    missing: int
    unseen: int


@dataclass
class WorklogProof:
    """What Jira has: the issue of each worklog that it shows; `doubt` says why some issue was not asked."""

    project_id: str
    project_key: str
    shown: dict[str, str] = field(default_factory=dict)
    issues: list[str] = field(default_factory=list)
    fetched: int = 0
    doubt: str = ""

    @property
    def in_jira(self) -> int:
        """How many there are in Jira."""
        return len(self.shown)

    @property
    def is_whole(self) -> bool:
        """Whether every issue could be asked about."""
        return not self.doubt

    def count_here(self, table: WorklogTable) -> Here:
        """Compare with the table as it is now."""
        known = {
            worklog_id: each.jira_id
            for worklog_id, each in table.of_issues(self.issues).items()
            if not each.is_head and not each.is_deleted
        }
        present = sum(known.get(worklog_id) == issue for worklog_id, issue in self.shown.items())
        return Here(present, len(self.shown) - present, len(known.keys() - self.shown.keys()))


def prove_worklogs(
    context: SyncContext, landing: WorklogLanding, table: WorklogTable, manifest: Manifest
) -> WorklogProof:
    """Ask for the worklogs of every issue, 100 in a request; those of an issue with more than come, apart."""
    proof = WorklogProof(manifest.project_id, manifest.project_key)
    for ids in _issues(landing, manifest):
        found = _worklogs_of(context, proof, ids)
        known = table.of_issues(ids)
        for issue_id, entries in found.items():
            proof.issues.append(issue_id)
            fresh = []
            for entry in entries:
                for worklog_id, updated_at in versions_in([entry]):
                    proof.shown[worklog_id] = issue_id
                    here = known.get(worklog_id)
                    if here is None or here.is_head or here.is_deleted or here.updated_at != updated_at:
                        fresh.append(entry)
            landing.add(fresh)
            proof.fetched += len(fresh)
    return proof


def _issues(landing: WorklogLanding, manifest: Manifest) -> Iterator[list[str]]:
    file = manifest.derived_file("jira_issues")
    if file is None:
        return
    cursor = landing.lake.engine.cursor()
    cursor.execute(f"select jira_id from read_parquet({literal(landing.lake.path(file.path))}) order by all")
    while rows := cursor.fetchmany(ISSUES_AT_ONCE):
        yield [jira_id for (jira_id,) in rows]


def _worklogs_of(context: SyncContext, proof: WorklogProof, ids: Sequence[str]) -> dict[str, Sequence[bytes]]:
    answer = fetch_by_id(context, ids, ["worklog"])
    found: dict[str, Sequence[bytes]] = {}
    cut = []
    for issue in answer.issues:
        embedded = embedded_list(issue, "worklog")
        if embedded is None:
            proof.doubt = f"{issue.key} comes without its worklogs"
        elif embedded.is_whole:
            found[issue.id] = embedded.entries
        else:
            cut.append(issue.id)
    if answer.not_returned or answer.unreadable:
        proof.doubt = f"issue {min({*answer.not_returned, *answer.unreadable})} could not be read"

    def ask(issue_id: str) -> list[bytes] | JiraError:
        try:
            return context.client.fetch_worklogs_of(issue_id)
        except (AuthenticationError, RateLimited):
            raise
        except JiraError as error:
            return error

    for issue_id, whole in zip(cut, context.side_by_side(ask, cut), strict=True):
        if isinstance(whole, JiraError):
            proof.doubt = f"issue {issue_id}: {whole.reason.rstrip('.')}"
        else:
            found[issue_id] = whole
    return found
