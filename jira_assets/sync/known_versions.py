"""Compare the versions that Jira names with those in the lake: at every tick, for any number of projects."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence

from jira_assets.jira.models import IssueRef
from jira_assets.lake.damage import damage_signs
from jira_assets.lake.diff import find_lacking
from jira_assets.lake.lake import Lake
from jira_assets.lake.manifest import RawFile
from jira_assets.sync.project_facts import ProjectFacts, project_facts

MOST_REMEMBERED = 100_000
_present: dict[IssueRef, ProjectFacts] = {}
"""Versions that were found in their project, with the facts of its manifest: while those are the same, so is
the answer. The sensor asks about the same few again and again."""


def find_stale_issues(lake: Lake, refs: Sequence[IssueRef]) -> list[IssueRef]:
    """Return those of which the lake lacks this version."""
    facts = project_facts(lake)
    asked: dict[str, list[IssueRef]] = defaultdict(list)
    for ref in refs:
        present_in = _present.get(ref)
        if present_in is None or present_in is not facts.get(ref.project_id):
            asked[ref.project_id].append(ref)
    lacking = _compare(lake, asked)
    if len(_present) > MOST_REMEMBERED:
        _present.clear()
    for project_id in asked.keys() & facts.keys():
        found = set(asked[project_id]).difference(lacking)
        _present.update(dict.fromkeys(found, facts[project_id]))
    return lacking


def _compare(lake: Lake, asked: Mapping[str, Sequence[IssueRef]]) -> list[IssueRef]:
    """Look the versions up in those raw files only that can hold them."""
    named = [ref for refs in asked.values() for ref in refs]
    if not named:
        return []
    files = [file for project_id, refs in asked.items() for file in _files_for(lake, project_id, refs)]
    try:
        return find_lacking(lake, files, named)
    except damage_signs():
        if len(asked) == 1:
            return named  # a file is damaged: the sync that this makes due reports it
    return [ref for project_id, refs in asked.items() for ref in _compare(lake, {project_id: refs})]


def _files_for(lake: Lake, project_id: str, refs: Sequence[IssueRef]) -> Iterable[RawFile]:
    manifest = lake.readable_manifest(project_id)
    return [file for file in manifest.raw if _may_hold(file, refs)] if manifest else []


def _may_hold(file: RawFile, refs: Sequence[IssueRef]) -> bool:
    times = [ref.updated for ref in refs if ref.updated is not None]
    return file.newest is None or not times or file.newest >= min(times)
