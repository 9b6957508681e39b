"""Read what belongs to the issues of a project, after its issues are committed: a pass of its own.

Nothing of it stops the issues. What cannot be read is described in the manifest, and read by the next pass.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

import msgspec

from jira_assets.errors import JiraAssetsError
from jira_assets.formatting import counted
from jira_assets.lake.compact import MOST_FILES, compact_entities
from jira_assets.lake.damage import set_lists_aside
from jira_assets.lake.derive_entities import count_present, derive_entities
from jira_assets.lake.entity_state import EntityProblem, EntityProof, EntityState
from jira_assets.lake.lake import Lake
from jira_assets.lake.manifest import Manifest
from jira_assets.lake.prune_entities import prune
from jira_assets.sync.context import SyncOptions
from jira_assets.sync.entity_kinds import KINDS, EntityKind
from jira_assets.sync.entity_lists import ListReader, ListsRead
from jira_assets.sync.project_sync import ProjectSync
from jira_assets.sync.stale_lists import count_to_read

MOST_NAMED = 5


def read_entities(sync: ProjectSync, *, prove: bool) -> bool:
    """Bring what is chosen of a project up to date, whose lock is held; return whether any table changed.

    To `prove`, every issue is asked about, and what Jira has is compared with the lake. Raises
    `AuthenticationError` when Jira refuses our identity.
    """
    manifest, lake = sync.manifest, sync.context.lake.cursor()
    set_lists_aside(sync.context.lake, manifest, "size")
    changed = derive_chosen(lake, manifest, sync.context.options)
    if not manifest.entities or manifest.derived_file("jira_issues") is None:
        return changed
    read = _read(sync, [kind for kind in KINDS if kind.name in manifest.entities], prove=prove)
    changed |= derive_entities(lake, manifest)
    _conclude(sync, read, prove=prove)
    if len(manifest.entity_raw) > MOST_FILES:
        compact_entities(lake, manifest)
    return changed


def derive_chosen(lake: Lake, manifest: Manifest, options: SyncOptions) -> bool:
    """Bring the tables in line with the files and with what is chosen now, without asking Jira."""
    wanted = options.entities_of(manifest.project_key)
    _prune(lake, manifest, wanted)
    chosen: dict[str, bool] = {kind.name: wanted[kind.name] for kind in KINDS if kind.name in wanted}
    if manifest.choose_entities(chosen):
        lake.commit(manifest)
    return derive_entities(lake, manifest)


def _prune(lake: Lake, manifest: Manifest, wanted: Mapping[str, bool]) -> None:
    """Take out of the files what is not wanted any more."""
    kinds = manifest.entities.keys() - wanted.keys()
    texts = {
        kind.body
        for kind in KINDS
        if (state := manifest.entities.get(kind.name)) and kind.body
        if state.has_bodies and not wanted.get(kind.name)
    }
    if wanted and manifest.entity_raw and (kinds or texts):
        prune(lake, manifest, kinds, texts)


@dataclass
class _Read:
    """What the pass brought of all kinds, and the error that ended it early."""

    lists: list[ListsRead] = field(default_factory=list)
    error: JiraAssetsError | None = None

    @property
    def failed(self) -> dict[str, str]:
        return {key: reason for read in self.lists for key, reason in read.failed.items()}

    @property
    def is_whole(self) -> bool:
        return self.error is None and not any(read.is_paused or read.left_out for read in self.lists)

    def entries(self, kind: EntityKind) -> Mapping[str, int]:
        return next((read.in_jira[kind.name] for read in self.lists if kind.name in read.in_jira), {})

    def fetched(self, kind: EntityKind) -> int:
        return sum(read.fetched.get(kind.name, 0) for read in self.lists)


def _read(sync: ProjectSync, kinds: Sequence[EntityKind], *, prove: bool) -> _Read:
    read = _Read()
    try:
        for group in groups_of(kinds):
            reader = ListReader(sync, group, every=prove)
            read.lists.append(reader.read)
            reader.run()
    except JiraAssetsError as error:
        read.error = sync.context.identity.judge(sync.client, error)
    return read


def groups_of(kinds: Sequence[EntityKind]) -> Iterator[list[EntityKind]]:
    """Put together what comes with the same request."""
    embedded = [kind for kind in kinds if kind.field]
    if embedded:
        yield embedded
    for kind in kinds:
        if not kind.field:
            yield [kind]


def _conclude(sync: ProjectSync, read: _Read, *, prove: bool) -> None:
    """Commit how far each kind is read, what could not be, and the proofs."""
    manifest, lake, now = sync.manifest, sync.context.lake.cursor(), sync.context.clock()
    states: dict[str, EntityState] = {}
    problem = _problem(sync, read)
    for kind in (kind for kind in KINDS if kind.name in manifest.entities):
        behind = count_to_read(lake, manifest, [kind])
        state = msgspec.structs.replace(manifest.entities[kind.name], behind=behind, read_at=sync.at)
        if prove and read.is_whole and not read.failed:
            here = count_present(lake, manifest, kind.name)
            there = read.entries(kind)
            differing = [key for key, count in there.items() if here.get(key, 0) != count]
            if differing:
                reason = f"{counted(len(differing), 'issue')} have other {kind.name} here than in Jira"
                problem = EntityProblem(f"{reason}.", "The next proof compares them again.", now)
            else:
                in_lake = sum(here.get(key, 0) for key in there)
                proof = EntityProof(sync.at, sum(there.values()), in_lake, read.fetched(kind))
                state = msgspec.structs.replace(state, proof=proof)
        states[kind.name] = state
    manifest.note_entities(states, problem)
    sync.commit()


def _problem(sync: ProjectSync, read: _Read) -> EntityProblem | None:
    now, names = sync.context.clock(), " and ".join(sync.manifest.entities)
    if read.error is not None:
        reason = f"{names.capitalize().replace('_', ' ')} cannot be read: {read.error.reason.rstrip('.')}."
        return EntityProblem(reason, read.error.instruction, now)
    failed = read.failed
    if not failed:
        return None
    keys = sorted(failed)
    more = ", …" if len(keys) > MOST_NAMED else ""
    what = f"{names.capitalize().replace('_', ' ')} of {counted(len(keys), 'issue')}"
    first = f"{keys[0]}: {failed[keys[0]].rstrip('.')}."
    reason = f"{what} ({', '.join(keys[:MOST_NAMED])}{more}) could not be read. {first}"
    return EntityProblem(reason, "Every sync requests them again.", now)
