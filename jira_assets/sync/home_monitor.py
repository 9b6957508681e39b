"""Look at all sites of the home at the same time: one that cannot be asked holds up no other."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
from dataclasses import dataclass, field, replace

import msgspec

from jira_assets.errors import JiraAssetsError
from jira_assets.state import TrackedProject
from jira_assets.state.models import SyncRecord
from jira_assets.sync.monitor import Evaluation, SensorState, evaluate
from jira_assets.sync.pipeline import Pipeline
from jira_assets.sync.results import NOTHING_TRACKED, Portfolio, read_records
from jira_assets.sync.scheduling import Due
from jira_assets.sync.site_access import note_access
from jira_assets.sync.site_pipeline import SitePipeline

Memories = Mapping[str, SensorState]
"""What the last look left, by the number of the site."""


@dataclass
class HomeEvaluation:
    """What is due on any site, and how each site answered, by its prefix.

    Projects have qualified ids. `refusals` has the sites that could not be asked, `waiting` those that are
    not asked now, and why; `accepted` those that answered. `set_aside` has the projects that Jira refuses to
    answer about. `portfolio` is what was read of the state, with what the probes found.
    """

    due: list[Due] = field(default_factory=list)
    memories: dict[str, SensorState] = field(default_factory=dict)
    notices: list[str] = field(default_factory=list)
    accepted: set[str] = field(default_factory=set)
    refusals: dict[str, JiraAssetsError] = field(default_factory=dict)
    waiting: dict[str, str] = field(default_factory=dict)
    set_aside: dict[str, JiraAssetsError] = field(default_factory=dict)
    is_deep: bool = False
    portfolio: Portfolio = NOTHING_TRACKED


def evaluate_home(
    pipeline: Pipeline, memories: Memories, tracked: Sequence[TrackedProject]
) -> HomeEvaluation:
    """Probe each site that has tracked projects, and choose what is due."""
    parts = pipeline.by_site(tracked)
    found = HomeEvaluation(memories=dict(memories))
    for site, _ in parts:
        why = _pause(site) or (_refusal(site, memories) if len(parts) > 1 else None)
        if why is not None:
            found.waiting[site.site.prefix] = why
    asked = [part for part in parts if part[0].site.prefix not in found.waiting]
    records: dict[str, SyncRecord] = {}
    for (site, _), answer in zip(asked, _answers(asked, memories), strict=True):
        if isinstance(answer, JiraAssetsError):
            found.refusals[site.site.prefix] = answer
            note_access(site, answer)
            found.memories[str(site.site.site_id)] = _refused(site, memories)
        else:
            records.update(_take_over(found, site, answer))
    if len(records) < len(tracked):  # what was not asked about is as it was
        records = {**read_records(pipeline.state), **records}
    found.portfolio = Portfolio(tracked, records)
    return found


Part = tuple[SitePipeline, list[TrackedProject]]


def _answers(parts: Sequence[Part], memories: Memories) -> list[Evaluation | JiraAssetsError]:
    if len(parts) == 1:
        return [_answer(parts[0], memories)]
    with ThreadPoolExecutor(max(len(parts), 1), thread_name_prefix="site") as threads:
        futures = [threads.submit(copy_context().run, _answer, part, memories) for part in parts]
        return [future.result() for future in futures]


def _answer(part: Part, memories: Memories) -> Evaluation | JiraAssetsError:
    site, projects = part
    try:
        before = msgspec.structs.replace(_memory(site, memories), refused_at=None, refusals=0)
        return evaluate(site, before, projects)
    except JiraAssetsError as error:
        return error


def _take_over(found: HomeEvaluation, site: SitePipeline, answer: Evaluation) -> dict[str, SyncRecord]:
    """Add what one site answered; return its records by qualified id."""
    prefix = site.site.prefix
    found.memories[str(site.site.site_id)] = answer.memory
    found.due += [replace(entry, project=site.in_home(entry.project)) for entry in answer.due]
    found.notices.extend(map(site.says, answer.notices))
    if answer.probe is not None:
        found.accepted.add(prefix)
        note_access(site, None)
        found.is_deep |= answer.probe.is_deep
        found.set_aside.update({prefix + own_id: error for own_id, error in answer.probe.set_aside.items()})
    if not prefix:
        return dict(answer.portfolio.records)
    return {
        prefix + own_id: replace(record, project_id=prefix + own_id)
        for own_id, record in answer.portfolio.records.items()
    }


def _memory(site: SitePipeline, memories: Memories) -> SensorState:
    return memories.get(str(site.site.site_id), SensorState())


def _refused(site: SitePipeline, memories: Memories) -> SensorState:
    before = _memory(site, memories)
    return msgspec.structs.replace(before, refused_at=site.clock(), refusals=before.refusals + 1)


def _refusal(site: SitePipeline, memories: Memories) -> str | None:
    """Return why a site is left out that could not be asked: the others do not wait for it each time."""
    again_at = _memory(site, memories).ask_again_at
    if again_at is None or again_at <= site.clock():
        return None
    return f"{site.site.label} could not be asked. It is asked again at {again_at:%H:%M:%S} UTC."


def _pause(site: SitePipeline) -> str | None:
    until = site.state.pauses.until()
    if until is None or until <= site.clock():
        return None
    return site.says(f"Requests to Jira are paused until {until:%H:%M:%S} UTC: {site.state.pauses.reason()}.")
