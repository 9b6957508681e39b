"""What may happen to a site, one function each, and how a sync dies: for tests that make histories of them.

Every function takes a number that decides the rest: which issue, which project, how long, at which step.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from jira_assets.demo.data import DemoProject, DemoSprint
from jira_assets.lake import files
from jira_assets_tests.harness import SyncHarness

Happening = Callable[[SyncHarness, int], None]
LOOK_BACK = timedelta(minutes=2)
MOMENT = timedelta(milliseconds=1)
"""No two things happen in the same millisecond: reading what the first did takes longer than that."""


class CrashError(BaseException):
    """The process is gone: nothing after this point happens."""


@contextmanager
def dying_at_step(step: int) -> Iterator[None]:
    """Let the process die just before the given file is put in place, and write nothing from then on."""
    real, done = files.put_in_place, [0]

    def put_in_place(temporary: Path, final: Path) -> None:
        done[0] += 1
        if done[0] >= step:
            raise CrashError
        real(temporary, final)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(files, "put_in_place", put_in_place)
        yield


def some_issue(harness: SyncHarness, which: int) -> str | None:
    """Pick an issue that can be seen, by number."""
    ids = sorted(harness.site.issues_truth())
    return ids[which % len(ids)] if ids else None


def some_project(harness: SyncHarness, which: int) -> DemoProject:
    """Pick a project, tracked or not, in sight or not."""
    projects = list(harness.site.catalog.projects.values())
    return projects[which % len(projects)]


def some_sprint(harness: SyncHarness, which: int) -> DemoSprint:
    """Pick a sprint of any board."""
    sprints = list(harness.site.catalog.sprints.values())
    return sprints[which % len(sprints)]


def create(harness: SyncHarness, which: int) -> None:
    projects = harness.site.catalog.visible_projects()
    if projects:
        harness.site.create_issue(projects[which % len(projects)].key, summary=f"created {which}")


def edit(harness: SyncHarness, which: int) -> None:
    if issue_id := some_issue(harness, which):
        harness.site.edit_issue(issue_id, summary=f"edited {which}")


def estimate(harness: SyncHarness, which: int) -> None:
    if issue_id := some_issue(harness, which):
        field = harness.site.catalog.points_field(int(harness.site.truth(issue_id).project_id))
        if field is not None:
            changes: dict[str, Any] = {field: float(which % 13)}
            harness.site.edit_issue(issue_id, **changes)


def transition(harness: SyncHarness, which: int) -> None:
    if issue_id := some_issue(harness, which):
        project_id = int(harness.site.truth(issue_id).project_id)
        statuses = harness.site.catalog.statuses.values()
        names = sorted(each.name for each in statuses if each.project_id in (None, project_id))
        harness.site.transition(issue_id, names[which % len(names)])


def put_into_sprint(harness: SyncHarness, which: int) -> None:
    if issue_id := some_issue(harness, which):
        project_id = int(harness.site.truth(issue_id).project_id)
        boards = {each.id for each in harness.site.catalog.boards.values() if each.project_id == project_id}
        sprints = sorted(each.id for each in harness.site.catalog.sprints.values() if each.board_id in boards)
        if sprints:
            harness.site.add_to_sprint(issue_id, sprints[which % len(sprints)])


def move(harness: SyncHarness, which: int) -> None:
    """Move an issue into a project in sight, be it tracked or not."""
    if issue_id := some_issue(harness, which):
        here = harness.site.truth(issue_id).project_id
        others = [each.key for each in harness.site.catalog.visible_projects() if str(each.id) != here]
        if others:
            harness.site.move_issue(issue_id, others[which % len(others)])


def delete(harness: SyncHarness, which: int) -> None:
    if issue_id := some_issue(harness, which):
        harness.site.delete_issue(issue_id)


def hide_or_show_an_issue(harness: SyncHarness, which: int) -> None:
    """Hide an issue by its security, or show those that are hidden again as nobody touched them."""
    if which % 3 and (issue_id := some_issue(harness, which)):
        harness.site.hide_issue(issue_id)
    else:
        for hidden in list(harness.site.store.hidden):
            harness.site.show_issue(hidden)


def edit_a_hidden_issue(harness: SyncHarness, which: int) -> None:
    for hidden in list(harness.site.store.hidden):
        harness.site.edit_issue(hidden, summary=f"edited out of sight {which}")


def archive_or_restore(harness: SyncHarness, which: int) -> None:
    project = some_project(harness, which)
    harness.site.archive_project(str(project.id), archived=not project.archived)


def trash_or_restore(harness: SyncHarness, which: int) -> None:
    project = some_project(harness, which)
    harness.site.trash_project(str(project.id), trashed=not project.trashed)


def take_or_give_permission(harness: SyncHarness, which: int) -> None:
    project = some_project(harness, which)
    harness.site.hide_project(str(project.id), hidden=not project.invisible)


def forbid_or_allow(harness: SyncHarness, which: int) -> None:
    project = some_project(harness, which)
    harness.site.forbid_project(str(project.id), forbidden=not project.forbidden)


def delete_a_project(harness: SyncHarness, which: int) -> None:
    """Delete a project for good, as long as another one is left."""
    if len(harness.site.catalog.projects) > 1:
        harness.site.delete_project(str(some_project(harness, which).id))


def rename_a_key(harness: SyncHarness, which: int) -> None:
    harness.site.rename_project_key(str(some_project(harness, which).id), f"KEY{which}")


def reuse_a_key(harness: SyncHarness, which: int) -> None:
    """Give a project another key, and its old one to a project that is new or was there before."""
    project = some_project(harness, which)
    others = [each for each in harness.site.catalog.projects.values() if each is not project]
    old = project.key
    harness.site.rename_project_key(str(project.id), f"NEW{which}")
    if which % 2 and others:
        harness.site.rename_project_key(str(others[which % len(others)].id), old)
    else:
        harness.site.add_project(old, f"Newcomer {which}")
        harness.site.create_issue(old, summary="the first under a used key")


def start_or_close_a_sprint(harness: SyncHarness, which: int) -> None:
    sprint = some_sprint(harness, which)
    if sprint.state == "future":
        harness.site.start_sprint(sprint.id)
    elif sprint.state == "active":
        harness.site.close_sprint(sprint.id)


def rename_a_sprint(harness: SyncHarness, which: int) -> None:
    harness.site.rename_sprint(some_sprint(harness, which).id, f"Sprint renamed {which}")


def rename_a_status(harness: SyncHarness, which: int) -> None:
    statuses = list(harness.site.catalog.statuses)
    harness.site.rename_status(statuses[which % len(statuses)], f"Status {which}")


def rename_a_person(harness: SyncHarness, which: int) -> None:
    people = sorted(harness.site.catalog.users)
    harness.site.rename_user(people[which % len(people)], f"Person {which}")


def wait(harness: SyncHarness, which: int) -> None:
    harness.site.clock.advance(timedelta(seconds=which))


def wait_for_days(harness: SyncHarness, which: int) -> None:
    harness.site.clock.advance(timedelta(hours=12 * (1 + which % 4)))


def in_order(*functions: Happening) -> dict[str, Happening]:
    """Name the functions."""
    return {each.__name__: each for each in functions}


EDITS = in_order(create, edit, estimate, transition, put_into_sprint)
DISAPPEARANCES = in_order(
    move,
    delete,
    hide_or_show_an_issue,
    edit_a_hidden_issue,
    archive_or_restore,
    trash_or_restore,
    take_or_give_permission,
    forbid_or_allow,
    delete_a_project,
)
RENAMES = in_order(
    rename_a_key, reuse_a_key, start_or_close_a_sprint, rename_a_sprint, rename_a_status, rename_a_person
)
WAITS = in_order(wait, wait_for_days)
