"""The notices that stand: what stops no sync, and people should know.

They are found where they arise and kept in manifests, so that showing them asks neither Jira nor DuckDB.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

import msgspec

from jira_assets.formatting import counted
from jira_assets.lake.lake import Lake
from jira_assets.lake.site_manifest import Notice
from jira_assets.qualified import SEPARATOR
from jira_assets.state import TrackedProject
from jira_assets.sync.project_facts import project_facts

MOST_KEYS_NAMED = 5
MOST_SHOWN = 20
_ID_IN_PATH = re.compile(r"/[0-9]+\b")


@dataclass(frozen=True)
class ActiveNotice:
    """A notice as people see it: `projects` are keys, none when it concerns the site."""

    part: str
    reason: str
    instruction: str
    since: datetime
    projects: tuple[str, ...] = ()

    @property
    def concerns(self) -> str:
        """Name what it is about."""
        first, more = self.projects[:MOST_KEYS_NAMED], len(self.projects) - MOST_KEYS_NAMED
        others = f" and {counted(more, 'other project')}" if more > 0 else ""
        return f"{self.part} of {', '.join(first)}{others}" if first else self.part

    def __str__(self) -> str:
        """Say it in one line."""
        since = f"(since {self.since:%Y-%m-%d %H:%M} UTC)"
        return " ".join(filter(None, [f"{self.concerns}:", self.reason, self.instruction, since]))


def _of_sites(lake: Lake, _: Sequence[TrackedProject]) -> Iterable[Notice]:
    yield from lake.site_manifest().notices
    for prefix in lake.folders:
        for notice in lake.of(prefix).site_manifest().notices:
            yield _qualified(notice, prefix)


def _qualified(notice: Notice, prefix: str) -> Notice:
    """Return a notice of a further site: about its project, or naming the site."""
    if notice.project_id is not None:
        return msgspec.structs.replace(notice, project_id=prefix + notice.project_id)
    return msgspec.structs.replace(notice, part=f"{notice.part} of {prefix.removesuffix(SEPARATOR)}")


def _of_projects(lake: Lake, tracked: Sequence[TrackedProject]) -> Iterable[Notice]:
    facts = project_facts(lake)
    for project in tracked:
        if (known := facts.get(project.project_id)) is not None:
            yield from known.notices


SOURCES: tuple[Callable[[Lake, Sequence[TrackedProject]], Iterable[Notice]], ...] = (_of_sites, _of_projects)
"""Where notices come from; a module that keeps some elsewhere adds a function that reads them."""


def current_notices(lake: Lake, tracked: Sequence[TrackedProject]) -> list[ActiveNotice]:
    """Gather the notices of the sites and the tracked projects; one stands for all with one fault."""
    keys = {project.project_id: project.project_key for project in tracked}
    found = [notice for source in SOURCES for notice in source(lake, tracked)]
    alike = defaultdict(list)
    for notice in found:
        if notice.project_id is None or notice.project_id in keys:
            alike[notice.part, _ID_IN_PATH.sub("/{}", notice.reason)].append(notice)
    return list(_together(alike.values(), keys))


def in_lines(notices: Sequence[ActiveNotice]) -> list[str]:
    """Say the first of them in a line each, and how many others there are."""
    more = len(notices) - MOST_SHOWN
    others = [f"{counted(more, 'more notice')}: `jira-assets status --json` lists all."] if more > 0 else []
    return [*map(str, notices[:MOST_SHOWN]), *others]


def _together(groups: Iterable[Sequence[Notice]], keys: dict[str, str]) -> Iterator[ActiveNotice]:
    for group in groups:
        projects = sorted(keys[notice.project_id] for notice in group if notice.project_id)
        since = min(notice.since for notice in group)
        yield ActiveNotice(group[0].part, group[0].reason, group[0].instruction, since, tuple(projects))


def renew_notice(lake: Lake, part: str, found: Notice | None) -> None:
    """Keep what was found about a part of the home, or that it is well again."""
    if found is None and not any(notice.part == part for notice in lake.site_manifest().notices):
        return
    with lake.lock("site", "notices"):
        site = lake.site_manifest()
        if site.renew_notices([(part, None)], [] if found is None else [found]):
            lake.commit_site(site)
