"""The small fields that Jira sends with every issue: votes, watchers, security, the date of the category."""

from __future__ import annotations

from random import Random

from jira_assets.demo.data import DemoIssue, Json, SiteData
from jira_assets.demo.generate.births import Birth
from jira_assets.demo.generate.calendar import jira_time
from jira_assets.demo.generate.changes import Teller

API = "https://demo.example/rest/api/3"
LEVELS = ("Staff only", "Security team")
MACHINES = ("Firefox 128 on Windows 11", "Safari 18 on an iPad", "Docker 27,\nUbuntu 24.04 (arm64)")
SECURED, DESCRIBED = 0.04, 0.4


class Details:
    """Add them to the issues of a site."""

    def __init__(self, dice: Random, data: SiteData, teller: Teller) -> None:
        self._dice = dice
        self._zone = teller.zone
        self._categories = {status.id: status.category_key for status in data.statuses}
        self._issues = {issue.id: issue for issue in data.issues}

    def add(self, issue: DemoIssue, birth: Birth) -> None:
        """Add to one issue; company-managed projects have some fields that others leave out."""
        dice, fields = self._dice, issue.fields
        fields["votes"] = {
            "self": f"{API}/issue/{birth.key}/votes",
            "votes": int(dice.expovariate(1.5)),
            "hasVoted": False,
        }
        fields["watches"] = {
            "self": f"{API}/issue/{birth.key}/watchers",
            "watchCount": 1 + int(dice.expovariate(0.8)),
            "isWatching": dice.random() < 0.1,
        }
        fields["statuscategorychangedate"] = jira_time(self._category_since(issue), self._zone)
        if birth.plan.project.style == "classic":
            fields["security"] = self._security() if dice.random() < SECURED else None
            if birth.role == "bug" and dice.random() < DESCRIBED:
                fields["environment"] = _document(dice.choice(MACHINES))

    def sum_time(self) -> None:
        """Add up the times of each issue and its sub-tasks, as Jira does where time is tracked."""
        for issue in self._issues.values():
            if "timetracking" in issue.fields:
                self._add_time(issue.fields, issue.fields)
        for issue in self._issues.values():
            above = self._issues.get(issue.fields.get("parent") or 0)
            is_subtask = above is not None and "timetracking" in issue.fields
            if is_subtask and above is not None and "timetracking" in above.fields:
                self._add_time(above.fields, issue.fields)

    def _add_time(self, total: Json, fields: Json) -> None:
        for name in ("timeoriginalestimate", "timeestimate", "timespent"):
            values = (total.get(f"aggregate{name}"), fields[name])
            known = [value for value in values if value is not None]
            total[f"aggregate{name}"] = sum(known) if known else None

    def _category_since(self, issue: DemoIssue) -> int:
        """Find when the issue came into the category of its status."""
        since = issue.created
        for history in issue.histories:
            for item in history["items"]:
                ends = item["from"], item["to"]
                if item["field"] == "status" and len({self._categories[each] for each in ends}) > 1:
                    since = history["created"]
        return since

    def _security(self) -> Json:
        place = self._dice.randrange(len(LEVELS))
        level_id = str(10_000 + place)
        address = f"{API}/securitylevel/{level_id}"
        return {"self": address, "id": level_id, "description": "", "name": LEVELS[place]}


def _document(text: str) -> Json:
    """Write lines as a document, each but the first after a hard break."""
    nodes: list[Json] = []
    for line in text.split("\n"):
        nodes += [{"type": "hardBreak"}] if nodes else []
        nodes.append({"type": "text", "text": line})
    return {"type": "doc", "version": 1, "content": [{"type": "paragraph", "content": nodes}]}
