"""One issue's life as a story: a change is written to the changelog and to the fields at the same time."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import count
from random import Random
from zoneinfo import ZoneInfo

from jira_assets.demo.data import DemoResolution, DemoSprint, DemoStatus, Json, SiteData
from jira_assets.demo.generate.calendar import DAY, jira_time, working_time
from jira_assets.demo.generate.projects import ProjectPlan
from jira_assets.demo.generate.setup import SPRINT_FIELD


class Teller:
    """What the stories of a site have in common: names by id, dice, the present, numbers for entries."""

    def __init__(self, rng: Random, data: SiteData, now: int) -> None:
        self.rng = rng
        self.now = now
        self.zone = ZoneInfo(data.time_zone)
        self.entry_ids = count(10_000_000)
        self.user_names = {user.account_id: user.display_name for user in data.users}
        self.apps = [user.account_id for user in data.users if user.account_type == "app"]
        self.customers = [user.account_id for user in data.users if user.account_type == "customer"]
        self.priorities = {priority.id: priority.name for priority in data.priorities}
        self.resolutions = data.resolutions
        self.resolution_names = {resolution.id: resolution.name for resolution in data.resolutions}


class Story:
    """An issue while its life is played: the clock, the present fields, the changelog so far."""

    __slots__ = ("at", "fields", "histories", "parent", "plan", "sprints", "status", "stream", "teller")

    def __init__(self, teller: Teller, plan: ProjectPlan, created: int, fields: Json) -> None:
        self.teller = teller
        self.plan = plan
        self.at = created
        self.fields = fields
        self.histories: list[Json] = []
        self.status: DemoStatus = plan.walk[0]
        self.sprints: list[DemoSprint] = []
        self.stream: Sequence[DemoSprint] = ()
        self.parent: tuple[int, str] | None = None
        fields["status"] = self.status.id

    def wait(self, mean_days: float) -> bool:
        """Make a random working time pass; false when that is in the future, where the story ends."""
        return self.wait_until(self.at + 1000 + int(self.teller.rng.expovariate(1 / mean_days) * DAY))

    def wait_until(self, at: int) -> bool:
        """Make time pass up to about `at`, in working hours; false when that is in the future."""
        at = working_time(self.teller.rng, max(at, self.at))
        if at >= self.teller.now:
            return False
        self.at = at
        return True

    def write(self, author: str | None, items: list[Json], at: int | None = None) -> None:
        """Add a changelog entry with the changes that `items` describe."""
        if items:
            entry = {"id": str(next(self.teller.entry_ids)), "author": author, "created": at or self.at}
            self.histories.append(entry | {"items": items})

    def member(self) -> str:
        """Pick one of the project's people; the first few do most of the work."""
        members = self.plan.members
        return members[int(len(members) * self.teller.rng.random() ** 1.7)].account_id

    def move_to(self, status: DemoStatus) -> Json:
        """Change the status."""
        before, self.status = self.status, status
        self.fields["status"] = status.id
        return change("status", "status", before.id, before.name, status.id, status.name)

    def assign(self, account_id: str | None) -> Json:
        """Change the assignee."""
        before, names = self.fields.get("assignee"), self.teller.user_names
        self.fields["assignee"] = account_id
        return change(
            "assignee", "assignee", before, names.get(before or ""), account_id, names.get(account_id or "")
        )

    def prioritise(self, priority_id: str) -> Json:
        """Change the priority."""
        before, names = self.fields.get("priority"), self.teller.priorities
        self.fields["priority"] = priority_id
        return change(
            "priority", "priority", before, names.get(before or ""), priority_id, names[priority_id]
        )

    def resolve(self, resolution: DemoResolution | None) -> Json:
        """Set or clear the resolution and its date."""
        before, names = self.fields["resolution"], self.teller.resolution_names
        after = None if resolution is None else resolution.id
        self.fields["resolution"] = after
        self.fields["resolutiondate"] = None if after is None else jira_time(self.at, self.teller.zone)
        return change(
            "resolution", "resolution", before, names.get(before or ""), after, names.get(after or "")
        )

    def estimate(self, points: float | None) -> Json:
        """Change the story points; the numbers stand in the strings only."""
        field = self.plan.points
        if field is None:
            raise ValueError("this project does not estimate")
        before = self.fields.get(field.id)
        self.fields[field.id] = points
        return change(field.name, field.id, None, number(before), None, number(points), "custom")

    def put_in_sprints(self, sprints: list[DemoSprint]) -> Json:
        """Change the sprints; ids stand in `from` and `to`, comma-separated, oldest addition first."""
        before, self.sprints = self.sprints, sprints
        self.fields[SPRINT_FIELD] = [sprint.id for sprint in sprints] or None
        return change(
            "Sprint", SPRINT_FIELD, _ids(before), _names(before), _ids(sprints), _names(sprints), "custom"
        )

    def label(self, labels: list[str]) -> Json:
        """Change the labels; they stand in the strings only, separated by blanks."""
        before = self.fields["labels"]
        self.fields["labels"] = labels
        return change("labels", "labels", None, " ".join(before), None, " ".join(labels))

    def fix_in(self, version: Json) -> Json:
        """Add a version in which this is fixed."""
        self.fields["fixVersions"] = [*self.fields["fixVersions"], version["id"]]
        return change("Fix Version", "fixVersions", None, None, version["id"], version["name"])

    def adopt(self, parent_id: int, parent_key: str) -> Json:
        """Set the parent; Jira gives these entries no fieldId."""
        self.fields["parent"] = parent_id
        return change("IssueParentAssociation", None, None, None, str(parent_id), parent_key)


def change(
    field: str,
    field_id: str | None,
    before: str | None,
    before_text: str | None,
    after: str | None,
    after_text: str | None,
    kind: str = "jira",
) -> Json:
    """Describe one change the way the changelog does."""
    item: Json = {"field": field, "fieldtype": kind}
    if field_id is not None:
        item["fieldId"] = field_id
    item |= {"from": before, "fromString": before_text, "to": after, "toString": after_text}
    return item


def number(value: float | None) -> str | None:
    """Print an estimate the way the changelog does: no decimals when there are none."""
    return None if value is None else f"{value:g}"


def _ids(sprints: Sequence[DemoSprint]) -> str:
    return ", ".join(str(sprint.id) for sprint in sprints)


def _names(sprints: Sequence[DemoSprint]) -> str:
    return ", ".join(sprint.name for sprint in sprints)
