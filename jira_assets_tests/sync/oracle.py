"""What can be known of a site from outside, written down at every sync, to judge the published tables by.

Worked out from the site's own data, without its search and without any of the code that syncs.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any, Literal, NamedTuple

from jira_assets.demo.site import DemoSite
from jira_assets_tests.harness import SyncHarness

Standing = Literal["live", "archived", "trashed", "out of sight"]

ANSWERED: dict[Standing, str] = {
    "live": "gone",
    "archived": "archived",
    "trashed": "trashed",
    "out of sight": "invisible",
}
"""What is said of an issue that a project in this state has no longer."""


class Place(NamedTuple):
    """Where an issue was seen."""

    project_id: str
    key: str


@dataclass(frozen=True)
class View:
    """What an account can see of a site at one moment, asking for everything by its id."""

    issues: dict[str, Place]
    projects: dict[str, Standing]

    @classmethod
    def of(cls, site: DemoSite) -> View:
        """Look at the site."""
        projects: dict[str, Standing] = {}
        for project in site.catalog.projects.values():
            # The trash is listed also to those who may not look into its projects.
            hidden = project.invisible or (project.forbidden and not project.trashed)
            shown: Standing = "trashed" if project.trashed else "archived" if project.archived else "live"
            projects[str(project.id)] = "out of sight" if hidden else shown
        issues = {}
        for document in site.store.documents.values():
            issue = document.issue
            readable = projects[str(issue.project_id)] in ("live", "archived")
            if readable and issue.id not in site.store.hidden:
                issues[str(issue.id)] = Place(str(issue.project_id), site.render.key(issue))
        return cls(issues, projects)

    def standing(self, project_id: str) -> Standing:
        """Tell how a project shows; one that was deleted for good shows like one that is hidden."""
        return self.projects.get(project_id, "out of sight")

    def holds(self, project_id: str, issue_id: str) -> bool:
        """Tell whether a project that is in use shows the issue."""
        place = self.issues.get(issue_id)
        return place is not None and place.project_id == project_id and self.standing(project_id) == "live"


Row = tuple[str, str]
"""A project id and an issue id."""


@dataclass
class Witness:
    """Follow a rig: what was true when it synced, and what its warehouse showed."""

    harness: SyncHarness
    reasons: dict[Row, set[str]] = field(default_factory=lambda: defaultdict(set))
    """What may be said of an issue that its project no longer has; empty as long as it has it."""
    noticed: dict[Row, set[str]] = field(default_factory=lambda: defaultdict(set))
    """Of that, what a sync that read the project whole must have noticed: nothing else is said later."""
    keys: dict[str, set[str]] = field(default_factory=lambda: defaultdict(set))
    """The keys under which an issue was seen."""
    ever: set[Row] = field(default_factory=set)
    published: set[Row] = field(default_factory=set)

    @property
    def tracked(self) -> list[str]:
        """The ids of the tracked projects."""
        return [project.project_id for project in self.harness.tracked]

    def note_sync(self, *, whole: Iterable[str] = (), perhaps: Iterable[str] = ()) -> View:
        """Write down what a sync could notice now.

        Of the projects that were read `whole` it is known that it did; `perhaps` it did, and died.
        """
        view, whole, perhaps = View.of(self.harness.site), set(whole), set(perhaps)
        for issue_id, place in view.issues.items():
            self.keys[issue_id].add(place.key)
        held = {(p, i) for p in self.tracked for i in view.issues if view.holds(p, i)}
        for row in self.ever - held:
            if row[0] in whole and view.standing(row[0]) == "live":
                # What was said while the project was put away no longer counts when it is back.
                self.reasons[row] -= {"archived", "trashed", "invisible"}
                self.noticed[row] &= self.reasons[row]
            found = self._to_notice(view, row, whole=row[0] in whole | perhaps)
            self.reasons[row] |= found
            if row[0] in whole:
                self.noticed[row] |= found
        for row in held:
            if row[0] in whole:
                self.reasons[row].clear()
                self.noticed[row].clear()
        self.ever |= held
        return view

    def _to_notice(self, view: View, row: Row, *, whole: bool) -> set[str]:
        """Return what can be said of an issue that its project no longer has."""
        project_id, place = row[0], view.issues.get(row[1])
        if place is not None and place.project_id != project_id:
            return {"moved"}
        if not whole or (self.noticed[row] and view.standing(project_id) == "live"):
            return set()
        # What is archived can still be read by its id: what cannot is known to be gone.
        also = {"gone"} if view.standing(project_id) == "archived" and place is None else set()
        return {ANSWERED[view.standing(project_id)]} | also

    def note_published(self) -> None:
        """Write down which issues the warehouse shows, and in which project."""
        if self.harness.pipeline.settings.warehouse_file.exists():
            self.published |= set(self.harness.ask("select project_id, jira_id from jira_issues"))


def problems(witness: Witness, view: View, whole: Iterable[str], *, settled: bool) -> list[str]:
    """Hold the published tables against what can be known of the projects that were read whole.

    An issue whose last change search does not show yet may look as before, unless everything is `settled`.
    """
    harness, whole = witness.harness, set(whole)
    late = set() if settled else {str(each) for each in harness.site.index.waiting()}
    shown = {
        row[0]: row for row in harness.ask("select jira_id, project_id, summary, updated_at from jira_issues")
    }
    return [
        *_issues(harness.site, view, shown, whole, late),
        *_tombstones(witness, view, shown, whole, late, settled=settled),
        *_parents(harness, view, whole, late),
    ]


def _issues(
    site: DemoSite, view: View, shown: dict[str, tuple[Any, ...]], whole: set[str], late: set[str]
) -> list[str]:
    told = []
    for issue_id in sorted(view.issues.keys() | shown.keys()):
        place, row = view.issues.get(issue_id), shown.get(issue_id)
        concerned = {place.project_id if place else None, row[1] if row else None} & whole
        if issue_id in late or not concerned:
            continue
        wanted: tuple[Any, ...] | None = None
        if place is not None and view.holds(place.project_id, issue_id) and place.project_id in whole:
            truth = site.truth(issue_id)
            wanted = (issue_id, place.project_id, truth.summary, truth.updated.replace(tzinfo=None))
        if row != wanted:
            told.append(f"issue {issue_id}: true is {wanted}, the warehouse has {row}")
    return told


def _parents(harness: SyncHarness, view: View, whole: set[str], late: set[str]) -> list[str]:
    """Hold parents against the truth where they can be known: none, or an issue that is held."""
    rows = harness.ask("select jira_id, parent_id, parent_key from jira_issues")
    told = []
    for issue_id, *found in rows:
        place = view.issues.get(issue_id)
        if place is None or place.project_id not in whole or issue_id in late:
            continue
        parent = harness.site.truth(issue_id).parent_id
        home = view.issues.get(parent) if parent else None
        is_held = home is not None and home.project_id in whole and view.holds(home.project_id, parent or "")
        wanted = [parent, home.key if home else None]
        if (parent is None or (is_held and parent not in late)) and found != wanted:
            told.append(f"issue {issue_id}: its parent is {wanted}, the warehouse has {found}")
    pointing = harness.ask(
        "select issues.jira_id from jira_issues as issues "
        "semi join jira_deleted_issues as gone on issues.parent_id = gone.jira_id and gone.reason = 'gone'"
    )
    return told + [f"issue {issue_id} has a parent that is gone" for (issue_id,) in pointing]


def _tombstones(
    witness: Witness,
    view: View,
    shown: dict[str, tuple[Any, ...]],
    whole: set[str],
    late: set[str],
    *,
    settled: bool,
) -> list[str]:
    found = defaultdict(list)
    for issue_id, reason, moved_to in witness.harness.ask(
        "select jira_id, reason, moved_to_key from jira_deleted_issues"
    ):
        found[issue_id].append((reason, moved_to))
    told = []
    for issue_id in sorted((found.keys() | {issue_id for _, issue_id in witness.ever}) - late):
        told += _about(witness, view, issue_id, found[issue_id], issue_id in shown, whole, settled)
    return told


def _about(
    witness: Witness,
    view: View,
    issue_id: str,
    rows: list[tuple[str, str | None]],
    stands: bool,
    whole: set[str],
    settled: bool,
) -> list[str]:
    left = {p: witness.reasons[p, i] for p, i in witness.ever if i == issue_id and not view.holds(p, i)}
    allowed = {reason for reasons in left.values() for reason in reasons if reason == "moved" or not stands}
    told = [
        f"{issue_id} is said to be {each}, which it is not: {left}" for each, _ in rows if each not in allowed
    ]
    if len(rows) > len(left):
        told.append(f"{issue_id} left {len(left)} projects, and {len(rows)} are told: {rows}")
    must = [p for p in left if p in whole and (p, issue_id) in witness.published]
    if must and not rows and not stands:
        told.append(f"{issue_id} left {must}, and nothing is said of it")
    for reason, moved_to in rows if settled else ():
        if (moved_to in witness.keys[issue_id]) is not (reason == "moved"):
            told.append(f"{issue_id} is {reason} to {moved_to}, seen under {witness.keys[issue_id]}")
    return told


def gone_elsewhere(witness: Witness) -> set[str]:
    """Return the issues that are said to be gone and are in a project that is not tracked.

    They moved there unnoticed, and that project was out of sight when their absence was. Nothing asks again.
    """
    harness = witness.harness
    said = {
        issue_id
        for (issue_id,) in harness.ask("select jira_id from jira_deleted_issues where reason = 'gone'")
    }
    view = View.of(harness.site)
    return {each for each in said & view.issues.keys() if view.issues[each].project_id not in witness.tracked}


def misnamed(harness: SyncHarness) -> list[str]:
    """Compare the names and states that change without any issue: of people, and of sprints on the boards."""
    catalog = harness.site.catalog
    tracked = {project.project_id for project in harness.tracked}
    boards = {each.id for each in catalog.boards.values() if str(each.project_id) in tracked}
    people = {(each.account_id, each.display_name) for each in catalog.users.values()}
    sprints = {
        (str(each.id), each.name, each.state) for each in catalog.sprints.values() if each.board_id in boards
    }
    shown = harness.ask("select account_id, display_name from jira_users")
    shown_sprints = harness.ask("select sprint_id, sprint_name, state from jira_sprints")
    return [
        *(f"person {each} is shown otherwise" for each in sorted(people - set(shown))),
        *(f"sprint {each} is shown otherwise" for each in sorted(sprints - set(shown_sprints))),
    ]
