"""Ask one question about all tracked projects: which of them have versions that the lake lacks?

The question reaches back to the newest version that the site showed last time at least, so that a healthy
site always answers something: an empty answer means that it is dead or blind, not that nothing happened. A
few projects are called by name in the same question, each reaching back to its own newest version: so a
project that is silently left out is noticed, too.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import msgspec

from jira_assets.errors import Forbidden, IncompleteRead, JiraAssetsError, JiraError
from jira_assets.jira.client import JiraClient
from jira_assets.jira.models import IssueRef
from jira_assets.lake.damage import damage_signs
from jira_assets.lake.diff import LakeDiff
from jira_assets.lake.lake import Lake
from jira_assets.lake.manifest import Manifest, RawFile, fingerprint
from jira_assets.sync.change_query import QueryResult, query_changes
from jira_assets.sync.context import SyncContext, SyncOptions
from jira_assets.sync.project_state import ProjectStates, out_of_sight
from jira_assets.sync.session import verify_identity

IDENTITY_LASTS = timedelta(minutes=10)
CALLED_BY_NAME = 5
TICKS_FOR_ALL = 20
"""After so many questions every project was called by name: ten minutes, at two a minute."""


@dataclass(frozen=True)
class ProbeTarget:
    """A project that is asked about, and up to when the lake is known to have all of it."""

    project_id: str
    complete_until: datetime


@dataclass(frozen=True)
class Probe:
    """What the site said: for each project with versions that the lake lacks, a digest of them.

    `set_aside` are projects that could not be asked about, with the reason; the others were.
    """

    at: datetime
    memory: ProbeState
    is_deep: bool = False
    lacking: Mapping[str, str] = field(default_factory=dict)
    set_aside: Mapping[str, JiraAssetsError] = field(default_factory=dict)


def probe_changes(context: SyncContext, watched: Sequence[ProbeTarget], memory: ProbeState) -> Probe:
    """Ask; raises `AuthenticationError` when Jira does not know us, `IncompleteRead` when it is blind."""
    at, memory = _prove_identity(context.client, memory)
    if not watched:
        return Probe(at, memory)
    ids = sorted(project.project_id for project in watched)
    newest = _newest(context.lake, ids, memory)
    is_deep = _is_deep(context.options, memory, at)
    since = _since(context.options, watched, newest, is_deep=is_deep)
    turn = memory.turn(ids, max(CALLED_BY_NAME, -(-len(ids) // TICKS_FOR_ALL)))
    called = _called_by_name(context.lake, turn, memory, since)
    answer = query_changes(context.client, ids, since, called)
    memory = memory.after(answer.refs, turn[-1], at if is_deep else None)
    if not answer.refs and newest is not None:
        memory = _explain_silence(context.client, [key for key in ids if key not in answer.set_aside], memory)
    memory = _look_for_the_silent(context.project_states, answer, called, memory)
    _explain_refusals(context.project_states, answer)
    lacking = _lacking(context.lake, answer.refs)
    return Probe(at, memory, is_deep, lacking, answer.set_aside)


def _prove_identity(client: JiraClient, memory: ProbeState) -> tuple[datetime, ProbeState]:
    """Prove who we are now and then; the skew of the clocks that shows then holds until the next time."""
    now = client.transport.clock()
    if memory.proved_at is not None and timedelta() <= now - memory.proved_at < IDENTITY_LASTS:
        return now - memory.clock_ahead, memory
    session = verify_identity(client)
    return session.at, memory.with_identity(now, max(session.skew, timedelta()))


def _newest(lake: Lake, ids: Sequence[str], memory: ProbeState) -> datetime | None:
    """Return the newest version that a healthy site has to name; at first the newest in the lake."""
    if memory.newest is not None and memory.newest_in in ids:
        return memory.newest
    manifests = (lake.readable_manifest(key) for key in ids)
    return max((m.newest for m in manifests if m is not None and m.newest is not None), default=None)


def _is_deep(options: SyncOptions, memory: ProbeState, at: datetime) -> bool:
    last = memory.looked_back_at
    return last is None or at - last >= options.deep_look_every


def _since(
    options: SyncOptions, watched: Sequence[ProbeTarget], newest: datetime | None, *, is_deep: bool
) -> datetime:
    complete = min(project.complete_until for project in watched)
    since = complete - (options.deep_look_back if is_deep else options.look_back)
    return since if newest is None else min(since, newest)


def _called_by_name(
    lake: Lake, turn: Sequence[str], memory: ProbeState, since: datetime
) -> dict[str, datetime]:
    """Name the newest version that Jira has to show of each project whose turn it is."""
    called = {}
    for key in turn:
        manifest = lake.readable_manifest(key)
        newest = manifest.newest if manifest else None
        if newest is not None and newest < since and memory.quiet.get(key) != newest:
            called[key] = newest
    return called


def _explain_silence(client: JiraClient, ids: Sequence[str], memory: ProbeState) -> ProbeState:
    """Distinguish a site that shows nothing from one whose newest issue was deleted; note its newest now."""
    verify_identity(client)  # dead credentials end here
    jql = f"project in ({', '.join(ids)}) order by updated desc"
    for page in client.search(jql, fields=[], page_size=1) if ids else ():
        if page:
            return memory.with_newest(page[0].ref)
    raise IncompleteRead(
        f"Jira accepts the credential but returns no issue of any of the {len(ids)} tracked "
        "projects. The lake contains issues of some of them.",
        "Nothing was changed. Check in a browser whether this account still sees the issues. If it "
        "does, Jira's search may be out of order: check Atlassian's status page.",
    )


def _look_for_the_silent(
    states: ProjectStates, answer: QueryResult, called: Mapping[str, datetime], memory: ProbeState
) -> ProbeState:
    """Look at projects that did not answer to their name: gone, or is only their newest issue gone?"""
    heard = {ref.project_id for ref in answer.refs}
    for key in called.keys() - heard - answer.set_aside.keys():
        try:
            state = states.ask(key)
        except (Forbidden, IncompleteRead) as error:
            answer.set_aside[key] = error
            continue
        if state == "live":
            memory = memory.with_quiet(key, called[key])
        else:
            answer.set_aside[key] = out_of_sight(states.key_of(key), state)
    return memory


def _explain_refusals(states: ProjectStates, answer: QueryResult) -> None:
    """Say how each project stands that search refused, in place of what search says."""
    for key, error in answer.set_aside.items():
        if isinstance(error, JiraError):
            answer.set_aside[key] = states.explain(key, states.key_of(key), error)


def _lacking(lake: Lake, refs: Iterable[IssueRef]) -> dict[str, str]:
    by_project = defaultdict(list)
    for ref in refs:
        by_project[ref.project_id].append(ref)
    lacking = {key: find_stale_issues(lake, key, named) for key, named in by_project.items()}
    return {
        key: fingerprint(sorted((ref.id, ref.key, str(ref.updated)) for ref in found))
        for key, found in lacking.items()
        if found
    }


class ProbeState(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """When we proved who we are and looked back further, what was the newest version, who was called last.

    `quiet` are projects whose newest version in the lake is no longer shown although they are there.
    """

    proved_at: datetime | None = None
    clock_ahead: timedelta = timedelta()
    looked_back_at: datetime | None = None
    newest: datetime | None = None
    newest_in: str | None = None
    called: str | None = None
    quiet: dict[str, datetime] = {}

    def with_identity(self, at: datetime, clock_ahead: timedelta) -> ProbeState:
        """Remember that Jira knew us."""
        return msgspec.structs.replace(self, proved_at=at, clock_ahead=clock_ahead)

    def with_newest(self, ref: IssueRef) -> ProbeState:
        """Remember which version is the newest that the site shows."""
        return msgspec.structs.replace(self, newest=ref.updated, newest_in=ref.project_id)

    def with_quiet(self, project_id: str, newest: datetime) -> ProbeState:
        """Remember that this version of a project is not shown, so that its absence says nothing."""
        return msgspec.structs.replace(self, quiet={**self.quiet, project_id: newest})

    def turn(self, ids: Sequence[str], count: int) -> list[str]:
        """Return the projects whose turn it is to be called by name, after the one that was called last."""
        later = [key for key in ids if self.called is None or key > self.called]
        return list(dict.fromkeys([*later, *ids]))[:count]

    def after(self, refs: Iterable[IssueRef], called: str, looked_back_at: datetime | None) -> ProbeState:
        """Remember what an answer showed, and who was called last."""
        dated = [(ref.updated, ref.id, ref) for ref in refs if ref.updated is not None]
        memory = self.with_newest(max(dated)[2]) if dated else self
        return msgspec.structs.replace(
            memory,
            called=called,
            looked_back_at=looked_back_at or memory.looked_back_at,
        )


_found: dict[tuple[str, str], tuple[Sequence[RawFile], set[IssueRef]]] = {}
"""Versions that were found in a project's raw files: while the files are the same, so is the answer. The
sensor asks about the same few again and again."""


def find_stale_issues(lake: Lake, project_id: str, refs: Sequence[IssueRef]) -> list[IssueRef]:
    """Look the versions up in those raw files only that can hold them: this is asked at every tick."""
    manifest = lake.readable_manifest(project_id) or Manifest(project_id, "")
    place = (str(lake.root), project_id)
    files, present = _found.get(place, ([], set()))
    if files != manifest.raw:
        present = set()
    asked = [ref for ref in refs if ref not in present]
    lacking = _compare(lake, manifest, asked) if asked else []
    _found[place] = (manifest.raw, present.union(asked).difference(lacking))
    return lacking


def _compare(lake: Lake, manifest: Manifest, refs: Sequence[IssueRef]) -> list[IssueRef]:
    recent = msgspec.structs.replace(manifest, raw=[file for file in manifest.raw if _may_hold(file, refs)])
    try:
        lacking = {issue.jira_id for issue in LakeDiff(lake, recent).add(refs)}
    except damage_signs():
        return list(refs)  # a file is damaged: the sync that this makes due reports it
    return [ref for ref in refs if ref.id in lacking]


def _may_hold(file: RawFile, refs: Sequence[IssueRef]) -> bool:
    times = [ref.updated for ref in refs if ref.updated is not None]
    return file.newest is None or not times or file.newest >= min(times)
