"""What there is to choose for each project, and what a person chose."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from jira_assets.errors import InputError
from jira_assets.lake.lake import Lake
from jira_assets.qualified import split
from jira_assets.state import ProjectRef, TrackedProject
from jira_assets.web.app_state import AppState
from jira_assets.web.queries.project_list import Listing, VisibleProject

MOST_SHOWN = 200


@dataclass(frozen=True)
class PointsField:
    """Where a tracked project's story points come from, and where else they could."""

    by_hand: str | None
    in_use: str | None
    chosen_by: str
    candidates: Sequence[str]
    names: Mapping[str, str]

    @property
    def options(self) -> Sequence[str]:
        """The fields to choose from."""
        return list(dict.fromkeys(filter(None, [*self.candidates, self.by_hand])))

    def name(self, field_id: str) -> str:
        """Name a field as people know it; its id distinguishes it from others of that name."""
        return f"{self.names.get(field_id, 'Field')} ({field_id})"


@dataclass(frozen=True)
class ProjectChoice:
    """A project, whether it is tracked, and what the lake holds of it."""

    project: VisibleProject
    tracked: TrackedProject | None
    is_visible: bool
    issues: int
    points: PointsField | None


@dataclass(frozen=True)
class Choices:
    """The projects that were searched for; only the first of them fit on a page."""

    shown: Sequence[ProjectChoice]
    found: int
    total: int
    tracked: int


class ChoiceReader:
    """Joins what Jira shows with what is tracked and what the lake knows."""

    def __init__(self, app_state: AppState, listing: Listing) -> None:
        self._desk = app_state
        self._listing = listing
        self.tracked = {project.project_id: project for project in app_state.state.projects.tracked()}

    @cached_property
    def _lake(self) -> Lake:
        return self._desk.lake

    @cached_property
    def projects(self) -> dict[str, VisibleProject]:
        """Every project there is to choose; a tracked one may have become invisible."""
        visible = self._listing.by_id()
        gone = {
            key: VisibleProject(key, project.project_key, project.name)
            for key, project in self.tracked.items()
            if key not in visible
        }
        return visible | gone

    def read(self, search: str, *, only_tracked: bool) -> Choices:
        """Find projects by a part of key or name."""
        wanted = search.casefold()
        found = [
            project
            for project in self.projects.values()
            if (wanted in project.project_key.casefold() or wanted in project.name.casefold())
            and (not only_tracked or project.project_id in self.tracked)
        ]
        found.sort(key=lambda project: (project.project_id not in self.tracked, project.project_key))
        shown = [self._choice(project) for project in found[:MOST_SHOWN]]
        return Choices(shown, len(found), len(self.projects), len(self.tracked))

    def points(self, tracked: TrackedProject) -> PointsField:
        """Return where the story points of a project come from."""
        prefix, own_id = split(tracked.project_id)
        lake = self._lake.of(prefix)
        manifest = lake.readable_manifest(own_id)
        mapping = manifest.mapping if manifest else None
        return PointsField(
            by_hand=tracked.story_points_field,
            in_use=mapping.story_points_field if mapping else None,
            chosen_by=mapping.chosen_by if mapping else "",
            candidates=mapping.candidates if mapping else (),
            names=self._desk.projects.field_names(lake),
        )

    def _choice(self, project: VisibleProject) -> ProjectChoice:
        tracked = self.tracked.get(project.project_id)
        return ProjectChoice(
            project=project,
            tracked=tracked,
            is_visible=project.project_id in self._listing.by_id(),
            issues=self._issues.get(project.project_id, 0),
            points=self.points(tracked) if tracked else None,
        )

    @cached_property
    def _issues(self) -> dict[str, int]:
        return {record.project_id: record.issues for record in self._desk.state.records.all()}


@dataclass(frozen=True)
class Saved:
    """What a Save changed."""

    tracked: int
    untracked: int
    fields: int


def save_choices(
    app_state: AppState, listing: Listing, shown: set[str], chosen: set[str], points: Mapping[str, str]
) -> Saved:
    """Track those chosen and untrack the others of those shown; what was not shown stays as it is.

    Raises `InputError`, before anything is changed, for a project or a field that was not offered.
    """
    reader = ChoiceReader(app_state, listing)
    unknown = (shown | chosen) - reader.projects.keys()
    if unknown:
        raise InputError(
            f"{len(unknown)} of the submitted projects are unknown.", "Reload the page, then select projects."
        )
    new = [reader.projects[key] for key in sorted(chosen - reader.tracked.keys())]
    gone = [reader.tracked[key] for key in sorted((shown & reader.tracked.keys()) - chosen)]
    fields = _changed_fields(reader, points)
    app_state.state.projects.track(ProjectRef(p.project_id, p.project_key, p.name) for p in new)
    if gone:
        app_state.state.projects.untrack([project.project_key for project in gone])
    for project, field_id in fields:
        app_state.state.projects.choose_fields(
            project.project_id, story_points=field_id, sprint=project.sprint_field
        )
    return Saved(len(new), len(gone), len(fields))


def _changed_fields(
    reader: ChoiceReader, points: Mapping[str, str]
) -> list[tuple[TrackedProject, str | None]]:
    changed = []
    for project_id, sent in points.items():
        project = reader.tracked.get(project_id)
        field_id = sent or None
        if project is None or field_id == project.story_points_field:
            continue
        if field_id is not None and field_id not in reader.points(project).options:
            raise InputError(
                f"{project.project_key} has no story-point field {field_id}.",
                "Select one of the listed fields, or set another with `jira-assets projects fields`.",
            )
        changed.append((project, field_id))
    return changed
