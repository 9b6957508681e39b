"""What teams add to the issues of a generated site beside their work: links, logged time, flags, teams.

It is drawn from dice of its own, after the lives of the issues: nothing else of the site depends on it.
"""

from __future__ import annotations

from random import Random
from uuid import UUID

from jira_assets.demo.data import DemoIssue, Json, SiteData
from jira_assets.demo.generate.births import Birth
from jira_assets.demo.generate.calendar import DAY, HOUR
from jira_assets.demo.generate.changes import Teller, change
from jira_assets.demo.generate.details import Details
from jira_assets.demo.generate.field_edits import FieldEdits
from jira_assets.demo.generate.impediments import IMPEDIMENT, Impediments, raised, taken_off
from jira_assets.demo.generate.late_entries import LateEntries
from jira_assets.demo.generate.links import Links
from jira_assets.demo.generate.service_levels import ServiceLevels
from jira_assets.demo.generate.setup import FLAGGED_FIELD, OLD_TEAM_FIELD, TEAM_FIELD, old_team_field

TEAMS = ("Core", "Growth")
TEAM_FIELDS = (TEAM_FIELD, TEAM_FIELD, OLD_TEAM_FIELD, None)
"""The field in which each project has its teams, in turn; sites that use Plans have an older one."""
BARE_EVERY = 6
"""How often the older field has only the id of the team: some sites send it without a name."""
HOURS_ESTIMATED = (1, 2, 4, 8, 12, 16, 24)
IN_TEAM, LINKED, ESTIMATED, FLAGGED = 0.8, 0.12, 0.5, 0.1
"""How many of the issues to which it can happen."""


class Extras:
    """Add them to the issues of a site."""

    def __init__(self, dice: Random, data: SiteData, births: list[Birth], teller: Teller) -> None:
        self._dice = dice
        self._issues = data.issues
        self._categories = {status.id: status.category_key for status in data.statuses}
        self._entries = LateEntries(dice, teller)
        self._links = Links(dice, births, self._entries)
        self._details = Details(Random(f"{len(births)} details"), data, teller)
        edits = Random(f"{len(births)} edits")
        self._edits = FieldEdits(edits, LateEntries(edits, teller))
        impeded = Random(f"{len(births)} impediments")
        self._impediments = Impediments(impeded, self._categories, LateEntries(impeded, teller))
        self._service_levels = ServiceLevels(data, teller)
        self._teams = {
            project.id: [self._team(project.name, name) for name in TEAMS] for project in data.projects
        }
        self._team_fields = {
            project.id: TEAM_FIELDS[place % len(TEAM_FIELDS)] for place, project in enumerate(data.projects)
        }
        if OLD_TEAM_FIELD in self._team_fields.values():  # Jira lists no field that no project uses
            data.fields.append(old_team_field())

    def add(self, place: int, birth: Birth) -> None:
        """Add to the issue in that place of the list."""
        issue, dice = self._issues[place], self._dice
        author = dice.choice(birth.plan.members).account_id
        is_classic = birth.plan.project.style == "classic"
        issue.fields["issuelinks"] = []
        if is_classic:
            issue.fields |= {TEAM_FIELD: None, FLAGGED_FIELD: None}
        if dice.random() < IN_TEAM:
            self._put_in_team(place, issue, dice.choice(self._teams[issue.project_id]))
        if is_classic and birth.role != "epic" and dice.random() < ESTIMATED:
            self._track_time(issue, author)
        if self._categories[issue.fields["status"]] == "indeterminate" and dice.random() < FLAGGED:
            self._flag(issue, author)
        if place and dice.random() < LINKED:
            self._links.add(issue, self._issues[max(0, place - 1 - int(dice.expovariate(0.05)))], author)
        self._details.add(issue, birth)
        self._edits.add(issue, birth)
        self._impediments.add(issue, author)
        self._service_levels.add(issue, birth)

    def finish(self) -> None:
        """Add what depends on several issues."""
        self._details.sum_time()

    def _put_in_team(self, place: int, issue: DemoIssue, team: Json) -> None:
        """Set the field that the project uses, in one of the forms that sites send."""
        field_id = self._team_fields[issue.project_id]
        if field_id == OLD_TEAM_FIELD:
            shown = {"id": team["id"], "title": team["name"], "isShared": True}
            issue.fields[field_id] = team["id"] if place % BARE_EVERY == 0 else shown
        elif field_id is not None:
            issue.fields[field_id] = team

    def _team(self, project: str, name: str) -> Json:
        team_id = str(UUID(int=self._dice.getrandbits(128), version=4))
        return {
            "id": team_id,
            "name": f"{project} {name}",
            "avatarUrl": "",
            "isVisible": True,
            "isVerified": False,
        }

    def _track_time(self, issue: DemoIssue, author: str) -> None:
        """Estimate when the issue is created, and log time once work has begun."""
        estimated = self._dice.choice(HOURS_ESTIMATED) * 3600
        category = self._categories[issue.fields["status"]]
        share = {"new": 0.0, "indeterminate": 0.5, "done": 1.0}[category]
        spent = int(estimated * share * (0.5 + self._dice.random())) // 900 * 900
        left = 0 if category == "done" else max(0, estimated - spent)
        if spent:
            items = [
                change("timeestimate", "timeestimate", *_twice(estimated), *_twice(left)),
                change("timespent", "timespent", None, None, *_twice(spent)),
            ]
            self._entries.write(issue, issue.updated, author, items)
        issue.fields |= _time_fields(estimated, spent, left)

    def _flag(self, issue: DemoIssue, author: str) -> None:
        """Mark the issue as impeded after it was last touched; half of these marks are taken off again."""
        since = self._entries.after(issue, HOUR)
        until = None if since is None else self._entries.after(issue, 3 * DAY, since)
        if since is None:
            return
        self._entries.write(issue, since, author, [raised()])
        if until is not None and self._dice.random() < 0.5:
            self._entries.write(issue, until, author, [taken_off()])
        else:
            issue.fields[FLAGGED_FIELD] = [IMPEDIMENT]


def _time_fields(estimated: int, spent: int, left: int) -> Json:
    """Return the fields of time tracking, all in seconds; Jira says the same once more in words."""
    amounts = {"originalEstimate": estimated, "remainingEstimate": left, "timeSpent": spent or None}
    known = {name: seconds for name, seconds in amounts.items() if seconds is not None}
    words = {name: f"{seconds // 3600}h {seconds % 3600 // 60}m" for name, seconds in known.items()}
    return {
        "timeoriginalestimate": estimated,
        "timeestimate": left,
        "timespent": spent or None,
        "timetracking": words | {f"{name}Seconds": seconds for name, seconds in known.items()},
    }


def _twice(number: int) -> tuple[str, str]:
    return str(number), str(number)
