"""Ask a few questions about all tracked projects: which of them have versions that the lake lacks?

Each question reaches back at least to the newest version that the site showed last time of its projects, so
that a healthy site always answers something: an empty answer means that it is dead or blind, not that nothing
happened. A few projects are called by name in each, reaching back to their own newest version: so a project
that is silently left out is noticed, too.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import msgspec

from jira_assets.errors import Forbidden, IncompleteRead, JiraAssetsError, JiraError
from jira_assets.jira.client import JiraClient
from jira_assets.jira.models import IssueRef
from jira_assets.lake.lake import Lake
from jira_assets.lake.manifest import fingerprint
from jira_assets.sync.change_query import ChangedIssues, ChangeQuestion, QueryResult, divide, query_changes
from jira_assets.sync.context import SyncContext, SyncOptions
from jira_assets.sync.known_versions import find_stale_issues
from jira_assets.sync.project_facts import ProjectFacts, project_facts
from jira_assets.sync.project_state import ProjectStates, out_of_sight
from jira_assets.sync.session import verify_identity

IDENTITY_LASTS = timedelta(minutes=10)
CALLED_BY_NAME = 5
TICKS_FOR_ALL = 20
"""After so many questions every project was called by name: ten minutes, at two a minute."""


class ProbeTarget(msgspec.Struct, frozen=True):
    """A project that is asked about, and up to when the lake is known to have all of it."""

    project_id: str
    complete_until: datetime


@dataclass(frozen=True)
class Probe:
    """What the site said: for each project with versions that the lake lacks, a digest of them.

    `set_aside` are projects that could not be asked about, with the reason; the others were. `listed` has
    what changed in projects, where that is known for sure.
    """

    at: datetime
    memory: ProbeState
    is_deep: bool = False
    lacking: Mapping[str, str] = field(default_factory=dict)
    set_aside: Mapping[str, JiraAssetsError] = field(default_factory=dict)
    listed: Mapping[str, ChangedIssues] = field(default_factory=dict)


def probe_changes(
    context: SyncContext,
    watched: Sequence[ProbeTarget],
    memory: ProbeState,
    *,
    called_by_name: int = CALLED_BY_NAME,
) -> Probe:
    """Ask; raises `AuthenticationError` when Jira does not know us, `IncompleteRead` when it is blind.

    At least so many projects are called by name.
    """
    at, memory = _prove_identity(context.client, memory)
    if not watched:
        return Probe(at, memory)
    complete = {project.project_id: project.complete_until for project in watched}
    ids, facts = sorted(complete), project_facts(context.lake)
    is_deep = _is_deep(context.options, memory, at)
    turn = memory.turn(ids, max(called_by_name, -(-len(ids) // TICKS_FOR_ALL)))
    expected = {
        key: version
        for key in turn
        if key in facts and (version := facts[key].newest) and memory.quiet.get(key) != version
    }
    parts = divide(ids)
    newest = [memory.newest_of(some) or _newest_in_lake(some, facts) for some in parts]
    questions = [
        _question(context.options, some, complete, expected, reaching, is_deep=is_deep)
        for some, reaching in zip(parts, newest, strict=True)
    ]
    answer = query_changes(context.client, questions)
    memory = memory.after(answer.refs, questions, turn[-1], at if is_deep else None)
    heard = {ref.project_id for ref in answer.refs}
    for question, reaching in zip(questions, newest, strict=True):
        if reaching is not None and heard.isdisjoint(question.ids):
            asked = [key for key in question.ids if key not in answer.set_aside]
            memory = _explain_silence(context.client, asked, memory)
    memory = _look_for_the_silent(context.project_states, answer, expected, heard, memory)
    _explain_refusals(context.project_states, answer)
    lacking = _lacking(context.lake, answer.refs)
    return Probe(at, memory, is_deep, lacking, answer.set_aside, answer.listed)


def _prove_identity(client: JiraClient, memory: ProbeState) -> tuple[datetime, ProbeState]:
    """Prove who we are now and then; the skew of the clocks that shows then holds until the next time."""
    now = client.transport.clock()
    if memory.proved_at is not None and timedelta() <= now - memory.proved_at < IDENTITY_LASTS:
        return now - memory.clock_ahead, memory
    session = verify_identity(client)
    return session.at, memory.with_identity(now, max(session.skew, timedelta()))


def _newest_in_lake(ids: Iterable[str], facts: Mapping[str, ProjectFacts]) -> datetime | None:
    known = (facts[key].newest for key in ids if key in facts)
    return max((newest for newest in known if newest is not None), default=None)


def _is_deep(options: SyncOptions, memory: ProbeState, at: datetime) -> bool:
    last = memory.looked_back_at
    return last is None or at - last >= options.deep_look_every


def _question(
    options: SyncOptions,
    ids: Sequence[str],
    complete: Mapping[str, datetime],
    expected: Mapping[str, datetime],
    reaching: datetime | None,
    *,
    is_deep: bool,
) -> ChangeQuestion:
    """Reach back to what a healthy site has to name; call projects by name of which that would show less."""
    since = min(complete[key] for key in ids) - (options.deep_look_back if is_deep else options.look_back)
    since = since if reaching is None else min(since, reaching)
    called = {key: expected[key] for key in ids if key in expected and expected[key] < since}
    return ChangeQuestion(ids, since, called)


def _explain_silence(client: JiraClient, ids: Sequence[str], memory: ProbeState) -> ProbeState:
    """Distinguish a site that shows nothing from one whose newest issue was deleted; note its newest now."""
    verify_identity(client)  # dead credentials end here
    jql = f"project in ({', '.join(ids)}) order by updated desc"
    for page in client.search(jql, fields=[], page_size=1) if ids else ():
        if page:
            return memory.with_newest([page[0].ref], ids)
    raise IncompleteRead(
        f"Jira accepts the credential but returns no issue of any of the {len(ids)} tracked "
        "projects. The lake contains issues of some of them.",
        "Nothing was changed. Check in a browser whether this account still sees the issues. If it "
        "does, Jira's search may be out of order: check Atlassian's status page.",
    )


def _look_for_the_silent(
    states: ProjectStates,
    answer: QueryResult,
    expected: Mapping[str, datetime],
    heard: Collection[str],
    memory: ProbeState,
) -> ProbeState:
    """Look at projects of which not even their newest version is shown: gone, or is only that issue gone?"""
    for key in expected.keys() - heard - answer.set_aside.keys():
        try:
            state = states.ask(key)
        except (Forbidden, IncompleteRead) as error:
            answer.set_aside[key] = error
            continue
        if state == "live":
            memory = memory.with_quiet(key, expected[key])
        else:
            answer.set_aside[key] = out_of_sight(states.key_of(key), state)
    return memory


def _explain_refusals(states: ProjectStates, answer: QueryResult) -> None:
    """Say how each project stands that search refused, in place of what search says."""
    for key, error in answer.set_aside.items():
        if isinstance(error, JiraError):
            answer.set_aside[key] = states.explain(key, states.key_of(key), error)


def _lacking(lake: Lake, refs: Sequence[IssueRef]) -> dict[str, str]:
    """Digest for each project the versions that the lake lacks."""
    found = defaultdict(list)
    for ref in find_stale_issues(lake, refs):
        found[ref.project_id].append((ref.id, ref.key, str(ref.updated)))
    return {key: fingerprint(sorted(versions)) for key, versions in found.items()}


class ProbeState(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """When we proved who we are and looked back further, what was the newest version, who was called last.

    `newest` has for each question the newest version that the site showed, by its project. `quiet` are
    projects whose newest version in the lake is no longer shown although they are there.
    """

    proved_at: datetime | None = None
    clock_ahead: timedelta = timedelta()
    looked_back_at: datetime | None = None
    newest: dict[str, datetime] = {}
    called: str | None = None
    quiet: dict[str, datetime] = {}

    def with_identity(self, at: datetime, clock_ahead: timedelta) -> ProbeState:
        """Remember that Jira knew us."""
        return msgspec.structs.replace(self, proved_at=at, clock_ahead=clock_ahead)

    def newest_of(self, ids: Iterable[str]) -> datetime | None:
        """Return the newest version that the site showed of these projects."""
        return max((self.newest[key] for key in ids if key in self.newest), default=None)

    def with_newest(self, refs: Iterable[IssueRef], ids: Collection[str]) -> ProbeState:
        """Remember which of these versions, of a question about those projects, is the newest."""
        dated = [(ref.updated, ref.project_id) for ref in refs if ref.updated is not None]
        if not dated:
            return self
        updated, project_id = max(dated)
        others = {key: at for key, at in self.newest.items() if key not in ids}
        return msgspec.structs.replace(self, newest={**others, project_id: updated})

    def with_quiet(self, project_id: str, newest: datetime) -> ProbeState:
        """Remember that this version of a project is not shown, so that its absence says nothing."""
        return msgspec.structs.replace(self, quiet={**self.quiet, project_id: newest})

    def turn(self, ids: Sequence[str], count: int) -> list[str]:
        """Return the projects whose turn it is to be called by name, after the one that was called last."""
        later = [key for key in ids if self.called is None or key > self.called]
        return list(dict.fromkeys([*later, *ids]))[:count]

    def after(
        self,
        refs: Sequence[IssueRef],
        questions: Iterable[ChangeQuestion],
        called: str,
        looked_back_at: datetime | None,
    ) -> ProbeState:
        """Remember what the answers showed, and who was called last."""
        memory = self
        for question in questions:
            ids = set(question.ids)
            memory = memory.with_newest([ref for ref in refs if ref.project_id in ids], ids)
        return msgspec.structs.replace(
            memory,
            called=called,
            looked_back_at=looked_back_at or memory.looked_back_at,
        )
