"""The service level agreements of a service project: what Jira computes for each of its issues.

A cycle runs from its start to its stop, and one that is open is what it was when the site was made.
"""

from __future__ import annotations

from zoneinfo import ZoneInfo

from jira_assets.demo.data import DemoField, DemoIssue, Json, SiteData
from jira_assets.demo.generate.births import Birth
from jira_assets.demo.generate.calendar import DAY, HOUR, jira_time
from jira_assets.demo.generate.changes import Teller
from jira_assets.demo.generate.setup import BLOCKED_STATUSES, FIRST_RESPONSE_FIELD, sla_fields

API = "https://demo.example/rest/servicedeskapi/request"
FIRST_RESPONSE_GOAL, RESOLUTION_GOAL = 3 * DAY, 20 * DAY
NOT_COMPUTED_EVERY = 40
"""How often Jira has an error instead."""
Cycle = tuple[int, int | None]
"""Start and stop, in epoch milliseconds; the last one may be open."""


class ServiceLevels:
    """Add them to the issues of service projects."""

    def __init__(self, data: SiteData, teller: Teller) -> None:
        self._now, self._zone = teller.now, teller.zone
        self._statuses = {status.id: status for status in data.statuses}
        self._fields: list[DemoField] = []
        if any(project.project_type == "service_desk" for project in data.projects):
            self._fields = sla_fields()
            data.fields += self._fields

    def add(self, issue: DemoIssue, birth: Birth) -> None:
        """Add to one issue; in other projects the fields are empty."""
        is_served = birth.plan.project.project_type == "service_desk"
        if birth.plan.project.style != "classic":
            return
        for number, field in enumerate(self._fields, 1):
            if not is_served:
                issue.fields[field.id] = None
            elif birth.number % NOT_COMPUTED_EVERY == 0:
                issue.fields[field.id] = {"errorMessage": "metric not found"}
            else:
                issue.fields[field.id] = self._agreement(issue, birth, field, number)

    def _agreement(self, issue: DemoIssue, birth: Birth, field: DemoField, number: int) -> Json:
        is_response = field.id == FIRST_RESPONSE_FIELD
        goal = FIRST_RESPONSE_GOAL if is_response else RESOLUTION_GOAL
        cycles = self._response(issue) if is_response else self._resolutions(issue)
        done = [self._completed(start, stop, goal) for start, stop in cycles if stop is not None]
        found: Json = {
            "id": str(number),
            "name": field.name,
            "_links": {"self": f"{API}/{birth.id}/sla/{number}"},
            "completedCycles": done,
        }
        if cycles[-1][1] is None:
            found["ongoingCycle"] = self._ongoing(issue, cycles[-1][0], goal)
        return found | {"slaDisplayFormat": "NEW_SLA_FORMAT"}

    def _response(self, issue: DemoIssue) -> list[Cycle]:
        """Answered with the first change."""
        first = min((entry["created"] for entry in issue.histories), default=None)
        return [(issue.created, first)]

    def _resolutions(self, issue: DemoIssue) -> list[Cycle]:
        """Resolved whenever it comes into Done, and open again when it leaves it."""
        cycles: list[Cycle] = [(issue.created, None)]
        for entry in issue.histories:
            for item in (each for each in entry["items"] if each["field"] == "status"):
                is_done = self._statuses[item["to"]].category_key == "done"
                start, stop = cycles[-1]
                if is_done and stop is None:
                    cycles[-1] = (start, entry["created"])
                elif not is_done and stop is not None:
                    cycles.append((entry["created"], None))
        return cycles

    def _completed(self, start: int, stop: int, goal: int) -> Json:
        return {
            "startTime": _time(start, self._zone),
            "stopTime": _time(stop, self._zone),
            "breachTime": _time(start + goal, self._zone),
            "breached": stop - start > goal,
            "goalDuration": _duration(goal),
            "elapsedTime": _duration(stop - start),
            "remainingTime": _duration(goal - (stop - start)),
        }

    def _ongoing(self, issue: DemoIssue, start: int, goal: int) -> Json:
        elapsed = self._now - start
        is_paused = self._statuses[issue.fields["status"]].name in BLOCKED_STATUSES
        found: Json = {"startTime": _time(start, self._zone)}
        if not is_paused:  # nothing is said of when a paused one will be too late
            found["breachTime"] = _time(start + goal, self._zone)
        return found | {
            "breached": elapsed > goal,
            "paused": is_paused,
            "withinCalendarHours": True,
            "goalDuration": _duration(goal),
            "elapsedTime": _duration(elapsed),
            "remainingTime": _duration(goal - elapsed),
        }


def _time(at: int, zone: ZoneInfo) -> Json:
    printed = jira_time(at, zone)
    return {
        "iso8601": f"{printed[:19]}{printed[23:]}",
        "jira": printed,
        "friendly": printed[:10],
        "epochMillis": at,
    }


def _duration(millis: int) -> Json:
    return {"millis": millis, "friendly": f"{millis // HOUR}h {abs(millis) % HOUR // 60_000}m"}
